#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make soak TIME=seconds SEED=first`: the hostile firmware in the emulated machine, for longer than `make check`
# has it. Without SEED= the seeds are those after the ones of `make check`, and differ from run to run; with SEED=
# and no TIME= it is that one seed. Says how far it is, and which seed has failed, to be given as SEED=.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

seconds=$1 seed=$2
kernel=${KERNEL:-6.12}
[[ $seconds =~ ^[0-9]*$ ]] || usage_error "TIME=$seconds is no number of seconds"
[[ $seed =~ ^[0-9]*$ ]] || usage_error "SEED=$seed is no number"
words=(amp.mode=check amp.tests=hostile:seeds "amp.env.AMP_SEED=${seed:-$((1001 + SRANDOM % 1000000))}")
if [ -n "$seed" ] && [ -z "$seconds" ]; then
	words+=(amp.env.AMP_SEEDS=1)
	seconds=0
else
	words+=("amp.env.AMP_SECONDS=${seconds:=600}")
fi

"$AMP_TOP/scripts/setup.sh" "$kernel"
initramfs=$("$AMP_TOP/scripts/build-initramfs.sh" "$kernel" amp)
log=$AMP_OUT/$kernel/log/soak.console
verdict=1 at=
while IFS= read -r line; do
	case $line in
	'# at seed '*) at=${line##* } ;;
	'# seeds '* | '# seed '* | '# after seed '*) say "${line#\# }" ;;
	'ok 1 '*) verdict=0 ;;
	'not ok '*) verdict=1 ;;
	esac
done < <(AMP_BOARD=bulk AMP_LIMIT=$((seconds + 3600)) "$AMP_TOP/scripts/boot.sh" "$kernel" soak "$initramfs" \
	"${words[@]}" || :)
[ "$verdict" = 0 ] || say "FAILED at seed ${at:-none}; again: make soak SEED=$at; the console: $log"
exit "$verdict"
