#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# packaging/udev/60-linux-amp.rules, by udev itself: names that stay, and a group. With
# dts/imx8mp-evk-amp-channels.dtso also the label of a channel.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"

AMP_FW_TROUBLE=${AMP_FW_TROUBLE:-amp/trouble.elf}
daemon=/lib/systemd/systemd-udevd
amp_node=

amp_begin
[ -x "$daemon" ] || amp_skip "there is no udev"
[ -f /etc/udev/rules.d/60-linux-amp.rules ] || amp_skip "the rules are not installed"
grep -q '^rpmsg:' /etc/group || amp_skip "there is no group rpmsg"
if ! udevadm control --ping 2>/dev/null; then
	mkdir -p /run
	"$daemon" --daemon || amp_skip "udev doesn't start"
	amp_wait udevadm control --ping || amp_skip "udev doesn't answer"
	trap 'amp_restore; udevadm control --exit' EXIT
fi
links=/dev/rpmsg/$(basename "$(amp_rproc)")

# leads LINK CHANNEL: that it is a link to the channel's node
leads()
{
	amp_find_node "$2" && [ -L "$1" ] && [ "$(readlink -f "$1")" = "$amp_node" ]
}

gone()
{
	[ ! -L "$1" ]
}

open_to_group()
{
	[ "$(stat -c '%G %a' "$1")" = "rpmsg 660" ]
}

link_to_the_channel()
{
	amp_start && amp_wait leads "$links/rpmsg-raw" rpmsg-raw
}

group_and_mode()
{
	amp_wait open_to_group "$links/../../$(basename "$amp_node")" &&
	amp_wait open_to_group /dev/rpmsg_ctrl0
}

# It has the channel's name, and would take its link.
endpoint_has_none()
{
	node=$(rpmsg-ept /dev/rpmsg_ctrl0 rpmsg-raw -1 1024) && udevadm settle &&
	amp_wait open_to_group "$node" &&
	[ "$(readlink -f "$links/rpmsg-raw")" != "$node" ] &&
	rpmsg-ept -d "$node"
}

link_goes_and_comes()
{
	amp_stop && amp_wait gone "$links/rpmsg-raw" &&
	amp_start && amp_wait leads "$links/rpmsg-raw" rpmsg-raw
}

label()
{
	[ -f "/lib/firmware/$AMP_FW_TROUBLE" ] || amp_skip_one "firmware $AMP_FW_TROUBLE is not installed" || return
	amp_start "$AMP_FW_TROUBLE" && amp_wait amp_find_node amp-trouble || return 1
	[ -e "/sys/class/rpmsg/${amp_node##*/}/label" ] || amp_skip_one "the channel has no label in the device tree" || return
	amp_wait leads /dev/rpmsg/trouble amp-trouble &&
	amp_wait leads "$links/amp-trouble" amp-trouble
}

ktap_print_header
ktap_set_plan 5
for name in link_to_the_channel group_and_mode endpoint_has_none link_goes_and_comes label; do
	amp_result "$name" "$name"
done
ktap_finished
