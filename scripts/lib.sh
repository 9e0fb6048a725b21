# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every script here shares: where things are, how it talks, long steps with a log and
# progress, and the locks that keep parallel invocations apart. To be sourced.
#
# Messages go to stderr, so that a script's stdout is its result.

AMP_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
AMP_CACHE=$(realpath -m "${AMP_CACHE:-$AMP_TOP/build/cache}")
AMP_OUT=$AMP_TOP/build/out
AMP_LOG=$AMP_OUT/log
AMP_HOST_ARCH=$(dpkg --print-architecture)
export AMP_CACHE AMP_HOST_ARCH
# A make that calls us has options of its own, which are not for the ones that we call.
unset MAKEFLAGS MFLAGS MAKELEVEL

mkdir -p "$AMP_CACHE" "$AMP_LOG"

say() { printf '%s\n' "$*" >&2; }

die() {
	say "error: $*"
	exit 1
}

# A mistake in how something was called, as opposed to a failure.
usage_error() {
	say "error: $*"
	exit 2
}

# run_logged LOG CMD...: in a process group of its own, so that an interruption ends all of it
run_logged() {
	local log=$1
	shift
	set -m
	(
		set +m
		set -e
		"$@"
	) >"$log" 2>&1 </dev/null &
	AMP_CHILD=$!
	set +m
	trap 'kill -TERM -- "-$AMP_CHILD" 2>/dev/null || :; say "interrupted; run it again to go on"; exit 130' INT TERM HUP
}

# step WHAT USUALLY CMD...: runs CMD (a program or a function) with its output in a log
step() {
	local what=$1 usually=$2 log start now last rc=0
	shift 2
	log=$(tr -cs '[:alnum:].\n' - <<<"${what,,}")
	log=$AMP_LOG/${log%-}.log
	start=$SECONDS last=
	run_logged "$log" "$@"
	while kill -0 "$AMP_CHILD" 2>/dev/null; do
		now=$((SECONDS - start))
		if [ -t 2 ]; then
			printf '\r\033[K%s (usually %s) %d s ... %s' "$what" "$usually" "$now" \
				"$(progress_of "$log")" >&2
		elif [ -z "$last" ] && ((now >= 2)); then
			last=$now
			say "$what (usually $usually) ..."
		elif [ -n "$last" ] && ((now - last >= 60)); then
			last=$now
			say "    still at it after $now s: $(progress_of "$log")"
		fi
		sleep 0.2
	done
	wait "$AMP_CHILD" || rc=$?
	trap - INT TERM HUP
	[ -t 2 ] && printf '\r\033[K' >&2
	now=$((SECONDS - start))
	if ((rc)); then
		say "FAILED: $what (exit $rc, after $now s). The end of its log:"
		tail -n 25 "$log" | sed 's/^/    | /' >&2
		say "The whole log: $log"
		exit 1
	fi
	say "$what: done in $now s"
}

# The last line of a log that says something, cut to fit behind a step's name.
progress_of() {
	tail -c 400 "$1" 2>/dev/null | tr '\r' '\n' | grep -a '[[:alnum:]]' | tail -n 1 |
		tr -d '[:cntrl:]' | cut -c 1-48 || :
}

# with_lock NAME|PATH CMD...: only one process at a time; a name holds over all checkouts that share
# the cache, a path is for something of this checkout's
with_lock() {
	local what=$1 lock fd
	shift
	case $what in
	/*) lock=$what.lock ;;
	*) lock=$AMP_CACHE/.lock-$what ;;
	esac
	mkdir -p "$(dirname "$lock")"
	exec {fd}>"$lock"
	if ! flock -n "$fd"; then
		say "waiting for another process that is working on ${what##*/}"
		flock "$fd"
	fi
	"$@"
	exec {fd}>&-
}

# hash_of FILE|FOLDER...: one short hash over names (below the folder) and contents
hash_of() {
	local path
	for path; do
		if [ -d "$path" ]; then
			(cd "$path" && find . -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z |
				xargs -0 -r sha256sum)
		else
			sha256sum <"$path"
		fi
	done | sha256sum | cut -c 1-12
}
