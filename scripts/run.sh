#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make run`: everything set up, then the session of scripts/guest/demo on the emulated machine.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=${KERNEL:-6.12}
"$AMP_TOP/scripts/setup.sh" "$kernel"
initramfs=$("$AMP_TOP/scripts/build-initramfs.sh" "$kernel")
rc=0
"$AMP_TOP/scripts/boot.sh" "$kernel" run "$initramfs" amp.mode=run || rc=$?
[ "$rc" != 130 ] || exit 130
[ "$rc" = 0 ] || die "the session failed (status $rc); the console's log: $AMP_OUT/$kernel/log/run.console"
