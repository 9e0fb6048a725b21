#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds this project's modules for one of the kernels, apart from the work tree, so that two
# kernels don't disturb each other: build-modules.sh KERNEL prints the folder.
# W=1 in the environment is passed on to kbuild.
#
# Where the kernel was configured without the hwspinlock framework, that is built as a module from the
# kernel's own source, so that the driver for it can be run all the same.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=$1
image=$("$AMP_TOP/scripts/kernel.sh" "$kernel")
"$AMP_TOP/scripts/deps.sh" modules
dir=$AMP_OUT/$kernel/modules
framework=$AMP_OUT/$kernel/hwspinlock
source=
grep -qx CONFIG_HWSPINLOCK=y "$image/config" || source=$("$AMP_TOP/scripts/linux-source.sh" "$kernel")

kbuild() {
	make -C "$image/headers" CROSS_COMPILE=aarch64-linux-gnu- -j "$(nproc)" ${W:+W="$W"} "$@" modules
}

# What Kconfig would have said, had it been chosen.
build_framework() {
	local file
	mkdir -p "$framework"
	for file in hwspinlock_core.c hwspinlock_internal.h; do
		ln -sf "$source/drivers/hwspinlock/$file" "$framework/"
	done
	echo "obj-m := hwspinlock_core.o" >"$framework/Kbuild"
	kbuild M="$framework" "${chosen[@]}"
	cp "$framework/hwspinlock_core.ko" "$dir/"
	chosen+=(KBUILD_EXTRA_SYMBOLS="$framework/Module.symvers")
}

build() {
	local part chosen=()
	mkdir -p "$dir"
	# A farm of links to the sources; what went away there goes away here.
	find "$dir" -xtype l -delete
	for part in Kbuild drivers include samples; do
		cp -rsf "$AMP_TOP/$part" "$dir/"
	done
	# In the order of the build, and without what an earlier build left.
	find "$dir" -name '*.ko' -delete
	rm -f "$dir/built"
	if [ -n "$source" ]; then
		chosen=(CONFIG_HWSPINLOCK=y KCPPFLAGS=-DCONFIG_HWSPINLOCK=1)
		build_framework
	fi
	kbuild M="$dir" AMP_SAMPLES=1 ${chosen[@]+"${chosen[@]}"}
	{
		[ -z "$source" ] || echo hwspinlock_core.ko
		sed -e 's|.*/||' -e 's|\.o$|.ko|' "$dir/modules.order"
	} >"$dir/modules.list"
	echo "$inputs" >"$dir/built"
}

provide() {
	inputs="$(<"$image/release") ${W:-} $(hash_of "$AMP_TOP"/{Kbuild,drivers,include,samples/amp_*})"
	[ "$(cat "$dir/built" 2>/dev/null)" = "$inputs" ] ||
		step "Building the modules for $kernel" "10 s" build
}

with_lock "$dir" provide
echo "$dir"
