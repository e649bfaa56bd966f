/**
 * dcos_install.sh on a bare host: a mount namespace with its own /etc, /opt and /run, real curl, tar, xz and sha256sum, and a
 * systemctl that runs what the two units would run.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { installScript } from '../../../pkgpanda/genconf/install/install-script.ts'

const run = promisify(execFile)
const ID = 'c'.repeat(40)

const SYSTEMCTL = `#!/bin/sh
echo "systemctl $*"
case "$*" in
  'start dcos-setup.service') /bin/sh /etc/mesosphere/download-bootstrap.sh && /bin/sh /etc/mesosphere/run-setup.sh ;;
esac
`

/** A bootstrap whose package manager says how it was called. */
async function makeBootstrap(directory: string, extra: Uint8Array): Promise<Buffer> {
  const root = join(directory, 'bootstrap')
  await mkdir(join(root, 'bin'), { recursive: true })
  await mkdir(join(root, 'active'))
  await mkdir(join(root, 'packages/pkgpanda--1/pkgpanda'), { recursive: true })
  await mkdir(join(root, 'packages/nodejs--1/bin'), { recursive: true })
  await writeFile(join(root, 'bin/pkgpanda'), '#!/bin/sh\necho "bin/pkgpanda $*"\n', { mode: 0o755 })
  await writeFile(join(root, 'packages/nodejs--1/bin/node'), '#!/bin/sh\necho "node $*"\n', { mode: 0o755 })
  await writeFile(join(root, 'packages/pkgpanda--1/pkgpanda/main.js'), '')
  await writeFile(join(root, 'packages/extra'), extra)
  for (const name of ['nodejs', 'pkgpanda']) {
    await symlink(`/opt/mesosphere/packages/${name}--1`, join(root, 'active', name))
  }
  const tarball = join(directory, 'bootstrap.tar.xz')
  await run('tar', ['-cJf', tarball, '-C', root, '.'])
  return readFile(tarball)
}

interface Bed {
  tarball: Buffer
  /** `GET /path range` of each request. */
  requests: string[]
  /** Runs shell commands on a new bare host, where `$INSTALL` is the script and `$SERVED` the tarball. */
  host(
    commands: string,
    options?: { sha256?: string; id?: string; url?: string },
  ): Promise<{ status: number; output: string }>
}

async function makeBed(t: Test): Promise<Bed> {
  const directory = await mkdtemp(join(tmpdir(), 'install-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  // Does not compress: the download is larger than the small disk below.
  const noise = Buffer.concat(Array.from({ length: 8192 }, (_, i) => createHash('sha256').update(String(i)).digest()))
  const tarball = await makeBootstrap(directory, noise)
  const requests: string[] = []
  const server = createServer((request, response) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    requests.push(`${request.method} ${range?.[1] ?? ''}`)
    if (request.url !== `/bootstrap/${ID}.bootstrap.tar.xz`) return void response.writeHead(404).end()
    const from = Number(range?.[1] ?? 0)
    if (from >= tarball.length) return void response.writeHead(416).end()
    const body = tarball.subarray(from, range?.[2] ? Number(range[2]) + 1 : undefined)
    const headers = {
      'content-length': body.length,
      'content-range': `bytes ${from}-${from + body.length - 1}/${tarball.length}`,
    }
    response.writeHead(range ? 206 : 200, headers)
    response.end(request.method === 'HEAD' ? undefined : body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const repositoryUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await mkdir(join(directory, 'bin'))
  await writeFile(join(directory, 'bin/systemctl'), SYSTEMCTL, { mode: 0o755 })
  return {
    tarball,
    requests,
    async host(commands, options = {}) {
      requests.length = 0
      const sha256 = options.sha256 ?? createHash('sha256').update(tarball).digest('hex')
      const script = installScript({
        repositoryUrl: options.url ?? repositoryUrl,
        bootstrap: { id: options.id ?? ID, sha256 },
        clusterPackages: '[\n  "a--1"\n]\n',
        downloadDirectory: 'opt',
      })
      const install = join(directory, 'dcos_install.sh')
      await writeFile(install, script, { mode: 0o755 })
      const layers =
        'mount -t tmpfs none /mnt && mkdir /mnt/up /mnt/work && mount -t overlay none -o lowerdir=/etc,upperdir=/mnt/up,workdir=/mnt/work /etc'
      const mounts = `set -e; ${layers}; mount -t tmpfs none /opt; mount -t tmpfs none /run; mkdir -p /run/systemd/system /etc/systemd/system; set +e`
      const env = {
        PATH: `${directory}/bin:${process.env.PATH}`,
        INSTALL: install,
        SERVED: join(directory, 'bootstrap.tar.xz'),
      }
      return new Promise(resolve => {
        const command = ['--mount', '--propagation', 'private', 'sh', '-c', `${mounts}\n{ ${commands}\n} 2>&1`]
        execFile('unshare', command, { env }, (error, stdout, stderr) =>
          resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr }),
        )
      })
    },
  }
}

const skip = process.getuid?.() === 0 ? false : 'needs root for a mount namespace'

t.test('dcos_install.sh', { skip }, async t => {
  const bed = await makeBed(t)

  await t.test('a bare host gets flags, role, units and the install root, and the setup is run', async t => {
    const show = ['setup-flags/repository-url', 'setup-flags/cluster-packages.json'].map(
      path => `cat /etc/mesosphere/${path}`,
    )
    const { status, output } = await bed.host(
      `"$INSTALL" slave || exit; ls /etc/mesosphere/roles /opt -A; ls /etc/systemd/system/dcos-*; ${show.join(';')}; "$INSTALL" slave`,
    )
    t.match(output, /^Checking command curl: PASS\n/)
    t.match(output, /Checking package repository: PASS\n/)
    t.match(
      output,
      /systemctl daemon-reload\nsystemctl start dcos-link-env.service\nsystemctl --quiet enable dcos-setup.service\n/,
    )
    t.match(output, /\nbin\/pkgpanda setup --no-block-systemd\nThis slave is set up/)
    t.match(output, /\/etc\/mesosphere\/roles:\nslave\n/)
    t.match(output, /\/opt:\nmesosphere\n/, 'nothing else is left in /opt')
    t.match(output, /dcos-download\.service\n.*dcos-link-env\.service\n.*dcos-setup\.service\n/)
    t.match(output, /http:\/\/127\.0\.0\.1:\d+\n\[\n {2}"a--1"\n\]\n/)
    t.match(
      output,
      /INSTALL_ALREADY_INSTALLED: this node is installed already: \/opt\/mesosphere\/active exists\nremedy: /,
    )
    t.equal(status, 1, 'of the second run')
  })

  await t.test('a download that was cut short is resumed', async t => {
    const { output } = await bed.host(
      `mkdir -m 0700 /opt/.dcos-bootstrap; head -c 100000 "$SERVED" >/opt/.dcos-bootstrap/${ID}.bootstrap.tar.xz; "$INSTALL" master`,
    )
    t.match(output, /This master is set up/)
    t.same(bed.requests, ['HEAD ', 'GET 100000'])
  })

  await t.test('left-over bytes of another file are thrown away', async t => {
    const { output } = await bed.host(
      `mkdir -m 0700 /opt/.dcos-bootstrap; head -c 300000 /dev/zero >/opt/.dcos-bootstrap/${ID}.bootstrap.tar.xz; sed -i 's/sleep 5/sleep 0/' "$INSTALL"; "$INSTALL" -d master`,
    )
    t.match(output, /This master is set up/)
    t.equal(bed.requests.at(-1), 'GET ')
  })

  await t.test('an install root that is a mount point is filled, "active" and all', async t => {
    const { status, output } = await bed.host(
      'mkdir /opt/mesosphere; mount -t tmpfs none /opt/mesosphere; "$INSTALL" slave_public && ls -A /opt /opt/mesosphere',
    )
    t.equal(status, 0)
    t.match(output, /\/opt:\nmesosphere\n\n\/opt\/mesosphere:\nactive\nbin\npackages\n$/)
  })

  const failures = [
    { what: 'another file than the script was made for', options: { sha256: 'e'.repeat(64) }, commands: '"$INSTALL" slave; s=$?; ls -A /opt; exit $s', output: /INSTALL_DIGEST_MISMATCH: http.*\nremedy: .*\nINSTALL_SETUP_FAILED: .*\nremedy: .*\n\.dcos-bootstrap\n$/ },
    { what: 'the repository lacks the file: nothing is written', options: { id: 'd'.repeat(40) }, commands: '"$INSTALL" slave; s=$?; ls -A /opt; test -e /etc/mesosphere && echo written; exit $s', output: /Checking package repository: FAIL \(.*404.*\nINSTALL_REPOSITORY_UNREACHABLE: .*\nremedy: .*\)\nINSTALL_PREFLIGHT_FAILED: 1 checks failed; nothing was changed on this node\nremedy: .*\n$/ },
    { what: 'no network: nothing is written', options: { url: 'http://127.0.0.1:1' }, commands: '"$INSTALL" slave; s=$?; test -e /etc/mesosphere && echo written; exit $s', output: /INSTALL_REPOSITORY_UNREACHABLE: cannot reach http:\/\/127\.0\.0\.1:1\/.*\nremedy: .*\)\nINSTALL_PREFLIGHT_FAILED.*\nremedy: .*\n$/ },
    { what: 'the repository lacks the file, checks switched off', options: { id: 'd'.repeat(40) }, commands: '"$INSTALL" -d slave; s=$?; ls -A /opt; exit $s', output: /INSTALL_DOWNLOAD_FAILED: .*\(curl: 22, HTTP: 404\)\n/ },
    { what: 'a full disk: the download is taken back', commands: 'mount -t tmpfs -o size=64k none /opt; "$INSTALL" slave; s=$?; ls -A /opt /opt/.dcos-bootstrap; exit $s', output: /INSTALL_WRITE_FAILED: cannot write below \/opt\/\.dcos-bootstrap\n[\s\S]*\/opt\/\.dcos-bootstrap:\n$/ },
    { what: 'a disk that the unpacked files fill: the install root stays away', commands: 'mount -t tmpfs -o size=400k none /opt; "$INSTALL" slave; s=$?; ls -A /opt; exit $s', output: /INSTALL_UNPACK_FAILED: [\s\S]*\n\.dcos-bootstrap\n$/ },
    { what: 'a work directory that somebody else planted', commands: 'mkdir /run/planted && ln -s /run/planted /opt/.dcos-bootstrap; "$INSTALL" slave', output: /INSTALL_WORK_DIRECTORY_UNSAFE/ },
    { what: 'no role', commands: '"$INSTALL"', output: /^INSTALL_ARGUMENTS: wrong arguments: no role\nremedy: / },
    { what: 'two roles', commands: '"$INSTALL" master slave', output: /^INSTALL_ARGUMENTS: wrong arguments: master and slave\n/ },
    { what: 'an unknown role', commands: '"$INSTALL" "minu\\"teman \\$x"', output: /^INSTALL_ARGUMENTS: wrong arguments: minu"teman \$x\n/ },
    { what: 'help', commands: '"$INSTALL" --help', output: /^Usage: dcos_install\.sh/ },
    { what: 'half an activation is not a bare host', commands: 'mkdir -p /opt/mesosphere/active.old; "$INSTALL" slave', output: /INSTALL_ALREADY_INSTALLED: .*active\.old exists/ },
    { what: 'a command is missing', commands: 'cp "$INSTALL" /run/i; sed -i "s/for command in curl/for command in no-such-command curl/" /run/i; sh /run/i slave', output: /Checking command no-such-command: FAIL \(INSTALL_COMMAND_MISSING: the command no-such-command is missing\n/ },
    { what: 'no systemd', commands: 'rmdir /run/systemd/system; "$INSTALL" slave', output: /Checking systemd: FAIL \(INSTALL_NO_SYSTEMD/ },
    { what: 'not root', commands: 'chmod 0755 "$(dirname "$INSTALL")"; setpriv --reuid 65534 --clear-groups sh "$INSTALL" slave', output: /^INSTALL_NOT_ROOT/ },
  ] // biome-ignore format: a table
  for (const { what, commands, options = {}, output: wanted } of failures) {
    await t.test(`exit 1: ${what}`, async t => {
      const { status, output } = await bed.host(commands, options)
      t.equal(status, 1)
      t.match(output, wanted)
    })
  }

  await t.test('--preflight-only exits with the number of failed checks', async t => {
    t.match(await bed.host('"$INSTALL" -p'), { status: 0, output: /PASS/ })
    t.match(await bed.host('rmdir /run/systemd/system; "$INSTALL" -p', { url: 'http://127.0.0.1:1' }), { status: 2 })
  })

  await t.test('after a crash in the middle of an activation some generation of pkgpanda is found', async t => {
    const crash =
      'cd /opt/mesosphere && touch install_progress && mv active active.new && mv bin bin.old && sh /etc/mesosphere/run-setup.sh'
    const { status, output } = await bed.host(
      `"$INSTALL" slave; ${crash}; rm -r active.new; sh /etc/mesosphere/run-setup.sh`,
    )
    t.match(output, /\nnode \/opt\/mesosphere\/active\.new\/pkgpanda\/pkgpanda\/main\.js setup --no-block-systemd\n/)
    t.match(output, /INSTALL_NO_PACKAGE_MANAGER/)
    t.equal(status, 1)
  })
})
