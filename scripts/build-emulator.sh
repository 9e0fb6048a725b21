#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds QEMU with the boards of emulator/ and prints the path of the binary. Finished binaries are kept
# in the cache by what they were built from; the build tree is kept as well, so that a change to
# emulator/ compiles what depends on it. build-emulator.sh --update takes the newest QEMU that the
# release has.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/apt.sh
. "$AMP_TOP/scripts/apt.sh"

release=trixie
ours=$AMP_TOP/emulator
# What is to be in place before configure runs, and what it is told
configure=(
	--target-list=aarch64-softmmu --without-default-features --without-default-devices
	--with-devices-aarch64=linux-amp --enable-system --enable-tcg --enable-fdt=system
	--enable-pixman --disable-docs --disable-install-blobs --disable-debug-info --disable-download
)

# The version is looked up once, so that it doesn't change under someone's work.
chosen=$AMP_CACHE/qemu.version
work=$AMP_CACHE/qemu-work
tools=$AMP_CACHE/qemu-tools
# Debian 12's meson is too old for QEMU; the one in its backports is just Python.
export PYTHONPATH=$tools/usr/lib/python3/dist-packages

fetch_tools() {
	rm -rf "$tools.tmp"
	apt_unpack bookworm meson "$AMP_HOST_ARCH" "$tools.tmp" '^1\.([5-9]|[1-9][0-9])'
	rm -rf "$tools"
	mv "$tools.tmp" "$tools"
}

# put FILE: stdin becomes the file in the source tree, whose time changes only with its contents
put() {
	mkdir -p "$(dirname "$work/source/$1")"
	cat >"$work/new"
	cmp -s "$work/new" "$work/source/$1" || mv "$work/new" "$work/source/$1"
	echo "$1" >>"$work/manifest.new"
}

# Makes the source tree what emulator/ wants it to be, from whatever it was made into before. The files
# as Debian has them are kept beside it.
apply() {
	local file patched=$work/patched
	: >"$work/manifest.new"
	touch "$work/manifest"
	rm -rf "$patched"
	mkdir -p "$patched" "$work/original"
	while read -r file; do
		mkdir -p "$(dirname "$patched/$file")" "$(dirname "$work/original/$file")"
		[ -e "$work/original/$file" ] || cp -p "$work/source/$file" "$work/original/$file"
		cp "$work/original/$file" "$patched/$file"
	done < <(
		cat "$ours"/patches/*.patch | sed -n 's|^--- a/||p'
		cd "$ours/append" && find . -type f -printf '%P\n'
	)
	for file in "$ours"/patches/*.patch; do
		patch -d "$patched" -p1 --fuzz=0 --no-backup-if-mismatch <"$file"
	done
	(cd "$ours/append" && find . -type f -printf '%P\n') | while read -r file; do
		cat "$ours/append/$file" >>"$patched/$file"
	done
	# What an earlier emulator/ changed and this one doesn't goes back to what it was.
	(cd "$work/original" && find . -type f -printf '%P\n') | while read -r file; do
		[ -e "$patched/$file" ] || put "$file" <"$work/original/$file"
	done
	(cd "$patched" && find . -type f -printf '%P\n') | while read -r file; do
		put "$file" <"$patched/$file"
	done
	(cd "$ours/qemu" && find . -type f -printf '%P\n') | while read -r file; do
		put "$file" <"$ours/qemu/$file"
	done
	sort -u "$work/manifest.new" >"$work/manifest.sorted"
	sort -u "$work/manifest" | comm -23 - "$work/manifest.sorted" | while read -r file; do
		rm -f "$work/source/$file"
	done
	mv "$work/manifest.sorted" "$work/manifest"
	rm -rf "$patched" "$work/new" "$work/manifest.new"
}

build() {
	local dir=$1 version=$2
	apply
	mkdir -p "$work/build"
	cd "$work/build"
	# Half a configuration is started again; a whole one, ninja brings up to date.
	if [ "$(cat .configured 2>/dev/null)" != "${configure[*]}" ]; then
		find . -mindepth 1 -delete
		"$work/source/configure" "${configure[@]}"
		echo "${configure[*]}" >.configured
	fi
	nice ninja -j "$(nproc)" qemu-system-aarch64
	rm -rf "$dir.tmp"
	mkdir -p "$dir.tmp"
	strip -o "$dir.tmp/qemu-system-aarch64" qemu-system-aarch64
	echo "$version" >"$dir.tmp/version"
	mv "$dir.tmp" "$dir"
}

key() {
	# A change to the tests or to the text is no reason to build.
	{
		cat "$chosen"
		hash_of "$ours/qemu" "$ours/append" "$ours/patches" "$AMP_TOP/scripts/build-emulator.sh"
	} | sha256sum | cut -c 1-12
}

choose() {
	local version
	version=$(apt_source_version "$release" qemu)
	[ -n "$version" ] || die "found no source package qemu in Debian $release"
	echo "$version" >"$chosen.new"
	mv "$chosen.new" "$chosen"
}

provide() {
	local dir version
	if [ -n "$update" ]; then
		apt_update "$release"
		choose
	elif [ ! -s "$chosen" ]; then
		apt_ready "$release"
		choose
	fi
	version=$(<"$chosen")
	dir=$AMP_CACHE/qemu-$(key)
	if [ ! -x "$dir/qemu-system-aarch64" ]; then
		"$AMP_TOP/scripts/deps.sh" fetch emulator
		if [ ! -d "$tools" ]; then
			apt_ready bookworm
			step "Fetching meson" "3 s" fetch_tools
		fi
		if [ "$(cat "$work/version" 2>/dev/null)" != "$version" ]; then
			rm -rf "$work"
			step "Fetching QEMU's source" "30 s" apt_source "$release" qemu "$work/source"
			echo "$version" >"$work/version"
		fi
		step "Building QEMU with the emulated boards" "5 min, less after a small change" \
			build "$dir" "$version"
	fi
	echo "$dir/qemu-system-aarch64"
}

update=
[ "${1:-}" != --update ] || update=1
# Without the lock where there is nothing to do: several machines may be started at once.
if [ -z "$update" ] && [ -s "$chosen" ] && [ -x "$AMP_CACHE/qemu-$(key)/qemu-system-aarch64" ]; then
	echo "$AMP_CACHE/qemu-$(key)/qemu-system-aarch64"
	exit
fi
with_lock qemu provide
