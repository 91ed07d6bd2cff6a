#!/bin/sh
# From a fresh clone to a labnet that runs: the machine's tools, the packages of package-lock.json, the build. Each step
# is skipped where it is done. Options are passed to prepare.sh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) { console.error(`labnet needs Node 20.19 or newer; this is ${process.version}`); process.exit(1); }'

sh "$here/prepare.sh" "$@"

# npm writes this file at the end of an install that went well.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "installing node packages" >&2
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
fi
npm run --silent build
