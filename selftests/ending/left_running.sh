#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# Starts the core and leaves it running, for what ends the system next: what
# becomes of the core then is seen from outside only.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"

amp_begin
trap - EXIT

runs()
{
	amp_start && amp_echo
}

ktap_print_header
ktap_set_plan 1
amp_result core_is_left_running runs
ktap_finished
