#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make fuzz TIME=seconds`, and a minute of it in `make check`: the driver's validator with libFuzzer, under
# ASan and UBSan. The results are KTAP; inputs and findings stay in build/out/fuzz. Earlier findings are tried first.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || usage_error "TIME=$seconds is no number of seconds"
"$AMP_TOP/scripts/deps.sh" selftests fuzz
source=$("$AMP_TOP/scripts/linux-source.sh")
dir=$AMP_OUT/fuzz
mkdir -p "$dir/found"

fuzzer() {
	make --no-print-directory -C "$AMP_TOP/selftests/host" O="$AMP_OUT/host" FUZZ="$dir" \
		KSFT="$source/tools/testing/selftests" FUZZ_TIME="$seconds" "$1"
}

failed=0 number=0

# result STATUS TEXT: one line of KTAP
result() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number $2"
	else
		failed=1
		echo "not ok $number $2"
	fi
}

# The last number that the fuzzer's log of the named step says behind a word.
said() {
	sed -nE "s/.*$2:? *([0-9]+).*/\1/p" "$AMP_LOG/$1.log" | tail -n 1
}

find "$dir/found" -type f | sort >"$dir/known"
echo "TAP version 13"
echo "1..3"

# What the named step found, as the sanitizer or the target says it.
explain() {
	grep -aE '^SUMMARY:|^accepted, but' "$AMP_LOG/$1.log" | sed 's/^/# /' || :
}

status=0
(step "Trying the seeds" "3 s" fuzzer seeds) || status=1
seeds=$(find "$dir/seeds" "$dir/found" -type f | wc -l)
tried=$(grep -ac '^Executed .* in [0-9]* ms' "$AMP_LOG/trying-the-seeds.log") || :
if ((!seeds || tried != seeds)); then
	explain trying-the-seeds
	echo "# $tried of $seeds were tried"
	status=1
fi
result "$status" "each of $seeds seeds is harmless"

status=0
(step "Fuzzing the validator" "$seconds s" fuzzer fuzz) || status=1
find "$dir/found" -type f | sort | comm -13 "$dir/known" - | while read -r file; do
	explain fuzzing-the-validator
	echo "# found $file"
	echo "# again: ${AMP_OUT#"$AMP_TOP"/}/host/validate_fuzz ${file#"$AMP_TOP"/}"
done
result "$status" "$seconds s of fuzzing find nothing"

inputs=$(said fuzzing-the-validator 'stat::number_of_executed_units')
at_first=$(sed -nE 's/.*INITED cov: ([0-9]+).*/\1/p' "$AMP_LOG/fuzzing-the-validator.log")
edges=$(said fuzzing-the-validator '[[:space:]]cov')
# Or what was fuzzed was not the validator.
text="${inputs:-no} inputs reach ${edges:-no} edges, ${at_first:-none} of them with the seeds"
if [ "$status" != 0 ]; then
	result 0 "inputs reach edges # SKIP ended by a finding"
else
	((${inputs:-0} > seeds && ${at_first:-0} >= 100)) || status=1
	result "$status" "$text"
fi
exit "$failed"
