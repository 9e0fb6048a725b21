#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where the instructions of a message go, by function: bench-profile.sh [mainline|amp] [FILE.json]
# The machine is stopped at the beginning and the end of some messages of each kind, and each instruction in
# between is logged. Prints a table for each.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/bench-lib.sh
. "$AMP_TOP/scripts/bench-lib.sh"

drivers=${1:-amp} json=${2:-}
[ -n "${bench_modules[$drivers]:-}" ] || usage_error "unknown drivers $drivers; there is: ${!bench_modules[*]}"

# What bench.c profiles, in its order; mainline has no batches.
kinds=(round-trip burst burst-batched send send-batched receive receive-batched)
[ "$drivers" != mainline ] || kinds=(round-trip burst send receive)
# The firmware that it does that with, else bench.elf
declare -A firmware=([round-trip]=echo [burst]=echo [burst-batched]=echo)

run() {
	local begin end socket boot kind commands=()
	begin=0x$(aarch64-linux-gnu-nm "$bench_dir/bench" | awk '$3 == "profile_begin" { print $1 }')
	end=0x$(aarch64-linux-gnu-nm "$bench_dir/bench" | awk '$3 == "profile_end" { print $1 }')
	# Not below the build's folder: a socket's path is short.
	socket=$(mktemp -d)/gdb
	bench_boot "$drivers" "profile-$drivers" bench=profile -- -S -gdb "unix:$socket,server=on,wait=off" \
		>"$bench_dir/profile-$drivers.txt" &
	boot=$!
	for _ in {1..300}; do
		[ ! -S "$socket" ] || break
		kill -0 "$boot" || break
		sleep 0.1
	done
	for kind in "${kinds[@]}"; do
		commands+=(
			-ex "tbreak *$begin" -ex continue
			-ex "monitor one-insn-per-tb on" -ex "monitor logfile $bench_log/profile-$drivers.$kind"
			-ex "monitor log exec,nochain" -ex "tbreak *$end" -ex continue
			-ex "monitor log none" -ex "monitor one-insn-per-tb off"
		)
	done
	# Without vCont, all CPUs continue, and not only those of the A53's cluster.
	timeout 300 gdb-multiarch -nx -batch -ex "set pagination off" -ex "set architecture aarch64" \
		-ex "set remote verbose-resume-packet off" \
		-ex "target remote $socket" "${commands[@]}" -ex detach || {
		kill "$boot" || :
		die "the machine could not be stopped for the profile; gdb's messages are above"
	}
	rm -rf "$(dirname "$socket")"
	wait "$boot"
}

# As part of `make bench` all is built already.
if [ -n "$json" ]; then
	bench_kernel=$("$AMP_TOP/scripts/build-kernel.sh" bench "$AMP_TOP/selftests/bench/kernel.config")
	bench_firmware=$("$AMP_TOP/scripts/build-firmware.sh")
else
	bench_prepare
fi
"$AMP_TOP/scripts/deps.sh" bench
step "Profiling ($drivers)" "30 s" run
logs=()
for kind in "${kinds[@]}"; do
	logs+=("$kind:$bench_log/profile-$drivers.$kind:$bench_firmware/${firmware[$kind]:-bench}.elf")
done
python3 "$AMP_TOP/scripts/bench-profile.py" --program "$bench_dir/profile-$drivers.txt" \
	--system-map "$bench_kernel/System.map" ${json:+--json "$json"} "${logs[@]}"
for kind in "${kinds[@]}"; do
	rm "$bench_log/profile-$drivers.$kind"
done
