#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernels that this project is run on, and where they come from. kernel.sh KERNEL fetches
# Debian's stock arm64 image and headers, once, and prints the folder they are prepared in:
#   vmlinuz config dtb/*.dtb modules/lib/modules/V headers (a KDIR) release (V)
# A KERNEL of the name 6.12-FRAGMENT is built here, with selftests/kernel/FRAGMENT.config.
# kernel.sh --list [all|debug|ci|KERNEL] prints the names of Debian's kernels, those of the debug kernels, those
# that continuous integration runs, or that one if there is such a kernel; kernel.sh --release KERNEL the
# Debian release that it is of; kernel.sh --update KERNEL takes the newest there is.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/apt.sh
. "$AMP_TOP/scripts/apt.sh"

# name: Debian release, pattern of the ABI name
declare -A table=(
	[6.12]='bookworm 6\.12\.[0-9]+\+deb12(\.[0-9]+)?'
	[6.1]='bookworm 6\.1\.0-[0-9]+'
	[6.12-rt]='bookworm 6\.12\.[0-9]+\+deb12(\.[0-9]+)?-rt'
	[7.3]='trixie 7\.3\.[0-9]+\+deb13(\.[0-9]+)?'
)

names=$(printf '%s\n' "${!table[@]}" | sort -V | paste -sd ' ')
debug="6.12-lockdep 6.12-kasan 6.12-kcsan"
ci="6.12 6.1 6.12-lockdep"
built="$debug 6.12-coverage"

# is_in WORD LIST
is_in() { [[ " $2 " == *" $1 "* ]]; }

option=
case ${1:-} in
--list)
	case ${2:-all} in
	all) echo "$names" ;;
	debug) echo "$debug" ;;
	ci) echo "$ci" ;;
	*)
		is_in "$2" "$names $built" ||
			usage_error "unknown KERNEL=$2; there is: $names $built; and all (of Debian's), debug, ci"
		echo "$2"
		;;
	esac
	exit
	;;
--release | --update)
	option=$1
	shift
	;;
esac
kernel=${1:-}
if is_in "${kernel:-none}" "$built"; then
	exec "$AMP_TOP/scripts/build-kernel.sh" "${kernel#*-}" "$AMP_TOP/selftests/bench/kernel.config" \
		"$AMP_TOP/selftests/kernel/"{debug,"${kernel#*-}"}.config
fi
is_in "${kernel:-none}" "$names" || usage_error "unknown KERNEL=$kernel; there is: $names $built"
read -r release pattern <<<"${table[$kernel]}"
if [ "$option" = --release ]; then
	echo "$release"
	exit
fi

# What the name stands for is looked up once, so that it doesn't change under someone's work.
chosen=$AMP_CACHE/kernel/$kernel.version

choose() {
	local abi
	abi=$(apt_in "$release" apt-cache pkgnames linux-headers- |
		sed -nE "s/^linux-headers-($pattern)-arm64(:arm64)?\$/\1/p" | sort -uV | tail -n 1)
	[ -n "$abi" ] || die "found no $kernel kernel for arm64 in Debian $release"
	echo "$abi" >"$chosen.new"
	mv "$chosen.new" "$chosen"
}

# This machine's Debian hasn't the compiler of a newer one's kernel, and its C library is too old for the
# kbuild tools that come with the headers. So both are run with the newer one's libraries.
fetch_tools() {
	local dir=$1 tmp=$2 compiler package lib interpreter file
	compiler=$(sed -nE 's/^CC = .*(gcc-[0-9]+)$/\1/p' "$tmp/headers/.kernelvariables")-aarch64-linux-gnu
	for package in "$compiler" "cpp-${compiler#gcc-}" \
		libc6 libgcc-s1 libgmp10 libisl23 libmpc3 libmpfr6 libstdc++6 libzstd1 zlib1g; do
		apt_unpack "$release" "$package" "$AMP_HOST_ARCH" "$tmp/tools"
	done
	lib=usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)
	interpreter=$(basename "$(patchelf --print-interpreter "$tmp/tools/usr/bin/aarch64-linux-gnu-${compiler%%-a*}")")
	find "$tmp"/tools/usr/{bin,libexec} "$tmp"/headers-packages -type f -perm /111 |
		while read -r file; do
			patchelf --print-interpreter "$file" >/dev/null 2>&1 || continue
			patchelf --set-interpreter "$dir/tools/$lib/$interpreter" \
				--force-rpath --set-rpath "$dir/tools/$lib" "$file"
		done
	# What it has this machine's own assembler for, it looks for here.
	mkdir -p "$tmp/tools/usr/aarch64-linux-gnu/bin"
	ln -s /usr/bin/aarch64-linux-gnu-as "$tmp/tools/usr/aarch64-linux-gnu/bin/as"
	sed -i "1i export PATH := $dir/tools/usr/bin:\$(PATH)" "$tmp/headers/Makefile"
}

# unpack PACKAGE FOLDER PARTS ARCH: an arm64 package, and for ARCH what it depends on of the kernel's own PARTS
unpack() {
	local folder=$2 parts=$3 arch=$4 deb dependency
	deb=$(apt_deb "$release" "$1" arm64 "$folder.debs")
	dpkg-deb -x "$deb" "$folder"
	dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed -nE "s/^ *(linux-($parts)-[0-9][^ ]*).*/\1/p" |
		while read -r dependency; do
			apt_unpack "$release" "$dependency" "$arch" "$folder"
		done
	rm -rf "$folder.debs"
}

fetch() {
	local dir=$1 abi=$2 tmp=$1.tmp v=$2-arm64 src
	rm -rf "$tmp" "$dir"
	mkdir -p "$tmp"
	unpack "linux-image-$v" "$tmp/image" 'base|binary|modules' arm64
	# 6.1 and 6.12 have the image in /boot, newer ones beside the modules.
	mv "$tmp/image/boot/vmlinuz-$v" "$tmp/vmlinuz" 2>/dev/null ||
		mv "$tmp/image/usr/lib/modules/$v/vmlinuz" "$tmp/vmlinuz"
	mv "$tmp/image/boot/config-$v" "$tmp/config" 2>/dev/null ||
		mv "$tmp/image/usr/lib/modules/$v/config" "$tmp/config"
	mkdir -p "$tmp/dtb" "$tmp/modules/lib/modules"
	find "$tmp/image" -path '*/freescale/imx*.dtb' -exec mv -t "$tmp/dtb" {} +
	mv "$tmp/image"/*/modules/"$v" "$tmp/modules/lib/modules/" 2>/dev/null ||
		mv "$tmp/image/usr/lib/modules/$v" "$tmp/modules/lib/modules/"
	rm -rf "$tmp/image"
	depmod -b "$tmp/modules" "$v"

	# kbuild's tools run here, so they are taken for this machine's architecture.
	unpack "linux-headers-$v" "$tmp/headers-packages" 'headers|kbuild' "$AMP_HOST_ARCH"
	src=headers-packages/usr/src/linux-headers-$v
	# The one absolute path in there, and a vmlinux for which modules would need pahole; then any will do.
	sed -i "s|/usr/src/linux-headers|$dir/headers-packages/usr/src/linux-headers|g" "$tmp/$src/Makefile"
	rm -f "$tmp/$src/vmlinux"
	# shellcheck disable=SC2016 # make's own variable
	echo 'override PAHOLE_VERSION = $(CONFIG_PAHOLE_VERSION)' >>"$tmp/$src/.kernelvariables"
	ln -s "$src" "$tmp/headers"
	[ "$release" = bookworm ] || fetch_tools "$dir" "$tmp"
	echo "$v" >"$tmp/release"
	mv "$tmp" "$dir"
}

provide() {
	local abi dir
	mkdir -p "$AMP_CACHE/kernel"
	if [ "$option" = --update ]; then
		apt_update "$release"
		choose
	elif [ ! -s "$chosen" ]; then
		apt_ready "$release"
		choose
	fi
	abi=$(<"$chosen")
	dir=$AMP_CACHE/kernel/$abi
	if [ ! -e "$dir/release" ]; then
		"$AMP_TOP/scripts/deps.sh" fetch
		step "Fetching Debian's kernel $abi for arm64" "2 min" fetch "$dir" "$abi"
	fi
	echo "$dir"
}

with_lock "kernel-$kernel" provide
