# Completion of pkgpanda(8), generated from its table of commands: npm run golden writes it.
# Silent whatever fails: nobody wants an error in the middle of the line that is being typed.

# Command or nothing -> its options; those that take a value end in =.
_pkgpanda_options() {
  echo '--config-dir= --no-systemd --no-block-systemd --root= --repository= --rooted-systemd --state-dir-root= --silent --json --help'
  case $1 in
    '') echo --version ;;
    setup) echo '--allow-unverified --allow-unsigned' ;;
    fetch) echo '--repository-url= --allow-unverified --allow-unsigned --force' ;;
    activate) echo '--all --dry-run --check-timeout=' ;;
    swap) echo '--all --dry-run --check-timeout=' ;;
    rollback) echo '--all --dry-run' ;;
    gc) echo '--dry-run --keep=' ;;
    check) echo '--list' ;;
    uninstall) echo '--purge --purge-state' ;;
  esac
}

# Whether an option, or a prefix of one, takes the next word for its value.
_pkgpanda_takes_value() {
  local option
  for option in --config-dir= --no-systemd --no-block-systemd --root= --repository= --rooted-systemd --repository-url= --list --help --state-dir-root= --silent --json --allow-unverified --allow-unsigned --force --all --dry-run --check-timeout= --keep= --purge --purge-state --version; do
    if [[ ${option%=} == "$1" ]]; then
      [[ $option == *= ]]
      return
    fi
  done
  for option in --config-dir --root --repository --repository-url --state-dir-root --check-timeout --keep; do
    if [[ $option == "$1"* ]]; then return 0; fi
  done
  return 1
}

# `list` or `active`, then path options -> ids of the node that they mean.
_pkgpanda_ids() {
  pkgpanda "$@" --json 2>/dev/null | sed -n 's/^ *"\([A-Za-z0-9@._+-]*--[A-Za-z0-9@._+:]*\)".*/\1/p'
}

_pkgpanda() {
  local line=${COMP_LINE:0:COMP_POINT} words=() current='' command='' value_of='' replies='' word
  local node=() filenames=0 IFS=$' \t\n'
  # Without -r, since a blank of a path is typed with a backslash.
  # shellcheck disable=SC2162
  read -a words <<<"$line"
  if [[ $line != *[[:space:]] ]]; then
    current=${words[${#words[@]} - 1]}
    unset "words[${#words[@]} - 1]"
  fi
  for word in "${words[@]:1}"; do
    if [[ -n $value_of ]]; then
      case $value_of in --root | --repository) node+=("$value_of=$word") ;; esac
      value_of=''
    elif [[ $word == --*=* ]]; then
      case $word in --root=* | --repository=*) node+=("$word") ;; esac
    elif [[ $word == --* ]]; then
      if _pkgpanda_takes_value "$word"; then value_of=$word; fi
    elif [[ $word != -* && -z $command ]]; then
      command=$word
    fi
  done
  # The part of the word that readline has already put aside, and what is left of it.
  local part=$current
  if [[ -z $value_of && $current == --*=* ]]; then
    value_of=${current%%=*}
    part=${current#*=}
  fi
  if [[ -n $value_of ]]; then
    case $value_of in
      --config-dir | --root | --repository | --state-dir-root)
        filenames=1
        replies=$(compgen -f -- "$part")
        ;;
    esac
  elif [[ $current == -* ]]; then
    replies=$(compgen -W "$(_pkgpanda_options "$command")" -- "$current")
  else
    case $command in
      '') replies=$(compgen -W 'setup fetch add list active activate swap rollback show remove gc verify check status uninstall' -- "$current") ;;
      activate | swap | show | verify) replies=$(compgen -W "$(_pkgpanda_ids list "${node[@]}")" -- "$current") ;;
      remove) replies=$(compgen -W "$(_pkgpanda_ids list "${node[@]}" | grep -vxF "$(_pkgpanda_ids active "${node[@]}")")" -- "$current") ;;
      add)
        filenames=1
        replies=$(compgen -f -X '!*.tar.xz' -- "$current"; compgen -d -- "$current")
        ;;
    esac
  fi
  IFS=$'\n'
  # Globbing is off: a name may hold a star.
  local globbing=$-
  set -f
  # shellcheck disable=SC2206
  COMPREPLY=($replies)
  if [[ $globbing != *f* ]]; then set +f; fi
  if ((filenames)); then
    compopt -o filenames 2>/dev/null
    if [[ $current != "$part" && $COMP_WORDBREAKS != *=* ]]; then COMPREPLY=("${COMPREPLY[@]/#/$value_of=}"); fi
  elif [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
  # What stands before the last colon is no part of the word for readline.
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${part%"${part##*:}"}"}")
  fi
  return 0
}

complete -F _pkgpanda pkgpanda 2>/dev/null || :
