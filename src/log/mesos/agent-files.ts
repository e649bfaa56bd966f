/** The `/files` API of a Mesos agent (1.2): size and pieces of a file, a directory's listing, a whole file (log 7.2). */
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { FetchedStream } from '../../shared/http/client.ts'
import { faults } from '../errors.ts'
import type { Caller, Peer } from './peer.ts'

/** Sixteen pages: Mesos gives no more at once. */
export const PIECE_MAX_BYTES = 64 * 1024

/** A byte may come as `\u00ff`. */
const PIECE_ANSWER_MAX_BYTES = 6 * PIECE_MAX_BYTES + 1024

/** Some thousand files. */
const LISTING_MAX_BYTES = 2 * 1024 * 1024

const Piece = Type.Object({ data: Type.String(), offset: Type.Integer({ minimum: 0 }) })

const Listing = Type.Array(
  Type.Object({
    gid: Type.String(),
    mode: Type.String(),
    mtime: Type.Number(),
    nlink: Type.Integer(),
    path: Type.String(),
    size: Type.Integer(),
    uid: Type.String(),
  }),
)
export type ListingJson = Type.Static<typeof Listing>

/** Rejects with LOG_FILE_MISSING, LOG_MESOS_*, LOG_SANDBOX_FORBIDDEN, LOG_TOKEN_REFUSED, as all of these do. */
export async function fetchSize(agent: Peer, path: string, caller: Caller): Promise<number> {
  return (await fetchPiece(agent, path, -1, 0, caller)).offset
}

/** At most PIECE_MAX_BYTES from `offset` on; empty at and behind the end. */
export async function fetchBytesAt(
  agent: Peer,
  path: string,
  offset: number,
  lengthBytes: number,
  caller: Caller,
): Promise<Buffer> {
  return (await fetchPiece(agent, path, offset, Math.min(lengthBytes, PIECE_MAX_BYTES), caller)).data
}

async function fetchPiece(agent: Peer, path: string, offset: number, length: number, caller: Caller) {
  const query = `path=${encodeURIComponent(path)}&offset=${offset}${offset < 0 ? '' : `&length=${length}`}`
  const { body } = await agent.get(`/files/read?${query}`, caller, PIECE_ANSWER_MAX_BYTES)
  // Mesos escapes bytes, not characters, and other versions write them as they are: as Latin-1 both give the file's own bytes, also
  // where the piece ends within a character.
  const piece = parseJson(body.toString('latin1'), Piece, agent)
  if (/[^\u0000-\u00ff]/.test(piece.data)) throw faults.MESOS_MALFORMED(agent.name)
  return { data: Buffer.from(piece.data, 'latin1'), offset: piece.offset }
}

/** Whether Mesos shows that directory to the caller; how many files are in it makes no difference. */
export async function checkFolder(agent: Peer, path: string, caller: Caller): Promise<void> {
  await agent.check(browsing(path), caller)
}

/** Entries of a directory; none for a plain file. */
export async function fetchListing(agent: Peer, path: string, caller: Caller): Promise<ListingJson> {
  const { body } = await agent.get(browsing(path), caller, LISTING_MAX_BYTES)
  return parseJson(body.toString('utf8'), Listing, agent)
}

const browsing = (path: string) => `/files/browse?path=${encodeURIComponent(path)}`

/** To be disposed. */
export async function openDownload(agent: Peer, path: string, caller: Caller): Promise<FetchedStream> {
  return await agent.open(`/files/download?path=${encodeURIComponent(path)}`, caller)
}

function parseJson<S extends typeof Piece | typeof Listing>(text: string, schema: S, agent: Peer): Type.Static<S> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw faults.MESOS_MALFORMED(agent.name).because(error)
  }
  if (!Value.Check(schema, value)) throw faults.MESOS_MALFORMED(agent.name)
  return value
}
