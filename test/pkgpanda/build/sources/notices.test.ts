import t from 'tap'
import { formatLauncher } from '../../../../pkgpanda/build/sources/launcher.ts'
import { formatNotices, packageFolderOf } from '../../../../pkgpanda/build/sources/notices.ts'

const inputs: [string, string | undefined][] = [
  ['src/log/main.ts', undefined],
  ['node_modules/tar/dist/index.js', 'node_modules/tar'],
  ['node_modules/@napi-rs/lzma/index.js', 'node_modules/@napi-rs/lzma'],
  ['node_modules/a/node_modules/@b/c/lib/x.js', 'node_modules/a/node_modules/@b/c'],
  ['../other/node_modules/a/x.js', '../other/node_modules/a'],
  ['src/node_modules_of_ours.ts', undefined],
  ['node_modules/single.js', undefined],
]
for (const [input, folder] of inputs) {
  t.test(`the package that ${input} belongs to`, async t => {
    t.equal(packageFolderOf(input), folder)
  })
}

t.test('notices: a list, then the texts', async t => {
  t.equal(formatNotices([]), 'This program contains no third-party packages.\n')
  const text = formatNotices([
    { name: 'a', version: '1.0.0', license: 'MIT', texts: ['MIT License', 'Notice of a'] },
    { name: 'b', version: '2.0.0', license: 'ISC', texts: [] },
    { name: 'c', version: '3.0.0', license: '', texts: ['Public domain'] },
  ])
  t.match(text, /^ {2}a 1\.0\.0 \(MIT\)\n {2}b 2\.0\.0 \(ISC\)\n {2}c 3\.0\.0 \(licence: see below\)\n/m)
  t.match(text, /\na 1\.0\.0\n-+\nMIT License\n\nNotice of a\n/)
  t.match(text, /\nb 2\.0\.0\n-+\nLicence as its package\.json states it: ISC\n/)
})

t.test('the wrapper of a program', async t => {
  const launch = { program: 'p', runtime: '/r/node', main: '/m/main.js', nodeFlags: ['--a=1', '--b'] }
  const head = "#!/bin/sh\n# Runs p under the suite's own runtime.\n"
  t.equal(formatLauncher(launch), `${head}exec /r/node --a=1 --b /m/main.js "$@"\n`)
  t.equal(formatLauncher({ ...launch, prelude: 'x=1' }), `${head}x=1\nexec /r/node --a=1 --b /m/main.js "$@"\n`)
})
