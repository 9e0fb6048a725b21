#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# A device tree that has the rings and buffers of an i.MX 8M in OCRAM: that is
# where they are, and nothing of them is in DDR.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"

carveouts=/sys/kernel/debug/remoteproc/remoteproc0/carveout_memories

# device_address NAME: of the carve-out, as a number
device_address()
{
	awk -v name="$1" '
		/Name:/ { found = $NF == name }
		found && /Device address/ { print $NF; exit }' "$carveouts"
}

# in_ocram NAME
in_ocram()
{
	local da

	da=$(device_address "$1")
	ktap_print_msg "$1: $da"
	[ -n "$da" ] && [ "$((da))" -ge $((0x900000)) ] && [ "$((da))" -lt $((0x990000)) ]
}

rings_and_buffers()
{
	in_ocram vdev0vring0 && in_ocram vdev0vring1 && in_ocram vdev0buffer
}

amp_begin
ls -d /proc/device-tree/reserved-memory/vdev0vring0@9* >/dev/null 2>&1 ||
	amp_skip "the device tree has no rings in OCRAM"
amp_start
[ -f "$carveouts" ] || amp_skip "no $carveouts: needs debugfs"

ktap_print_header
ktap_set_plan 2
amp_result rings_and_buffers_are_in_ocram rings_and_buffers
amp_result messages_go_through_them amp_echo
amp_stop
ktap_finished
