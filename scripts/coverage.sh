#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make coverage`: runs the suites on the kernel 6.12-coverage, in which gcov counts what of the modules has run,
# and adds up all boots: a summary, the lines that never ran, and pages to look at. SUITE= selects, for a quick look;
# KEEP=1 runs nothing and evaluates what there is.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=6.12-coverage
image=$("$AMP_TOP/scripts/kernel.sh" "$kernel")
modules=$AMP_OUT/$kernel/modules
out=$AMP_OUT/coverage
rc=0
"$AMP_TOP/scripts/deps.sh" coverage

if [ -z "${KEEP:-}" ]; then
	rm -rf "$AMP_OUT/$kernel/files"
	SUITE=${SUITE:-$("$AMP_TOP/scripts/check.sh" --target-suites)} KERNEL=$kernel "$AMP_TOP/scripts/check.sh" || rc=$?
fi

# One boot's counts, beside what the compiler has noted of each file
read_counts() {
	local boot=$1 tree=$out/tree name=$2
	rm -rf "$tree"
	mkdir -p "$tree"
	tar -C "$tree" -xf "$boot"
	(cd "$modules" && find drivers -name "*.gcno") | while read -r file; do
		mkdir -p "$tree/${file%/*}"
		cp "$modules/$file" "$tree/$file"
	done
	# What the compiler has named relative to where it ran, gcov looks for here.
	ln -s "$image/headers"/{include,arch} "$tree/"
	# Processors count without a lock: now and then a difference of counts is negative.
	gcovr --gcov-executable aarch64-linux-gnu-gcov --gcov-ignore-parse-errors --root "$modules" \
		--filter "$AMP_TOP/drivers/" --json "$out/$name.json" "$tree/drivers"
}

evaluate() {
	local boot parts=()
	rm -rf "$out"
	mkdir -p "$out/html"
	for boot in "$AMP_OUT/$kernel/files"/*/gcov.tar; do
		[ -e "$boot" ] || die "no boot has left its counts; the logs are in $AMP_OUT/$kernel/log"
		parts+=(--add-tracefile "$out/$(basename "$(dirname "$boot")").json")
		read_counts "$boot" "$(basename "$(dirname "$boot")")"
	done
	gcovr --root "$modules" "${parts[@]}" --exclude-unreachable-branches --exclude-throw-branches \
		--html-details "$out/html/index.html" --txt "$out/table.txt" --json-summary "$out/summary.json"
}

step "Adding up what has run" "1 min" evaluate
cat "$out/table.txt"
python3 - "$out/summary.json" <<'END'
import json, sys
s = json.load(open(sys.argv[1]))
print("lines %.1f %%, branches %.1f %%" % (s["line_percent"], s["branch_percent"]))
END
say "Line by line: $out/html/index.html"
exit "$rc"
