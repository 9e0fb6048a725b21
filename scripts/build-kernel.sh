#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds a kernel from Debian's kernel source: build-kernel.sh NAME FRAGMENT... prints the folder:
#   vmlinuz System.map dtb/*.dtb modules/lib/modules/V headers (a KDIR) release (V) config
# It is configured by allnoconfig and the fragments, of which later ones override earlier ones. A line
# "# make: VARIABLE=VALUE" of a fragment is for the kernel's own build, and not for that of modules.
# Kept in the cache by what it was built from. The source, which is large, is not kept.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/apt.sh
. "$AMP_TOP/scripts/apt.sh"

name=$1
shift
mapfile -t fragments < <(realpath -e -- "$@")
package=linux-source-6.12
cross=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-)
mapfile -t variables < <(sed -n 's/^# make: //p' "${fragments[@]}")

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

# The fragments as one: of each option, what was said last
wanted_config() {
	cat "${fragments[@]}" | sed 's/^# \(CONFIG_[^ ]*\) is not set$/\1=n/' |
		awk -F = '/^CONFIG_/ { last[$1] = $0 } END { for (option in last) print last[option] }' | sort
	echo "CONFIG_LOCALVERSION=\"-amp-$name\""
}

# What is asked for and not there after all, for want of something else
check_config() {
	local line bad=
	while read -r line; do
		if [[ $line == *=n ]]; then
			! grep -q "^${line%n}" .config || bad+=" ${line%%=*}"
		else
			grep -qxF -- "$line" .config || bad+=" ${line%%=*}"
		fi
	done <"$1"
	[ -z "$bad" ] || die "the kernel's configuration has not what ${fragments[*]##*/} say:$bad"
}

build() {
	local dir=$1 version=$2 tmp=$1.tmp release
	unpack "$tmp" "$version"
	cd "$tmp/source"
	export KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=amp KBUILD_BUILD_HOST=amp
	wanted_config >"$tmp/wanted"
	make "${cross[@]}" KCONFIG_ALLCONFIG="$tmp/wanted" allnoconfig
	check_config "$tmp/wanted"
	nice -n 19 make "${cross[@]}" -j "$(nproc)" "${variables[@]}" Image.gz modules
	release=$(make -s "${cross[@]}" kernelrelease)
	make "${cross[@]}" INSTALL_MOD_PATH="$tmp/modules" DEPMOD=true modules_install
	rm -f "$tmp/modules/lib/modules/$release/build"
	make "${cross[@]}" DTC_FLAGS=-@ freescale/imx8mp-evk.dtb
	# Any of kbuild's own variables reach this script only through kbuild.
	make "${cross[@]}" run-command \
		KBUILD_RUN_COMMAND="CC=gcc HOSTCC=gcc \$(srctree)/scripts/package/install-extmod-build $tmp/headers"
	# As Debian's headers, these know what they are for.
	sed -i '1i export ARCH := arm64' "$tmp/headers/Makefile"
	depmod -b "$tmp/modules" "$release"
	mkdir "$tmp/dtb"
	cp arch/arm64/boot/dts/freescale/imx8mp-evk.dtb "$tmp/dtb/"
	cp arch/arm64/boot/Image.gz "$tmp/vmlinuz"
	cp System.map "$tmp/"
	cp .config "$tmp/config"
	cp .config "$tmp/headers/"
	cd "$AMP_TOP"
	rm -rf "$tmp/source" "$tmp/wanted"
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
	dir=$AMP_CACHE/$name-kernel-$( (echo "$version" "${variables[@]}" && wanted_config && hash_of "$0") | sha256sum | cut -c 1-12)
	if [ ! -e "$dir/release" ]; then
		"$AMP_TOP/scripts/deps.sh" fetch own-kernel
		step "Building the kernel $name" "6 to 10 min" build "$dir" "$version"
	fi
	echo "$dir"
}

with_lock "$name-kernel" provide
