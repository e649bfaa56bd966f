/**
 * /files/read: a piece of a file, or its size. The text goes out byte by byte as it stands in the file: a piece that
 * ends within a character of UTF-8 is not repaired, as in Mesos.
 */

import type { Attachments } from '../files/attachments.ts'
import { isDirectory, readPiece } from '../files/read-piece.ts'
import { parseReadRange } from '../files/read-range.ts'
import { textAnswer } from '../http/answers.ts'
import type { Answer, Route } from '../http/route.ts'
import { FILE_MISSING, PATH_EXPECTED } from './files-answers.ts'

export const filesReadRoute = (attachments: Attachments): Route => ({
  paths: ['/files/read', '/files/read.json'],
  async handle({ query }) {
    const path = query.get('path')
    if (path === null) return PATH_EXPECTED
    const range = parseReadRange(query.get('offset'), query.get('length'))
    if ('problem' in range) return textAnswer(400, range.problem)
    const real = await attachments.resolve(path)
    if (real === undefined) return FILE_MISSING
    if (await isDirectory(real)) return textAnswer(400, 'Cannot read a directory.\n')
    return pieceAnswer(await readPiece(real, range))
  },
})

function pieceAnswer({ data, offset }: { data: Buffer; offset: number }): Answer {
  // latin1 both ways keeps every byte above 0x7f as it is, while JSON.stringify escapes what must be.
  const body = Buffer.from(JSON.stringify({ data: data.toString('latin1'), offset }), 'latin1')
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body }
}
