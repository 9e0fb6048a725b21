# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# The command amp in shell tests: running it, and what it has printed. To be sourced
# after amp.sh.

AMP=${AMP:-amp}

# Skips the test if there is no such command.
tool_begin()
{
	command -v "$AMP" >/dev/null || amp_skip "the command amp is not installed: make -C tools install"
	scratch=$(mktemp -d)
	out=$scratch/out
	err=$scratch/err
}

tool_end()
{
	rm -rf "$scratch"
}

# run STATUS ARGUMENT...: what it prints is in $out and $err
run()
{
	local expected=$1 rc=0

	shift
	"$AMP" "$@" >"$out" 2>"$err" </dev/null || rc=$?
	[ $rc = "$expected" ] && return
	ktap_print_msg "amp $*: status $rc, expected $expected"
	sed 's/^/#   /' "$out" "$err"
	return 1
}

# said FILE TEXT: whether a line has it
said()
{
	grep -qF -- "$2" "$1" && return
	ktap_print_msg "expected: $2"
	sed 's/^/#   /' "$1"
	return 1
}

prints()
{
	said "$out" "$1"
}

complains()
{
	said "$err" "$1"
}
