/** The log under log_dir, as Mesos keeps one beside stderr: /files shows it as /master/log or /slave/log. */

import { once } from 'node:events'
import { createWriteStream, writeSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface LogFile extends AsyncDisposable {
  path: string
  /** One line, to the file and to stderr. */
  write: (line: string) => void
}

/** Begins anew with each start, so that it cannot grow for ever: the stand-in says little. */
export async function openLogFile(directory: string, name: string): Promise<LogFile> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, name)
  const stream = createWriteStream(path, { flags: 'w' })
  await once(stream, 'open')
  return {
    path,
    write(line) {
      stream.write(line)
      writeSync(2, line)
    },
    async [Symbol.asyncDispose]() {
      stream.end()
      await once(stream, 'close')
    },
  }
}
