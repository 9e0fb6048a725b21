#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# The mailbox controller under a working channel: bound, interrupting when there
# is something to say and only then, and in use exactly while it is needed.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"

amp_begin

# The device that the driver is bound to.
mu_device()
{
	local entry

	for entry in /sys/module/amp_imx_mu/drivers/*/*; do
		[ -e "$entry/driver" ] && echo "${entry##*/}" && return
	done
	return 1
}

# The interrupts that have been taken so far, over all CPUs.
mu_interrupts()
{
	awk -v device="$(mu_device)" '
		index($0, device) {
			for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++)
				sum += $i
			found = 1
		}
		END { if (found) print sum; exit !found }' /proc/interrupts
}

mu_users()
{
	awk '$1 == "amp_imx_mu" { print $3 }' /proc/modules
}

bound()
{
	mu_device >/dev/null
}

has_interrupt()
{
	mu_interrupts >/dev/null
}

echo_interrupts()
{
	local before after

	before=$(mu_interrupts) || amp_skip_one "no interrupt of the mailbox in /proc/interrupts" || return
	amp_start && amp_echo || return 1
	after=$(mu_interrupts)
	ktap_print_msg "$((after - before)) interrupts for a start and an echo"
	[ "$after" -gt "$before" ] || return 1

	before=$after
	amp_echo one && amp_echo two && amp_echo three || return 1
	after=$(mu_interrupts)
	ktap_print_msg "$((after - before)) interrupts for three echoes"
	[ "$after" -gt "$before" ]
}

# A line that is not acknowledged would give thousands.
quiet_when_idle()
{
	local before after

	before=$(mu_interrupts) || amp_skip_one "no interrupt of the mailbox in /proc/interrupts" || return
	amp_start && amp_echo || return 1
	before=$(mu_interrupts)
	sleep 1
	after=$(mu_interrupts)
	[ $((after - before)) -lt 20 ]
}

silent_when_stopped()
{
	local before after

	before=$(mu_interrupts) || amp_skip_one "no interrupt of the mailbox in /proc/interrupts" || return
	amp_start && amp_echo && amp_stop || return 1
	before=$(mu_interrupts)
	sleep 1
	after=$(mu_interrupts)
	[ "$after" -eq "$before" ]
}

users_return()
{
	local before i

	before=$(mu_users)
	for i in 1 2 3 4 5; do
		amp_start && amp_echo "$i" || return 1
		[ "$(mu_users)" -ge 1 ] || return 1
		amp_stop || return 1
	done
	[ "$(mu_users)" = "$before" ]
}

stays_while_running()
{
	amp_load_all && amp_start || return 1
	! rmmod amp_imx_mu 2>/dev/null && amp_loaded amp_imx_mu && amp_echo
}

ktap_print_header
ktap_set_plan 7
amp_result driver_is_bound bound
amp_result interrupt_is_requested has_interrupt
amp_result echo_takes_interrupts echo_interrupts
amp_result quiet_when_idle quiet_when_idle
amp_result silent_when_stopped silent_when_stopped
amp_result channels_are_released_on_stop users_return
amp_result module_stays_while_the_core_runs stays_while_running
amp_stop
ktap_finished
