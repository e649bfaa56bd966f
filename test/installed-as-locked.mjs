/**
 * Whether what was installed is what package-lock.json says: every package in node_modules, in that version, with that
 * integrity. Plain JavaScript for the machine's own Node.js, since it runs before anything else is there (test/node.sh).
 *
 * Not "the lock did not change": npm adds the optional builds for other platforms to a lock whenever the registry has them, and
 * they come and go there. None of them is ever installed here.
 */
import { readFileSync } from 'node:fs'

const packagesOf = file => JSON.parse(readFileSync(file, 'utf8')).packages
const locked = packagesOf('package-lock.json')
const differing = Object.entries(packagesOf('node_modules/.package-lock.json'))
  .filter(([path, { version, integrity }]) => locked[path]?.version !== version || locked[path].integrity !== integrity)
  .map(([path, { version }]) => `${path} ${version}, the lock has ${locked[path]?.version ?? 'none'}`)
if (differing.length > 0) {
  console.error(`what npm installed is not what package-lock.json says:\n  ${differing.join('\n  ')}`)
  console.error('commit a lock that fits package.json, or restore the old one, then run this again')
  process.exit(1)
}
