#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The parts of the kernel's own source that this project is measured against and checked with, from
# Debian's linux-source package: mainline's drivers, kselftest, checkpatch, kernel-doc.
# linux-source.sh [KERNEL] prints the folder, of KERNEL's series; without KERNEL it is that of the tools, 6.12.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/apt.sh
. "$AMP_TOP/scripts/apt.sh"

series=${1:-6.12}
series=${series%%-*}
package=linux-source-$series
release=$("$AMP_TOP/scripts/kernel.sh" --release "$series")
dir=$AMP_CACHE/$package
# Below the archive's first folder; a folder stands for all that is in it.
parts=(
	MAINTAINERS
	Documentation/devicetree/bindings/mailbox
	Documentation/devicetree/bindings/remoteproc
	Documentation/devicetree/bindings/vendor-prefixes.yaml
	Documentation/sphinx
	drivers/hwspinlock
	drivers/mailbox
	drivers/remoteproc
	drivers/rpmsg
	drivers/tty/rpmsg_tty.c
	include/linux
	include/uapi
	samples/rpmsg
	scripts
	tools/include
	tools/testing/selftests/kselftest
	tools/testing/selftests/kselftest.h
	tools/testing/selftests/kselftest_harness.h
	tools/testing/selftests/lib.mk
	tools/testing/selftests/Makefile
	tools/testing/selftests/kselftest_install.sh
	tools/testing/selftests/run_kselftest.sh
)

fetch() {
	local tmp=$dir.tmp
	rm -rf "$tmp"
	apt_unpack "$release" "$package" "$AMP_HOST_ARCH" "$tmp/package"
	mkdir -p "$tmp/tree"
	tar -C "$tmp/tree" --strip-components=1 -xf "$tmp/package/usr/src/$package.tar.xz" \
		"${parts[@]/#/$package/}"
	rm -rf "$dir"
	mv "$tmp/tree" "$dir"
	rm -rf "$tmp"
}

provide() {
	if [ "$(cat "$dir/.parts" 2>/dev/null)" != "${parts[*]}" ]; then
		"$AMP_TOP/scripts/deps.sh" fetch
		apt_ready "$release"
		step "Fetching the kernel's source ($package)" "1 min" fetch
		echo "${parts[*]}" >"$dir/.parts"
	fi
	echo "$dir"
}

with_lock "$package" provide
