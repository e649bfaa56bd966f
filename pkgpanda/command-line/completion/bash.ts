/**
 * Completion for bash, of the two tables (bash(1), Programmable Completion). It reads the line itself: bash takes words apart at
 * `=` and `:`, and ids may have colons. No process substitution, which bash's POSIX mode does not parse.
 */
import {
  type CompletionTables,
  commandsBy,
  commonOptions,
  HEAD_COMMENT,
  ID_KINDS,
  IDS_OF_JSON,
  ownOptions,
  valueOptions,
} from './completed-options.ts'

/** The text of `share/bash-completion/completions/pkgpanda`. */
export function formatBashCompletion({ commands, options }: CompletionTables): string {
  const { all, paths } = valueOptions(options)
  const spelled = (name: string) => (all.includes(name) ? `${name}=` : name)
  const list = (names: readonly string[]) => names.map(spelled).join(' ')
  const common = commonOptions(options).map(({ name }) => name)
  const ofCommand = commands.flatMap(({ name }) => {
    const own = ownOptions(name, options).map(option => option.name)
    return own.length === 0 ? [] : [`    ${name}) echo '${list(own)}' ;;`]
  })
  const words = ID_KINDS.map(kind => [kind, commandsBy(commands, kind)] as const).filter(
    ([, names]) => names.length > 0,
  )
  const tarball = commandsBy(commands, 'tarball')
  return `${HEAD_COMMENT}

# Command or nothing -> its options; those that take a value end in =.
_pkgpanda_options() {
  echo '${list([...common, '--help'])}'
  case $1 in
    '') echo --version ;;
${ofCommand.join('\n')}
  esac
}

# Whether an option, or a prefix of one, takes the next word for its value.
_pkgpanda_takes_value() {
  local option
  for option in ${list(options.map(({ name }) => name))}; do
    if [[ \${option%=} == "$1" ]]; then
      [[ $option == *= ]]
      return
    fi
  done
  for option in ${all.join(' ')}; do
    if [[ $option == "$1"* ]]; then return 0; fi
  done
  return 1
}

# \`list\` or \`active\`, then path options -> ids of the node that they mean.
_pkgpanda_ids() {
  pkgpanda "$@" --json 2>/dev/null | sed -n '${IDS_OF_JSON}'
}

_pkgpanda() {
  local line=\${COMP_LINE:0:COMP_POINT} words=() current='' command='' value_of='' replies='' word
  local node=() filenames=0 IFS=$' \\t\\n'
  # Without -r, since a blank of a path is typed with a backslash.
  # shellcheck disable=SC2162
  read -a words <<<"$line"
  if [[ $line != *[[:space:]] ]]; then
    current=\${words[\${#words[@]} - 1]}
    unset "words[\${#words[@]} - 1]"
  fi
  for word in "\${words[@]:1}"; do
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
    value_of=\${current%%=*}
    part=\${current#*=}
  fi
  if [[ -n $value_of ]]; then
    case $value_of in
      ${paths.join(' | ')})
        filenames=1
        replies=$(compgen -f -- "$part")
        ;;
    esac
  elif [[ $current == -* ]]; then
    replies=$(compgen -W "$(_pkgpanda_options "$command")" -- "$current")
  else
    case $command in
      '') replies=$(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$current") ;;
${words.map(([kind, names]) => `      ${names.join(' | ')}) replies=$(compgen -W "${BASH_IDS[kind]}" -- "$current") ;;`).join('\n')}
${tarball.length === 0 ? '' : `      ${tarball.join(' | ')})\n        filenames=1\n        replies=$(compgen -f -X '!*.tar.xz' -- "$current"; compgen -d -- "$current")\n        ;;\n`}    esac
  fi
  IFS=$'\\n'
  # Globbing is off: a name may hold a star.
  local globbing=$-
  set -f
  # shellcheck disable=SC2206
  COMPREPLY=($replies)
  if [[ $globbing != *f* ]]; then set +f; fi
  if ((filenames)); then
    compopt -o filenames 2>/dev/null
    if [[ $current != "$part" && $COMP_WORDBREAKS != *=* ]]; then COMPREPLY=("\${COMPREPLY[@]/#/$value_of=}"); fi
  elif [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
  # What stands before the last colon is no part of the word for readline.
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"\${part%"\${part##*:}"}"}")
  fi
  return 0
}

complete -F _pkgpanda pkgpanda 2>/dev/null || :
`
}

/** Kind → the words to choose from, as bash writes it. */
const BASH_IDS: Readonly<Record<(typeof ID_KINDS)[number], string>> = {
  package: idsOf('list'),
  active: idsOf('active'),
  inactive: `$(${idsOf('list').slice(2, -1)} | grep -vxF "${idsOf('active')}")`,
}

function idsOf(command: string): string {
  return `$(_pkgpanda_ids ${command} "\${node[@]}")`
}
