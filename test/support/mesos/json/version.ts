/** Who answers: the shape of Mesos' /version, and unmistakably not a Mesos. */
import { VERSION } from '../../../../src/shared/version.ts'

/** The release whose answers are imitated; clients choose their requests by it. */
export const MESOS_VERSION = '1.2.3'

/** What a program can look for to know that it does not talk to a Mesos. */
export const STAND_IN = 'stand-in'

/** No commit and no build time of ours: artifacts hold neither. */
export const VERSION_DOCUMENT = {
  build_date: '1970-01-01',
  build_time: 0,
  build_user: STAND_IN,
  git_sha: `${STAND_IN}, not Apache Mesos: for tests only`,
  git_tag: `${STAND_IN}-${VERSION}`,
  version: MESOS_VERSION,
}

/** The same facts in the order in which /state begins with them. */
export function versionHeadJson() {
  const { version, git_sha, git_tag, build_date, build_time, build_user } = VERSION_DOCUMENT
  return { version, git_sha, git_tag, build_date, build_time, build_user }
}
