#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Which Debian packages each part of the build needs on this machine, and their installation
# when they are missing: deps.sh REASON...
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

declare -A why=(
	[fetch]="to fetch and unpack kernel packages and sources"
	[emulator]="to build QEMU with the emulated SoC"
	[emulator-tests]="to test the emulated SoC"
	[modules]="to build kernel modules for arm64"
	[clang]="to build kernel modules with clang as well"
	[firmware]="to build the Cortex-M7 firmware"
	[dts]="to compile the device tree overlay"
	[bindings]="to check the device-tree bindings"
	[initramfs]="to build the emulated machine's root file system"
	[selftests]="to build the tests for arm64"
	[fuzz]="to fuzz the driver's validator"
	[dump]="to read a core dump"
	[lint]="to check the sources"
	[own-kernel]="to build kernels from their source"
	[coverage]="to add up what has run"
	[bench]="to collect and draw what was measured"
)
declare -A packages=(
	[fetch]="dpkg-dev debian-archive-keyring xz-utils ca-certificates kmod patchelf"
	[emulator]="gcc libc6-dev make ninja-build pkg-config python3 python3-venv flex bison
		libglib2.0-dev libpixman-1-dev libfdt-dev zlib1g-dev patch dpkg-dev"
	[emulator-tests]="python3 gcc-arm-none-eabi gcc-aarch64-linux-gnu"
	[modules]="gcc libc6-dev make gcc-aarch64-linux-gnu bc libelf1 kmod cpio"
	[clang]="clang-19"
	[firmware]="make gcc libc6-dev gcc-arm-none-eabi libnewlib-arm-none-eabi"
	[dts]="device-tree-compiler cpp"
	[bindings]="device-tree-compiler cpp dt-schema yamllint python3"
	[initramfs]="cpio gzip kmod"
	[selftests]="make gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
	[fuzz]="make clang libclang-rt-14-dev"
	[dump]="binutils gdb-multiarch"
	[lint]="perl git shellcheck python3-docutils sparse coccinelle clang-format codespell pyflakes3 patch"
	[own-kernel]="gcc libc6-dev make gcc-aarch64-linux-gnu bc bison flex kmod tar xz-utils"
	[coverage]="gcovr python3 gcc-aarch64-linux-gnu"
	[bench]="python3 gnuplot-nox gdb-multiarch binutils-arm-none-eabi"
)

missing=()
reasons=()
for reason; do
	[ -n "${packages[$reason]:-}" ] || die "deps.sh: no such reason: $reason (${!packages[*]})"
	for package in ${packages[$reason]}; do
		[[ " ${missing[*]} " == *" $package "* ]] && continue
		status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
		[ "$status" = installed ] && continue
		missing+=("$package")
		[[ "${reasons[*]}" == *"${why[$reason]}"* ]] || reasons+=("${why[$reason]}")
	done
done
[ ${#missing[@]} -gt 0 ] || exit 0

list=$(printf ', %s' "${reasons[@]}")
say "Missing Debian packages: ${missing[*]}"
say "  (${list#, })"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		say "They have to be installed by root; there is no sudo here. As root:"
		say "    apt-get update && apt-get install --no-install-recommends -y ${missing[*]}"
		exit 1
	fi
	as_root=(sudo)
	# Asked for here, where a password can be typed: a step has no terminal.
	sudo -v || die "sudo did not let us install them"
fi

apt_get() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get -y -q -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@"
}

install_missing() {
	local package
	for package in "${missing[@]}"; do
		if ! apt-cache policy "$package" | grep -q 'Candidate: [^(]'; then
			apt_get update
			break
		fi
	done
	# Lists that are merely old make the download fail: once more with new ones.
	apt_get install --no-install-recommends "${missing[@]}" || {
		apt_get update
		apt_get install --no-install-recommends "${missing[@]}"
	}
}

with_lock packages step "Installing ${#missing[@]} Debian packages" "1 min" install_missing
