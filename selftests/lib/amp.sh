# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# What shell tests need of the remote processor, on top of ktap_helpers.sh. To
# be sourced from a test in a folder next to this one. For any POSIX shell that
# has "local"; busybox is enough.

AMP_TIMEOUT=${AMP_TIMEOUT:-10}
AMP_FW_ECHO=${AMP_FW_ECHO:-amp/echo.elf}
AMP_MODULES="amp_imx_mu amp_remoteproc amp_rpmsg amp_rpmsg_char"

amp_here=$(dirname "$(readlink -f "$0")")
for amp_helpers in "${KSFT:+$KSFT/kselftest}" "$amp_here/../kselftest" \
		"$amp_here/../../kselftest"; do
	[ -f "$amp_helpers/ktap_helpers.sh" ] && break
done
if [ ! -f "$amp_helpers/ktap_helpers.sh" ]; then
	echo "Bail out! ktap_helpers.sh not found: set KSFT to the kernel's tools/testing/selftests"
	exit 1
fi
# shellcheck source=/dev/null
. "$amp_helpers/ktap_helpers.sh"

# amp_wait COMMAND...: tries until it succeeds, or time is up
amp_wait()
{
	local tries=$((AMP_TIMEOUT * 50))

	while ! "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.02
	done
}

# The sysfs directory of the remote processor.
amp_rproc()
{
	local dir

	if [ -n "${AMP_RPROC:-}" ]; then
		dir=/sys/class/remoteproc/${AMP_RPROC##*/}
		[ -e "$dir" ] && echo "$dir"
		return
	fi
	for dir in /sys/class/remoteproc/remoteproc*; do
		[ -e "$dir" ] && echo "$dir" && return
	done
	return 1
}

amp_state()
{
	local rproc

	rproc=$(amp_rproc) && cat "$rproc/state"
}

amp_stop()
{
	local tries=8

	# More than once, if it has been started more than once.
	while [ "$(amp_state)" != offline ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] && echo stop > "$(amp_rproc)/state" || return 1
	done
}

# amp_start [FIRMWARE]
amp_start()
{
	amp_stop &&
	echo "${1:-$AMP_FW_ECHO}" > "$(amp_rproc)/firmware" &&
	echo start > "$(amp_rproc)/state" &&
	[ "$(amp_state)" = running ]
}

amp_find_node()
{
	local dir

	for dir in /sys/class/rpmsg/rpmsg*; do
		[ "$(cat "$dir/name" 2>/dev/null)" = "$1" ] || continue
		amp_node=/dev/${dir##*/}
		[ -c "$amp_node" ] && return
	done
	return 1
}

# amp_has_channel NAME: whether it is there now
amp_has_channel()
{
	amp_find_node "$1"
}

amp_no_channel()
{
	! amp_find_node "$1"
}

# A process that has ended, even if nobody has waited for it, has no program.
amp_ended()
{
	! readlink "/proc/$1/exe" >/dev/null
}

# amp_echo [TEXT]: sends a message and expects it back
amp_echo()
{
	local text="${1:-echo of $$}" reply

	amp_wait amp_find_node rpmsg-echo || return 1
	# Not with timeout: busybox' lets a process linger that has the node open.
	# shellcheck disable=SC2094 # both ends are the same device
	reply=$({
		dd bs=512 count=1 <&3 2>/dev/null &
		printf '%s' "$text" >&3
		amp_wait amp_ended $! || kill -9 $!
		wait $!
	} 3<>"$amp_node")
	[ "$reply" = "$text" ]
}

amp_loaded()
{
	[ -e "/sys/module/$1/initstate" ]
}

# amp_module_file NAME: where insmod finds it
amp_module_file()
{
	local tree

	tree=/lib/modules/$(uname -r)
	[ -z "${AMP_MODULES_DIR:-}" ] || tree=$AMP_MODULES_DIR
	if [ -f "$tree/updates/$1.ko" ]; then
		echo "$tree/updates/$1.ko"
	else
		find "$tree" -name "$1.ko" 2>/dev/null | head -n 1 | grep .
	fi
}

amp_load()
{
	local name file

	for name; do
		amp_loaded "$name" && continue
		if file=$(amp_module_file "$name"); then
			insmod "$file" || return 1
		else
			modprobe "$name" || return 1
		fi
	done
}

amp_unload()
{
	local name

	for name; do
		rmmod "$name" || return 1
	done
}

# All of our modules that are loaded, a user before what it uses.
amp_unload_all()
{
	local name

	for name in amp_rpmsg_char amp_rpmsg amp_remoteproc amp_imx_mu; do
		! amp_loaded "$name" || rmmod "$name" || return 1
	done
}

amp_load_all()
{
	# shellcheck disable=SC2086 # a list
	amp_load $AMP_MODULES && amp_wait amp_rproc >/dev/null
}

amp_skip()
{
	ktap_print_header
	ktap_skip_all "$*"
	exit "$KSFT_SKIP"
}

amp_restore()
{
	amp_load_all
	amp_stop
	[ -z "$amp_firmware" ] || echo "$amp_firmware" > "$(amp_rproc)/firmware"
} >/dev/null 2>&1

# Leaves the core stopped with the driver loaded, now and at exit, or skips the test.
amp_begin()
{
	local name

	amp_firmware=
	[ "$(id -u)" = 0 ] || amp_skip "needs root"
	for name in $AMP_MODULES; do
		amp_loaded "$name" || amp_module_file "$name" >/dev/null ||
			modprobe -n "$name" >/dev/null 2>&1 ||
			amp_skip "module $name is neither loaded nor found"
	done
	modprobe rpmsg_core >/dev/null 2>&1 ||
		amp_load rpmsg_core >/dev/null 2>&1
	amp_load_all || amp_skip "no remote processor in /sys/class/remoteproc"
	[ -f "/lib/firmware/$AMP_FW_ECHO" ] ||
		amp_skip "firmware $AMP_FW_ECHO is not installed"
	amp_firmware=$(cat "$(amp_rproc)/firmware")
	trap amp_restore EXIT
	amp_stop
}

# amp_skip_one REASON: how a command of amp_result returns to have its test skipped
amp_skip_one()
{
	amp_reason=$*
	return "$KSFT_SKIP"
}

# amp_result NAME COMMAND...: one test, which passes if the command succeeds
amp_result()
{
	local name=$1 rc=0

	shift
	"$@" || rc=$?
	case $rc in
	0) ktap_test_pass "$name" ;;
	"$KSFT_SKIP")
		# ktap_test_skip() takes no reason.
		__ktap_test ok "$name" "SKIP $amp_reason"
		KTAP_CNT_SKIP=$((KTAP_CNT_SKIP + 1))
		;;
	*) ktap_test_fail "$name" ;;
	esac
}
