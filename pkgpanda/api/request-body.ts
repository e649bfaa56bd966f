/** Bodies of requests (pkgpanda 4): JSON, and said to be so; a body of another type counts as absent, as in 1.9. */
import type { HttpRequest } from '../../src/shared/http/route.ts'
import { faults } from '../errors.ts'

/** A set of 1,000 ids with hashes takes 80 KB. */
export const BODY_MAX_BYTES = 256 * 1024
/** 1.9 has 40 packages. */
export const IDS_MAX = 1_000
/** What one is quoted in a message at most. */
const URL_MAX_LENGTH = 2_000

/** The ids of `PUT /active/`, as they came: whether there are such packages is asked later. Rejects with PKGPANDA_BODY_MALFORMED. */
export async function readIds(request: HttpRequest): Promise<string[]> {
  const json = await readJson(request)
  if (!Array.isArray(json) || !json.every(id => typeof id === 'string'))
    throw faults.BODY_MALFORMED('a list of package ids expected')
  if (json.length > IDS_MAX) throw faults.BODY_MALFORMED(`${json.length} ids, at most ${IDS_MAX}`)
  return json
}

/** `repository_url` of `POST /repository/ID`. Rejects with PKGPANDA_BODY_MALFORMED. */
export async function readRepositoryUrl(request: HttpRequest): Promise<string> {
  const json = await readJson(request)
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw faults.BODY_MALFORMED('an object expected')
  const { repository_url: url } = json as { repository_url?: unknown }
  if (typeof url !== 'string') throw faults.BODY_MALFORMED('the key repository_url with a URL expected')
  if (url.length > URL_MAX_LENGTH) throw faults.BODY_MALFORMED(`repository_url is longer than ${URL_MAX_LENGTH}`)
  return url
}

async function readJson(request: HttpRequest): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim()
  if (!/^application\/([\w.+-]+\+)?json$/i.test(type)) throw faults.BODY_MALFORMED('its Content-Type is not JSON')
  const body = await request.body(BODY_MAX_BYTES)
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // Not the parser's own words: they quote the body.
    throw faults.BODY_MALFORMED('it is not JSON')
  }
}
