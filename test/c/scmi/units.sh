#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run table.c, every message of SCMI, under ASan and UBSan.
#
# BUILD  folder for the program
# SCMI   folder of the sources to test, if not the clone's: tests plant defects there
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${BUILD:?folder for the program}"
scmi=${SCMI:-$here/../../../scmi}

mkdir -p "$BUILD"
${CC:-gcc} -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wall -Wextra -Werror -I "$scmi" -I "$here" "$here/table.c" "$here/fake.c" \
	"$scmi/domains.c" "$scmi"/scmi*.c -o "$BUILD/table"
"$BUILD/table"
