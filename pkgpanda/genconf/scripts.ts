/** The operator's detect scripts, which config.yaml names by file: their text becomes a value like any other. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Contents key → the key that names its file, and that key's default. */
const SCRIPTS = [
  { contents: 'ip_detect_contents', filename: 'ip_detect_filename', usual: 'genconf/ip-detect' },
  { contents: 'ip_detect_public_contents', filename: 'ip_detect_public_filename', usual: undefined },
] as const

export interface Scripts {
  values: Record<string, string>
  problems: Record<string, string>
}

/**
 * Reads the scripts whose contents are not given in `user`. A relative name is looked for beside the configuration, then in the
 * current directory, where 1.9 looked. A missing file is a problem of the contents key (fact 69).
 */
export async function readScripts(user: Readonly<Record<string, string>>, configFile: string): Promise<Scripts> {
  const scripts: Scripts = { values: {}, problems: {} }
  for (const { contents, filename, usual } of SCRIPTS) {
    const name = user[filename] ?? usual
    if (user[contents] !== undefined || name === undefined) continue
    const text = (await readIfThere(resolve(dirname(configFile), name))) ?? (await readIfThere(resolve(name)))
    if (text === undefined)
      scripts.problems[contents] = `The file ${name} (${filename}) does not exist or cannot be read`
    else scripts.values[contents] = text
  }
  return scripts
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
