#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# npm run bench: measure, print a table and leave it as bench.json. --quick: what npm test holds, in minutes; --write: also put
# the table into docs/performance.md; --json FILE: leave it there. Nothing else should run on the machine meanwhile.
set -eu
cd "$(dirname "$0")/.."
. scripts/stages.sh
where=test/bench/
json=bench.json
write=
while [ $# -gt 0 ]; do
	case $1 in
	--quick) where=test/bench/quick/ ;;
	--write) write=--write ;;
	--json)
		json=${2:?--json FILE}
		shift
		;;
	*)
		echo "bench: $1 is unknown; there are --quick, --write and --json FILE" >&2
		exit 2
		;;
	esac
	shift
done
rows=$(mktemp -d)
trap 'rm -rf "$rows"' EXIT
npm run --silent build:scripts
status=0
# A goal that is missed is a row all the same.
BPMP_VIRT_BENCH=$rows vitest bench --project bench "$where" || status=1
node dist/scripts/bench.js "$rows" --json "$json" $write
exit "$status"
