#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Makes the emulated machine's root file system: build-initramfs.sh KERNEL [mainline|python|udev] prints the
# archive's path. With "mainline" it holds mainline's drivers in place of ours, with the others Debian's
# interpreter, or device manager, beside ours.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/apt.sh
. "$AMP_TOP/scripts/apt.sh"

kernel=$1
drivers=${2:-amp}
image=$("$AMP_TOP/scripts/kernel.sh" "$kernel")
"$AMP_TOP/scripts/deps.sh" initramfs
# What the guest has of Debian, with what that is linked with. Of the modules in Python, those of the minimal package.
declare -A packages=(
	[python]="python3.11-minimal libpython3.11-minimal libc6 zlib1g libexpat1"
	[udev]="udev libacl1 libblkid1 libc6 libcap2 libkmod2 liblzma5 libpcre2-8-0 libselinux1 libssl3 libudev1 libzstd1"
)
# Modules of the stock kernel, beside what they depend on.
stock=(rpmsg_core)
case $drivers in
amp | python | udev)
	modules=$("$AMP_TOP/scripts/build-modules.sh" "$kernel")
	clients=$("$AMP_TOP/scripts/build-mainline.sh" "$kernel" clients)
	;;
mainline)
	modules=$("$AMP_TOP/scripts/build-mainline.sh" "$kernel" drivers)
	stock+=(imx-mailbox)
	;;
*) die "unknown drivers: $drivers" ;;
esac
firmware=$("$AMP_TOP/scripts/build-firmware.sh")
firmware_mu2=$("$AMP_TOP/scripts/build-firmware.sh" imx8mp-evk-m7-mu2)
selftests=$("$AMP_TOP/scripts/build-selftests.sh")
release=$(<"$image/release")
out=$AMP_OUT/$kernel
archive=$out/initramfs-$drivers.cpio.gz
busybox=$AMP_CACHE/busybox
debian=$AMP_CACHE/$drivers

fetch_busybox() {
	rm -rf "$busybox.tmp"
	apt_unpack bookworm busybox-static arm64 "$busybox.tmp"
	rm -rf "$busybox"
	mv "$busybox.tmp" "$busybox"
}

provide_busybox() {
	[ -d "$busybox" ] && return
	apt_ready bookworm
	step "Fetching busybox for arm64" "2 s" fetch_busybox
}

fetch_debian() {
	local package
	rm -rf "$debian.tmp"
	for package in ${packages[$drivers]}; do
		apt_unpack bookworm "$package" arm64 "$debian.tmp"
	done
	rm -rf "$debian.tmp"/usr/share "$debian.tmp"/usr/lib/aarch64-linux-gnu/gconv "$debian"
	mv "$debian.tmp" "$debian"
}

provide_debian() {
	[ -d "$debian" ] && return
	apt_ready bookworm
	step "Fetching $drivers for arm64" "10 s" fetch_debian
}

# stock_module NAME: the module's files with all that it needs
stock_module() {
	local dep=$image/modules/lib/modules/$release/modules.dep
	sed -nE "s#^([^:]*/)?($1\.ko[^:]*):#\1\2 #p" "$dep"
}

build() {
	local root=$out/root-$drivers lib module file
	rm -rf "$root"
	lib=$root/lib/modules/$release
	mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,proc,sys,dev,tmp,root,amp,lib/firmware/amp} \
		"$lib"/{kernel,updates}
	cp "$busybox/bin/busybox" "$root/bin/"
	cp "$AMP_TOP/scripts/guest/init" "$root/init"
	cp "$AMP_TOP"/scripts/guest/{check,demo,welcome.txt} "$root/amp/"
	cp "$AMP_TOP/scripts/guest/load" "$root/root/"
	cp "$image/modules/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$lib/"
	for module in "${stock[@]}"; do
		for file in $(stock_module "$module"); do
			cp "$image/modules/lib/modules/$release/$file" "$lib/kernel/"
		done
	done
	# busybox loads no compressed modules.
	find "$lib/kernel" -name '*.xz' -exec xz -d {} +
	while read -r file; do
		find "$modules" -name "$file" -exec cp {} "$lib/updates/" \;
		ln -s "/lib/modules/$release/updates/$file" "$root/root/"
	done <"$modules/modules.list"
	[ "$drivers" = mainline ] || cp "$clients"/*.ko "$lib/updates/"
	depmod -b "$root" "$release"
	cp "$firmware"/*.elf "$root/lib/firmware/amp/"
	# The kernel finds these by the same names with firmware_class.path=/lib/firmware/mu2
	mkdir -p "$root/lib/firmware/mu2/amp"
	cp "$firmware_mu2"/*.elf "$root/lib/firmware/mu2/amp/"
	cp -r "$selftests/bad" "$root/lib/firmware/amp/"
	cp -r "$selftests/selftests" "$root/"
	if [ "$drivers" = mainline ]; then
		mkdir "$root/selftests/fidelity"
		cp "$AMP_TOP/scripts/guest/fidelity" "$root/selftests/fidelity/mainline.sh"
		echo timeout=120 >"$root/selftests/fidelity/settings"
		echo fidelity:mainline.sh >>"$root/selftests/kselftest-list.txt"
	fi
	[ ! -d "$debian" ] || cp -r "$debian"/. "$root/"
	case $drivers in
	python)
		ln -sf python3.11 "$root/usr/bin/python3"
		cp "$AMP_TOP"/samples/*.py "$root/usr/bin/"
		;;
	udev)
		mkdir -p "$root/etc/udev/rules.d"
		cp "$AMP_TOP"/packaging/udev/*.rules "$root/etc/udev/rules.d/"
		printf '%s:x:%s:\n' root 0 rpmsg 100 >"$root/etc/group"
		echo root:x:0:0::/root:/bin/sh >"$root/etc/passwd"
		;;
	esac
	cp "$selftests"/bin/* "$root/usr/bin/"
	chmod -R u=rwX,go=rX "$root"
	find "$root" -exec touch -h -d @0 {} +
	(
		cd "$root"
		find . -mindepth 1 -print0 | LC_ALL=C sort -z |
			cpio --null --quiet --create --format newc --reproducible --owner 0:0
	) | gzip -n -1 >"$archive.new"
	mv "$archive.new" "$archive"
}

with_lock busybox provide_busybox
[ -z "${packages[$drivers]:-}" ] || with_lock "$drivers" provide_debian
with_lock "$archive" step "Making the initramfs for $kernel ($drivers)" "3 s" build
echo "$archive"
