/**
 * The script that dcos-download.service runs: downloads the bootstrap tarball, resuming what an earlier run left, compares its
 * sha256, unpacks it beside the install root and renames. Needs curl, tar, xz, sha256sum (pkgpanda 5.1, "OURS").
 */
import { faults } from './errors.ts'
import { literal, shellFail } from './shell.ts'

export interface Bootstrap {
  readonly id: string
  /** Of `<id>.bootstrap.tar.xz`, 64 hexadecimal digits. */
  readonly sha256: string
}

/** Tries and the pause between them, together about two minutes: a repository that restarts, a switch that learns. */
const ATTEMPTS = 20
const PAUSE_SECONDS = 5

/** `directory`: where the download waits, without a leading slash (key bootstrap_tmp_dir). */
export function downloadScript(repositoryUrl: string, bootstrap: Bootstrap, directory: string): string {
  return String.raw`#!/bin/sh
# Run by dcos-download.service: brings the bootstrap tarball to /opt/mesosphere, all of it or nothing.
set -eu
umask 022
url=${literal(`${repositoryUrl}/bootstrap/${bootstrap.id}.bootstrap.tar.xz`)}
sha256=${literal(bootstrap.sha256)}
work=${literal(`/${directory}/.dcos-bootstrap`)}
root=/opt/mesosphere
part="$work/"${literal(`${bootstrap.id}.bootstrap.tar.xz`)}
fail() { printf '%s: %s\nremedy: %s\n' "$1" "$2" "$3" >&2; exit 1; }

# Only root may have been here: in a directory that all may write to, a planted link would lead curl to any file.
mkdir -p "$(dirname "$work")"
mkdir -m 0700 "$work" 2>/dev/null || :
if [ ! -d "$work" ] || [ -L "$work" ] || [ ! -O "$work" ]; then
  ${shellFail(faults.WORK_DIRECTORY_UNSAFE('$work'))}
fi

matches() { [ -f "$part" ] && [ "$(sha256sum "$part" | cut -d ' ' -f 1)" = "$sha256" ]; }

attempt=0
status=0
http=000
while ! matches; do
  attempt=$((attempt + 1))
  if [ "$attempt" -gt ${ATTEMPTS} ]; then
    ${shellFail(faults.DOWNLOAD_FAILED('$url', '$status', '$http'))}
  fi
  [ "$attempt" -eq 1 ] || sleep ${PAUSE_SECONDS}
  resumed=no
  [ ! -s "$part" ] || resumed=yes
  status=0
  http=$(curl --fail --silent --show-error --location --connect-timeout 30 --speed-limit 100000 --speed-time 60 \
    --keepalive-time 2 --continue-at - --output "$part" --write-out '%{http_code}' "$url") || status=$?
  case "$status $resumed $http" in
    0\ no\ *)
      matches && break
      rm -f "$part"
      ${shellFail(faults.DIGEST_MISMATCH('$url'))}
      ;;
    # Resumed from other bytes than these, or from a server that cannot resume: once more from the beginning.
    0\ yes\ * | 22\ yes\ 416 | 33\ * | 36\ *)
      matches && break
      rm -f "$part"
      ;;
    # The repository has no such file, and will not have it in five seconds.
    22\ *\ 40[0-7] | 22\ *\ 410)
      ${shellFail(faults.DOWNLOAD_FAILED('$url', '$status', '$http'))}
      ;;
    # Cannot write: the disk is full. What is there would keep it full.
    23\ *)
      rm -f "$part"
      ${shellFail(faults.WRITE_FAILED('$work'))}
      ;;
  esac
done

# An install root that cannot be removed is a mount point, or what an older installer left: unpack inside it instead.
if [ -d "$root" ] && ! rmdir "$root" 2>/dev/null; then
  staging="$root/.unpacking"
else
  staging="$root.unpacking"
fi
rm -rf "$staging"
trap 'rm -rf "$staging"' EXIT
if ! { mkdir -m 0755 "$staging" && tar --extract --xz --file "$part" --directory "$staging" --numeric-owner && [ -d "$staging/active" ]; }; then
  ${shellFail(faults.UNPACK_FAILED('$staging'))}
fi
# Before the rename, or a power cut could leave the names without the contents.
sync -f "$staging"
if [ "$staging" = "$root.unpacking" ]; then
  mv "$staging" "$root"
else
  # "active" last: with it the install root counts as complete.
  for entry in "$staging"/*; do
    name=$(basename "$entry")
    if [ "$name" != active ]; then
      target="$root/$name"
      rm -rf "$target"
      mv "$entry" "$target"
    fi
  done
  mv "$staging/active" "$root/active"
fi
sync -f "$root"
rm -rf "$work"
`
}
