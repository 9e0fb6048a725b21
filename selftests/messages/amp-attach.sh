#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# amp attach and amp detach, with a core that was started before Linux.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"

AMP=${AMP:-amp}

[ "$(id -u)" = 0 ] || amp_skip "needs root"
command -v "$AMP" >/dev/null || amp_skip "the command amp is not installed: make -C tools install"
modprobe rpmsg_core >/dev/null 2>&1
amp_load_all || amp_skip "no remote processor in /sys/class/remoteproc"
[ "$(amp_state)" = detached ] || amp_skip "the boot loader has started no core"

err=$(mktemp)

# fails_with TEXT ARGUMENT...
fails_with()
{
	local text=$1 rc=0

	shift
	"$AMP" "$@" 2>"$err" || rc=$?
	[ $rc = 2 ] && grep -qF -- "$text" "$err" && return
	ktap_print_msg "amp $*: status $rc"
	sed 's/^/#   /' "$err"
	return 1
}

attaches()
{
	"$AMP" attach && [ "$(amp_state)" = attached ] &&
	"$AMP" ping -q -c 5 -i 0 rpmsg-echo
}

attached_already()
{
	"$AMP" attach 2>"$err" && grep -q "attached already" "$err"
}

detaches_and_attaches()
{
	"$AMP" detach && [ "$(amp_state)" = detached ] && "$AMP" attach &&
	[ "$(amp_state)" = attached ] && "$AMP" ping -q -c 5 -i 0 rpmsg-echo
}

# What is stopped isn't there to attach to, and isn't started.
nothing_to_attach_to()
{
	"$AMP" stop && fails_with "which is offline" attach && [ "$(amp_state)" = offline ]
}

ktap_print_header
ktap_set_plan 4
amp_result attaches attaches
amp_result attached_already attached_already
amp_result detaches_and_attaches detaches_and_attaches
amp_result nothing_to_attach_to nothing_to_attach_to
rm -f "$err"
ktap_finished
