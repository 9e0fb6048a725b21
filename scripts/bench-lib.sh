# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What `make bench` and bench-profile.sh have in common: the machine that is measured on, with one
# set of drivers or another. To be sourced after lib.sh.

# In the order in which they need each other
declare -A bench_modules=(
	[mainline]="rpmsg_core rpmsg_ns virtio_rpmsg_bus rpmsg_char rpmsg_ctrl imx-mailbox imx_rproc"
	[amp]="rpmsg_core amp_imx_mu amp_remoteproc amp_rpmsg amp_rpmsg_char"
	[bulk]="rpmsg_core amp_imx_mu amp_remoteproc amp_rpmsg amp_rpmsg_bulk amp_rpmsg_char"
)
# More of the board's device tree
declare -A bench_board=([bulk]=bulk)
# shellcheck disable=SC2034 # for those that source this
# The log of boot.sh; the kernel's name is that of the board's device tree.
bench_log=$AMP_OUT/6.12/log
bench_dir=$AMP_OUT/bench

# Our drivers and the clock, built for the kernel that is measured on
bench_build_modules() {
	local dir=$1/modules part
	mkdir -p "$dir/clock"
	find "$dir" -xtype l -delete
	for part in Kbuild drivers include; do
		cp -rsf "$AMP_TOP/$part" "$dir/"
	done
	find "$dir" -name '*.ko' -delete
	cp "$AMP_TOP/selftests/bench/user_clock.c" "$dir/clock/"
	echo 'obj-m := user_clock.o' >"$dir/clock/Kbuild"
	for part in "$dir" "$dir/clock"; do
		make -C "$bench_kernel/headers" M="$part" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
			-j "$(nproc)" modules
	done
}

bench_build_program() {
	aarch64-linux-gnu-gcc -O2 -Wall -Wextra -Werror -static -no-pie -I"$AMP_TOP/include" \
		-I"$AMP_TOP/firmware/apps" -o "$bench_dir/bench" "$AMP_TOP/selftests/bench/bench.c"
}

# bench_pack DRIVERS: the root file system, with nothing in it but what is measured
bench_pack() {
	local root=$bench_dir/root-$1 name file
	rm -rf "$root"
	mkdir -p "$root"/{proc,sys,dev,lib/modules,lib/firmware/amp}
	cp "$bench_dir/bench" "$root/init"
	cp "$bench_firmware"/{echo,bench,bulk}.elf "$root/lib/firmware/amp/"
	for name in ${bench_modules[$1]} user_clock; do
		file=$(find "$bench_kernel/modules" "$bench_dir/modules" -name "$name.ko" | head -n 1)
		[ -n "$file" ] || die "there is no module $name"
		cp "$file" "$root/lib/modules/"
		echo "/lib/modules/$name.ko" >>"$root/modules"
	done
	chmod -R u=rwX,go=rX "$root"
	find "$root" -exec touch -h -d @0 {} +
	(
		cd "$root" || exit
		find . -mindepth 1 -print0 | LC_ALL=C sort -z |
			cpio --null --quiet --create --format newc --reproducible --owner 0:0
	) | gzip -n -1 >"$root.cpio.gz"
}

bench_build() {
	local drivers
	bench_build_modules "$bench_dir"
	bench_build_program
	for drivers in "${!bench_modules[@]}"; do
		bench_pack "$drivers"
	done
}

# Builds all that a machine needs, from sources as they are now.
bench_prepare() {
	bench_kernel=$("$AMP_TOP/scripts/build-kernel.sh" bench "$AMP_TOP/selftests/bench/kernel.config")
	bench_firmware=$("$AMP_TOP/scripts/build-firmware.sh")
	"$AMP_TOP/scripts/deps.sh" modules initramfs selftests
	mkdir -p "$bench_dir"
	with_lock "$bench_dir" step "Building what is measured" "30 s" bench_build
}

# bench_boot DRIVERS NAME WORD... -- OPTION...: WORDs go to the kernel, OPTIONs to QEMU
bench_boot() {
	local drivers=$1 name=$2 words=()
	shift 2
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	# One A53 and the M7; of options given twice, QEMU takes the last.
	AMP_BOARD=${bench_board[$drivers]:-} AMP_SILENCE=600 AMP_QEMU="-kernel $bench_kernel/vmlinuz -smp 1,maxcpus=2 -icount shift=0,sleep=off $*" \
		"$AMP_TOP/scripts/boot.sh" 6.12 "$name" "$bench_dir/root-$drivers.cpio.gz" \
		loglevel=1 ${PACE:+"pace=$PACE"} "${words[@]}"
}
