#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make update`: takes the newest kernel of each series, and the newest QEMU, that Debian has now.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$AMP_TOP/scripts/deps.sh" fetch
for kernel in ${KERNEL:-$("$AMP_TOP/scripts/kernel.sh" --list)}; do
	"$AMP_TOP/scripts/kernel.sh" --update "$kernel"
done
"$AMP_TOP/scripts/build-emulator.sh" --update
