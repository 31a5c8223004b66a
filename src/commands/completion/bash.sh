# Completion of kubectl-tekton_fix in bash: the program itself is asked, as kubectl and oc ask it.
_kubectl_tekton_fix() {
    local words=() i word glue= line value strip directive=0
    # Bash breaks words at = and :, the program does not.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((${#words[@]})) && [[ -n $glue || $word == [=:]* ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        if [[ $word == *[=:] ]]; then glue=1; else glue=; fi
    done
    word=${words[${#words[@]} - 1]}
    # Only what follows the last = or : is replaced; the flag before a = is not offered again.
    strip=${word%"${word##*[=:]}"}
    if [[ $strip == --*=* ]]; then strip=${strip#*=}; fi
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :* ]]; then
            directive=${line#:}
            continue
        fi
        value=${line%%$'\t'*}
        value=${value#"$strip"}
        # Names of an export are anything; none of them may act in the shell.
        if [[ $value == *[!A-Za-z0-9_./:=,@+~-]* ]]; then printf -v value %q "$value"; fi
        COMPREPLY+=("$value")
    done < <("${COMP_WORDS[0]}" __complete -- "${words[@]}" 2>/dev/null)
    if ((directive & 2)); then compopt -o nospace 2>/dev/null; fi
}
complete -F _kubectl_tekton_fix kubectl-tekton_fix
