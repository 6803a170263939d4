# Completion of shmbus for bash. In ~/.bashrc:  eval "$(shmbus completion bash)"
_shmbus_complete() {
    local line=${COMP_LINE:0:COMP_POINT} item
    line=${line#*"${COMP_WORDS[0]}"}
    line=${line#"${line%%[![:space:]]*}"}
    local word=${line##* }
    COMPREPLY=()
    # bash takes these apart, and replaces the last part only: files are all that stands there.
    [[ $word == *[=:]* ]] && return
    while IFS= read -r item; do
        [[ -n $item && $item == "$word"* && $item != /[?h] && $item != '-?' ]] && COMPREPLY+=("$item")
    done < <("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)
}
# Where it finds nothing, files are completed.
complete -o default -F _shmbus_complete shmbus
