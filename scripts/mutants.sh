#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make mutants`: plants the bugs of selftests/mutants/ in a copy of the sources, one at a time, and sees
# whether the tests notice. mutants.sh [NAME...] does these only.
#
# What precedes the patch says what is looked at: "Test:", the variables of `make check`; "Says:", a regular
# expression for what has to be among the failures, or else something else has failed; "Kernel:", if it isn't 6.12.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

dir=$AMP_OUT/mutants
tree=$dir/tree

# What is built in the copy stays, for the next mutant. A file that differs is new, so that make takes it for changed.
copy_sources() {
	local file
	mkdir -p "$tree"
	while IFS= read -r file; do
		[ -e "$AMP_TOP/$file" ] || rm "$tree/$file"
	done < <(files_in "$tree")
	cd "$AMP_TOP"
	while IFS= read -r file; do
		cmp -s "$file" "$tree/$file" || cp --parents --remove-destination -t "$tree" "$file"
	done < <(files_in "$AMP_TOP")
}

files_in() { (cd "$1" && find . -path ./build -prune -o -path ./.git -prune -o ! -type d -print); }

# field NAME PATCH
field() { sed -n "/^--- /q; s/^$1: //p" "$2"; }

# verdict LOG PATTERN: "caught", or why not. A failure is followed by indented lines that explain it.
verdict() {
	if grep -q 'could not be built$' "$1"; then
		echo "missed: it doesn't build"
	elif ! tail -n 1 "$1" | grep -q 'passed, .* failed,'; then
		echo "missed: the test did not run"
	elif grep -E '^(  FAIL|      )' "$1" | grep -qE -- "$2"; then
		echo caught
	elif grep -q '^  FAIL' "$1"; then
		echo "missed: what fails is something else"
	else
		echo missed
	fi
}

# try PATCH LOG KERNEL
try() {
	local kernel=$3 log=$2 assignment
	cd "$tree"
	patch --silent --no-backup-if-mismatch --fuzz=0 -p1 <"$1"
	(
		eval "set -- $(field Test "$1")"
		for assignment; do export "${assignment?}"; done
		# What hangs is cut off; no test takes as long.
		AMP_LIMIT=${AMP_LIMIT:-900} KERNEL=$kernel exec scripts/check.sh
	) >"$log" 2>&1 </dev/null || :
	patch --silent --no-backup-if-mismatch -R -p1 <"$1"
}

copy_sources
if [ $# -gt 0 ]; then
	names=("$@")
else
	mapfile -t names < <(cd "$AMP_TOP/selftests/mutants" && basename -s .patch ./*.patch)
fi
caught=0 missed=0
for name in "${names[@]}"; do
	patch=$AMP_TOP/selftests/mutants/$name.patch
	[ -e "$patch" ] || usage_error "there is no mutant $name"
	kernel=$(field Kernel "$patch")
	kernel=${kernel:-6.12}
	log=$dir/$name.log
	try "$patch" "$log" "$kernel"
	what=$(verdict "$log" "$(field Says "$patch")")
	if [ "$what" = caught ]; then
		caught=$((caught + 1))
	else
		missed=$((missed + 1))
		what+=" ($log)"
	fi
	printf '%-38s %-40s %-13s %s\n' "$(field Bug "$patch")" "$(field Test "$patch")" "$kernel" "$what"
done
echo "$caught caught, $missed missed"
[ "$missed" = 0 ]
