/** Where results that depend on their input alone are kept between builds and clones; the test beds keep their images there. */
import { join, resolve } from 'node:path'

/** `$DCOS_NODE_CACHE`; else /var/cache/dcos-node for root, and the XDG folder of another user. */
export function chooseCacheDirectory(env: NodeJS.ProcessEnv, uid: number | undefined, home: string): string {
  if (env.DCOS_NODE_CACHE) return resolve(env.DCOS_NODE_CACHE)
  return uid === 0 ? '/var/cache/dcos-node' : join(env.XDG_CACHE_HOME || join(home, '.cache'), 'dcos-node')
}
