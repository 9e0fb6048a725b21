#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Applies this project's overlays to the stock board's device tree of one of the kernels, for the
# emulated machine: build-dtb.sh KERNEL [VARIANT] prints the device tree's path. VARIANT is one more
# overlay, dts/imx8mp-evk-amp-VARIANT.dtso.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=$1 variant=${2:-}
board=imx8mp-evk
overlays=("$board-amp" "$board-emulated" ${variant:+"$board-amp-$variant"})
image=$("$AMP_TOP/scripts/kernel.sh" "$kernel")
"$AMP_TOP/scripts/deps.sh" dts
out=$AMP_OUT/$kernel
dtb=$out/$board-amp${variant:+-$variant}.dtb

# Older kernels build the board without symbols. Where the labels that the overlays use are, then.
declare -A unit=(
	[mu]=30aa0000 [clk]=30380000 [src]=30390000 [gpr]=30340000 [uart4]=30a60000
	[media_blk_ctrl]=32ec0000
)

# path_of SOURCE UNIT-ADDRESS: the full path of the node
path_of() {
	awk -v unit="@$2" '
		/\};$/ { depth-- }
		/\{$/ {
			name[depth++] = $1
			if (substr($1, length($1) - length(unit) + 1) != unit)
				next
			for (i = 1; i < depth; i++)
				path = path "/" name[i]
			print path
			exit
		}' "$1"
}

# add_symbols BASE OVERLAY...: what the overlays refer to
add_symbols() {
	local base=$1 label path phandle overlay own
	shift
	dtc -q -I dtb -O dts -o "$base.dts" "$base"
	phandle=$(sed -nE 's/^[[:space:]]*phandle = <(0x[0-9a-f]+)>;/\1/p' "$base.dts" |
		while read -r phandle; do echo $((phandle)); done | sort -n | tail -n 1)
	fdtput -c "$base" /__symbols__
	own=$(for overlay; do fdtget -p "$overlay" /__symbols__ 2>/dev/null || :; done | sort -u)
	for label in $(for overlay; do fdtget -p "$overlay" /__fixups__ 2>/dev/null || :; done | sort -u); do
		[[ $'\n'$own$'\n' != *$'\n'$label$'\n'* ]] || continue
		[ -n "${unit[$label]:-}" ] || die "the overlay uses &$label, which scripts/build-dtb.sh can't place"
		path=$(path_of "$base.dts" "${unit[$label]}")
		[ -n "$path" ] || die "no node at ${unit[$label]} (&$label) in the board's device tree"
		fdtput -t s "$base" /__symbols__ "$label" "$path"
		if ! fdtget "$base" "$path" phandle >/dev/null 2>&1; then
			phandle=$((phandle + 1))
			fdtput -t u "$base" "$path" phandle "$phandle"
		fi
	done
}

build() {
	local work=$out/dtb${variant:+-$variant} include overlay blobs
	mkdir -p "$work"
	# Debian keeps the constants of the bindings in the common part of the headers.
	include=$(echo "$image"/headers-packages/usr/src/linux-headers-*-common*/include)
	for overlay in "${overlays[@]}"; do
		cpp -nostdinc -undef -x assembler-with-cpp -I "$include" -I "$image/headers/include" \
			"$AMP_TOP/dts/$overlay.dtso" "$work/$overlay.dts"
		dtc -@ -I dts -O dtb -o "$work/$overlay.dtbo" "$work/$overlay.dts"
	done
	blobs=("${overlays[@]/#/$work/}")
	blobs=("${blobs[@]/%/.dtbo}")
	cp "$image/dtb/$board.dtb" "$work/base.dtb"
	fdtget -l "$work/base.dtb" / | grep -qx __symbols__ ||
		add_symbols "$work/base.dtb" "${blobs[@]}"
	fdtoverlay -i "$work/base.dtb" -o "$dtb.new" "${blobs[@]}"
	mv "$dtb.new" "$dtb"
}

with_lock "$dtb" step "Building the device tree for $kernel${variant:+ ($variant)}" "1 s" build
echo "$dtb"
