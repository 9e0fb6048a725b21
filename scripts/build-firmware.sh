#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds the second core's firmware and prints the folder that holds the ELF files.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$AMP_TOP/scripts/deps.sh" firmware
dir=$AMP_OUT/firmware
with_lock "$dir" step "Building the firmware" "5 s" \
	make -C "$AMP_TOP/firmware" O="$dir" BOARD=imx8mp-evk-m7
echo "$dir"
