#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Reads the core dump that selftests/remoteproc/crash has made of a panic, as its reader would, with readelf and
# gdb: check-dump.sh FIRMWARE CORE. The results are KTAP.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

firmware=$1 core=$2
"$AMP_TOP/scripts/deps.sh" dump
export LC_ALL=C
number=0 failed=0

# result TEXT CMD...: one line of KTAP
result() {
	local text=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $text"
	else
		failed=1
		echo "not ok $number $text"
	fi
}

# has FILE REGEX...: each is there
has() {
	local file=$1 regex ok=0
	shift
	for regex; do
		grep -qE -- "$regex" "$file" || {
			echo "# expected: $regex"
			ok=1
		}
	done
	[ "$ok" = 0 ] || sed 's/^/# /' "$file"
	return "$ok"
}

# What readelf -l says of the segments that are loaded: physical address and size in memory, for each.
segments() {
	readelf -lW "$1" 2>/dev/null | awk '$1 == "LOAD" { print $4, $6 }'
}

headers_are_right() {
	readelf -hW "$core" >"$core.header" 2>&1 || :
	has "$core.header" 'Class: +ELF32$' "Data: +2's complement, little endian$" 'Type: +CORE' 'Machine: +ARM$' &&
		! grep -E 'Warning|Error' "$core.header" | sed 's/^/# /' | grep .
}

all_is_in_the_file() {
	local size type offset filesz _ bad=0
	size=$(stat -c %s "$core")
	readelf -lW "$core" >"$core.segments" 2>&1 || :
	has "$core.segments" '^  LOAD ' || return
	while read -r type offset _ _ filesz _; do
		if [ "$type" != LOAD ] || ((offset + filesz <= size)); then
			continue
		fi
		echo "# the file ends at $size, its segment at $offset has $filesz bytes"
		bad=1
	done <"$core.segments"
	! grep -E 'Warning|Error' "$core.segments" | sed 's/^/# /' | grep . && [ "$bad" = 0 ]
}

# Wherever the firmware has a segment, the dump has that memory.
firmware_is_covered() {
	local at size from len found bad=0
	while read -r at size; do
		found=
		while read -r from len; do
			((at >= from && at + size <= from + len)) && found=1
		done < <(segments "$core")
		[ -n "$found" ] || {
			echo "# $size bytes at $at of the firmware are not in the dump"
			bad=1
		}
	done < <(segments "$firmware")
	[ "$bad" = 0 ] && [ -n "$(segments "$firmware")" ]
}

echo "TAP version 13"
echo "1..6"
result "readelf: an ARM core file of 32 bits" headers_are_right
result "readelf: all segments are in the file" all_is_in_the_file
result "readelf: the memory of each segment of the firmware is there" firmware_is_covered

gdb-multiarch -nx -batch -ex 'set print elements 0' -ex 'set print repeats 0' -ex "core-file $core" \
	-ex 'compare-sections .text' -ex 'print later.wanted' -ex 'print later.text' -ex 'printf "trace: %s\n", amp_trace' \
	-ex 'print/x amp_log_ring.header' -ex 'info files' "$firmware" >"$core.gdb" 2>&1 </dev/null || :
# A core file of another architecture is read all the same, with a warning.
result "gdb: the code in the dump is the firmware's" has "$core.gdb" "${core##*/}', file type elf32-littlearm\\.$" \
	'^Section .text, .*: matched\.$'
# What the test made it keep, and the log's words of it
result "gdb: a variable has its last value" has "$core.gdb" '= true$' '= "left in memory'
result "gdb: the log ends in the panic" has "$core.gdb" '^trace: trouble: started$' '^trouble: panic out of coffee$'
exit "$failed"
