/** /files/browse: a directory of a sandbox as `ls -l` would show it. */

import type { Attachments } from '../files/attachments.ts'
import { listDirectory } from '../files/list-directory.ts'
import { jsonAnswer } from '../http/answers.ts'
import type { Route } from '../http/route.ts'
import { FILE_MISSING, PATH_EXPECTED } from './files-answers.ts'

export const filesBrowseRoute = (attachments: Attachments): Route => ({
  paths: ['/files/browse', '/files/browse.json'],
  async handle({ query }) {
    const path = query.get('path')
    if (path === null) return PATH_EXPECTED
    const real = await attachments.resolve(path)
    return real === undefined ? FILE_MISSING : jsonAnswer(await listDirectory(real, path))
  },
})
