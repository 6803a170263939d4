# Completion of shmbus for fish. In ~/.config/fish/config.fish:  shmbus completion fish | source
function __shmbus_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l line (string join ' ' -- $before[2..] "$current")
    command $before[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null | string match --regex --invert '^(/.|-\?|)$'
end
complete --command shmbus --arguments '(__shmbus_complete)'
