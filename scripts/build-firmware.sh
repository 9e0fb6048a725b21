#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds the second core's firmware and prints the folder that holds the ELF files: build-firmware.sh [BOARD],
# one of firmware/boards.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$AMP_TOP/scripts/deps.sh" firmware
usual=imx8mp-evk-m7
board=${1:-$usual}
dir=$AMP_OUT/firmware${board#"$usual"}
with_lock "$dir" step "Building the firmware${1:+ for $1}" "5 s" \
	make -C "$AMP_TOP/firmware" O="$dir" BOARD="$board"
echo "$dir"
