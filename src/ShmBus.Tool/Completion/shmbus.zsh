#compdef shmbus
# Completion of shmbus for zsh. In ~/.zshrc, after compinit:  eval "$(shmbus completion zsh)"
_shmbus() {
    local line="${(j: :)words[2,CURRENT]}"
    local -a found
    found=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
    found=("${(@)found:#(|/[?h]|-\?)}")
    if (( ${#found} )); then
        compadd -a found
    else
        _files
    fi
}
compdef _shmbus shmbus
