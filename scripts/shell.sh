#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make shell`: everything set up, then an interactive console in the emulated machine.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=${KERNEL:-6.12}
"$AMP_TOP/scripts/setup.sh" "$kernel"
initramfs=$("$AMP_TOP/scripts/build-initramfs.sh" "$kernel")
exec "$AMP_TOP/scripts/boot.sh" "$kernel" shell "$initramfs" amp.mode=shell
