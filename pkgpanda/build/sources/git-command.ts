/** git(1), for the sources that live in a repository of it: the user's own configuration (keys, proxies), nothing of a hook's environment. */
import { faults } from '../errors.ts'
import { runTool } from '../tool.ts'
import type { SourceContext } from './source-kind.ts'

/** Set when the build runs inside a git hook: they would lead to another repository. */
const FOREIGN = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY', 'GIT_COMMON_DIR', 'GIT_PREFIX']

export type Git = (...words: string[]) => Promise<string>

/** What a git command prints, trimmed. Rejects with BUILD_SOURCE_GIT, BUILD_TOOL_MISSING and the signal's reason. */
export function gitFor({ packageName, sourceName, signal }: SourceContext): Git {
  return async (...words) => {
    const settings = [
      ...FOREIGN.flatMap(name => ['-u', name]),
      'GIT_TERMINAL_PROMPT=0',
      // No ext:: and the like: a URL must not be a command.
      'GIT_ALLOW_PROTOCOL=file:git:http:https:ssh',
      'LC_ALL=C.UTF-8',
    ]
    // env(1), since only entries of programs read the environment that is passed on here.
    const { outcome, stdout, stderr } = await runTool('env', [...settings, 'git', ...words], { signal })
    if (outcome !== 'status 0') {
      // After the reason git gives general advice.
      const lines = stderr.trim().split('\n')
      const said = lines.filter(line => /^(fatal|error): /.test(line)).join('; ') || lines.at(-1)
      throw faults.SOURCE_GIT(packageName, sourceName, commandOf(words), said || outcome)
    }
    return stdout.toString('utf8').trim()
  }
}

/** `-C folder -c key=value checkout …` → `checkout`. */
function commandOf([word = '', ...rest]: readonly string[]): string {
  return word === '-C' || word === '-c' ? commandOf(rest.slice(1)) : word
}
