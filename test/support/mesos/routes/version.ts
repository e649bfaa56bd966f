/** /version: says that this is no Mesos. */
import { jsonAnswer } from '../http/answers.ts'
import type { Route } from '../http/route.ts'
import { VERSION_DOCUMENT } from '../json/version.ts'

export const versionRoute: Route = { paths: ['/version'], handle: () => jsonAnswer(VERSION_DOCUMENT) }
