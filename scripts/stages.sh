# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# For the scripts beside it: named stages that tell how long they took. A stage that fails ends the script.

# stage NAME COMMAND…
stage() {
	stage_name=$1
	shift
	stage_start=$(date +%s)
	printf '== %s\n' "$stage_name"
	stage_status=0
	"$@" || stage_status=$?
	printf '== %s: %s after %d s\n' "$stage_name" \
		"$([ "$stage_status" = 0 ] && echo "done" || echo "FAILED ($stage_status)")" "$(($(date +%s) - stage_start))"
	[ "$stage_status" = 0 ] || exit "$stage_status"
}

# vitest REPORT WORDS…: run tests, and leave their results as REPORT.json where BPMP_VIRT_REPORTS names a folder.
vitest() {
	vitest_report=$1
	shift
	BPMP_VIRT_REPORT=${BPMP_VIRT_REPORTS:+$BPMP_VIRT_REPORTS/$vitest_report.json} npx vitest run "$@"
}
