#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds modules that the stock kernel's configuration leaves out, from the kernel's own source, unmodified:
# build-mainline.sh KERNEL drivers|clients prints the folder. The drivers are those that ours replace: the
# emulated machine's fidelity and our drivers' behaviour are measured against them. The clients are rpmsg
# drivers, which show that our bus carries any of them.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=$1
set=$2
cflags=
case $set in
drivers)
	files=(drivers/remoteproc/{imx_rproc.c,imx_rproc.h,remoteproc_internal.h}
		drivers/rpmsg/{virtio_rpmsg_bus.c,rpmsg_ns.c,rpmsg_char.c,rpmsg_char.h,rpmsg_ctrl.c,rpmsg_internal.h})
	# What Kconfig would have said, had these been chosen.
	for option in IMX_REMOTEPROC RPMSG_VIRTIO RPMSG_NS RPMSG_CHAR RPMSG_CTRL; do
		cflags+=" -DCONFIG_${option}_MODULE=1"
	done
	;;
clients) files=(samples/rpmsg/rpmsg_client_sample.c drivers/tty/rpmsg_tty.c) ;;
*) die "unknown set of modules: $set" ;;
esac
image=$("$AMP_TOP/scripts/kernel.sh" "$kernel")
source=$("$AMP_TOP/scripts/linux-source.sh" "$kernel")
"$AMP_TOP/scripts/deps.sh" modules
dir=$AMP_OUT/$kernel/mainline-$set

build() {
	local file
	mkdir -p "$dir"
	ln -sf "${files[@]/#/$source/}" "$dir/"
	for file in "${files[@]##*/}"; do
		[[ $file != *.c ]] || echo "obj-m += ${file%.c}.o"
	done >"$dir/Kbuild.new"
	echo "ccflags-y :=$cflags" >>"$dir/Kbuild.new"
	cmp -s "$dir/Kbuild.new" "$dir/Kbuild" || mv "$dir/Kbuild.new" "$dir/Kbuild"
	make -C "$image/headers" M="$dir" CROSS_COMPILE=aarch64-linux-gnu- -j "$(nproc)" modules
	sed -e 's|.*/||' -e 's|\.o$|.ko|' "$dir/modules.order" >"$dir/modules.list"
}

with_lock "$dir" step "Building mainline's $set for $kernel" "20 s" build
echo "$dir"
