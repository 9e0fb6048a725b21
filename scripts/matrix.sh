#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make matrix`: writes what ran where, as `make check` has kept it, as a table into Documentation/.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

results=$AMP_OUT/results
table=$AMP_TOP/Documentation/testing-matrix.rst
[ -d "$results" ] || die "nothing has run yet; \`make check KERNEL=all\` does"

columns=()
for kernel in host $("$AMP_TOP/scripts/kernel.sh" --list all) $("$AMP_TOP/scripts/kernel.sh" --list debug); do
	[ ! -d "$results/$kernel" ] || columns+=("$kernel")
done
mapfile -t suites < <(find "$results" -type f -printf '%f\n' | sort -u)

# cell SUITE KERNEL
cell() {
	local passed failed skipped
	[ -e "$results/$2/$1" ] || return 0
	read -r passed failed skipped _ <"$results/$2/$1"
	((failed == 0)) || printf '**%s failed**, ' "$failed"
	printf '%s passed' "$passed"
	((skipped == 0)) || printf ', %s skipped' "$skipped"
}

# field NUMBER KERNEL: the different ones there are, of all suites
field() { cut -d ' ' -f "$1" "$results/$2"/* | sort -uV; }

# row HEADING FUNCTION ARGUMENT...: with the column as the function's last argument
row() {
	local column text
	printf '   * - %s\n' "$1"
	for column in "${columns[@]}"; do
		text=$("${@:2}" "$column")
		printf '     -%s\n' "${text:+ $text}"
	done
}

head_of() { [ "$1" = host ] && echo "build machine" || echo "$1"; }
versions() { field 5 "$1" | { grep -vx -e - || :; } | paste -sd ' '; }
dates() { field 4 "$1" | sed -n '1p;$p' | uniq | paste -sd ' ' | sed 's/ / to /'; }

{
	printf '.. SPDX-License-Identifier: GPL-2.0\n'
	printf '.. Written by "make matrix" from what "make check" has found.\n\n'
	printf '.. list-table::\n   :header-rows: 1\n   :stub-columns: 1\n\n'
	row suite head_of
	row version versions
	for suite in "${suites[@]}"; do
		row "$suite" cell "$suite"
	done
	row date dates
} >"$table.new"
mv "$table.new" "$table"
say "wrote ${table#"$AMP_TOP/"}"
