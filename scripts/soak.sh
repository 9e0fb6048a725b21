#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make soak TIME=seconds SEED=first`: the hostile firmware in the emulated machine, and `make fuzz-nodes` the same
# with programs that are hostile to the nodes, for longer than `make check` has them: soak.sh soak|fuzz-nodes TIME SEED.
# Without SEED= the seeds are those after the ones of `make check`, and differ from run to run; with SEED= and no
# TIME= it is that one seed. Says how far it is, and which seed has failed, to be given as SEED=.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

name=$1 seconds=$2 seed=$3
declare -A tests=([soak]=hostile:seeds [fuzz-nodes]=nodes:calls) usually=([soak]=600 [fuzz-nodes]=300)
kernel=${KERNEL:-6.12}
[[ $seconds =~ ^[0-9]*$ ]] || usage_error "TIME=$seconds is no number of seconds"
[[ $seed =~ ^[0-9]*$ ]] || usage_error "SEED=$seed is no number"
words=(amp.mode=check "amp.tests=${tests[$name]}" "amp.env.AMP_SEED=${seed:-$((1001 + SRANDOM % 1000000))}")
if [ -n "$seed" ] && [ -z "$seconds" ]; then
	words+=(amp.env.AMP_SEEDS=1)
	seconds=0
else
	words+=("amp.env.AMP_SECONDS=${seconds:=${usually[$name]}}")
fi

"$AMP_TOP/scripts/setup.sh" "$kernel"
initramfs=$("$AMP_TOP/scripts/build-initramfs.sh" "$kernel" amp)
log=$AMP_OUT/$kernel/log/$name.console
verdict=1 at=
while IFS= read -r line; do
	case $line in
	'# at seed '*) at=${line##* } ;;
	'# seeds '* | '# seed '* | '# after seed '*) say "${line#\# }" ;;
	'# '*.c:*:linux_goes_on:*) say "${line#*:linux_goes_on:}" ;;
	'ok 1 '*) verdict=0 ;;
	'not ok '*) verdict=1 ;;
	esac
done < <(AMP_BOARD=bulk AMP_LIMIT=$((seconds + 3600)) "$AMP_TOP/scripts/boot.sh" "$kernel" "$name" "$initramfs" \
	"${words[@]}" || :)
[ "$verdict" = 0 ] || say "FAILED at seed ${at:-none}; again: make $name SEED=$at; the console: $log"
exit "$verdict"
