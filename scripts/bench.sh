#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make bench`: measures mainline's drivers and ours on the emulated machine, one after the other on the
# same kernel, with the same firmware and program, and prints a table. Time is virtual, so that the figures
# are the same each time. Documentation/performance.rst says what the rows are.
# TWICE=1 measures twice and fails if the figures differ; PACE=0 leaves it to QEMU when the processors take turns.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/bench-lib.sh
. "$AMP_TOP/scripts/bench-lib.sh"

# measure DRIVERS WHAT FOLDER: one boot, and what it leaves behind for the report
measure() {
	bench_boot "$1" "bench-$1" bench="$2" -- -trace 'imx_mu_*' >"$3/$1.txt" || {
		grep 'bench error' "$3/$1.txt" || tail -n 3 "$3/$1.txt"
		echo "The console: $bench_log/bench-$1.console"
		return 1
	}
	mv "$bench_log/bench-$1.qemu" "$3/$1.trace"
}

# figures FOLDER: all columns, and the table
figures() {
	local folder=$1 drivers
	mkdir -p "$folder"
	rm -f "$folder"/{mainline,amp,bulk}.*
	for drivers in mainline amp; do
		step "Measuring ($drivers)" "1 min" measure "$drivers" figures "$folder"
		"$AMP_TOP/scripts/bench-profile.sh" "$drivers" "$folder/$drivers.profile.json" >/dev/null
	done
	step "Measuring (bulk)" "10 s" measure bulk bulk "$folder"
	python3 "$AMP_TOP/scripts/bench-report.py" "$folder" >"$folder/table.txt"
}

bench() {
	local file
	bench_prepare
	"$AMP_TOP/scripts/deps.sh" bench
	figures "$bench_dir"
	if [ -n "${TWICE:-}" ]; then
		figures "$bench_dir/again"
		for file in {mainline,amp}.{txt,profile.json} bulk.txt results.json; do
			cmp -s "$bench_dir/$file" "$bench_dir/again/$file" ||
				die "two runs gave different figures: compare $bench_dir/$file with again/$file"
		done
		say "The second run gave the same figures."
	fi
	cat "$bench_dir/table.txt"
}

mkdir -p "$bench_dir"
with_lock "$bench_dir/run" bench
