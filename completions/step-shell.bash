# Completion of step-shell in bash, made by: python -m shell.completions bash

_step_shell() {
    local word=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD - 1]}
    # bash takes the = of --flag=value for a word of its own
    if [[ $word == = ]]; then
        word=
    elif [[ $flag == = ]]; then
        flag=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    case $flag in
        --ca-config | --root | -f | --file | --reload-pid | --admin-password-file | --admin-cert | --admin-key | --log-file)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        --restricted | --state-dir)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
        --ca-url | --fingerprint | --context | --node | -c | --command | --operator | --reload-unit | --reload-command | --live-url | --live-timeout | --admin-subject | --admin-provisioner | --log-level) ;;
        *)
            mapfile -t COMPREPLY < <(compgen -W "--ca-config --ca-url --root --fingerprint --context --demo --node -c --command -f --file --json --restricted --state-dir --operator --reload-pid --reload-unit --reload-command --live-url --live-timeout --admin-subject --admin-provisioner --admin-password-file --admin-cert --admin-key --verbose --trace --log-file --log-level -h --help -V --version" -- "$word") ;;
    esac
}
complete -F _step_shell step-shell step-shell-plugin
