#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# Firmware with one defect each, in the ELF file or in its resource table: the
# start is refused with the right errno, the kernel's log says why, the core
# stays offline, and nothing of the image has been written to memory.
#
# The images are written on the build machine (selftests/host, "make images").
# What was written is seen in words that are set before, at the places in
# "memory" where the images' parts go; a good image overwrites them.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"

AMP_FW_BAD=${AMP_FW_BAD:-amp/bad}
bad=/lib/firmware/$AMP_FW_BAD
word=0x5A5AC3C3

amp_begin
[ -f "$bad/list" ] || amp_skip "no images in $bad"

# Physical addresses are of one board, and not every kernel shows their memory.
memory=
accessible()
{
	devmem "$1" 32 "$word" && [ "$(devmem "$1" 32)" = "$word" ]
} 2>/dev/null

[ ! -f "$bad/memory" ] || while read -r address; do
	if ! accessible "$address"; then
		memory=
		break
	fi
	memory="$memory $address"
done < "$bad/memory"

mark_memory()
{
	local address

	for address in $memory; do
		devmem "$address" 32 "$word" || return 1
	done
}

# Where the memory isn't what mark_memory() left there.
written()
{
	local address

	for address in $memory; do
		[ "$(devmem "$address" 32)" = "$word" ] || echo "$address"
	done
}

# start FILE: what the kernel answered, in words
start()
{
	echo "$AMP_FW_BAD/$1" > "$(amp_rproc)/firmware" || return 1
	# not the shell's echo, which may not say which error it was
	printf start | LC_ALL=C dd of="$(amp_rproc)/state" conv=notrunc 2>&1
}

errno_text()
{
	case $1 in
	EINVAL) echo "Invalid argument" ;;
	ERANGE) echo "Numerical result out of range|Result not representable" ;;
	EFBIG) echo "File too large" ;;
	ENOEXEC) echo "Exec format error" ;;
	*) echo "no such errno: $1" ;;
	esac
}

# refused FILE ERRNO WHY
refused()
{
	local answer log places ok=0

	mark_memory || return 1
	answer=$(start "$1")
	if ! echo "$answer" | grep -qE "$(errno_text "$2")"; then
		ktap_print_msg "expected $2: $answer"
		ok=1
	fi
	if [ "$(amp_state)" != offline ]; then
		ktap_print_msg "the core is $(amp_state)"
		amp_stop
		ok=1
	fi
	log=$(dmesg | sed -n "s|.*$AMP_FW_BAD/$1 refused: ||p")
	if ! echo "$log" | grep -qF -- "$3"; then
		ktap_print_msg "expected in the log: $3"
		ktap_print_msg "found: $log"
		ok=1
	fi
	places=$(written)
	if [ -n "$places" ]; then
		ktap_print_msg "written to:" "$places"
		ok=1
	fi
	return $ok
}

# Where the others, which differ from it in one place, would have written.
good_is_written()
{
	local address places

	[ -f "$bad/good.elf" ] || amp_skip_one "$bad/good.elf is not installed" || return
	mark_memory || return 1
	start good.elf >/dev/null
	amp_stop
	if dmesg | grep -F "$AMP_FW_BAD/good.elf refused: "; then
		return 1
	fi
	[ -n "$memory" ] || amp_skip_one "what is at the addresses of $bad/memory cannot be seen" || return
	places=$(written)
	for address in $memory; do
		echo "$places" | grep -qx "$address" || {
			ktap_print_msg "not written to: $address"
			return 1
		}
	done
}

channel_works()
{
	amp_start && amp_echo && amp_stop
}

ktap_print_header
ktap_set_plan $(($(wc -l < "$bad/list") + 2))
[ -n "$memory" ] || ktap_print_msg "no access to memory: whether it is written to is not looked at"
amp_result good_is_written good_is_written
while read -r file err why <&3; do
	amp_result "refused_${file%.elf}" refused "$file" "$err" "$why"
done 3< "$bad/list"
amp_result good_firmware_works_after_that channel_works
ktap_finished
