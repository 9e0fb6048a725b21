#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# Loading and removing the modules: in any order, one alone, with the core
# running, again and again. What may refuse to go is said by the kernel's use
# counts; what goes takes its devices along and comes back complete.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"

amp_begin

# Nothing of ours is left.
nothing_left()
{
	local name

	for name in $AMP_MODULES; do
		! amp_loaded "$name" || return 1
	done
	! amp_rproc >/dev/null && amp_no_channel rpmsg-echo
}

works()
{
	amp_wait amp_rproc >/dev/null && amp_start && amp_echo && amp_stop
}

# load_in_order NAME...: the core works once the last is in
load_in_order()
{
	amp_unload_all && nothing_left || return 1
	amp_load "$@" && works
}

# unload_in_order NAME...: those in use stay, and are gone after another round
unload_in_order()
{
	local name round

	amp_load_all && works || return 1
	for round in 1 2 3 4; do
		for name; do
			amp_loaded "$name" || continue
			rmmod "$name" 2>/dev/null && continue
			ktap_print_msg "round $round: $name is in use"
			amp_loaded "$name" || return 1
		done
	done
	nothing_left && amp_load_all && works
}

each_alone()
{
	local name

	amp_unload_all || return 1
	for name in $AMP_MODULES; do
		amp_load "$name" && amp_unload "$name" || return 1
	done
	nothing_left && amp_load_all && works
}

# The channels of a core that is running already.
bus_loaded_late()
{
	amp_unload_all && amp_load amp_imx_mu amp_remoteproc &&
	amp_wait amp_rproc >/dev/null && amp_start || return 1
	sleep 0.2
	amp_load amp_rpmsg amp_rpmsg_char && amp_echo && amp_stop
}

char_loaded_late()
{
	amp_unload_all && amp_load amp_imx_mu amp_remoteproc amp_rpmsg &&
	amp_wait amp_rproc >/dev/null && amp_start || return 1
	sleep 0.2
	amp_load amp_rpmsg_char && amp_echo && amp_stop
}

# Channels that nobody wants, but for those of a name that asks for a node
without_default_client()
{
	local file

	amp_load_all && amp_stop && amp_unload amp_rpmsg_char || return 1
	if file=$(amp_module_file amp_rpmsg_char); then
		insmod "$file" default_client=N
	else
		modprobe amp_rpmsg_char default_client=N
	fi || return 1
	amp_start && amp_wait amp_has_channel rpmsg-raw &&
	amp_no_channel rpmsg-echo || return 1
	amp_unload amp_rpmsg_char && amp_load amp_rpmsg_char && amp_echo && amp_stop
}

# reload_while_running NAME: refused, or gone with the channels and back with them
reload_while_running()
{
	amp_load_all && amp_start && amp_echo || return 1
	if ! rmmod "$1" 2>/dev/null; then
		ktap_print_msg "$1 is in use"
		amp_loaded "$1" && amp_echo && amp_stop
		return
	fi
	amp_no_channel rpmsg-echo || return 1
	amp_load "$1" && amp_wait amp_rproc >/dev/null || return 1
	[ "$(amp_state)" = running ] || amp_start || return 1
	amp_echo && amp_stop
}

bus_reloaded_many_times()
{
	local i

	amp_load_all && amp_start || return 1
	for i in 1 2 3 4 5 6 7 8 9 10; do
		amp_echo "$i" && amp_unload amp_rpmsg_char amp_rpmsg &&
		amp_load amp_rpmsg amp_rpmsg_char || return 1
	done
	amp_echo && amp_stop
}

# Mappings in the kernel's address space, without those that wait to be unmapped
# and those that come and go with processes.
areas()
{
	grep -c -v -e unpurged -e dup_task_struct -e copy_process \
		-e kernel_clone -e alloc_thread_stack_node /proc/vmallocinfo
}

areas_are()
{
	[ "$(areas)" -eq "$1" ]
}

cycles_lose_no_area()
{
	local before i

	[ -r /proc/vmallocinfo ] || amp_skip_one "no /proc/vmallocinfo" || return
	for i in 1 2 3; do
		amp_unload_all && amp_load_all && works || return 1
	done
	before=$(areas)
	for i in 1 2 3 4 5 6 7 8 9 10; do
		amp_unload_all && amp_load_all && works || return 1
	done
	amp_wait areas_are "$before" && return
	ktap_print_msg "$before areas before, $(areas) after"
	return 1
}

# The number would grow if something held on to the old device.
same_device_number()
{
	local before i

	amp_load_all || return 1
	before=$(amp_rproc)
	for i in 1 2 3; do
		amp_start && amp_echo "$i" && amp_stop &&
		amp_unload amp_remoteproc && amp_load amp_remoteproc &&
		amp_wait amp_rproc >/dev/null || return 1
		[ "$(amp_rproc)" = "$before" ] || return 1
	done
}

ktap_print_header
ktap_set_plan 19
mu=amp_imx_mu rproc=amp_remoteproc bus=amp_rpmsg char=amp_rpmsg_char
amp_result load_in_order load_in_order $mu $rproc $bus $char
amp_result load_in_reverse_order load_in_order $char $bus $rproc $mu
amp_result load_consumer_first load_in_order $rproc $mu $char $bus
amp_result load_bus_first load_in_order $bus $rproc $char $mu
amp_result unload_in_order unload_in_order $mu $rproc $bus $char
amp_result unload_in_reverse_order unload_in_order $char $bus $rproc $mu
amp_result unload_bus_first unload_in_order $bus $mu $char $rproc
amp_result unload_consumer_first unload_in_order $rproc $char $mu $bus
amp_result each_alone each_alone
amp_result bus_loaded_after_start bus_loaded_late
amp_result char_loaded_after_start char_loaded_late
amp_result without_default_client without_default_client
amp_result reload_mailbox_while_running reload_while_running $mu
amp_result reload_remoteproc_while_running reload_while_running $rproc
amp_result reload_bus_while_running reload_while_running $bus
amp_result reload_char_while_running reload_while_running $char
amp_result bus_reloaded_many_times bus_reloaded_many_times
amp_result same_device_number_after_reload same_device_number
amp_result ten_cycles_lose_no_area cycles_lose_no_area
ktap_finished
