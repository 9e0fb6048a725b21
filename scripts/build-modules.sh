#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds this project's modules for one of the kernels, apart from the work tree, so that two
# kernels don't disturb each other: build-modules.sh KERNEL [gcc|clang] prints the folder.
# W=1 in the environment is passed on to kbuild. With a compiler named, they are built with it apart from those
# that are run, at W=1, and a warning is an error.
#
# Where the kernel was configured without the hwspinlock framework, that is built as a module from the
# kernel's own source, so that the driver for it can be run all the same.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=$1
compiler=${2:-}
image=$("$AMP_TOP/scripts/kernel.sh" "$kernel")
reasons=(modules)
[ "$compiler" != clang ] || reasons+=(clang)
"$AMP_TOP/scripts/deps.sh" "${reasons[@]}"
dir=$AMP_OUT/$kernel/modules${compiler:+-$compiler}
framework=$AMP_OUT/$kernel/hwspinlock${compiler:+-$compiler}
source=
with=()
# Debian's kernels are configured for gcc. What Kconfig would have said otherwise, had it found this compiler.
[ "$compiler" != clang ] || with=(
	CC=clang-19 CONFIG_CC_IS_GCC= CONFIG_GCC_VERSION=0 CONFIG_CC_IS_CLANG=y CONFIG_CLANG_VERSION=190107
	CONFIG_CC_IMPLICIT_FALLTHROUGH=-Wimplicit-fallthrough CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=
	CONFIG_UBSAN_BOUNDS_STRICT= CONFIG_UBSAN_ARRAY_BOUNDS=y
)
grep -qx CONFIG_HWSPINLOCK=y "$image/config" || source=$("$AMP_TOP/scripts/linux-source.sh" "$kernel")

# Which code of ours is reached, KCOV tells where it is, and of nothing else.
! grep -qx CONFIG_KCOV=y "$image/config" || with+=(KCOV_INSTRUMENT=y)

kbuild() {
	make -C "$image/headers" CROSS_COMPILE=aarch64-linux-gnu- -j "$(nproc)" ${W:+W="$W"} ${with[@]+"${with[@]}"} \
		"$@" modules
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
	mkdir -p "$dir/selftests"
	cp -rsf "$AMP_TOP"/selftests/{host,kunit} "$dir/selftests/"
	# In the order of the build, and without what an earlier build left.
	find "$dir" -name '*.ko' -delete
	# What an earlier build warned of, it warns of again.
	[ -z "$compiler" ] || find "$dir" -name '*.o' -delete
	rm -f "$dir/built"
	if [ -n "$source" ]; then
		chosen=(CONFIG_HWSPINLOCK=y KCPPFLAGS=-DCONFIG_HWSPINLOCK=1)
		build_framework
	fi
	[ -z "$compiler" ] || chosen+=(W=1)
	! grep -qx CONFIG_GCOV_KERNEL=y "$image/config" || chosen+=(GCOV_PROFILE=y)
	kbuild M="$dir" AMP_SAMPLES=1 AMP_KUNIT=1 ${chosen[@]+"${chosen[@]}"} 2>&1 | tee "$dir/log"
	[ -z "$compiler" ] || ! grep -qi 'warning:' "$dir/log" || die "there are warnings"
	{
		[ -z "$source" ] || echo hwspinlock_core.ko
		sed -e 's|.*/||' -e 's|\.o$|.ko|' "$dir/modules.order"
	} >"$dir/modules.list"
	echo "$inputs" >"$dir/built"
}

provide() {
	inputs="$(<"$image/release") ${W:-} $(hash_of "$AMP_TOP"/{Kbuild,drivers,include,samples/amp_*,selftests/{host,kunit}})"
	[ "$(cat "$dir/built" 2>/dev/null)" = "$inputs" ] ||
		step "Building the modules for $kernel${compiler:+ with $compiler}" "10 s" build
}

with_lock "$dir" provide
echo "$dir"
