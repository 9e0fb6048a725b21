#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# The tests of the drivers' pure functions, in the kernel: they run when their module
# is loaded, and this shows what KUnit has kept of it. The drivers aren't needed.

# shellcheck source=/dev/null
. "$(dirname "$(readlink -f "$0")")/../lib/amp.sh"

results=/sys/kernel/debug/kunit

# KUnit nests its results: suites, cases, parameters. Here, the innermost ones count,
# and others if they have failed by themselves.
flatten()
{
	awk '
	function result(prefix) {
		sub(/^ */, "")
		failed += /^not/
		sub(/ok [0-9]+ /, "ok " (++num) " - " prefix)
		print
	}
	/^        # Subtest: / { name = $3 ": " }
	/^        (not )?ok / { params++; result(name); next }
	/^    (not )?ok / {
		if (!params || (/not ok/ && !failed))
			result("")
		params = 0
		next
	}
	/^not ok/ && !failed { result("") }
	/^ / { print }
	END { printf "1..%d\n", num; exit (failed || !num) }'
}

[ "$(id -u)" = 0 ] || amp_skip "needs root"
[ -d "$results" ] || amp_skip "this kernel has no KUnit in debugfs (CONFIG_KUNIT_DEBUGFS)"
amp_module_file amp_kunit >/dev/null || amp_skip "module amp_kunit isn't there: AMP_KUNIT=1 builds it"

# Those of another time aren't what is asked for.
! amp_loaded amp_kunit || rmmod amp_kunit || exit 1
amp_load amp_kunit || exit 1
status=0
if [ -d "$results/amp_map" ]; then
	ktap_print_header
	cat "$results"/amp_*/results | flatten || status=1
else
	rmmod amp_kunit
	amp_skip "KUnit is disabled: kunit.enable=1 on the kernel's command line enables it"
fi
rmmod amp_kunit || status=1
exit $status
