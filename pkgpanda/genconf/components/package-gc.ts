/** When nodes remove packages that nothing needs (pkgpanda 7): the timer of dcos-pkgpanda-gc.service, and how many versions it leaves. */
import { type Component, environmentFile } from '../component.ts'

const TIMER = (schedule: string) => `[Unit]
Description=DC/OS Package Cleanup Timer: removes packages that nothing needs any more

[Timer]
OnCalendar=${schedule}
# a node that was off at that time makes up for it
Persistent=yes
# nodes of one rack share their disks
RandomizedDelaySec=15min
AccuracySec=1min
`

export const packageGc: Component = {
  name: 'package-gc',
  files: values =>
    values.package_gc_schedule
      ? [
          { path: 'dcos.target.wants/dcos-pkgpanda-gc.timer', content: TIMER(values.package_gc_schedule) },
          {
            path: 'etc/pkgpanda-gc.env',
            content: environmentFile({ PKGPANDA_GC_KEEP: values.package_gc_keep ?? '' }),
          },
        ]
      : [],
}
