/** The packages of the fault battery: few, small, and of every kind that an activation treats differently; and a store of them. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { renderedId, renderLatePackage } from '../../../pkgpanda/setup/late-package.ts'
import { formatIndex, type IndexEntry } from '../../../pkgpanda/store/index-format.ts'
import { INDEX_FILE, latePackagePath, tarballPath } from '../../../pkgpanda/store/store-layout.ts'
import type { Entry, Tree } from './tree.ts'

const unit = (name: string) => `[Unit]\nDescription=${name}\n[Service]\nExecStart=/bin/true\n`
const SCRIPT = '#!/bin/sh\n'

/** Contents of the files of each package; those in bin/ and check/ are executable. */
const FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Changes in everything: a file more and one less, another unit, another environment, a drop-in beside an operator's.
  'base--1': {
    'pkginfo.json': '{"environment":{"BASE":"1"}}',
    'bin/base': SCRIPT,
    'bin/base-one': SCRIPT,
    'buildinfo.full.json': '{"name":"base","package_version":"1"}',
    'check/check_base': SCRIPT,
    'dcos.target.wants/dcos-base.service': unit('base 1'),
  },
  'base--2': {
    'pkginfo.json': '{"environment":{"BASE":"2","MORE":"x"}}',
    'bin/base': SCRIPT,
    'lib/two': '2',
    'buildinfo.full.json': '{"name":"base","package_version":"2"}',
    'check/check_base': SCRIPT,
    'dcos.target.wants/dcos-base.service': unit('base 2'),
    'dcos.target.wants/dcos-base.service.d/10-two.conf': '[Service]\nNice=2\n',
  },
  'gone--1': {
    'pkginfo.json': '{}',
    'etc/gone.conf': 'gone',
    'dcos.target.wants/dcos-gone.service': unit('gone'),
    'dcos.target.wants/dcos-gone.service.d/10-gone.conf': '[Service]\nNice=1\n',
  },
  'came--1': {
    'pkginfo.json': '{"requires":["base"],"state_directory":true,"sysctl":{"dcos-came":{"vm.swappiness":1}}}',
    'etc/came/came.conf': 'came',
    'dcos.target.wants_master/dcos-came.service': unit('came'),
    'dcos.target.wants_master/dcos-came.service.d/10-came.conf': '[Service]\nNice=3\n',
  },
  // Its presence makes pkgpanda write the node's scrape targets.
  'dcos-metrics--1': { 'pkginfo.json': '{}', 'bin/detect_ip': `${SCRIPT}echo 10.0.0.1\n` },
}

/** In the store; on the node its id has a hash of what was rendered. */
export const LATE_TEMPLATE_ID = 'late--setup'
const LATE_YAML = `package:
- path: /etc/late/late.conf
  content: 'value=LATE_BIND_PLACEHOLDER_START_value_LATE_BIND_PLACEHOLDER_END'
- path: /pkginfo.json
  content: '{}'
`
export const LATE_VALUE = 'bound'
const LATE_ID = renderedId('late', renderLatePackage(LATE_YAML, LATE_TEMPLATE_ID, { value: LATE_VALUE }))
const LATE_FILES = { 'pkginfo.json': '{}', 'etc/late/late.conf': `value=${LATE_VALUE}` }

/** Every package whole, as it lies in a repository. */
export const PACKAGES: ReadonlyMap<string, Tree> = new Map(
  Object.entries({ ...FILES, [LATE_ID]: LATE_FILES }).map(([id, files]) => [id, packageTree(files)]),
)

function packageTree(files: Readonly<Record<string, string>>): Tree {
  const tree = new Map<string, Entry>()
  for (const [path, content] of Object.entries(files)) {
    const parts = path.split('/')
    for (const [index] of parts.slice(1).entries()) {
      tree.set(parts.slice(0, index + 1).join('/'), { kind: 'directory', mode: 0o755 })
    }
    tree.set(path, { kind: 'file', mode: /^(bin|check)\//.test(path) ? 0o755 : 0o644, content })
  }
  return tree
}

/** Fills an empty directory: tarballs, the late package, the index. */
export function writeStore(directory: string): void {
  const index = new Map<string, IndexEntry>()
  const enter = (path: string) => {
    const file = join(directory, path)
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
    index.set(path, { sha256, sizeBytes: statSync(file).size })
  }
  for (const [id, files] of Object.entries(FILES)) {
    const unpacked = join(directory, 'unpacked', id)
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(unpacked, path)), { recursive: true })
      writeFileSync(join(unpacked, path), content, { mode: /^(bin|check)\//.test(path) ? 0o755 : 0o644 })
    }
    const tarball = join(directory, tarballPath(id))
    mkdirSync(dirname(tarball), { recursive: true })
    const options = ['--create', '--xz', '--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
    execFileSync('tar', [...options, `--directory=${unpacked}`, `--file=${tarball}`, '.'])
    enter(tarballPath(id))
  }
  mkdirSync(dirname(join(directory, latePackagePath(LATE_TEMPLATE_ID))), { recursive: true })
  writeFileSync(join(directory, latePackagePath(LATE_TEMPLATE_ID)), LATE_YAML)
  enter(latePackagePath(LATE_TEMPLATE_ID))
  writeFileSync(join(directory, INDEX_FILE), formatIndex(index))
}
