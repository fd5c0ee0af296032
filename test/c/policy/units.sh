#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run the KUnit suite of the policy as a program, under ASan and UBSan.
#
# KSRC   kernel tree, for include/soc/tegra/bpmp-abi.h
# BUILD  folder for the program
# POLICY policy.c to test, if not the overlay's
set -eu
here=$(cd "$(dirname "$0")" && pwd)
overlay=$here/../../../kernel-overlay/bpmp-host-proxy
: "${KSRC:?kernel tree}" "${BUILD:?folder for the program}"

mkdir -p "$BUILD/include/soc/tegra"
cp "$KSRC/include/soc/tegra/bpmp-abi.h" "$BUILD/include/soc/tegra/"
${CC:-gcc} -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wall -Wextra -Werror -Wno-sign-compare -DBPMP_ABI_HAVE_STDC \
	-I "$here/compat" -I "$overlay" -I "$BUILD/include" \
	"${POLICY:-$overlay/policy.c}" "$overlay/policy_ids.c" \
	"$overlay/policy_vm.c" "$overlay/policy_answer.c" "$overlay/policy_kunit.c" \
	-o "$BUILD/units"
"$BUILD/units"
