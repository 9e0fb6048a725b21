#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# The command amp: what it prints, what it does to the core and to channels, and
# its exit status, which tells an answer that didn't come from what is wrong.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"
# shellcheck source=lib/tool.sh
. "$(dirname "$(readlink -f "$0")")/../lib/tool.sh"

AMP_FW_STALL=${AMP_FW_STALL:-amp/stall.elf}
AMP_FW_TROUBLE=${AMP_FW_TROUBLE:-amp/trouble.elf}
AMP_FW_HELLO=${AMP_FW_HELLO:-amp/hello.elf}

amp_begin

core=$(amp_rproc)
core=${core##*/}
amp_node=
tool_begin

# Is it one JSON value? In awk, which a target has: takes values away from the
# inside until one is left.
is_json()
{
	awk '
		{ text = text $0 "\n" }
		END {
			gsub(/"([^"\\]|\\["\\\/bfnrt]|\\u[0-9a-f][0-9a-f][0-9a-f][0-9a-f])*"/, "S", text)
			gsub(/[ \t\n]/, "", text)
			gsub(/S:/, "K", text)
			gsub(/-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?/, "V", text)
			gsub(/true|false|null|S/, "V", text)
			do {
				count = gsub(/\[\]|\[V(,V)*\]/, "V", text)
				count += gsub(/\{\}|\{KV(,KV)*\}/, "V", text)
			} while (count)
			exit text != "V"
		}' "$1" && return
	ktap_print_msg "not JSON:"
	sed 's/^/#   /' "$1"
	return 1
}

# The checker itself: a test with one that takes anything would show nothing.
json_checker()
{
	local text

	for text in '[]' '{"a":[1,-2.5e3,{}],"b \" , ]":"x"}' '[{"a":"b"},{"a":null}]'; do
		echo "$text" > "$out"
		is_json "$out" || return 1
	done
	for text in '' '[1,]' '{"a"}' '{"a":1}{"a":1}' '[{"a":1}' '["a]' '{a:1}' '{"a":1,}'; do
		echo "$text" > "$out"
		is_json "$out" >/dev/null && echo "# taken for JSON: $text" && return 1
	done
	return 0
}

help_and_version()
{
	run 0 --help && prints "usage: amp" && run 0 -h && run 0 help &&
	run 0 -V && prints "amp " && run 2 && complains "usage: amp"
}

bad_arguments()
{
	run 2 frobnicate && complains "unknown command 'frobnicate'" &&
	run 2 --frobnicate && complains "amp --help" &&
	run 2 list a b && run 2 list nobody && complains "there is: $core" &&
	run 2 start a b && run 2 start nobody && complains "there is: $core" &&
	run 2 stop -f x && complains "-f is for start" && run 2 stats a b &&
	run 2 ping && run 2 ping a b && run 2 ping x -z && complains "amp ping: invalid option" &&
	run 2 ping x -c -1 && complains "'-1' is no number" &&
	run 2 ping x -c 1x && run 2 ping x -c 99999999999999999999 &&
	run 2 ping x -s 65537 && run 2 ping x -i nan && run 2 ping x -i -1 &&
	run 2 ping x -W soon && complains "'soon' is no time" &&
	run 2 send && run 2 send x && run 2 send x y z &&
	run 2 send x y -l && complains "give '-' as the text" &&
	run 2 recv && run 2 recv x -l && run 2 log a b && run 2 log -j &&
	run 2 -j send x y && complains "send has no JSON output"
}

nothing_runs()
{
	amp_stop || return 1
	run 0 list && prints "$core" && prints ": offline, firmware " || return 1
	run 2 ping rpmsg-echo && complains "start it with 'amp start $core'" || return 1
	run 0 stop && complains "offline already"
}

start_and_stop()
{
	amp_stop || return 1
	run 2 attach && complains "$core, which is offline" && [ "$(amp_state)" = offline ] &&
	run 0 start -f "$AMP_FW_ECHO" && [ "$(amp_state)" = running ] &&
	run 2 attach && complains "$core, which is running" &&
	run 0 start && complains "running already" &&
	run 0 start "$core" -f "$AMP_FW_ECHO" &&
	run 2 start -f amp/other.elf && complains "stop it first" &&
	run 0 stop "$core" && [ "$(amp_state)" = offline ] &&
	run 2 start -f amp/is-not-there.elf &&
	complains "there is no /lib/firmware/amp/is-not-there.elf" &&
	[ "$(amp_state)" = offline ] &&
	run 0 start "$core" --firmware="$AMP_FW_HELLO" &&
	[ "$(cat "$(amp_rproc)/firmware")" = "$AMP_FW_HELLO" ] &&
	run 0 stop && [ "$(amp_state)" = offline ]
}

lists_channels()
{
	local dst

	amp_start && amp_wait amp_has_channel rpmsg-echo &&
	amp_wait amp_has_channel rpmsg-raw || return 1
	amp_find_node rpmsg-echo || return 1
	dst=$(cat "/sys/class/rpmsg/${amp_node##*/}/dst")
	run 0 list && prints "$core" && prints ": running, firmware $AMP_FW_ECHO" &&
	grep -qE "^ +$amp_node +rpmsg-echo +[0-9]+ +$dst +0\$" "$out" &&
	prints rpmsg-raw && run 0 list "$core" && prints rpmsg-echo &&
	run 0 -s list && grep -qE '^ +rx_dropped 0$' "$out"
}

# Addresses that differ show which is which; a channel's may be the same.
lists_endpoint()
{
	command -v rpmsg-ept >/dev/null || amp_skip_one "there is no rpmsg-ept" || return
	amp_start && amp_wait amp_find_node rpmsg-echo || return 1
	rpmsg-ept /dev/rpmsg_ctrl0 apart 700 1024 >/dev/null && run 0 list &&
	grep -qE "^ +/dev/rpmsg[0-9]+ +apart +700 +1024 +0\$" "$out"
}

lists_dropped()
{
	local dropped

	run 0 list >/dev/null || return 1
	dropped=$(cat "/sys/class/rpmsg/${amp_node##*/}/rx_dropped")
	[ "$dropped" -gt 0 ] &&
	grep -qE "^ +$amp_node +rpmsg-echo +[0-9]+ +[0-9]+ +$dropped\$" "$out"
}

lists_statistics()
{
	amp_start && amp_wait amp_find_node rpmsg-echo || return 1
	# Their answers are more than a node keeps.
	yes 0123456789 | head -n 1500 | "$AMP" send -l rpmsg-echo - || return 1
	amp_wait lists_dropped
}

# As many as were sent, where the driver counts them; all files that there are.
prints_stats()
{
	local file value dir

	amp_start && amp_wait amp_find_node rpmsg-echo && run 0 ping -q -c 7 -i 0 rpmsg-echo &&
	run 0 stats && prints "rpmsg-echo ($amp_node):" && prints "rpmsg-raw (/dev/rpmsg" &&
	prints "     rx_dropped: 0" && run 0 stats rpmsg-echo && ! grep -q rpmsg-raw "$out" &&
	run 2 stats nobody && complains "no channel 'nobody'" &&
	run 0 -j stats && is_json "$out" && prints '"statistics":{' || return 1
	dir=/sys/class/rpmsg/${amp_node##*/}/statistics
	[ -d "$dir" ] || return 0
	run 0 stats rpmsg-echo || return 1
	for file in "$dir"/*; do
		value=$(cat "$file")
		prints "     ${file##*/}: $value" || return 1
	done
}

lists_json()
{
	amp_start && amp_wait amp_find_node rpmsg-echo || return 1
	run 0 -j list && is_json "$out" && prints "\"id\":\"$core\"" &&
	prints '"state":"running"' && prints "\"node\":\"$amp_node\"" &&
	prints '"name":"rpmsg-echo"' && prints '"rx_dropped":' &&
	run 0 list --json && is_json "$out" || return 1
	amp_stop && run 0 -j list && is_json "$out" && prints '"channels":[]'
}

# Directly after the start: the channel may not have been announced yet.
pings()
{
	amp_stop && run 0 start -f "$AMP_FW_ECHO" &&
	run 0 ping rpmsg-echo -c 3 -i 0.01 || return 1
	prints "PING rpmsg-echo (/dev/rpmsg" && prints "56 bytes of data." &&
	prints "56 bytes from rpmsg-echo: seq=1 time=" &&
	prints "56 bytes from rpmsg-echo: seq=3 time=" &&
	prints "--- rpmsg-echo ping statistics ---" &&
	prints "3 packets transmitted, 3 received, 0% packet loss" &&
	grep -qE '^rtt min/avg/max/mdev = [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms$' "$out" &&
	! grep -q distribution "$out"
}

ping_names()
{
	amp_start && amp_wait amp_find_node rpmsg-echo || return 1
	run 0 ping -c 1 "$amp_node" && run 0 ping -c 1 "${amp_node##*/}" &&
	run 0 ping -c 1 "$core/rpmsg-echo" && prints "PING rpmsg-echo" &&
	ln -s "$amp_node" "$scratch/link" && run 0 ping -c 1 "$scratch/link" &&
	run 2 ping -c 1 rpmsg-ech && complains "there is:" && complains rpmsg-echo
}

ping_sizes()
{
	local size

	amp_start || return 1
	for size in 0 1 2 3 4 5 16 495 496; do
		run 0 ping rpmsg-raw -q -c 5 -i 0 -s $size &&
		prints "5 packets transmitted, 5 received" || return 1
	done
	# It is not the firmware's or the driver's limit that is tested, but what is said.
	run 2 ping rpmsg-raw -c 1 -s 65536 && complains "too long" &&
	run 0 ping rpmsg-raw -c 1
}

ping_histogram()
{
	local sum

	amp_start && run 0 ping rpmsg-echo -H -q -c 200 -i 0 &&
	prints "200 packets transmitted, 200 received" && prints distribution || return 1
	sum=$(awk '$2 == "->" { sum += $5 } END { print sum }' "$out")
	[ "$sum" = 200 ] && ! grep -q seq= "$out"
}

ping_json()
{
	amp_start && run 0 -j ping rpmsg-echo -c 20 -i 0 && is_json "$out" &&
	prints '"transmitted":20,"received":20,' && prints '"loss_percent":0,' &&
	prints '"rtt_us":{"min":' && prints '"histogram":[{"from_us":'
}

# Ends as with Ctrl-C, and has the summary all the same.
ping_interrupted()
{
	local pid rc=0

	amp_start && amp_wait amp_find_node rpmsg-echo || return 1
	# A shell without job control starts what is in the background with SIGINT ignored.
	"$AMP" ping rpmsg-echo -i 0.05 >"$out" 2>&1 &
	pid=$!
	amp_wait grep -q seq=3 "$out" || return 1
	kill -TERM $pid
	amp_wait amp_ended $pid || kill -9 $pid
	wait $pid || rc=$?
	[ $rc = 0 ] && prints " 0% packet loss"
}

no_answer()
{
	[ -f "/lib/firmware/$AMP_FW_STALL" ] || amp_skip_one "firmware $AMP_FW_STALL is not installed" || return
	amp_start "$AMP_FW_STALL" &&
	run 1 ping rpmsg-stall -c 2 -i 0 -W 0.2 && prints "no answer yet for seq=1" &&
	prints "2 packets transmitted, 0 received, 100% packet loss" &&
	run 1 -j ping rpmsg-stall -c 1 -W 0.1 && is_json "$out" &&
	prints '"received":0,' && prints '"loss_percent":100,' &&
	run 1 send rpmsg-stall hello -n 1 -W 0.2 &&
	complains "nothing from rpmsg-stall in 0.2 s" &&
	run 1 recv rpmsg-stall -W 0.2 && complains "nothing from rpmsg-stall" || return 1
	# As many as there are buffers, and no more.
	yes | head -n 1000 | "$AMP" send -l -W 0.2 rpmsg-stall - >"$out" 2>"$err"
	[ $? = 1 ] && complains "rpmsg-stall takes no message"
}

wrong_answer()
{
	[ -f "/lib/firmware/$AMP_FW_HELLO" ] || amp_skip_one "firmware $AMP_FW_HELLO is not installed" || return
	amp_start "$AMP_FW_HELLO" && run 2 ping my_service -c 1 &&
	prints "is not what was sent" && prints "+1 wrong" && complains "amp send my_service"
}

sends_and_receives()
{
	[ -f "/lib/firmware/$AMP_FW_HELLO" ] || amp_skip_one "firmware $AMP_FW_HELLO is not installed" || return
	amp_start "$AMP_FW_HELLO" && run 0 send my_service STATUS_REQUEST -n 1 &&
	[ "$(cat "$out")" = ACK ] && run 0 send -x -n 1 my_service again &&
	[ "$(cat "$out")" = "41 43 4b" ]
}

sends_input()
{
	amp_start || return 1
	head -c 300 /dev/urandom > "$scratch/data"
	"$AMP" send -r -n 1 rpmsg-echo - <"$scratch/data" >"$out" || return 1
	cmp "$scratch/data" "$out" || return 1
	printf 'one\ntwo words\n\nlast' | "$AMP" send -l -n 1 rpmsg-echo - >"$out" || return 1
	[ "$(cat "$out")" = "$(printf 'one\ntwo words\n\nlast')" ] || return 1
	head -c 70000 /dev/zero | "$AMP" send rpmsg-echo - 2>"$err"
	[ $? = 2 ] && complains "nothing was sent"
}

receives()
{
	[ -f "/lib/firmware/$AMP_FW_TROUBLE" ] || amp_skip_one "firmware $AMP_FW_TROUBLE is not installed" || return
	amp_start "$AMP_FW_TROUBLE" &&
	run 0 send amp-trouble -n 1 'later 300 by itself' && [ "$(cat "$out")" = ok ] &&
	run 0 recv amp-trouble -n 1 -W 5 && [ "$(cat "$out")" = "by itself" ]
}

in_use()
{
	local rc

	amp_start && amp_wait amp_find_node rpmsg-echo || return 1
	exec 3<>"$amp_node"
	# With drivers that let several in there is nothing to complain about.
	if (: <>"$amp_node") 2>/dev/null; then
		exec 3<&-
		amp_skip_one "nodes can be opened more than once"
		return
	fi
	run 2 ping rpmsg-echo -c 1 && complains "is in use"
	rc=$?
	exec 3<&-
	return $rc
}

channel_goes()
{
	local pid rc=0

	amp_start && amp_wait amp_find_node rpmsg-echo || return 1
	"$AMP" ping rpmsg-echo -i 0.05 >"$out" 2>"$err" &
	pid=$!
	amp_wait grep -q seq=2 "$out" && "$AMP" stop || return 1
	amp_wait amp_ended $pid || kill -9 $pid
	wait $pid || rc=$?
	[ $rc = 2 ] && complains "rpmsg-echo has gone" && prints "ping statistics"
}

prints_log()
{
	[ -e /dev/amp-log0 ] || amp_skip_one "the core has no log" || return
	amp_start && amp_wait amp_has_channel rpmsg-echo && run 0 log &&
	prints "echo: started" && run 0 log "$core" && prints "echo: started"
}

follows_log()
{
	local pid rc

	[ -e /dev/amp-log0 ] || amp_skip_one "the core has no log" || return
	amp_start "$AMP_FW_HELLO" && amp_wait amp_has_channel my_service || return 1
	"$AMP" log -f >"$scratch/log" &
	pid=$!
	amp_wait grep -qF "hello: started" "$scratch/log" &&
	run 0 send my_service first -n 1 &&
	amp_wait grep -qF "received 5 bytes: first" "$scratch/log" &&
	amp_stop && amp_start "$AMP_FW_HELLO" && run 0 send my_service second -n 1 &&
	amp_wait grep -qF "received 6 bytes: second" "$scratch/log"
	rc=$?
	# It goes on until it is told.
	kill $pid || rc=1
	wait $pid
	[ $rc = 0 ] || sed 's/^/#   /' "$scratch/log"
	return $rc
}

ktap_print_header
ktap_set_plan 26
amp_result json_checker json_checker
amp_result help_and_version help_and_version
amp_result bad_arguments bad_arguments
amp_result nothing_runs nothing_runs
amp_result start_and_stop start_and_stop
amp_result lists_channels lists_channels
amp_result lists_endpoint lists_endpoint
amp_result lists_statistics lists_statistics
amp_result prints_stats prints_stats
amp_result lists_json lists_json
amp_result pings pings
amp_result ping_names ping_names
amp_result ping_sizes ping_sizes
amp_result ping_histogram ping_histogram
amp_result ping_json ping_json
amp_result ping_interrupted ping_interrupted
amp_result no_answer no_answer
amp_result wrong_answer wrong_answer
amp_result sends_and_receives sends_and_receives
amp_result sends_input sends_input
amp_result receives receives
amp_result in_use in_use
amp_result channel_goes channel_goes
amp_result prints_log prints_log
amp_result follows_log follows_log
amp_stop
amp_result everything_is_released amp_unload_all
tool_end
ktap_finished
