#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds mainline's own drivers, their source unmodified, as modules for the stock kernel, whose
# configuration leaves them out: build-mainline.sh KERNEL prints the folder. They are what the
# emulated machine's fidelity and our drivers' behaviour are measured against.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=$1
image=$("$AMP_TOP/scripts/kernel.sh" "$kernel")
source=$("$AMP_TOP/scripts/linux-source.sh" "$kernel")
"$AMP_TOP/scripts/deps.sh" modules
dir=$AMP_OUT/$kernel/mainline

build() {
	local file
	mkdir -p "$dir"
	for file in remoteproc/{imx_rproc.c,imx_rproc.h,remoteproc_internal.h} \
		rpmsg/{virtio_rpmsg_bus.c,rpmsg_ns.c,rpmsg_char.c,rpmsg_char.h,rpmsg_ctrl.c,rpmsg_internal.h}; do
		ln -sf "$source/drivers/$file" "$dir/"
	done
	# What Kconfig would have said, had these been chosen.
	cat >"$dir/Kbuild.new" <<-END
		obj-m := imx_rproc.o virtio_rpmsg_bus.o rpmsg_ns.o rpmsg_char.o rpmsg_ctrl.o
		ccflags-y := -DCONFIG_IMX_REMOTEPROC_MODULE=1 -DCONFIG_RPMSG_VIRTIO_MODULE=1 \\
			-DCONFIG_RPMSG_NS_MODULE=1 -DCONFIG_RPMSG_CHAR_MODULE=1 -DCONFIG_RPMSG_CTRL_MODULE=1
	END
	cmp -s "$dir/Kbuild.new" "$dir/Kbuild" || mv "$dir/Kbuild.new" "$dir/Kbuild"
	make -C "$image/headers" M="$dir" CROSS_COMPILE=aarch64-linux-gnu- -j "$(nproc)" modules
	sed -e 's|.*/||' -e 's|\.o$|.ko|' "$dir/modules.order" >"$dir/modules.list"
}

with_lock "$dir" step "Building mainline's drivers for $kernel" "20 s" build
echo "$dir"
