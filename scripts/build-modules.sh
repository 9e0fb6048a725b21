#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds this project's modules for one of the kernels, apart from the work tree, so that two
# kernels don't disturb each other: build-modules.sh KERNEL prints the folder.
# W=1 in the environment is passed on to kbuild.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=$1
image=$("$AMP_TOP/scripts/kernel.sh" "$kernel")
"$AMP_TOP/scripts/deps.sh" modules
dir=$AMP_OUT/$kernel/modules

build() {
	local part
	mkdir -p "$dir"
	# A farm of links to the sources; what went away there goes away here.
	find "$dir" -xtype l -delete
	for part in Kbuild drivers include; do
		cp -rsf "$AMP_TOP/$part" "$dir/"
	done
	# In the order of the build, and without what an earlier build left.
	find "$dir" -name '*.ko' -delete
	rm -f "$dir/built"
	make -C "$image/headers" M="$dir" CROSS_COMPILE=aarch64-linux-gnu- -j "$(nproc)" \
		${W:+W="$W"} modules
	sed -e 's|.*/||' -e 's|\.o$|.ko|' "$dir/modules.order" >"$dir/modules.list"
	echo "$inputs" >"$dir/built"
}

provide() {
	inputs="$(<"$image/release") ${W:-} $(hash_of "$AMP_TOP"/{Kbuild,drivers,include})"
	[ "$(cat "$dir/built" 2>/dev/null)" = "$inputs" ] ||
		step "Building the modules for $kernel" "10 s" build
}

with_lock "$dir" provide
echo "$dir"
