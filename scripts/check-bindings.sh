#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Checks the device-tree bindings, Documentation/devicetree/bindings, and what has to agree with them: the
# overlays of dts/, the emulated board, the boards that one of the kernels has a device tree for, and the
# drivers' tables: check-bindings.sh KERNEL prints KTAP.
#
# A schema is as good as what it refuses, so most cases are device trees with one thing wrong, each of
# which has to be refused by the schema that is named, for the reason that is named.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=$1
"$AMP_TOP/scripts/deps.sh" dts bindings
image=$("$AMP_TOP/scripts/kernel.sh" "$kernel")
include=$(echo "$image"/headers-packages/usr/src/linux-headers-*-common*/include)
bindings=$AMP_TOP/Documentation/devicetree/bindings
work=$AMP_OUT/$kernel/bindings
schema=$work/schemas.json
rm -rf "$work"
mkdir -p "$work"

results=0 failures=0

# result OK|BAD NAME: with what is in $notes as the reason, if it is bad
result() {
	local verdict=ok
	results=$((results + 1))
	if [ "$1" != ok ]; then
		verdict="not ok" failures=$((failures + 1))
		sed 's/^/# /' "$notes"
	fi
	echo "$verdict $results $2"
}
notes=$work/notes

# silent NAME CMD...: the tools report in words, and some of them succeed then
silent() {
	local name=$1 verdict=ok
	shift
	"$@" >"$notes" 2>&1 </dev/null || verdict=bad
	! grep -q '[^[:space:]]' "$notes" || verdict=bad
	result "$verdict" "$name"
}

# compile SOURCE OUTPUT [OPTION...]
compile() {
	cpp -nostdinc -undef -x assembler-with-cpp -I "$include" "$1" "$2.dts"
	dtc -@ -I dts -O dtb -o "$2" "${@:3}" "$2.dts"
}

# validate OUTPUT [OPTION...] DTB...: what the schemas say, one line for each error or node that a schema is
# for: DTB, "error" or "match", the schema's name or that of each of them, and the text
validate() {
	dt-validate -M -s "$schema" "${@:2}" >"$1.raw" 2>&1 || echo "$1: error: dt-validate failed ($?)" >>"$1.raw"
	awk -v OFS='\t' '
		function end() {
			if (text != "")
				print file, kind, schema, text
			text = schema = ""
		}
		/^\t/ {
			if (kind == "match") {
				sub(/.*\/schemas\//, "")
				sub(/\.yaml#$/, "")
				schema = schema " " $0 " "
			} else if (sub(/^\tFrom schema: .*\/(bindings|schemas)\//, "")) {
				sub(/\.yaml$/, "")
				schema = $0
			} else {
				gsub(/[ \t]+/, " ")
				text = text $0
			}
			next
		}
		{
			end()
			file = text = $0
			sub(/: .*/, "", file)
			sub(/^[^ ]*: /, "", text)
			kind = sub(/: matched on schema\(s\)$/, "", text) ? "match" : "error"
		}
		END { end() }' "$1.raw" >"$1"
}

# valid NAME DTB FINDINGS SCHEMA...: no error, and a node of each of the schemas was looked at
valid() {
	local name=$1 dtb=$2 findings=$3 wanted verdict=ok
	shift 3
	awk -F '\t' -v dtb="$dtb" '$1 == dtb && $2 == "error" { print $3 ": " $4 }' "$findings" >"$notes"
	for wanted; do
		awk -F '\t' -v dtb="$dtb" -v schema=" $wanted " '
			$1 == dtb && $2 == "match" && index($3, schema) { found = 1 }
			END { exit !found }' "$findings" ||
			echo "no node that $wanted is for" >>"$notes"
	done
	[ ! -s "$notes" ] || verdict=bad
	result "$verdict" "$name"
}

# invalid NAME DTB FINDINGS SCHEMA REASON
invalid() {
	local verdict=bad
	awk -F '\t' -v dtb="$2" -v schema="$4" -v reason="$5" '
		$1 == dtb && $2 == "error" && $3 == schema && $4 ~ reason { found = 1 }
		END { exit !found }' "$3" && verdict=ok
	{
		echo "expected of $4: $5"
		awk -F '\t' -v dtb="$2" '$1 == dtb && $2 == "error" { print "found: " $3 ": " $4 }' "$3"
	} >"$notes"
	result "$verdict" "$1"
}

mu=mailbox/fsl,mu
core=remoteproc/fsl,imx-rproc
channel=remoteproc/linux-amp,rpmsg-channel
gates=hwlock/linux-amp,imx8mp-sema4
memory=reserved-memory/remoteproc-memory

echo "KTAP version 1"

# The schemas themselves
mapfile -t schemas < <(cd "$bindings" && find . -name '*.yaml' -printf '%P\n' | sort)
for file in "${schemas[@]}"; do
	silent "yamllint $file" yamllint -s -c "$bindings/.yamllint" "$bindings/$file"
	silent "dt-doc-validate $file" dt-doc-validate -u "$bindings" "$bindings/$file"
done
silent "dt-mk-schema" dt-mk-schema -j -o "$schema" "$bindings"

# Their examples
for file in "${schemas[@]}"; do
	example=$work/example-$(basename "$file" .yaml)
	dt-extract-example "$bindings/$file" >"$example"
	# What dt-extract-example puts around an example has cells for addresses, whether it needs them or not.
	silent "dtc: example of $file" compile "$example" "$example.dtb" -W no-avoid_unnecessary_addr_size
	validate "$example.findings" "$example.dtb"
	valid "dt-validate: example of $file" "$example.dtb" "$example.findings" "${file%.yaml}"
done

# The overlays
overlays=("$AMP_TOP"/dts/*.dtso)
for file in "${overlays[@]}"; do
	# The interrupt-parent is the stock board's. What is left out here is looked for in the merged tree below.
	silent "dtc: dts/${file##*/}" compile "$file" "$work/$(basename "$file").dtbo" -W no-interrupts_property
done

# The boards. Of the nodes in them only those of these bindings are this project's business.

# tree_warnings DTB: an overlay may have disabled a node that stands where its own does
tree_warnings() {
	dtc -W no-unique_unit_address -W unique_unit_address_if_enabled -I dtb -O dtb -o /dev/null "$1" 2>&1 |
		sed 's/^[^ ]* //'
}

# new_warnings DTB: dtc's, without those that the stock board's own tree earns
new_warnings() {
	tree_warnings "$1" | grep -vxF -f <(tree_warnings "$image/dtb/imx8mp-evk.dtb") || :
}

for file in "$AMP_TOP"/dts/imx8mp-evk-amp{,-*}.dtso; do
	[ -e "$file" ] || continue
	variant=${file#"$AMP_TOP"/dts/imx8mp-evk-amp}
	variant=${variant%.dtso}
	variant=${variant#-}
	dtb=$("$AMP_TOP/scripts/build-dtb.sh" "$kernel" "$variant")
	silent "dtc: emulated board${variant:+ with $variant}" new_warnings "$dtb"
	findings=$work/$(basename "$dtb").findings
	validate "$findings" -l "$bindings" "$dtb"
	valid "dt-validate: emulated board${variant:+ with $variant}" "$dtb" "$findings" "$mu" "$core" "$memory" \
		"$gates"
done

dtb=$work/spoilt.dtb
cp "$("$AMP_TOP/scripts/build-dtb.sh" "$kernel")" "$dtb"
fdtput -d "$dtb" /imx8mp-cm7 mboxes
validate "$dtb.findings" -l "$bindings" "$dtb"
invalid "dt-validate: emulated board with a mistake" "$dtb" "$dtb.findings" "$core" "'mboxes' is a required property"

# The drivers' tables. A source file without any would say that this doesn't find them any more.
mapfile -t sources < <(cd "$AMP_TOP" && grep -rl 'MODULE_DEVICE_TABLE(of,' drivers | sort)
bound=()
for file in "${sources[@]}"; do
	mapfile -t table < <(sed -nE 's/.*\.compatible = "([^"]*)".*/\1/p' "$AMP_TOP/$file")
	[ ${#table[@]} -gt 0 ] && verdict=ok || verdict=bad
	echo "no compatible string" >"$notes"
	result "$verdict" "$file has a table"
	for compatible in "${table[@]}"; do
		silent "$compatible of $file has a schema" dt-check-compatible -v -s "$schema" "$compatible"
	done
	bound+=("${table[@]}")
done
dt-check-compatible -v -s "$schema" fsl,imx8ulp-cm33 >"$notes" 2>&1 || :
grep -qx fsl,imx8ulp-cm33 "$notes" && verdict=ok || verdict=bad
result "$verdict" "fsl,imx8ulp-cm33, of no driver, has no schema"

# The other way round: the last string of what a schema allows is what a driver binds to.
documented() {
	/usr/bin/python3 - "$schema" "$bindings/" <<-'END'
		import json, sys

		for schema in json.load(open(sys.argv[1])).values():
		    if not schema["$filename"].startswith(sys.argv[2]) or "compatible" not in schema.get("required", []):
		        continue
		    compatible = schema["properties"]["compatible"]
		    for alternative in compatible.get("oneOf", [compatible]):
		        last = alternative["items"][-1]
		        for string in last.get("enum", [last.get("const")]):
		            print(schema["$id"].partition("/schemas/")[2].rstrip("#"), string)
	END
}
mapfile -t pairs < <(documented | sort -u)
for pair in "${pairs[@]}"; do
	[[ " ${bound[*]} " == *" ${pair#* } "* ]] && verdict=ok || verdict=bad
	echo "no driver binds to it" >"$notes"
	result "$verdict" "${pair#* } of ${pair% *} has a driver"
done

# The boards for which this kernel has device trees
mapfile -t boards < <(printf '%s\n' "${bound[@]}" | grep -e '-cm[0-9]' |
	grep -laF -f /dev/stdin "$image"/dtb/*.dtb || :)
for dtb in "${boards[@]}"; do
	findings=$work/$(basename "$dtb").findings
	validate "$findings" -l "$bindings" "$dtb"
	valid "dt-validate: stock $(basename "$dtb")" "$dtb" "$findings" "$core" "$mu"
done
[ ${#boards[@]} -gt 0 ] || result ok "stock boards # SKIP none with such a core in $kernel"

# What follows is one device tree, valid as it is, and what is changed in it.
cat >"$work/board" <<'END'
/dts-v1/;

/ {
	compatible = "foo,board";
	model = "A board for the tests of the bindings";
	interrupt-parent = <&gic>;
	#address-cells = <1>;
	#size-cells = <1>;

	reserved: reserved-memory {
		#address-cells = <1>;
		#size-cells = <1>;
		ranges;

		ring0: vdev0vring0@55000000 {
			reg = <0x55000000 0x8000>;
			no-map;
		};

		ring1: vdev0vring1@55008000 {
			reg = <0x55008000 0x8000>;
			no-map;
		};

		table: rsc-table@550ff000 {
			reg = <0x550ff000 0x1000>;
			no-map;
		};

		buffer: vdev0buffer@55400000 {
			compatible = "shared-dma-pool";
			reg = <0x55400000 0x100000>;
			no-map;
		};
	};

	gic: interrupt-controller@38800000 {
		reg = <0x38800000 0x10000>;
		interrupt-controller;
		#interrupt-cells = <3>;
	};

	src: reset-controller@30390000 {
		reg = <0x30390000 0x10000>;
	};

	gpr: syscon@30340000 {
		reg = <0x30340000 0x10000>;
	};

	clk: clock-controller@30380000 {
		reg = <0x30380000 0x10000>;
		#clock-cells = <1>;
	};

	pgc: power-controller@303a0000 {
		reg = <0x303a0000 0x10000>;
		#power-domain-cells = <1>;
	};

	mu: mailbox@30aa0000 {
		compatible = "fsl,imx8mp-mu", "fsl,imx6sx-mu";
		reg = <0x30aa0000 0x10000>;
		interrupts = <0 88 4>;
		clocks = <&clk 1>;
		#mbox-cells = <2>;
	};

	sema4: hwlock@30ac0000 {
		compatible = "linux-amp,imx8mp-sema4";
		reg = <0x30ac0000 0x10000>;
		#hwlock-cells = <1>;
	};

	core: imx8mp-cm7 {
		compatible = "fsl,imx8mp-cm7-mmio";
		clocks = <&clk 2>;
		syscon = <&src>;
		fsl,iomuxc-gpr = <&gpr>;
		mbox-names = "tx", "rx", "rxdb";
		mboxes = <&mu 0 1>, <&mu 1 1>, <&mu 3 1>;
		memory-region = <&buffer>, <&ring0>, <&ring1>, <&table>;
		firmware-name = "amp/echo.elf";
	};
};
END

names=() of=() reasons=()

# accept NAME: the change on stdin leaves the device tree valid
accept() {
	refuse "$1" '' ''
}

# refuse NAME SCHEMA REASON: with the change on stdin, SCHEMA refuses it, in words that match REASON
refuse() {
	names+=("$1") of+=("$2") reasons+=("$3")
	cat "$work/board" - >"$work/case-${#names[@]}"
}

accept "as it is" </dev/null

accept "core: without what is optional" <<<'&core {
	/delete-property/ clocks; /delete-property/ memory-region; /delete-property/ firmware-name;
	mbox-names = "tx", "rx"; mboxes = <&mu 0 1>, <&mu 1 1>; };'
accept "core: with all that is optional" <<<'&core {
	interrupts = <0 40 4>; interrupt-names = "watchdog"; power-domains = <&pgc 0>; fsl,auto-boot;
	mbox-names = "tx", "rx", "rxdb", "shutdown"; mboxes = <&mu 0 1>, <&mu 1 1>, <&mu 3 1>, <&mu 0 2>; };'
accept "core: shutdown without rxdb" <<<'&core {
	mbox-names = "tx", "rx", "shutdown"; mboxes = <&mu 0 1>, <&mu 1 1>, <&mu 0 2>; };'
accept "core: interrupt without a name" <<<'&core { interrupts = <0 40 4>; };'
for compatible in fsl,imx8mp-cm7 fsl,imx8mn-cm7 fsl,imx93-cm33; do
	accept "core: $compatible by the secure world" <<<"&core {
		compatible = \"$compatible\"; /delete-property/ syscon; /delete-property/ fsl,iomuxc-gpr; };"
done
for compatible in fsl,imx8mp-cm7 fsl,imx8mn-cm7; do
	accept "core: $compatible with registers that it doesn't need" <<<"&core { compatible = \"$compatible\"; };"
done
refuse "core: fsl,imx93-cm33 with fsl,iomuxc-gpr" "$core" 'fsl,iomuxc-gpr:.*False schema' <<<'&core {
	compatible = "fsl,imx93-cm33"; };'
for compatible in fsl,imx8mp-cm7-mmio fsl,imx8mn-cm7-mmio; do
	accept "core: $compatible" <<<"&core { compatible = \"$compatible\"; };"
	refuse "core: $compatible without syscon" "$core" "'syscon' is a required property" <<<"&core {
		compatible = \"$compatible\"; /delete-property/ syscon; };"
	refuse "core: $compatible without fsl,iomuxc-gpr" "$core" "'fsl,iomuxc-gpr' is a required property" <<<"
		&core { compatible = \"$compatible\"; /delete-property/ fsl,iomuxc-gpr; };"
done
for compatible in fsl,imx7d-cm4 fsl,imx8mm-cm4 fsl,imx8mq-cm4; do
	accept "core: $compatible" <<<"&core { compatible = \"$compatible\"; /delete-property/ fsl,iomuxc-gpr; };"
	refuse "core: $compatible without syscon" "$core" "'syscon' is a required property" <<<"&core {
		compatible = \"$compatible\"; /delete-property/ fsl,iomuxc-gpr; /delete-property/ syscon; };"
	refuse "core: $compatible with fsl,iomuxc-gpr" "$core" 'fsl,iomuxc-gpr:.*False schema' <<<"&core {
		compatible = \"$compatible\"; };"
done
refuse "core: two compatible strings" "$core" 'compatible:.*is too long' <<<'&core {
	compatible = "fsl,imx8mp-cm7-mmio", "fsl,imx8mn-cm7-mmio"; };'
refuse "core: no mboxes" "$core" "'mboxes' is a required property" <<<'&core { /delete-property/ mboxes; };'
refuse "core: no mbox-names" "$core" "'mbox-names' is a required property" <<<'&core {
	/delete-property/ mbox-names; };'
refuse "core: only tx" "$core" 'mbox-names:.*is too short' <<<'&core {
	mbox-names = "tx"; mboxes = <&mu 0 1>; };'
refuse "core: rx before tx" "$core" "mbox-names:0:.*'tx' was expected" <<<'&core {
	mbox-names = "rx", "tx"; mboxes = <&mu 1 1>, <&mu 0 1>; };'
refuse "core: tx twice" "$core" "mbox-names:1:.*'rx' was expected" <<<'&core {
	mbox-names = "tx", "tx"; mboxes = <&mu 0 1>, <&mu 0 2>; };'
refuse "core: unknown channel" "$core" "mbox-names:2: 'txdb' is not one of" <<<'&core {
	mbox-names = "tx", "rx", "txdb"; };'
refuse "core: rxdb after shutdown" "$core" "mbox-names:3: 'shutdown' was expected" <<<'&core {
	mbox-names = "tx", "rx", "shutdown", "rxdb"; mboxes = <&mu 0 1>, <&mu 1 1>, <&mu 0 2>, <&mu 3 1>; };'
refuse "core: five channels" "$core" 'mboxes:.*is too long' <<<'&core {
	mbox-names = "tx", "rx", "rxdb", "shutdown", "more";
	mboxes = <&mu 0 1>, <&mu 1 1>, <&mu 3 1>, <&mu 0 2>, <&mu 0 3>; };'
refuse "core: fewer channels than names" "$core" 'mboxes:.*is too short' <<<'&core {
	mboxes = <&mu 0 1>, <&mu 1 1>; };'
refuse "core: more channels than names" "$core" 'mboxes:.*is too long' <<<'&core {
	mbox-names = "tx", "rx"; };'
refuse "core: channels of one cell" "$core" 'mboxes:0:.*is too short' <<<'
	&mu { #mbox-cells = <1>; }; &core { mboxes = <&mu 0>, <&mu 1>, <&mu 3>; };'
refuse "core: channels of three cells" "$core" 'mboxes:0:.*is too long' <<<'
	&mu { #mbox-cells = <3>; }; &core { mboxes = <&mu 0 1 0>, <&mu 1 1 0>, <&mu 3 1 0>; };'
while read -r channels names rest; do
	refuse "core: tx of $channels is a receive register" "$core" 'mboxes:0:1: 0 was expected' <<<"&core {
		mbox-names = $names; mboxes = <&mu 1 0>, <&mu 1 1>$rest; };"
	refuse "core: rx of $channels is a doorbell" "$core" 'mboxes:1:1: 1 was expected' <<<"&core {
		mbox-names = $names; mboxes = <&mu 0 1>, <&mu 3 0>$rest; };"
done <<'END'
two "tx","rx"
three "tx","rx","rxdb" , <&mu 3 1>
three-with-shutdown "tx","rx","shutdown" , <&mu 0 2>
four "tx","rx","rxdb","shutdown" , <&mu 3 1>, <&mu 0 2>
END
refuse "core: rxdb is a transmit register" "$core" 'mboxes:2:1: 3 was expected' <<<'&core {
	mboxes = <&mu 0 1>, <&mu 1 1>, <&mu 0 2>; };'
refuse "core: rxdb before shutdown is a transmit register" "$core" 'mboxes:2:1: 3 was expected' <<<'&core {
	mbox-names = "tx", "rx", "rxdb", "shutdown"; mboxes = <&mu 0 1>, <&mu 1 1>, <&mu 0 3>, <&mu 0 2>; };'
refuse "core: shutdown is a doorbell" "$core" 'mboxes:2:1: 0 was expected' <<<'&core {
	mbox-names = "tx", "rx", "shutdown"; };'
refuse "core: shutdown after rxdb is a doorbell" "$core" 'mboxes:3:1: 0 was expected' <<<'&core {
	mbox-names = "tx", "rx", "rxdb", "shutdown"; mboxes = <&mu 0 1>, <&mu 1 1>, <&mu 3 1>, <&mu 3 2>; };'
refuse "core: an outgoing doorbell" "$core" 'mboxes:2:1: 2 is not one of' <<<'&core {
	mboxes = <&mu 0 1>, <&mu 1 1>, <&mu 2 1>; };'
refuse "core: register 4" "$core" 'mboxes:0:2: 4 is greater than the maximum' <<<'&core {
	mboxes = <&mu 0 4>, <&mu 1 1>, <&mu 3 1>; };'
refuse "core: two interrupts" "$core" 'interrupts:.*is too long' <<<'&core { interrupts = <0 40 4>, <0 41 4>; };'
refuse "core: an interrupt of another name" "$core" "interrupt-names:0: 'watchdog' was expected" <<<'&core {
	interrupts = <0 40 4>; interrupt-names = "wdog"; };'
refuse "core: a name and no interrupt" "$core" "'interrupts' is a dependency of 'interrupt-names'" <<<'&core {
	interrupt-names = "watchdog"; };'
refuse "core: two clocks" "$core" 'clocks:.*is too long' <<<'&core { clocks = <&clk 2>, <&clk 3>; };'
refuse "core: two power domains" "$core" 'power-domains:.*is too long' <<<'&core {
	power-domains = <&pgc 0>, <&pgc 1>; };'
refuse "core: two files of firmware" "$core" 'firmware-name:.*is too long' <<<'&core {
	firmware-name = "amp/echo.elf", "amp/hello.elf"; };'
refuse "core: fsl,auto-boot with a value" "$core" 'fsl,auto-boot:.*is not of type' <<<'&core {
	fsl,auto-boot = <1>; };'
refuse "core: a syscon with an argument" "$core" 'syscon:.*is too long' <<<'&core { syscon = <&src 12>; };'
refuse "core: an unknown property" "$core" "'rsc-da' does not match any" <<<'&core { rsc-da = <0x550ff000>; };'
refuse "core: a child" "$core" "'child' does not match any" <<<'&core { child { }; };'

accept "channel: with a label" <<<'&core { channel-1 {
	linux-amp,rpmsg-name = "rpmsg-echo"; label = "echo"; }; };'
accept "channel: with a driver, and what its binding says" <<<'&core { channel-echo {
	compatible = "foo,echo"; linux-amp,rpmsg-name = "rpmsg-echo"; foo,depth = <4>; }; };'
refuse "channel: of no name" "$core" "'linux-amp,rpmsg-name' is a required property" <<<'&core { channel-1 {
	label = "echo"; }; };'
refuse "channel: with an empty name" "$channel" 'linux-amp,rpmsg-name:.*does not match' <<<'&core { channel-1 {
	linux-amp,rpmsg-name = ""; label = "echo"; }; };'
refuse "channel: with a name that is too long" "$channel" 'linux-amp,rpmsg-name:.*does not match' <<<'&core { channel-1 {
	linux-amp,rpmsg-name = "12345678901234567890123456789012"; label = "echo"; }; };'
refuse "channel: with two names" "$channel" 'linux-amp,rpmsg-name:.*is too long' <<<'&core { channel-1 {
	linux-amp,rpmsg-name = "one", "two"; label = "echo"; }; };'
refuse "channel: neither a driver nor a label" "$channel" "'(compatible|label)' is a required property" <<<'&core {
	channel-1 { linux-amp,rpmsg-name = "rpmsg-echo"; }; };'
for label in ../passwd .echo a/b; do
	refuse "channel: labelled $label" "$channel" 'label:.*does not match' <<<"&core { channel-1 {
		linux-amp,rpmsg-name = \"rpmsg-echo\"; label = \"$label\"; }; };"
done
refuse "channel: of another node name" "$channel" 'nodename.*does not match' <<<'&core { echo {
	linux-amp,rpmsg-name = "rpmsg-echo"; label = "echo"; }; };'

accept "mailbox: without what is optional" <<<'&mu { /delete-property/ clocks; };'
accept "mailbox: with all that is optional" <<<'&mu {
	power-domains = <&pgc 0>; fsl,mu-side-b; wakeup-source; };'
for compatible in fsl,imx6sx-mu fsl,imx7ulp-mu fsl,imx8ulp-mu; do
	accept "mailbox: $compatible" <<<"&mu { compatible = \"$compatible\"; };"
done
for soc in 7s 8mm 8mn 8mp 8mq 8qm 8qxp; do
	accept "mailbox: fsl,imx$soc-mu" <<<"&mu { compatible = \"fsl,imx$soc-mu\", \"fsl,imx6sx-mu\"; };"
done
accept "mailbox: fsl,imx93-mu" <<<'&mu { compatible = "fsl,imx93-mu", "fsl,imx8ulp-mu"; };'
refuse "mailbox: no layout" "$mu" 'compatible:.*is too short' <<<'&mu { compatible = "fsl,imx8mp-mu"; };'
refuse "mailbox: the layout of another" "$mu" "compatible:.*'fsl,imx8ulp-mu' was expected" <<<'&mu {
	compatible = "fsl,imx93-mu", "fsl,imx6sx-mu"; };'
refuse "mailbox: a newer layout" "$mu" "'fsl,imx93-mu' was expected.*'fsl,imx6sx-mu' was expected" <<<'&mu {
	compatible = "fsl,imx8mp-mu", "fsl,imx8ulp-mu"; };'
refuse "mailbox: the layout first" "$mu" "compatible:.*'fsl,imx6sx-mu' was expected" <<<'&mu {
	compatible = "fsl,imx6sx-mu", "fsl,imx8mp-mu"; };'
refuse "mailbox: that of the system controller" "$mu" 'compatible:.*is too long' <<<'&mu {
	compatible = "fsl,imx8-mu-scu", "fsl,imx8qxp-mu", "fsl,imx6sx-mu"; };'
for property in reg '#mbox-cells'; do
	refuse "mailbox: no $property" "$mu" "'$property' is a required property" <<<"&mu {
		/delete-property/ $property; };"
done
refuse "mailbox: no interrupt" "$mu" "'interrupts' is a required property" <<<'&mu {
	/delete-property/ interrupts; };'
refuse "mailbox: channels of one cell" "$mu" '#mbox-cells:.*2 was expected' <<<'
	&mu { #mbox-cells = <1>; }; &core { mboxes = <&mu 0>, <&mu 1>, <&mu 3>; };'
refuse "mailbox: two register blocks" "$mu" 'reg:.*is too long' <<<'&mu {
	reg = <0x30aa0000 0x10000>, <0x30ab0000 0x10000>; };'
refuse "mailbox: two interrupts" "$mu" 'interrupts:.*is too long' <<<'&mu { interrupts = <0 88 4>, <0 89 4>; };'
refuse "mailbox: an interrupt with a name" "$mu" "'interrupt-names' does not match any" <<<'&mu {
	interrupt-names = "tx"; };'
refuse "mailbox: two clocks" "$mu" 'clocks:.*is too long' <<<'&mu { clocks = <&clk 1>, <&clk 2>; };'
refuse "mailbox: two power domains" "$mu" 'power-domains:.*is too long' <<<'&mu {
	power-domains = <&pgc 0>, <&pgc 1>; };'
for property in fsl,mu-side-b wakeup-source; do
	refuse "mailbox: $property with a value" "$mu" "$property:.*is not of type" <<<"&mu { $property = <1>; };"
done
refuse "mailbox: an unknown property" "$mu" "'fsl,side' does not match any" <<<'&mu { fsl,side = "a"; };'

accept "semaphores: with a clock" <<<'&sema4 { clocks = <&clk 3>; };'
for property in reg '#hwlock-cells'; do
	refuse "semaphores: no $property" "$gates" "'$property' is a required property" <<<"&sema4 {
		/delete-property/ $property; };"
done
refuse "semaphores: locks of two cells" "$gates" '#hwlock-cells:.*1 was expected' <<<'&sema4 {
	#hwlock-cells = <2>; };'
refuse "semaphores: two register blocks" "$gates" 'reg:.*is too long' <<<'&sema4 {
	reg = <0x30ac0000 0x10000>, <0x30ad0000 0x10000>; };'
refuse "semaphores: two clocks" "$gates" 'clocks:.*is too long' <<<'&sema4 { clocks = <&clk 3>, <&clk 4>; };'
refuse "semaphores: two compatible strings" "$gates" 'compatible:.*is too long' <<<'&sema4 {
	compatible = "linux-amp,imx8mp-sema4", "linux-amp,sema4"; };'
refuse "semaphores: an interrupt" "$gates" "'interrupts' does not match any" <<<'&sema4 { interrupts = <0 8 4>; };'

accept "memory: rings that Linux allocates from" <<<'&ring0 { compatible = "shared-dma-pool"; };'
accept "memory: a second virtio device" <<<'&reserved {
	vdev1vring0@55010000 { reg = <0x55010000 0x8000>; no-map; };
	vdev1vring1@55018000 { reg = <0x55018000 0x8000>; no-map; };
	vdev1buffer@55500000 { compatible = "shared-dma-pool"; reg = <0x55500000 0x100000>; no-map; }; };'
accept "memory: buffers of all virtio devices" <<<'&reserved {
	vdevbuffer@55500000 { compatible = "shared-dma-pool"; reg = <0x55500000 0x100000>; no-map; }; };'
accept "memory: a resource table as NXP spells it" <<<'&reserved {
	rsc_table@55600000 { reg = <0x55600000 0x1000>; no-map; }; };'
accept "memory: of firmware's own names" <<<'&reserved { m7-ddr@80000000 { reg = <0x80000000 0x1000000>; }; };'
accept "memory: bulk data" <<<'&reserved { bulk@58000000 { reg = <0x58000000 0x2000000>; }; };'
refuse "memory: bulk data that Linux doesn't map" "$memory" 'no-map: False schema' <<<'&reserved {
	bulk@58000000 { reg = <0x58000000 0x2000000>; no-map; }; };'
refuse "memory: bulk data that Linux allocates from" "$memory" 'compatible: False schema' <<<'&reserved {
	bulk@58000000 { compatible = "shared-dma-pool"; reg = <0x58000000 0x2000000>; }; };'
for region in ring0 buffer table; do
	for property in reg no-map; do
		refuse "memory: $region without $property" "$memory" "'$property' is a required property" <<<"&$region {
			/delete-property/ $property; };"
	done
done
refuse "memory: buffers that Linux can't allocate from" "$memory" "'compatible' is a required property" <<<'&buffer {
	/delete-property/ compatible; };'
refuse "memory: buffers of all that Linux can't allocate from" "$memory" "'compatible' is a required property" <<<'
	&reserved { vdevbuffer@55500000 { reg = <0x55500000 0x100000>; no-map; }; };'
refuse "memory: buffers of another kind" "$memory" "compatible:0: 'shared-dma-pool' was expected" <<<'&buffer {
	compatible = "restricted-dma-pool"; };'
refuse "memory: a resource table that Linux allocates from" "$memory" 'compatible: False schema' <<<'&table {
	compatible = "shared-dma-pool"; };'
refuse "memory: no-map with a value" "$memory" 'no-map:.*is not of type' <<<'&ring0 { no-map = <1>; };'
refuse "memory: two pieces" "$memory" 'reg:.*is too long' <<<'&ring0 {
	reg = <0x55000000 0x4000>, <0x55004000 0x4000>; };'
refuse "memory: that Linux uses itself meanwhile" "$memory" "'reusable' does not match any" <<<'&buffer { reusable; };'
for name in vdev0ring0 vdevvring0 vdev0vring vdev00vring0 vdev0buffer1 vdev0 rsc_tables; do
	refuse "memory: named $name" "$memory" 'nodename.*does not match' <<<"&reserved {
		$name@55500000 { compatible = \"shared-dma-pool\"; reg = <0x55500000 0x8000>; no-map; }; };"
done

dtbs=()
for i in "${!names[@]}"; do
	dtb=$work/case-$((i + 1)).dtb
	compile "$work/case-$((i + 1))" "$dtb" -q 2>"$dtb.dtc" || die "case \"${names[i]}\": $(cat "$dtb.dtc")"
	dtbs+=("$dtb")
done
validate "$work/findings" "${dtbs[@]}"
for i in "${!names[@]}"; do
	if [ -z "${of[i]}" ]; then
		valid "accepted: ${names[i]}" "${dtbs[i]}" "$work/findings" "$mu" "$core" "$memory" "$gates"
	else
		invalid "refused: ${names[i]}" "${dtbs[i]}" "$work/findings" "${of[i]}" "${reasons[i]}"
	fi
done

echo "1..$results"
[ "$failures" = 0 ]
