#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What has to be there before anything boots: setup.sh KERNEL. Each missing package is named and
# installed at once, before the long steps begin.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$AMP_TOP/scripts/kernel.sh" --list "$1" >/dev/null
reasons=(fetch modules firmware dts initramfs selftests)
compgen -G "$AMP_CACHE/qemu-*/qemu-system-aarch64" >/dev/null || reasons+=(emulator)
"$AMP_TOP/scripts/deps.sh" "${reasons[@]}"
"$AMP_TOP/scripts/kernel.sh" "$1" >/dev/null
qemu=$("$AMP_TOP/scripts/build-emulator.sh")
# Built on another machine, it may miss its libraries here.
"$qemu" --version >/dev/null 2>&1 || "$AMP_TOP/scripts/deps.sh" emulator
