/** The files that /files shows: Mesos attaches each sandbox and the log under a name, and shows nothing else. */
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'

export class Attachments {
  readonly #attached = new Map<string, string>()

  /** `name` is what clients ask for: the sandbox's own path, or `/slave/log`. */
  attach(name: string, real: string): void {
    this.#attached.set(name, real)
  }

  /** The real path behind `path`; undefined when it is not attached, not there, or leads out of what is attached. */
  async resolve(path: string): Promise<string | undefined> {
    const asked = path.replace(/\/+$/, '')
    const name = [...this.#attached.keys()].find(name => asked === name || asked.startsWith(`${name}/`))
    const root = name === undefined ? undefined : this.#attached.get(name)
    if (name === undefined || root === undefined) return undefined
    try {
      const [realRoot, real] = await Promise.all([realpath(root), realpath(join(root, asked.slice(name.length)))])
      return real === realRoot || real.startsWith(`${realRoot}/`) ? real : undefined
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }
}

const isMissing = (error: unknown) => ['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as { code?: string }).code ?? '')
