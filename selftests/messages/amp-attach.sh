#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# amp attach and amp detach, with a core that was started before Linux.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"
# shellcheck source=lib/tool.sh
. "$(dirname "$(readlink -f "$0")")/../lib/tool.sh"

[ "$(id -u)" = 0 ] || amp_skip "needs root"
modprobe rpmsg_core >/dev/null 2>&1
amp_load_all || amp_skip "no remote processor in /sys/class/remoteproc"
[ "$(amp_state)" = detached ] || amp_skip "the boot loader has started no core"
tool_begin

attaches()
{
	run 0 attach && [ "$(amp_state)" = attached ] && run 0 ping -q -c 5 -i 0 rpmsg-echo
}

attached_already()
{
	run 0 attach && complains "attached already"
}

detaches_and_attaches()
{
	run 0 detach && [ "$(amp_state)" = detached ] && run 0 attach &&
	[ "$(amp_state)" = attached ] && run 0 ping -q -c 5 -i 0 rpmsg-echo
}

# What is stopped isn't there to attach to, and isn't started.
nothing_to_attach_to()
{
	run 0 stop && run 2 attach && complains "which is offline" && [ "$(amp_state)" = offline ]
}

ktap_print_header
ktap_set_plan 4
amp_result attaches attaches
amp_result attached_already attached_already
amp_result detaches_and_attaches detaches_and_attaches
amp_result nothing_to_attach_to nothing_to_attach_to
tool_end
ktap_finished
