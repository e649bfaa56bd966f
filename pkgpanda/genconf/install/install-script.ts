/** dcos_install.sh (pkgpanda 5.2): brings a bare host to the point where dcos-setup.service does the rest. */
import { keyIdOf } from '../../store/index-signature.ts'
import { parsePublicKey } from '../../store/signing-keys.ts'
import { type Bootstrap, downloadScript } from './download-script.ts'
import { faults } from './errors.ts'
import { setupScript } from './setup-script.ts'
import { literal, shellFail } from './shell.ts'
import { DOWNLOAD, LINK_ENV, SETUP } from './units.ts'

export interface InstallScript {
  /** The package repository as nodes reach it (key bootstrap_url). */
  readonly repositoryUrl: string
  readonly bootstrap: Bootstrap
  /** Text of the setup flag cluster-packages.json. */
  readonly clusterPackages: string
  /** Key bootstrap_tmp_dir. */
  readonly downloadDirectory: string
  /** Key repository_trusted_keys, PEM texts. */
  readonly trustedKeys?: readonly string[]
}

/**
 * POSIX sh; needs curl, tar, xz, sha256sum and systemd. Exit status 0, 1 for every failure, or the number of failed checks.
 *
 * DEPARTURE (log 1): no journald drop-in is written, since its raised rate limit overloaded journald.
 */
export function installScript(settings: InstallScript): string {
  const { repositoryUrl, bootstrap, clusterPackages, downloadDirectory, trustedKeys = [] } = settings
  return String.raw`#!/bin/sh
# Installs the node software of this cluster on this host. Generated from config.yaml; changes belong there.
set -eu
umask 022

repository_url=${literal(repositoryUrl)}
bootstrap_url=${literal(`${repositoryUrl}/bootstrap/${bootstrap.id}.bootstrap.tar.xz`)}
root=/opt/mesosphere
config=/etc/mesosphere
units=/etc/systemd/system

fail() { printf '%s: %s\nremedy: %s\n' "$1" "$2" "$3" >&2; exit 1; }
usage() {
  cat <<'END_OF_USAGE'
Usage: dcos_install.sh [OPTION...] ROLE
ROLE is master, slave or slave_public.
  -d, --disable-preflight   install without checking the host first
  -p, --preflight-only      check the host, install nothing; the exit status is the number of failed checks
  --no-block-dcos-setup     return when the setup has been started, not when it has finished
  -h, --help                this text
END_OF_USAGE
}

preflight=yes
install=yes
block=yes
role=
for argument in "$@"; do
  case $argument in
    -d | --disable-preflight) preflight=no ;;
    -p | --preflight-only) install=no ;;
    --no-block-dcos-setup) block=no ;;
    # QUIRK (pkgpanda 5.2): help counts as a failure.
    -h | --help) usage; exit 1 ;;
    master | slave | slave_public)
      [ -z "$role" ] || ${shellFail(faults.ARGUMENTS('$role and $argument'))}
      role=$argument
      ;;
    *) ${shellFail(faults.ARGUMENTS('$argument'))} ;;
  esac
done
if [ "$preflight$install" = nono ]; then ${shellFail(faults.ARGUMENTS('--disable-preflight with --preflight-only'))}; fi
if [ -z "$role" ] && [ "$install" = yes ]; then ${shellFail(faults.ARGUMENTS('no role'))}; fi
[ "$(id -u)" -eq 0 ] || ${shellFail(faults.NOT_ROOT())}

# Also in the middle of an activation, when "active" itself is away for a moment.
for path in "$root/active" "$root/active.new" "$root/active.old" "$root/install_progress"; do
  if [ -e "$path" ] || [ -L "$path" ]; then ${shellFail(faults.ALREADY_INSTALLED('$path'))}; fi
done

# check NAME COMMAND...: a line that installers look for; a failed check prints what the command printed.
failed=0
check() {
  name=$1
  shift
  if detail=$("$@" 2>&1); then
    printf 'Checking %s: PASS\n' "$name"
  else
    failed=$((failed + 1))
    printf 'Checking %s: FAIL (%s)\n' "$name" "$detail"
  fi
}
has_command() { command -v "$1" >/dev/null || ${shellFail(faults.COMMAND_MISSING('$1'))}; }
has_systemd() { [ -d /run/systemd/system ] || ${shellFail(faults.NO_SYSTEMD())}; }
# Some servers refuse HEAD, some ignore ranges.
has_repository() {
  curl --fail --silent --location --connect-timeout 10 --max-time 60 --output /dev/null --head "$bootstrap_url" ||
    curl --fail --silent --show-error --location --connect-timeout 10 --max-time 60 --output /dev/null --range 0-0 "$bootstrap_url" ||
    ${shellFail(faults.REPOSITORY_UNREACHABLE('$bootstrap_url'))}
}
if [ "$preflight" = yes ]; then
  for command in curl tar xz sha256sum systemctl; do
    check "command $command" has_command "$command"
  done
  check 'systemd' has_systemd
  check 'package repository' has_repository
  if [ "$install" = no ]; then exit "$failed"; fi
  if [ "$failed" -gt 0 ]; then ${shellFail(faults.PREFLIGHT_FAILED('$failed'))}; fi
fi

# write FILE: its text from standard input, complete or not at all.
write() {
  if ! { cat >"$1.new" && mv "$1.new" "$1"; }; then
    rm -f "$1.new"
    ${shellFail(faults.WRITE_FAILED('$1'))}
  fi
}
mkdir -p "$config/roles" "$config/setup-flags" || ${shellFail(faults.WRITE_FAILED('$config'))}

# A run with another role may have come this far and no farther.
rm -f "$config/roles/master" "$config/roles/slave" "$config/roles/slave_public"
write "$config/roles/$role" </dev/null
printf '%s\n' "$repository_url" | write "$config/setup-flags/repository-url"
write "$config/setup-flags/cluster-packages.json" <<'END_OF_FILE'
${clusterPackages.trimEnd()}
END_OF_FILE
${trustedKeysPart(trustedKeys)}write "$config/download-bootstrap.sh" <<'END_OF_FILE'
${downloadScript(repositoryUrl, bootstrap, downloadDirectory).trimEnd()}
END_OF_FILE
write "$config/run-setup.sh" <<'END_OF_FILE'
${setupScript().trimEnd()}
END_OF_FILE
write "$units/dcos-link-env.service" <<'END_OF_FILE'
${LINK_ENV.trimEnd()}
END_OF_FILE
write "$units/dcos-download.service" <<'END_OF_FILE'
${DOWNLOAD.trimEnd()}
END_OF_FILE
write "$units/dcos-setup.service" <<'END_OF_FILE'
${SETUP.trimEnd()}
END_OF_FILE

# Or a power cut could leave the names without the texts, and a node that is never set up.
sync -f "$config"
sync -f "$units"

systemctl daemon-reload
systemctl start dcos-link-env.service
systemctl --quiet enable dcos-setup.service
if [ "$block" = no ]; then
  systemctl --no-block start dcos-setup.service
  echo "Setup of this $role has been started; follow it with journalctl -f -u dcos-download -u dcos-setup"
  exit 0
fi
echo "Setting up this $role; follow it with journalctl -f -u dcos-download -u dcos-setup"
systemctl start dcos-setup.service || ${shellFail(faults.SETUP_FAILED())}
echo "This $role is set up; see systemctl status 'dcos-*'"
`
}

/** Named by their ids, so that a run with other keys removes those of the run before and none that an operator has put there. */
function trustedKeysPart(keys: readonly string[]): string {
  const files = keys.map(
    pem =>
      `write "$config/trusted-keys/${keyIdOf(parsePublicKey(pem))}.pem" <<'END_OF_FILE'\n${pem.trimEnd()}\nEND_OF_FILE\n`,
  )
  const remove = 'rm -f "$config"/trusted-keys/????????????????.pem\n'
  if (files.length === 0) return remove
  const make = 'mkdir -p "$config/trusted-keys" && chmod 0755 "$config/trusted-keys"'
  return `${remove}${make} || ${shellFail(faults.WRITE_FAILED('$config'))}\n${files.join('')}`
}
