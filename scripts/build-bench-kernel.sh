#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds the kernel that `make bench` measures on, from Debian's kernel source and
# selftests/bench/kernel.config, and prints the folder:
#   vmlinuz System.map modules/lib/modules/V headers (a KDIR) release (V) config
# Kept in the cache by what it was built from. The source, which is large, is not kept.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/apt.sh
. "$AMP_TOP/scripts/apt.sh"

package=linux-source-6.12
fragment=$AMP_TOP/selftests/bench/kernel.config
cross=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-)

# Looked up once, so that figures stay comparable while the cache is kept.
chosen=$AMP_CACHE/bench-kernel.version

unpack() {
	local tmp=$1 version=$2
	rm -rf "$tmp"
	apt_unpack bookworm "$package" all "$tmp/package" "^${version//./\\.}\$"
	mkdir -p "$tmp/source"
	tar -C "$tmp/source" --strip-components=1 -xf "$tmp/package/usr/src/$package.tar.xz"
	rm -rf "$tmp/package"
}

# What is asked for and not there after all, for want of something else
check_config() {
	local line bad=
	while read -r line; do
		grep -qxF -- "$line" "$1" || bad+=" ${line%%=*}"
	done < <(grep '^CONFIG_' "$fragment")
	[ -z "$bad" ] || die "the kernel's configuration has not what kernel.config says:$bad"
}

build() {
	local dir=$1 version=$2 tmp=$1.tmp release
	unpack "$tmp" "$version"
	cd "$tmp/source"
	export KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=bench KBUILD_BUILD_HOST=bench
	make "${cross[@]}" KCONFIG_ALLCONFIG="$fragment" allnoconfig
	check_config .config
	nice make "${cross[@]}" -j "$(nproc)" Image.gz modules
	release=$(make -s "${cross[@]}" kernelrelease)
	make "${cross[@]}" INSTALL_MOD_PATH="$tmp/modules" DEPMOD=true modules_install
	rm -f "$tmp/modules/lib/modules/$release/build"
	# Any of kbuild's own variables reach this script only through kbuild.
	make "${cross[@]}" run-command \
		KBUILD_RUN_COMMAND="CC=gcc HOSTCC=gcc \$(srctree)/scripts/package/install-extmod-build $tmp/headers"
	depmod -b "$tmp/modules" "$release"
	cp arch/arm64/boot/Image.gz "$tmp/vmlinuz"
	cp System.map "$tmp/"
	cp .config "$tmp/config"
	cp .config "$tmp/headers/"
	cd "$AMP_TOP"
	rm -rf "$tmp/source"
	echo "$release" >"$tmp/release"
	rm -rf "$dir"
	mv "$tmp" "$dir"
}

provide() {
	local version dir
	if [ ! -s "$chosen" ]; then
		version=$(apt_versions bookworm "$package" all | tail -n 1)
		[ -n "$version" ] || die "found no $package in Debian bookworm; \`make update\` fetches new lists"
		echo "$version" >"$chosen"
	fi
	version=$(<"$chosen")
	dir=$AMP_CACHE/bench-kernel-$( (echo "$version" && hash_of "$fragment" "$0") | sha256sum | cut -c 1-12)
	if [ ! -e "$dir/release" ]; then
		"$AMP_TOP/scripts/deps.sh" fetch bench-kernel
		step "Building the kernel for the benchmark" "6 min" build "$dir" "$version"
	fi
	echo "$dir"
}

with_lock bench-kernel provide
