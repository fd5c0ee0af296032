#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The unit test of the back ends, its own files compiled with a sanitizer and linked with the QEMU libraries of a build that is there.
# So it costs seconds, and reports are of our code: QEMU as a whole is not clean under ThreadSanitizer.
#
#   BUILD      QEMU's build folder
#   OUT        folder for the objects
#   SANITIZER  as for -fsanitize: thread, or address,undefined
#   BPMP_TEST_STORM_SECONDS=N  how long two threads ask while a misbehaving model comes and goes (2)
set -eu

ninja -C "$BUILD" tests/unit/test-bpmp-backend
mkdir -p "$OUT"
ninja -C "$BUILD" -t compdb | python3 -c '
import json, os, subprocess, sys
out, sanitizer, build = sys.argv[1:]
target = "tests/unit/test-bpmp-backend"
flags = f" -fsanitize={sanitizer} -fno-sanitize-recover=all -O1 -g1"
objects = {}
link = None
for entry in json.load(sys.stdin):
    if entry["output"] == target:
        link = entry["command"]
    elif entry["output"].startswith(target + ".p/") and "bpmp" in os.path.basename(entry["file"]):
        objects[entry["output"]] = os.path.join(out, os.path.basename(entry["output"]))
        command = entry["command"].replace(entry["output"], objects[entry["output"]])
        subprocess.run(command + flags, shell=True, cwd=build, check=True)
for old, new in objects.items():
    link = link.replace(old, new)
link = link.replace(f"-o {target}", "-o " + os.path.join(out, "test-bpmp-backend"))
subprocess.run(link + flags, shell=True, cwd=build, check=True)
' "$OUT" "$SANITIZER" "$BUILD"

# Nothing of the test, or of what it calls, may be left out.
for runtime in $(echo "$SANITIZER" | tr ',' ' '); do
	ldd "$OUT/test-bpmp-backend" | grep -q "lib$(echo "$runtime" | cut -c 1)[a-z]*san" || {
		echo "built without $runtime" >&2
		exit 1
	}
done
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=0:abort_on_error=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=0:suppressions=$(cd "$(dirname "$0")" && pwd)/tsan.supp}"
"$OUT/test-bpmp-backend" --tap -k
