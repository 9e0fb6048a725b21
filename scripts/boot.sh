#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Boots a kernel in the emulated machine, and is the one place that knows how QEMU is called:
#   boot.sh KERNEL NAME INITRAMFS [WORD...]     the WORDs go to the kernel's command line
# AMP_BOARD= names the board's device tree, see build-dtb.sh, and AMP_QEMU= has more options for QEMU.
# NAME "shell" connects the console to the terminal. With any other, what programs print there goes to
# stdout, without the kernel's messages that come in between; all of it goes to the log NAME.console.
# Ends with 0 if the machine said so itself (@amp verdict 0), with 124 if it hung.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=$1 name=$2 initramfs=$3
shift 3
image=$("$AMP_TOP/scripts/kernel.sh" "$kernel")
qemu=$("$AMP_TOP/scripts/build-emulator.sh")
dtb=$("$AMP_TOP/scripts/build-dtb.sh" "$kernel" "${AMP_BOARD:-}")
read -ra options <<<"${AMP_QEMU:-}"
log=$AMP_OUT/$kernel/log
mkdir -p "$log"

# Seconds without a word, and in all, after which the machine is taken to hang.
silence=${AMP_SILENCE:-120}
limit=${AMP_LIMIT:-2400}

# shellcheck disable=SC2054 # QEMU's options have commas
command=(
	"$qemu" -M imx8mp-amp -smp 2,maxcpus=3 -m 2G -display none -no-reboot
	-kernel "$image/vmlinuz" -dtb "$dtb" -initrd "$initramfs"
	-d guest_errors,invalid_mem -trace imx8mp_m7_state -D "$log/$name.qemu"
	-serial null -serial mon:stdio -serial null -serial "file:$log/$name.m7"
	${options[@]+"${options[@]}"}
)
# KUnit, where there is some, runs no tests otherwise.
append="console=ttymxc1 panic=-1 maxcpus=2 kunit.enable=1 $*"

if [ "$name" = shell ]; then
	exec "${command[@]}" -append "$append loglevel=4"
fi
# What has died in the kernel may have held locks: all that comes next would wait for them.
append+=" oops=panic"

machine=
cleanup() { [ -z "$machine" ] || kill -KILL "$machine" 2>/dev/null || :; }
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

exec {console}< <(exec "${command[@]}" -append "$append" </dev/null 2>&1)
machine=$!
: >"$log/$name.console"
verdict=1
carry=
stamp='^(.*)(\[ *[0-9]+\.[0-9]{6}\] .*)$'
deadline=$((SECONDS + limit))
while :; do
	line=
	IFS= read -r -t "$silence" -u "$console" line && rc=0 || rc=$?
	# A line that the end of the output cut off counts as well.
	[ "$rc" = 0 ] || [ -n "$line" ] || break
	line=${line%$'\r'}
	printf '%s\n' "$line" >>"$log/$name.console"
	# The kernel writes whole lines, wherever a program's line happens to be.
	if [[ $line =~ $stamp ]]; then
		carry+=${BASH_REMATCH[1]}
	else
		line=${carry//$'\r'/}$line
		carry=
		case $line in
		'@amp alive') ;;
		'@amp verdict '*) verdict=${line##* } ;;
		*) printf '%s\n' "$line" ;;
		esac
	fi
	[ "$rc" = 0 ] || break
	((SECONDS < deadline)) || {
		rc=142
		break
	}
done
if ((rc > 128)); then
	say "The machine hung and was cut off. Its last words:"
	tail -n 8 "$log/$name.console" | sed 's/^/    | /' >&2
	exit 124
fi
wait "$machine" || {
	say "QEMU ended with status $?. Its log: $log/$name.console"
	verdict=1
}
machine=
exit "$verdict"
