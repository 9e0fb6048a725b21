#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds rpmsg drivers of the kernel's own that Debian leaves out, their source unmodified, as modules for
# the stock kernel: build-clients.sh KERNEL prints the folder. They show that our bus carries any of them.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=$1
image=$("$AMP_TOP/scripts/kernel.sh" "$kernel")
source=$("$AMP_TOP/scripts/linux-source.sh" "$kernel")
"$AMP_TOP/scripts/deps.sh" modules
dir=$AMP_OUT/$kernel/clients

build() {
	mkdir -p "$dir"
	ln -sf "$source"/{samples/rpmsg/rpmsg_client_sample.c,drivers/tty/rpmsg_tty.c} "$dir/"
	echo "obj-m := rpmsg_client_sample.o rpmsg_tty.o" >"$dir/Kbuild.new"
	cmp -s "$dir/Kbuild.new" "$dir/Kbuild" || mv "$dir/Kbuild.new" "$dir/Kbuild"
	make -C "$image/headers" M="$dir" CROSS_COMPILE=aarch64-linux-gnu- -j "$(nproc)" modules
}

with_lock "$dir" step "Building the kernel's rpmsg clients for $kernel" "10 s" build
echo "$dir"
