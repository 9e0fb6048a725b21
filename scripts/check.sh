#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make check`: runs the suites, prints each result and, as the last line, how many passed, failed and
# were skipped. SUITE= and KERNEL= select; ONLY= is the one test of the one SUITE= to run, or BOOT/TEST, or BOOT/
# for all tests of one boot of the machine. KERNEL=all is each of Debian's kernels and KERNEL=debug each debug
# kernel; what runs here then runs once. KERNEL=ci is 6.12, and the core suites on 6.1 and a debug kernel. What
# each suite has found is kept for scripts/matrix.sh.
#
# A suite runs here, or in one or more boots of the emulated machine. A result is a line of KTAP; a test that
# doesn't keep to its plan, and what the kernel complains about, count as failed. JOBS= suites or boots run at a
# time, by default as many as there are processors; what they find is printed in the order of the table all the same.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/lint.sh
. "$AMP_TOP/scripts/lint.sh"

only=${ONLY:-}
host_suites=(lint host fuzz firmware emulator)
# These run here as well, but for each kernel.
kernel_suites=(build bindings)
# What KERNEL=ci runs on kernels other than the first
core_suites=(build bindings kunit mailbox rpmsg hwspinlock)
# What is run on the emulated machine: suite, boot, collections or COLLECTION:TEST of the selftests, drivers,
# overlay of dts/ (- for none but the usual ones), and further words: amp.* for the guest's init, or else options of
# QEMU, in which @FIRMWARE@ stands for the folder of the firmware.
loader="-M m7-boot=on -device loader,file=@FIRMWARE@/trouble.elf,cpu-num=2"
boots=(
	"kunit      kunit       kunit       amp       -"
	"mailbox    mailbox     mailbox     amp       -"
	"mailbox    mu2         mailbox,rpmsg:echo amp mu2 -M mu=v2 firmware_class.path=/lib/firmware/mu2"
	"lifecycle  lifecycle   remoteproc  amp       -"
	"lifecycle  ocram       boards:ocram.sh,rpmsg:echo amp ocram"
	"lifecycle  smc         remoteproc:state,remoteproc:shutdown amp smc"
	"lifecycle  watchdog    boards:watchdog amp    -"
	"lifecycle  mailbox-shutdown boards:shutdown_mailbox amp shutdown"
	"lifecycle  sleep       sleep       amp       wakeup"
	"lifecycle  poweroff    ending:left_running.sh amp -"
	"lifecycle  reboot      ending:left_running.sh amp -   amp.end=reboot"
	"lifecycle  restarted   ending:restarted amp -         amp.end=reboot"
	"lifecycle  attach      attach:attach,attach:table,attach:trap amp - $loader"
	"lifecycle  attach-nxp  attach:attach amp   nxp       $loader"
	"lifecycle  attach-no-table attach:no_table amp no-table $loader"
	"rpmsg      rpmsg       rpmsg       amp       -"
	"messages   buffers     messages:buffers amp  -"
	"messages   clients     messages:clients amp  -"
	"messages   tool        messages:amp-tool.sh amp -"
	"messages   tool-attach messages:amp-attach.sh amp -    $loader"
	"messages   python      messages:request-response.sh python -"
	"messages   udev        messages:udev.sh udev  channels"
	"messages   flood       messages:flood amp    -"
	"messages   bulk        messages:bulk,messages:amp-bulk.sh amp bulk"
	"messages   channels    messages:channels amp channels"
	"messages   watched     messages:statistics,messages:trace,messages:malformed amp -"
	"messages   messages    messages:batch,messages:coalesce,messages:openers,messages:uring,messages:queue,messages:ept_fd amp -"
	"hostile    hostile     hostile     amp       bulk"
	"nodes      nodes       nodes       amp       bulk"
	"faults     faults      faults      amp       bulk"
	"hwspinlock hwspinlock  hwspinlock  amp       table"
	"fidelity   fidelity    fidelity    mainline  -"
	"fidelity   fidelity-smc fidelity   mainline  smc"
	"fidelity   fidelity-mu2 fidelity   mainline  mu2       -M mu=v2 firmware_class.path=/lib/firmware/mu2"
)
mapfile -t target_suites < <(printf '%s\n' "${boots[@]%% *}" | uniq)
suites=("${host_suites[@]}" "${kernel_suites[@]}" "${target_suites[@]}")
if [ "${1:-}" = --target-suites ]; then
	echo "${target_suites[@]}"
	exit
fi
wanted=${SUITE:-}
read -ra selected <<<"${wanted//,/ }"
[ ${#selected[@]} -gt 0 ] || selected=("${suites[@]}")
[ -z "$only" ] || [ ${#selected[@]} -eq 1 ] || usage_error "ONLY=$only needs the one SUITE= that it is in"
for suite in "${selected[@]}"; do
	[[ " ${suites[*]} " == *" $suite "* ]] || usage_error "unknown SUITE=$suite; there is: ${suites[*]}"
done
KERNEL=${KERNEL:-6.12}
kernels=$("$AMP_TOP/scripts/kernel.sh" --list "$KERNEL") || exit
read -ra kernels <<<"$kernels"
kernel=${kernels[0]}
debug_kernels=$("$AMP_TOP/scripts/kernel.sh" --list debug)

# What a line that begins so says is counted where it is printed, see print_line.
pass() { echo "  ok    $1"; }
fail() { echo "  FAIL  $1"; }
skip() {
	if is_expected "$1"; then
		echo "  skip  $1${2:+ ($2)}"
	else
		fail "$1: is skipped${2:+ ($2)}, which selftests/skips doesn't have"
	fi
}

# is_expected TEST: may it be skipped where it runs?
is_expected() {
	local where tests
	while read -r where tests; do
		# shellcheck disable=SC2053 # patterns
		[[ $kernel == $where && $1 == $tests ]] && return
	done < <(sed '/^#/d; s/ *:: .*//' "$AMP_TOP/selftests/skips")
	return 1
}

# The parser of one test's output: ktap_begin NAME, ktap_line for each line, ktap_end STATUS
ktap_begin() {
	test=$1 plan='' seen=0 bad=0 reason='' notes=()
}

# What the test said last.
explain() {
	local from=$((${#notes[@]} > 20 ? ${#notes[@]} - 20 : 0))
	[ ${#notes[@]} -eq 0 ] || printf '      | %s\n' "${notes[@]:from}"
}

ktap_line() {
	local line=$1 result='^(not )?ok [0-9]+( -)?( (.*))?$' name
	if [[ $line =~ ^1\.\.([0-9]+)([[:space:]]*#[[:space:]]*SKIP[[:space:]]*(.*))?$ ]]; then
		# Several programs may have written one after the other.
		plan=$((plan + BASH_REMATCH[1]))
		reason=${BASH_REMATCH[3]}
	elif [[ $line =~ $result ]]; then
		name=${BASH_REMATCH[4]:-$((seen + 1))}
		seen=$((seen + 1))
		if [[ $name =~ ^(.*[^[:space:]])?[[:space:]]*#[[:space:]]*SKIP[[:space:]]*(.*)$ ]]; then
			skip "$test: ${BASH_REMATCH[1]:-$seen}" "${BASH_REMATCH[2]}"
		elif [[ $line == ok* ]]; then
			pass "$test: $name"
		else
			bad=$((bad + 1))
			fail "$test: $name"
			explain
		fi
		notes=()
	else
		notes+=("$line")
	fi
}

ktap_end() {
	local status=$1 why=
	if [ "$status" = 4 ] && [ "$seen" = 0 ]; then
		[ -n "$reason" ] || [ ${#notes[@]} -eq 0 ] || reason=${notes[-1]#\# }
		skip "$test" "$reason"
		return
	fi
	if [ "$status" = 137 ]; then
		why="killed after its time limit"
	elif [ -z "$plan" ]; then
		why="printed no KTAP plan, status $status"
	elif [ "$plan" != "$seen" ]; then
		why="planned $plan results and gave $seen, status $status"
	elif [ "$bad" = 0 ] && [ "$status" != 0 ] && [ "$status" != 4 ]; then
		why="all its results are good, but its status is $status"
	fi
	[ -n "$why" ] || return 0
	fail "$test: $why"
	explain
}

# host_test NAME CMD...: a test that runs here; without KTAP its status is its one result
host_test() {
	[ -z "$only" ] || [[ $1 == "$only" ]] || return 0
	ran=1
	local name=$1 log=$AMP_LOG/check-$suite-${1//[^[:alnum:].]/-}.log status=0 line
	shift
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if grep -qE '^1\.\.[0-9]+' "$log"; then
		ktap_begin "$name"
		while IFS= read -r line; do ktap_line "$line"; done <"$log"
		ktap_end "$status"
	elif [ "$status" = 0 ]; then
		pass "$name"
	elif [ "$status" = 4 ]; then
		skip "$name" "$(tail -n 1 "$log")"
	else
		fail "$name (status $status)"
		tail -n 30 "$log" | sed 's/^/      | /'
		echo "      the whole log: $log"
	fi
}

# What the kernel says when something is wrong with it, whatever the tests found.
complaints='WARNING:|BUG[: ]|Oops|Call trace|Kernel panic|Internal error|Unable to handle kernel'
complaints+='|possible (circular|recursive) locking|inconsistent lock state|lock inversion|lock held when'
complaints+='|suspicious RCU|refcount_t|KASAN|UBSAN|ODEBUG|unreferenced object|kmemleak:.*suspected'
complaints+='|blocked for more than|soft lockup|hard LOCKUP|rcu.*stall|scheduling while atomic'
complaints+='|list_(add|del) corruption|cannot create duplicate|DMA-API: .*: '

# What is wrong with mainline's tracing when a module with tracepoints gets no memory
without_memory='WARNING: .* at (event_define_fields|event_file_put)'

# For debug kernels, which are several times as slow: more time for a single wait and for a test. The kernel hands
# on to the guest's init what it doesn't know. Nor does it give up waiting for what it has no drivers for: in a
# lockdep kernel, the first thing that happens then is that mainline's imx8mp_hsio_blk_ctrl takes the locks of
# clocks and of power domains in the wrong order, after which lockdep looks at nothing any more.
slow=(AMP_TIMEOUT=60 AMP_SLOWER=5 deferred_probe_timeout=-1)

# take_file STREAM FOLDER NAME MD5: a file that a test has left in the emulated machine
take_file() {
	local path=$2/$3 line
	mkdir -p "$2"
	while IFS= read -r line <&"$1" && [ "$line" != '@amp file end' ]; do
		echo "$line"
	done | base64 -d | gzip -d >"$path" || :
	[ "$(md5sum <"$path")" = "$4  -" ] || fail "$test: its file $3 did not arrive as it was"
}

# look_at_files LOG FOLDER FIRMWARE: what only the host has the programs for
look_at_files() {
	local only='' dump=$2/panic.core
	# Either it is there, or it is missed.
	if [ -e "$dump" ] || { grep -qa '^@amp begin crash$' "$1" && ! grep -qa 'dump_of_a_panic.*# SKIP' "$1"; }; then
		host_test "${prefix}dump" "$AMP_TOP/scripts/check-dump.sh" "$3/trouble.elf" "$dump"
	fi
}

# run_boot BOOT TESTS DRIVERS OVERLAY [WORD...]: boots the machine for one collection of tests
run_boot() {
	local name=$1 tests=$2 drivers=$3 overlay=${4#-} wanted=${only#*/} words=() options=''
	local stream boot line open='' rc=0 log initramfs firmware word files=$AMP_OUT/$kernel/files/$1
	local serious=$complaints known='^$' side='[AB]'
	for word in "${@:5}"; do
		[[ $word == @(amp|firmware_class).* ]] && words+=("$word") || options+=" $word"
	done
	if [[ " $debug_kernels 6.12-coverage " == *" $kernel "* ]]; then
		words+=(AMP_CYCLES=30)
		[ "$suite" != hostile ] || words+=(AMP_SEEDS=200)
	fi
	[[ " $debug_kernels " != *" $kernel "* ]] || words+=("${slow[@]}")
	initramfs=$(<"$output/initramfs-$kernel-$drivers")
	firmware=$(<"$output/firmware")
	rm -rf "$files"
	exec {stream}< <(AMP_BOARD=$overlay AMP_QEMU=${options//@FIRMWARE@/$firmware} \
		exec "$AMP_TOP/scripts/boot.sh" "$kernel" "check-$name" "$initramfs" \
		amp.mode=check "amp.tests=$tests" ${wanted:+"amp.only=$wanted"} ${words[@]+"${words[@]}"})
	boot=$!
	while IFS= read -r line <&"$stream"; do
		case $line in
		'@amp begin '*)
			open=1 ran=1
			ktap_begin "${prefix}${line#@amp begin }"
			;;
		'@amp end '*)
			open=
			ktap_end "${line##* }"
			;;
		'@amp file '*)
			read -ra word <<<"${line#@amp file }"
			take_file "$stream" "$files" "${word[@]}"
			;;
		*) [ -z "$open" ] || ktap_line "$line" ;;
		esac
	done
	exec {stream}<&-
	wait "$boot" || rc=$?
	log=$AMP_OUT/$kernel/log/check-$name.console
	[ -z "$open" ] || {
		fail "$test: did not end"
		explain
	}
	[ "$rc" = 0 ] || fail "$name: the machine did not end as it should (status $rc; $log)"
	# However the system ends, no core may run on in memory that isn't its own any more.
	case $(grep -a imx8mp_m7_state "${log%.console}.qemu" | tail -n 1) in
	*running) fail "$name: the remote core was left running" ;;
	*) pass "$name: the remote core was not left running" ;;
	esac
	# What a hostile remote writes to its own side, B, is its affair.
	[ "$suite" != hostile ] || side=A
	if grep -a "imx\.mu: MU[0-9]*$side:" "${log%.console}.qemu" >"$log.bad"; then
		fail "$name: the mailbox was used as the hardware doesn't allow"
		head -n 20 "$log.bad" | sed 's/^/      | /'
	fi
	look_at_files "$log" "$files" "$firmware"
	# Some of the kernel's functions say with a trace that they got no memory.
	[ "$suite" != faults ] || serious=${complaints/|Call trace/} known=$without_memory
	if grep -aE '^.*\[ *[0-9]+\.[0-9]{6}\]' "$log" | grep -aE "$serious" | grep -vE "$known" >"$log.bad"; then
		fail "$name: the kernel complained"
		head -n 20 "$log.bad" | sed 's/^/      | /'
		echo "      the whole console: $log"
	fi
}

# run_suite [BOOT]: runs $suite, or that one of its boots; fails if what it needs cannot be had, which was then said
run_suite() {
	local source firmware qemu file fields prefix target
	case $suite in
	lint) lint ;;
	build)
		host_test gcc "$AMP_TOP/scripts/build-modules.sh" "$kernel" gcc
		# The debug kernels' sanitizers are configured for gcc.
		[[ " $debug_kernels " == *" $kernel "* ]] ||
			host_test clang "$AMP_TOP/scripts/build-modules.sh" "$kernel" clang
		;;
	bindings)
		"$AMP_TOP/scripts/deps.sh" bindings || return
		"$AMP_TOP/scripts/build-dtb.sh" "$kernel" >/dev/null || return
		host_test bindings "$AMP_TOP/scripts/check-bindings.sh" "$kernel"
		;;
	host)
		"$AMP_TOP/scripts/deps.sh" selftests || return
		source=$("$AMP_TOP/scripts/linux-source.sh") || return
		firmware=$("$AMP_TOP/scripts/build-firmware.sh") || return
		for target in kunit firmware; do
			host_test "$target" make --no-print-directory -C "$AMP_TOP/selftests/host" O="$AMP_OUT/host" \
				KSFT="$source/tools/testing/selftests" FIRMWARE="$(echo "$firmware"/*.elf)" "$target"
		done
		;;
	fuzz)
		"$AMP_TOP/scripts/deps.sh" selftests fuzz || return
		host_test validate "$AMP_TOP/scripts/fuzz.sh" 60
		;;
	firmware)
		"$AMP_TOP/scripts/deps.sh" firmware || return
		host_test "make test" make -C "$AMP_TOP/firmware" O="$AMP_OUT/firmware" test
		;;
	emulator)
		qemu=$("$AMP_TOP/scripts/build-emulator.sh") || return
		"$AMP_TOP/scripts/deps.sh" emulator-tests || return
		firmware=$("$AMP_TOP/scripts/build-firmware.sh") || return
		for file in "$AMP_TOP"/emulator/tests/*.py "$AMP_TOP/firmware/tests/m7-test.py"; do
			host_test "${file#"$AMP_TOP/"}" env QEMU="$qemu" FIRMWARE="$firmware" python3 "$file"
		done
		;;
	*)
		[ "$suite" != lifecycle ] || "$AMP_TOP/scripts/deps.sh" dump || return
		read -ra fields <<<"$1"
		# Results of a suite's first boot are known by the test's name alone.
		prefix=${fields[1]}/
		[ "${fields[1]}" != "$suite" ] || prefix=
		run_boot "${fields[@]:1}"
		;;
	esac
}

# What runs by itself: in the order of the table, "KERNEL|host SUITE" and, tab-separated, the boot
jobs=() pids=()
slots=${JOBS:-$(nproc)}
[[ $slots == [1-9]* ]] || usage_error "JOBS=$slots is no number of jobs"
output=$(mktemp -d "$AMP_OUT/check.XXXXXX")

# Each is a process group of its own, so that all of it can be ended.
cleanup() {
	local pid
	for pid in ${pids[@]+"${pids[@]}"}; do kill -TERM -- "-$pid" 2>/dev/null || :; done
	rm -rf "$output"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# prepare KERNEL DRIVERS: what boots with these drivers share
prepare() {
	local initramfs=$output/initramfs-$1-$2
	[ -e "$output/firmware" ] || "$AMP_TOP/scripts/build-firmware.sh" >"$output/firmware" || return
	[ -e "$initramfs" ] || "$AMP_TOP/scripts/build-initramfs.sh" "$1" "$2" >"$initramfs"
}

# add_jobs KERNEL|host SUITE...: fails if what they need cannot be built, which was then said
add_jobs() {
	local suite boot fields
	for suite in "${@:2}"; do
		[[ $KERNEL != ci || $1 == @(host|"${kernels[0]}") || " ${core_suites[*]} " == *" $suite "* ]] || continue
		# A debug kernel's device trees are those of 6.12.
		[[ $suite != bindings || " $debug_kernels " != *" $1 "* ]] || continue
		if [[ " ${target_suites[*]} " != *" $suite "* ]]; then
			jobs+=("$1 $suite")
			continue
		fi
		for boot in "${boots[@]}"; do
			read -ra fields <<<"$boot"
			[ "${fields[0]}" = "$suite" ] || continue
			[[ $only != */* || ${only%%/*} == "${fields[1]}" ]] || continue
			jobs+=("$1 $suite"$'\t'"$boot")
			prepare "$1" "${fields[3]}" || return
		done
	done
}

# run_job JOB: what it prints ends with "@end", and with "1" if there was something to run
run_job() {
	local where ran=''
	read -r where suite <<<"${1%%$'\t'*}"
	[ "$where" = host ] || kernel=$where
	run_suite "${1#*$'\t'}" || fail "$suite: what it needs could not be built"
	echo "@end $ran"
}

# Begins with as many jobs as may run.
launch() {
	local pid running=0
	for pid in ${pids[@]+"${pids[@]}"}; do ! kill -0 "$pid" 2>/dev/null || running=$((running + 1)); done
	while ((running < slots && ${#pids[@]} < ${#jobs[@]})); do
		set -m
		(
			set +m
			run_job "${jobs[${#pids[@]}]}"
		) >"$output/${#pids[@]}" 2>&1 </dev/null &
		pids+=("$!")
		set +m
		running=$((running + 1))
	done
}

print_line() {
	case $1 in
	'  ok    '*) passed=$((passed + 1)) ;;
	'  FAIL  '*) failed=$((failed + 1)) ;;
	'  skip  '*) skipped=$((skipped + 1)) ;;
	'@end '*)
		suite_ran+=${1#@end } ended=1
		return
		;;
	esac
	printf '%s\n' "$1"
}

# follow NUMBER: prints what that job prints, until it has ended
follow() {
	local line='' part file alive=1 ended=''
	while [ ! -e "$output/$1" ]; do
		launch
		sleep 0.2
	done
	exec {file}<"$output/$1"
	while [ -n "$alive" ]; do
		launch
		kill -0 "${pids[$1]}" 2>/dev/null || alive=
		while IFS= read -r part <&"$file"; do
			print_line "$line$part"
			line=
		done
		line+=$part
		[ -z "$alive" ] || sleep 0.2
	done
	[ -z "$line" ] || print_line "$line"
	exec {file}<&-
	[ -n "$ended" ] || print_line "$(fail "${jobs[$1]#*$'\t'}: was ended by something else")"
}

# What the suite KERNEL|host SUITE has found, for scripts/matrix.sh
end_suite() {
	local folder=$AMP_OUT/results/$1 version=-
	[ -n "$suite_ran" ] || print_line "$(fail "$2: there is no test${only:+ $only}")"
	[ -z "$only" ] || return 0
	[ "$1" = host ] || version=$(<"$("$AMP_TOP/scripts/kernel.sh" "$1")/release")
	mkdir -p "$folder"
	echo "$((passed - before[0])) $((failed - before[1])) $((skipped - before[2])) $(date -I) $version" >"$folder/$2"
}

run_jobs() {
	local i job last='' before suite_ran
	for ((i = 0; i < ${#jobs[@]}; i++)); do
		job=${jobs[i]%%$'\t'*}
		if [ "$job" != "$last" ]; then
			echo "${job#* }${kernels[1]:+ (${job% *})}:"
			before=("$passed" "$failed" "$skipped")
			suite_ran='' last=$job
		fi
		follow "$i"
		# shellcheck disable=SC2086 # two words
		[[ "${jobs[i + 1]:-}" == "$job"?($'\t'*) ]] || end_suite $job
	done
}

here=() there=() boot=
for suite in "${selected[@]}"; do
	if [[ " ${host_suites[*]} " == *" $suite "* ]]; then
		here+=("$suite")
	else
		there+=("$suite")
		[[ " ${kernel_suites[*]} " == *" $suite "* ]] || boot=1
	fi
done
passed=0 failed=0 skipped=0
add_jobs host ${here[@]+"${here[@]}"}
for kernel in "${kernels[@]}"; do
	{ [ -z "$boot" ] || "$AMP_TOP/scripts/setup.sh" "$kernel"; } &&
		add_jobs "$kernel" ${there[@]+"${there[@]}"} && continue
	print_line "$(fail "setting up ($kernel)")"
	jobs=()
	break
done
kernel=${kernels[0]}
((failed + ${#jobs[@]} > 0)) || print_line "$(fail "there is no test $only")"
run_jobs

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
