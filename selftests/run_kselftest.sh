#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# Runs installed tests on a target that may have no more than busybox. Prints
# KTAP: one result per program, with what the program said in front of it, and
# at last how many test cases passed, failed and were skipped. A program that
# ends badly without a failed case of its own counts as a failed case.
#
# Exits 0 if nothing failed, 1 otherwise, 2 for a mistake in its use.

usage()
{
	cat <<USAGE
Usage: $0 [-c COLLECTION]... [-t COLLECTION:TEST]... [-l] [-o SECONDS]
  -c  run the tests of this collection
  -t  run this test
  -l  list the tests
  -o  limit of time for each program, instead of its own
USAGE
}

cd "$(dirname "$(readlink -f "$0")")" || exit 1
selected=
limit=
while getopts c:t:lo:h opt; do
	case $opt in
	c)
		found=$(grep "^$OPTARG:" kselftest-list.txt) || {
			echo "no such collection: $OPTARG; there are:" \
				"$(cut -d: -f1 kselftest-list.txt | sort -u | tr '\n' ' ')" >&2
			exit 2
		}
		selected="$selected $found"
		;;
	t)
		grep -qx "$OPTARG" kselftest-list.txt || {
			echo "no such test: $OPTARG; -l lists them" >&2
			exit 2
		}
		selected="$selected $OPTARG"
		;;
	l)
		cat kselftest-list.txt
		exit
		;;
	o) limit=$OPTARG ;;
	h)
		usage
		exit
		;;
	*)
		usage >&2
		exit 2
		;;
	esac
done
[ -n "$selected" ] || selected=$(cat kselftest-list.txt)

# one NAME: a program's output, then a line that says how it ended
one()
{
	local seconds="$limit"

	[ -n "$seconds" ] || seconds=$(sed -n 's/^timeout=//p' "${1%%:*}/settings" 2>/dev/null)
	(
		cd "${1%%:*}" || exit 1
		timeout -s KILL "${seconds:-300}" "./${1#*:}" 2>&1
		echo "#exit $?"
	)
}

# shellcheck disable=SC2086 # a list
set -- $selected
echo "TAP version 13"
echo "1..$#"
for name; do
	n=$((${n:-0} + 1))
	echo "# selftests: ${name%%:*}: ${name#*:}"
	one "$name" | awk -v n=$n -v name="selftests: ${name%%:*}: ${name#*:}" '
		# perhaps behind a line that has not been ended
		match($0, /#exit [0-9]+$/) {
			rc = substr($0, RSTART + 6)
			if (RSTART > 1)
				print "# " substr($0, 1, RSTART - 1)
			next
		}
		{ print "# " $0; fflush() }
		/^ok .*# SKIP/ || /^1\.\.0 # SKIP/ { skipped++; next }
		/^ok / { passed++ }
		/^not ok / { failed++ }
		END {
			if (rc == 0 && !failed)
				print "ok " n " " name
			else if (rc == 4 && !failed)
				print "ok " n " " name " # SKIP"
			else if (rc == 137 || rc == 143)
				print "not ok " n " " name " # TIMEOUT"
			else
				print "not ok " n " " name " # exit=" rc
			if (rc != 0 && rc != 4 && !failed || rc == 137 || rc == 143)
				failed++
			printf "#count %d %d %d\n", passed, failed, skipped
		}'
done | awk '
	/^#count / { passed += $2; failed += $3; skipped += $4; next }
	{ print; fflush() }
	END {
		printf "# %d passed, %d failed, %d skipped\n", passed, failed, skipped
		exit failed > 0
	}'
