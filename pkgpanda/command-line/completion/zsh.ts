/** Completion for zsh, of the two tables: options and commands with their summaries (zshcompsys(1), `_arguments`). */
import type { OptionDefinition } from '../../options.ts'
import {
  type CompletionTables,
  commandsBy,
  commonOptions,
  HEAD_COMMENT,
  ID_KINDS,
  IDS_OF_JSON,
  ownOptions,
  takesPath,
  valueOptions,
} from './completed-options.ts'

/** The text of `share/zsh/site-functions/_pkgpanda`. Its first line is read by compinit. */
export function formatZshCompletion({ commands, options }: CompletionTables): string {
  const help: OptionDefinition = { name: '--help', summary: 'show the usage' }
  const version = options.filter(({ name }) => name === '--version')
  const own = commands.flatMap(({ name }) => {
    const specs = ownOptions(name, options).map(optionSpec)
    return specs.length === 0 ? [] : [`    ${name}) specs+=(${specs.map(spec => `\n      ${spec}`).join('')}\n    ) ;;`]
  })
  const words = ID_KINDS.flatMap(kind => {
    const names = commandsBy(commands, kind)
    return names.length === 0 ? [] : [`    ${names.join(' | ')}) words_of=' _pkgpanda_ids ${kind}' ;;`]
  })
  const tarball = commandsBy(commands, 'tarball')
  if (tarball.length > 0) words.push(`    ${tarball.join(' | ')}) words_of='_files -g "*.tar.xz"' ;;`)
  return `#compdef pkgpanda
${HEAD_COMMENT}

_pkgpanda_commands() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary.replaceAll(':', '\\:')}`)}`).join('\n')}
  )
  _describe -t commands command commands
}

# \`list\` or \`active\` -> ids of the node that --root and --repository on the line mean, in reply.
_pkgpanda_read() {
  local option
  local -a node
  for option in --root --repository; do
    if [[ -n \${opt_args[$option]} ]]; then node+=("$option=\${(Q)opt_args[$option]}"); fi
  done
  reply=(\${(f)"$(pkgpanda $1 $node --json 2>/dev/null | sed -n '${IDS_OF_JSON}')"})
}

# Kind of id.
_pkgpanda_ids() {
  local expl
  local -a reply ids
  case $1 in
    active) _pkgpanda_read active; ids=($reply) ;;
    package) _pkgpanda_read list; ids=($reply) ;;
    inactive)
      _pkgpanda_read list
      ids=($reply)
      _pkgpanda_read active
      ids=(\${ids:|reply})
      ;;
  esac
  _wanted ids expl 'package id' compadd -a ids
}

_pkgpanda() {
  # A blank alone offers nothing; before a function it keeps _arguments from putting options before ours.
  local command='' word value_of='' words_of=' '
  local -a specs
  typeset -A opt_args
  for word in \${words[2,CURRENT-1]}; do
    if [[ -n $value_of ]]; then
      value_of=''
    elif [[ $word == (${valueOptions(options).all.join('|')}) ]]; then
      value_of=$word
    elif [[ $word != -* ]]; then
      command=$word
      break
    fi
  done
  specs=(${[...commonOptions(options), help].map(option => `\n    ${optionSpec(option)}`).join('')}
  )
  case $command in
    '') specs+=(${version.map(optionSpec).join(' ')}) ;;
${own.join('\n')}
  esac
  case $command in
${words.join('\n')}
  esac
  _arguments $specs '1:command:_pkgpanda_commands' "*:word:$words_of"
}

# Called as the autoloaded function the first time; otherwise somebody has sourced this.
if [[ \${funcstack[1]} == _pkgpanda ]]; then
  _pkgpanda "$@"
else
  compdef _pkgpanda pkgpanda
fi
`
}

/** `'--root=[install root]:path:_files'`. */
function optionSpec(option: OptionDefinition): string {
  const { name, value, summary, multiple } = option
  const described = `[${summary.replaceAll(/[[\]\\:]/g, '\\$&')}]`
  if (value === undefined) return quote(name + described)
  return quote(`${multiple ? '*' : ''}${name}=${described}:${value}:${takesPath(option) ? '_files' : ' '}`)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
