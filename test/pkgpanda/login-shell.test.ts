/** /etc/profile.d/dcos.sh of a node, as login shells read it: PATH, manual page and completion are found, nothing fails, nothing is said. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from '../house/project-files.ts'
import { missing } from './command-line/shell-candidates.ts'
import { names, scratchDirectory } from './node-fixture.ts'

const PACKAGE = join(ROOT, 'packages/pkgpanda')

/** An install root in which the package is active, made by its own build script; and the profile script for that root. */
function installed(t: Parameters<typeof scratchDirectory>[0]) {
  const directory = scratchDirectory(t)
  const root = join(directory, 'root')
  const [PKG_PATH, PKG_SRC] = [join(root, 'active/pkgpanda'), join(directory, 'src')]
  mkdirSync(PKG_PATH, { recursive: true })
  mkdirSync(join(PKG_SRC, 'pkgpanda'), { recursive: true })
  writeFileSync(join(PKG_SRC, 'pkgpanda/launcher'), '#!/bin/sh\n')
  cpSync(join(ROOT, 'units'), join(PKG_SRC, 'units/units'), { recursive: true })
  execFileSync('bash', ['-o', 'nounset', '-o', 'pipefail', '-o', 'errexit', join(PACKAGE, 'build')], {
    cwd: directory,
    env: { PATH: process.env.PATH, PKG_PATH, PKG_SRC, PKG_EXTRA: join(PACKAGE, 'extra') },
  })
  const profile = join(directory, 'dcos.sh')
  const text = readFileSync(join(PKG_PATH, 'bin/add_dcos_path.sh'), 'utf8')
  writeFileSync(profile, text.replaceAll('/opt/mesosphere', root))
  return { directory, root, profile, share: join(PKG_PATH, 'share') }
}

t.test('every shell reads it, whatever its options; twice is once', async t => {
  const { profile, root, share, directory } = installed(t)
  const print = 'printf "%s|%s" "$PATH" "$MANPATH"'
  for (const shell of ['sh', 'dash', 'bash', 'zsh']) {
    for (const options of ['', '-e', '-u', '-eu']) {
      for (const [what, manpath, wanted] of [
        ['no MANPATH', undefined, `${share}/man:`],
        ['one that asks for the pages of the host', '/x:', `${share}/man:/x:`],
        ['one that replaces them', '/x', `${share}/man:/x`],
      ] as const) {
        t.test(`${shell} ${options}, ${what}`, { skip: missing(shell) }, async t => {
          const env = { PATH: '/usr/bin:/bin', ...(manpath === undefined ? {} : { MANPATH: manpath }) }
          const script = `. ${profile}; . ${profile}; ${print}`
          // bash takes a socket on stdin for rsh, and would read somebody's .bashrc.
          const { status, stdout, stderr } = spawnSync(shell, [...(options ? [options] : []), '-c', script], {
            stdio: ['ignore', 'pipe', 'pipe'],
            ...{ encoding: 'utf8', cwd: directory, env },
          })
          t.strictSame(
            { status, stdout, stderr },
            { status: 0, stdout: `/usr/bin:/bin:${root}/bin/dcos-path|${wanted}`, stderr: '' },
          )
        })
      }
    }
  }
  t.test('without a PATH the working directory does not come into it', async t => {
    const { stdout } = spawnSync('/bin/sh', ['-c', `unset PATH; . ${profile}; echo "$PATH"`], { encoding: 'utf8' })
    t.equal(stdout, `${root}/bin/dcos-path\n`)
  })
})

t.test('the package is not there any more: silence', async t => {
  const { profile, root } = installed(t)
  writeFileSync(profile, readFileSync(profile, 'utf8').replaceAll(root, '/nowhere'))
  for (const shell of ['sh', 'bash', 'zsh']) {
    t.test(shell, { skip: missing(shell) }, async t => {
      const { status, stdout, stderr } = spawnSync(shell, ['-eu', '-c', `. ${profile}`], {
        ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
      })
      t.strictSame({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
    })
  }
})

t.test('completion: in bash only where somebody types, in zsh before its compinit', async t => {
  const { profile, directory } = installed(t)
  const bash = (...options: string[]) =>
    spawnSync(
      'bash',
      ['--norc', '--noprofile', ...options, '-c', `. ${profile}; complete -p pkgpanda 2>/dev/null || echo none`],
      {
        ...{ encoding: 'utf8', env: { PATH: process.env.PATH, HOME: directory } },
      },
    ).stdout
  t.equal(bash(), 'none\n')
  t.equal(bash('-i'), 'complete -F _pkgpanda pkgpanda\n')
  t.equal(bash('--posix', '-i'), 'complete -F _pkgpanda pkgpanda\n', 'as sh')
  t.test('zsh', { skip: missing('zsh') }, async t => {
    const script = `. ${profile}; autoload -Uz compinit; compinit -u -D; print -r -- $_comps[pkgpanda]`
    const { stdout } = spawnSync('zsh', ['-f', '-c', script], { encoding: 'utf8', env: { PATH: process.env.PATH } })
    t.equal(stdout, '_pkgpanda\n')
    const emulated = `emulate sh -c '. ${profile}'; autoload -Uz compinit; compinit -u -D; print -r -- $_comps[pkgpanda]`
    t.equal(spawnSync('zsh', ['-f', '-c', emulated], { encoding: 'utf8' }).stdout, '_pkgpanda\n', 'from /etc/zprofile')
  })
})

t.test('man finds the page', { skip: missing('man') }, async t => {
  const { profile, share, directory } = installed(t)
  const { stdout, stderr } = spawnSync('sh', ['-c', `. ${profile}; man -w pkgpanda; man -w 8 pkgpanda`], {
    ...{ encoding: 'utf8', env: { PATH: process.env.PATH, HOME: directory } },
  })
  t.strictSame({ stdout, stderr }, { stdout: `${share}/man/man8/pkgpanda.8\n`.repeat(2), stderr: '' })
  const page = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', `${share}/man/man8/pkgpanda.8`], {
    encoding: 'utf8',
  })
  t.strictSame({ status: page.status, stderr: page.stderr }, { status: 0, stderr: '' })
  t.strictSame(names(share), ['bash-completion', 'fish', 'man', 'zsh'])
})
