#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds the selftests and the samples for arm64 and prints the folder they are installed in:
# selftests/ as kselftest's install lays it out, bad/ the firmware that has to be refused, bin/ the samples
# and the command amp.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

source=$("$AMP_TOP/scripts/linux-source.sh")
"$AMP_TOP/scripts/deps.sh" selftests
dir=$AMP_OUT/selftests

build() {
	local sample
	mkdir -p "$dir/build" "$dir/bin"
	rm -rf "$dir/built" "$dir/bad" "$dir/selftests" "${dir:?}/bin"/*
	make -C "$AMP_TOP/selftests" --no-print-directory ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
		KSFT="$source/tools/testing/selftests" OUTPUT="$dir/build" \
		install INSTALL_PATH="$dir/selftests"
	make -C "$AMP_TOP/selftests/host" --no-print-directory O="$AMP_OUT/host" \
		KSFT="$source/tools/testing/selftests" images
	cp -r "$AMP_OUT/host/bad" "$dir/"
	for sample in "$AMP_TOP"/samples/*.c; do
		aarch64-linux-gnu-gcc -O2 -Wall -Werror -static -I"$AMP_TOP/include" -I"$AMP_TOP/firmware/apps" \
			-o "$dir/bin/$(basename "$sample" .c)" "$sample"
	done
	make -C "$AMP_TOP/tools" --no-print-directory O="$dir/tools" \
		CROSS_COMPILE=aarch64-linux-gnu- LDFLAGS=-static
	cp "$dir/tools/amp" "$dir/bin/"
	echo "$inputs" >"$dir/built"
}

provide() {
	inputs=$(hash_of "$AMP_TOP"/{selftests,samples,tools,drivers/remoteproc,firmware/apps,include,scripts/build-selftests.sh})
	[ "$(cat "$dir/built" 2>/dev/null)" = "$inputs" ] ||
		step "Building the selftests" "10 s" build
}

with_lock "$dir" provide
echo "$dir"
