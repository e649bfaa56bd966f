/** What goes wrong in practice: each time a sentence with a code and a remedy, a status that is not 0, and the node as it was. */
import t from 'tap'
import { noBed, testBed } from '../support/testbed/test-bed.ts'
import { repositoryUrl } from '../testbed/settings.ts'

const NODE = 'a1'
const PKGPANDA = '/opt/mesosphere/bin/pkgpanda'

t.test('trouble', { skip: noBed() }, async t => {
  const { bed, run, sh } = await testBed(t)
  /** What must not change: packages, links, generated files, units. */
  const fingerprint = () =>
    sh(
      NODE,
      `cd /opt/mesosphere; { find packages -maxdepth 1 | sort; find active bin etc lib include -printf '%p %l\\n' | sort; cat environment environment.export;
       find /etc/systemd/system -name 'dcos*' | sort; cat /etc/systemd/system/dcos-*.service; } | sha256sum`,
    )
  const before = await fingerprint()
  const [id = ''] = (await run(NODE, PKGPANDA, 'active')).split('\n').filter(each => each.startsWith('dcos-log--'))
  const tarball = `packages/dcos-log/${id}.tar.xz`
  const url = repositoryUrl(bed.settings)

  const cases: { what: string; prepare?: string; script: string; expected: RegExp; after?: string }[] = [
    {
      what: 'a wrong configuration names file, key, found and allowed',
      prepare: `echo '{"role": "boss", "prot": 1}' >/tmp/log.json`,
      script: '/opt/mesosphere/bin/dcos-log -config /tmp/log.json',
      expected: /boss[\s\S]*Could not load config: Validation failed/,
      after: 'rm /tmp/log.json',
    },
    {
      what: 'a busy port is named',
      script: '/opt/mesosphere/bin/dcos-metrics -role agent',
      expected: /HTTP_ADDRESS_UNAVAILABLE – cannot listen on \S*:61091: EADDRINUSE – Find who holds the port/,
    },
    {
      what: 'a node without a role',
      prepare: 'mkdir -p /tmp/root/etc/roles; cp /opt/mesosphere/etc/master_list /tmp/root/etc/ 2>/dev/null || :',
      script: '/opt/mesosphere/bin/bootstrap --root /tmp/root dcos-metrics-agent',
      expected: /code='BOOTSTRAP_\w*ROLE\w*'[\s\S]*remedy='/,
      after: 'rm -r /tmp/root',
    },
    {
      what: 'a corrupt tarball is refused before it is unpacked',
      prepare: `mkdir -p /tmp/store/$(dirname ${tarball}); curl -sf ${url}/index.json -o /tmp/store/index.json; curl -sf ${url}/${tarball} -o /tmp/store/${tarball};
        printf x | dd of=/tmp/store/${tarball} bs=1 seek=100 conv=notrunc status=none; mkdir /tmp/repository`,
      script: `${PKGPANDA} fetch --repository=/tmp/repository --repository-url=file:///tmp/store ${id}; status=$?; ls -A /tmp/repository; exit $status`,
      expected: /PKGPANDA_\w*DIGEST\w*/,
      after: '[ -z "$(ls -A /tmp/repository)" ] && rm -r /tmp/store /tmp/repository',
    },
    {
      what: 'no space left on the device',
      prepare: 'mkdir /tmp/small; mount -t tmpfs -o size=64k tmpfs /tmp/small',
      script: `${PKGPANDA} fetch --repository=/tmp/small --repository-url=${url} ${id}`,
      expected: /PKGPANDA_\w*SPACE\w*/,
      after: '[ -z "$(ls -A /tmp/small)" ] && umount /tmp/small && rmdir /tmp/small',
    },
    {
      what: 'no network',
      prepare: 'mkdir /tmp/repository; ip route add unreachable 172.31.1.250',
      script: `${PKGPANDA} fetch --repository=/tmp/repository --repository-url=http://172.31.1.250:8080 ${id}`,
      expected: /PKGPANDA_\w+/,
      after: 'ip route del unreachable 172.31.1.250; [ -z "$(ls -A /tmp/repository)" ] && rmdir /tmp/repository',
    },
  ]

  for (const { what, prepare, script, expected, after } of cases) {
    await t.test(what, async t => {
      if (prepare) await sh(NODE, prepare)
      const { status, stdout, stderr } = await bed.run(NODE, ['sh', '-c', script], { timeoutMs: 60_000 })
      t.not(status, 0, 'exit status')
      t.match(stdout + stderr, expected)
      if (after) await sh(NODE, after)
      t.equal(await fingerprint(), before, 'the node is as it was')
    })
  }
})
