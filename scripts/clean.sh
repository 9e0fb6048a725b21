#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make clean`: removes what was built, in the work tree (with or without a kernel's headers at
# hand) and below build/out. What was fetched, and QEMU, stay in the cache.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$AMP_TOP"
rm -rf "$AMP_OUT"
rm -f Module.symvers modules.order .modules.order.cmd .Module.symvers.cmd .module-common.o ..module-common.o.cmd
find drivers samples selftests \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
	-o -name '*.o.d' -o -name modules.order -o -name '.tmp_*' \) -delete
