/** `…/files/browse` and `…/<file>/download` on agents: a sandbox's listing, and a file of it as it is (log 7.2). */
import type { Handler } from '../../shared/http/route.ts'
import { callerOf } from '../authorise.ts'
import { HEADERS } from '../headers.ts'
import { fetchListing, openDownload } from '../mesos/agent-files.ts'
import type { Mesos } from '../mesos/open-mesos.ts'
import { sandboxFile } from '../mesos/sandbox.ts'
import { sandboxIds } from './sandbox-ids.ts'

export function browse(mesos: Mesos): Handler {
  return async request => {
    const caller = callerOf(request)
    const { path } = await mesos.sandbox(sandboxIds(request.params), caller)
    const listing = await fetchListing(mesos.agent, path, caller)
    // Mesos tells whole seconds with a decimal point, which clients in Go do not take for an integer.
    const files = listing.map(({ gid, mode, mtime, nlink, path, size, uid }) => {
      return { gid, mode, mtime: Math.floor(mtime), nlink, path, size, uid }
    })
    return {
      status: 200,
      headers: { ...HEADERS, 'Content-Type': 'application/json' },
      body: `${JSON.stringify(files)}\n`,
    }
  }
}

/** Of Mesos' own headers those that say what it is. */
const PASSED = ['content-type', 'content-disposition', 'content-length'] as const

/** No gzip here, unlike v1's downloads. */
export function download(mesos: Mesos): Handler {
  return async request => {
    const name = sandboxFile(request.params.file ?? '')
    const caller = callerOf(request)
    const { path } = await mesos.sandbox(sandboxIds(request.params), caller)
    const answer = await openDownload(mesos.agent, `${path}/${name}`, caller)
    const headers = PASSED.flatMap(name => (answer.headers[name] === undefined ? [] : [[name, answer.headers[name]]]))
    return { status: 200, headers: { ...HEADERS, ...Object.fromEntries(headers) }, body: answer.body }
  }
}
