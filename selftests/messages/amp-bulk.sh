#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086 # $patient is two words
#
# Bulk data from the command line: amp bulk, which compares what the firmware has
# with what was sent, and the samples bulk-checksum and bulk-frames.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"
# shellcheck source=lib/tool.sh
. "$(dirname "$(readlink -f "$0")")/../lib/tool.sh"

AMP_FW_BULK=${AMP_FW_BULK:-amp/bulk.elf}
# A loaded machine takes its time over each part.
patient="-W 60"
region=/proc/device-tree/reserved-memory/bulk@58000000

amp_begin
[ -e "$region" ] || amp_skip "the device tree has no memory for bulk data"
[ -f "/lib/firmware/$AMP_FW_BULK" ] || amp_skip "firmware $AMP_FW_BULK is not installed"
amp_load amp_rpmsg_bulk || amp_skip "amp_rpmsg_bulk cannot be loaded"

core=$(amp_rproc)
core=${core##*/}
tool_begin

# The channel comes some time after the core runs.
start()
{
	amp_start "$AMP_FW_BULK" && amp_wait test -e /dev/amp-bulk0
}

# file BYTES: random ones, in $scratch/data
file()
{
	head -c "$1" /dev/urandom > "$scratch/data"
}

# there_and_back BYTES
there_and_back()
{
	file "$1" && rm -f "$scratch/back" &&
	run 0 bulk put $patient "$scratch/data" && [ ! -s "$out" ] &&
	complains "$1 bytes (" && complains ", crc32 $(crc32 "$scratch/data" | cut -d' ' -f1)" &&
	run 0 bulk get $patient "$scratch/back" "$core" && complains "$1 bytes (" &&
	cmp "$scratch/data" "$scratch/back"
}

puts_and_gets()
{
	local size

	command -v crc32 >/dev/null || amp_skip_one "there is no crc32" || return
	start || return 1
	for size in 1 4095 4096 4097 1048576 5000003; do
		there_and_back $size || return 1
	done
	# What was put stays with the core, for whoever asks, until that is stopped.
	run 0 bulk get $patient "$scratch/back" && cmp "$scratch/data" "$scratch/back" || return 1
	start && run 2 bulk get $patient "$scratch/back" &&
	complains "$core has no file"
}

pipes()
{
	start && file 2500001 || return 1
	# shellcheck disable=SC2002 # a pipe, which has no size
	cat "$scratch/data" | "$AMP" bulk put $patient - 2>"$err" && complains "2500001 bytes (" &&
	"$AMP" bulk get $patient - 2>"$err" | cmp - "$scratch/data" && complains "2500001 bytes ("
}

empty_file()
{
	start && file 10 && run 0 bulk put $patient "$scratch/data" &&
	run 0 bulk put $patient /dev/null && complains "0 bytes" &&
	run 2 bulk get $patient "$scratch/back" && complains "has no file"
}

# Neither a half file nor its memory is left with the core.
too_large()
{
	start && file 3000000 || return 1
	head -c 40000000 /dev/zero > "$scratch/large" || return 1
	run 2 bulk put $patient "$scratch/large" && complains "no room for $scratch/large after" || return 1
	rm "$scratch/large"
	run 2 bulk get $patient "$scratch/back" && complains "has no file" &&
	run 0 bulk put $patient "$scratch/data" && run 0 bulk get $patient "$scratch/back" &&
	cmp "$scratch/data" "$scratch/back"
}

prints_json()
{
	start && file 100000 && run 0 -j bulk put $patient "$scratch/data" &&
	[ ! -s "$err" ] &&
	grep -qE "^\{\"file\":\"$scratch/data\",\"core\":\"$core\",\"bytes\":100000,\"crc32\":\"[0-9a-f]{8}\",\"seconds\":[0-9.]+\}\$" "$out" &&
	run 0 bulk -j get $patient "$scratch/back" && prints '"bytes":100000,' &&
	run 0 bulk -q get $patient "$scratch/back" && [ ! -s "$out" ] && [ ! -s "$err" ] &&
	run 2 -j bulk get - && complains "cannot both go to standard output" &&
	run 0 list && prints ", bulk data /dev/amp-bulk" &&
	run 0 -j list && prints '"bulk":"amp-bulk'
}

bad_arguments()
{
	start && run 2 bulk && run 2 bulk put && run 2 bulk post x &&
	run 2 bulk put a b c && run 2 bulk put x -W soon && run 2 bulk put x -n 1 &&
	run 2 bulk put "$scratch/nothing" && complains "cannot open $scratch/nothing: No such file" &&
	run 2 bulk put $patient /dev/null nobody && complains "there is: $core" || return 1
	file 10 && run 0 bulk put $patient "$scratch/data" &&
	run 2 bulk get "$scratch/no/file" && complains "cannot open"
}

no_channel()
{
	amp_stop && run 2 bulk get $patient "$scratch/back" && complains "start it with 'amp start $core" &&
	amp_start && run 2 bulk get $patient "$scratch/back" && complains "has no channel for bulk data"
}

# Whatever it has come to, the next one is as if nothing had been.
killed()
{
	local pid tenths

	start || return 1
	for tenths in 0 1 2 3 4 5 6 7 8 9; do
		"$AMP" bulk put /dev/zero >"$out" 2>&1 &
		pid=$!
		sleep "0.$tenths"
		kill -9 $pid
		wait $pid
	done 2>/dev/null
	there_and_back 1000001
}

recovered()
{
	[ "$(cat "$(amp_rproc)/crash_count")" -gt "$1" ] && [ "$(amp_state)" = running ]
}

crashes()
{
	local pid count crash=/sys/kernel/debug/remoteproc/$core/crash rc=0

	[ -w "$crash" ] || amp_skip_one "no $crash" || return
	start && mkfifo "$scratch/fifo" || return 1
	echo enabled > "$(amp_rproc)/recovery"
	count=$(cat "$(amp_rproc)/crash_count")
	exec 3<>"$scratch/fifo"
	"$AMP" bulk put $patient - <"$scratch/fifo" >"$out" 2>"$err" 3<&- &
	pid=$!
	# Two parts and a half, and the other half when the core has begun anew.
	head -c 2621440 /dev/zero >&3
	amp_wait "$AMP" bulk -q get "$scratch/back" && echo 1 > "$crash" &&
	amp_wait recovered "$count" || return 1
	head -c 524288 /dev/zero >&3
	amp_wait amp_ended $pid || kill -9 $pid
	wait $pid || rc=$?
	exec 3<&-
	[ $rc = 2 ] && complains "was stopped, or has crashed" &&
	run 2 bulk get $patient "$scratch/back" && complains "has no file" && there_and_back 1000001
}

# The firmware has one file, and drops the half one.
put_changes()
{
	local pid rc=0

	start && rm -f "$scratch/fifo" && mkfifo "$scratch/fifo" && file 10 || return 1
	exec 3<>"$scratch/fifo"
	"$AMP" bulk put $patient - <"$scratch/fifo" >"$out" 2>"$scratch/first" 3<&- &
	pid=$!
	head -c 1100000 /dev/zero >&3
	amp_wait "$AMP" bulk -q get "$scratch/back" && run 0 bulk put $patient "$scratch/data"
	exec 3<&-
	amp_wait amp_ended $pid || kill -9 $pid
	wait $pid || rc=$?
	[ $rc = 2 ] && said "$scratch/first" "was something else put meanwhile?"
}

# Of the second half it has the other file's: only the sum tells.
get_changes()
{
	local pid rc=0

	start && rm -f "$scratch/fifo" && mkfifo "$scratch/fifo" && file 5000000 &&
	run 0 bulk put $patient "$scratch/data" || return 1
	exec 3<>"$scratch/fifo"
	"$AMP" bulk get $patient - >"$scratch/fifo" 2>"$scratch/first" 3<&- &
	pid=$!
	# It goes on when what it has written is read.
	dd bs=1 count=1 <&3 >/dev/null 2>&1 && file 5000000 && run 0 bulk put $patient "$scratch/data"
	cat <"$scratch/fifo" >/dev/null 3<&- &
	exec 3<&-
	amp_wait amp_ended $pid || kill -9 $pid
	wait $pid || rc=$?
	[ $rc = 2 ] && said "$scratch/first" "another file was put meanwhile"
}

checksum_sample()
{
	command -v bulk-checksum >/dev/null || amp_skip_one "bulk-checksum is not installed" || return
	start || return 1
	bulk-checksum >"$out" 2>&1
	prints "16777216 bytes, checksum " && prints " on both sides" &&
	bulk-checksum /dev/amp-bulk0 1 >"$out" 2>&1 && prints "1048576 bytes, "
}

frames_sample()
{
	command -v bulk-frames >/dev/null || amp_skip_one "bulk-frames is not installed" || return
	start || return 1
	bulk-frames >"$out" 2>&1
	prints "64 frames of 640x480" &&
	bulk-frames /dev/amp-bulk0 9 >"$out" 2>&1 && prints "9 frames of"
}

everything_is_released()
{
	amp_stop && amp_wait amp_unload amp_rpmsg_bulk && amp_unload_all
}

ktap_print_header
ktap_set_plan 14
amp_result puts_and_gets puts_and_gets
amp_result pipes pipes
amp_result empty_file empty_file
amp_result too_large too_large
amp_result prints_json prints_json
amp_result bad_arguments bad_arguments
amp_result no_channel no_channel
amp_result killed killed
amp_result crashes crashes
amp_result put_changes put_changes
amp_result get_changes get_changes
amp_result checksum_sample checksum_sample
amp_result frames_sample frames_sample
amp_result everything_is_released everything_is_released
tool_end
ktap_finished
