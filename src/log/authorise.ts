/** `auth: true` (log 6): who may read a task's log is decided by Mesos, by the token that the client sends. */
import type { Handler, HttpRequest } from '../shared/http/route.ts'
import type { Role } from './config.ts'
import { faults } from './errors.ts'
import { checkFolder } from './mesos/agent-files.ts'
import type { Mesos } from './mesos/open-mesos.ts'
import type { Caller } from './mesos/peer.ts'

export function callerOf({ headers, signal }: Pick<HttpRequest, 'headers' | 'signal'>): Caller {
  return { authorization: headers.authorization, signal }
}

function hasToken({ headers }: HttpRequest): boolean {
  return headers.authorization?.startsWith('token=') ?? false
}

/**
 * The handler of a v2 task route, for those who send a token: Mesos is asked with it, and decides. Rejects with LOG_HEADER_MISSING.
 *
 * DEPARTURE (log 7.3): the original demanded it with `auth` off, too.
 */
export function withToken(handler: Handler): Handler {
  return request => {
    if (!hasToken(request)) throw faults.HEADER_MISSING()
    return handler(request)
  }
}

/**
 * The handler of a v1 container route, for those whom Mesos shows the sandbox of that container. Rejects with LOG_TOKEN_MISSING,
 * LOG_TOKEN_REFUSED, LOG_SANDBOX_FORBIDDEN, LOG_FILE_MISSING, LOG_MESOS_*, LOG_ADDRESS_UNKNOWN.
 */
export function authorised(handler: Handler, role: Role, mesos: Mesos): Handler {
  return async request => {
    if (!hasToken(request)) throw faults.TOKEN_MISSING()
    // DEPARTURE (log 6): a master has no sandboxes, so that Mesos need not be asked for one.
    if (role === 'master') throw faults.FILE_MISSING()
    const { framework = '', executor = '', container = '' } = request.params
    // DEPARTURE (log 6): a nested container is judged by its outermost one, where its sandbox is; the original found none.
    const [outermost = ''] = container.split('.', 1)
    const caller = callerOf(request)
    const { path } = await mesos.sandbox({ framework, executor, container: outermost }, caller)
    await checkFolder(mesos.agent, path, caller)
    return await handler(request)
  }
}
