/**
 * The script that dcos-setup.service runs. In a half-done activation `bin` and `active` may be renamed away, so recovery
 * cannot be started from there; some generation of `active` always exists, and its links lead to packages that never move.
 */
import { faults } from './errors.ts'
import { shellFail } from './shell.ts'

export function setupScript(): string {
  return String.raw`#!/bin/sh
# Run by dcos-setup.service: installs the packages of this node, or finishes an activation that was interrupted.
set -eu
root=/opt/mesosphere
fail() { printf '%s: %s\nremedy: %s\n' "$1" "$2" "$3" >&2; exit 1; }

# What a fetch --force left that was killed between its two renames: pkgpanda or its runtime may be the package that is away.
for aside in "$root"/packages/.replacing-* "$root"/packages/.replaced-*; do
  package="$root/packages/$(basename "$aside" | sed 's/^\.repla[a-z]*-//')"
  if [ -d "$aside" ] && [ ! -e "$package" ]; then mv "$aside" "$package"; fi
done
if [ ! -e "$root/install_progress" ] && [ -x "$root/bin/pkgpanda" ]; then
  exec "$root/bin/pkgpanda" setup --no-block-systemd
fi
for active in "$root/active" "$root/active.new" "$root/active.old"; do
  if [ -x "$active/nodejs/bin/node" ] && [ -e "$active/pkgpanda/pkgpanda/main.js" ]; then
    exec "$active/nodejs/bin/node" "$active/pkgpanda/pkgpanda/main.js" setup --no-block-systemd
  fi
done
${shellFail(faults.NO_PACKAGE_MANAGER('$root'))}
`
}
