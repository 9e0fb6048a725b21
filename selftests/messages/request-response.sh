#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# samples/request_response.py, a request and its response from Python.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"

AMP_FW_HELLO=${AMP_FW_HELLO:-amp/hello.elf}
AMP_FW_STALL=${AMP_FW_STALL:-amp/stall.elf}
amp_node=

amp_begin
command -v python3 >/dev/null || amp_skip "there is no python3"
sample=$(command -v request_response.py) ||
	sample=$(dirname "$(readlink -f "$0")")/../../samples/request_response.py
[ -f "$sample" ] || amp_skip "samples/request_response.py is not installed"
[ -f "/lib/firmware/$AMP_FW_HELLO" ] || amp_skip "firmware $AMP_FW_HELLO is not installed"

# says TEXT [ARGUMENT...]: runs the sample; its status is what the sample's was
says()
{
	local text=$1 out rc=0

	shift
	out=$(python3 "$sample" "$@" 2>&1) || rc=$?
	if [ "$out" != "$text" ]; then
		ktap_print_msg "expected: $text"
		ktap_print_msg "found: $out"
		return 99
	fi
	return $rc
}

by_name()
{
	amp_start "$AMP_FW_HELLO" && amp_wait amp_find_node my_service &&
	says "Remote replied: ACK" && says "Remote replied: ACK" my_service AGAIN
}

by_node()
{
	amp_start && amp_wait amp_find_node rpmsg-raw &&
	says "Remote replied: hello" "$amp_node" hello
}

no_response()
{
	[ -f "/lib/firmware/$AMP_FW_STALL" ] || amp_skip_one "firmware $AMP_FW_STALL is not installed" || return
	amp_start "$AMP_FW_STALL" && amp_wait amp_find_node rpmsg-stall || return 1
	says "no response from rpmsg-stall in 5 s" rpmsg-stall
	[ $? = 1 ]
}

no_channel()
{
	amp_stop || return 1
	says "no channel my_service: does the firmware run that announces it?"
	[ $? = 1 ]
}

ktap_print_header
ktap_set_plan 4
amp_result by_name by_name
amp_result by_node by_node
amp_result no_response no_response
amp_result no_channel no_channel
amp_stop
ktap_finished
