/** Where a task's files lie on its agent, from the ids of a request (log 6, 7.2). Pure. */
import { faults as httpFaults } from '../../shared/http/errors.ts'
import { faults } from '../errors.ts'

export interface SandboxIds {
  framework: string
  executor: string
  /** The outermost container. */
  container: string
  /** Of a pod. */
  task?: string
}

/** A directory entry holds as many bytes. */
const NAME_MAX_BYTES = 255

/** `<work dir>/slaves/<agent>/frameworks/…/runs/<container>[/tasks/<task>]`. Throws HTTP_NOT_FOUND for an id that is no name of a directory. */
export function sandboxPath(
  workDir: string,
  agent: string,
  { framework, executor, container, task }: SandboxIds,
): string {
  const ids = [agent, framework, executor, container, ...(task === undefined ? [] : [task])]
  if (!ids.every(isName)) throw httpFaults.NOT_FOUND()
  const run = `${workDir}/slaves/${agent}/frameworks/${framework}/executors/${executor}/runs/${container}`
  return task === undefined ? run : `${run}/tasks/${task}`
}

/**
 * A file below the sandbox. DEPARTURE (log 7): `%2F` leads into its directories, which the original could not name. Throws
 * LOG_FILE_NAME_INVALID for what could lead out of it.
 */
export function sandboxFile(file: string): string {
  if (!file.split('/').every(isName)) throw faults.FILE_NAME_INVALID()
  return file
}

/** Of one directory entry; `..` would be a step up. */
function isName(name: string): boolean {
  // Control characters are in no name that Mesos gives, and could break a line of a log.
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    Buffer.byteLength(name) <= NAME_MAX_BYTES &&
    !/[/\u0000-\u001f\u007f]/.test(name)
  )
}
