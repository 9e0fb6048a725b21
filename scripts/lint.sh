# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# `make lint`: what can be said of the sources without running them, as results of the suite "lint". To be
# sourced by check.sh. Sparse and coccinelle see the drivers as KERNEL= 6.12 does, whose source the checks are of.
#
# Smatch is missing: Debian doesn't package it.

# What the kernel has and user space hasn't, or what it is wrong about there: names of <elf.h>, what the test
# harness' macros look like, and texts that happen to contain the name of their function.
lint_user_space=PREFER_KERNEL_TYPES,VOLATILE,ARRAY_SIZE,BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO,STRCPY,STRNCPY
lint_user_space+=,ENOSYS,LONG_LINE_STRING
lint_tests=CAMELCASE,COMPLEX_MACRO,MACRO_WITH_FLOW_CONTROL,SPACING,TRAILING_STATEMENTS,EMBEDDED_FUNCTION_NAME
lint_tests+=,NAKED_SSCANF,ASSIGN_IN_IF

# lint_checkpatch FILE IGNORE [OPTION...]
lint_checkpatch() {
	host_test "checkpatch $1" perl "$source/scripts/checkpatch.pl" --root="$source" --no-tree \
		--no-summary --terse --show-types --ignore "FILE_PATH_CHANGES,$2" "${@:3}" --file "$1"
}

# Columns of values and comments may be aligned with tabs, which clang-format cannot; and about spaces inside
# braces and behind an asterisk, the kernel's style says nothing.
lint_format() {
	local squeeze='s/([^[:space:]])[[:space:]]+/\1 /g; s/[{] /{/g; s/ [}]/}/g; s/\) [{]/){/g; s/\* const/*const/g'
	diff -u --label "$1" --label "$1, formatted" <(sed -E "$squeeze" "$1") <(clang-format "$1" | sed -E "$squeeze")
}

lint_style() {
	local file ignore
	while IFS= read -r file; do
		ignore=
		# The one place where kernel versions may be told apart.
		[ "$file" != include/amp_compat.h ] || ignore=LINUX_VERSION_CODE,CONSTANT_COMPARISON,MACRO_ARG_UNUSED
		# The kernel has its tracepoints in a style of their own.
		[[ $file != *_trace.h ]] || ignore=OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT
		# What is no binding of the kernel's; that ours are complete, the suite "bindings" checks.
		[[ $file != */amp_imx_sema4.c && $file != samples/* ]] || ignore=UNDOCUMENTED_DT_STRING
		lint_checkpatch "$file" "$ignore" --strict
	done < <(find drivers include samples/*/ -name '*.[ch]' | sort)
	while IFS= read -r file; do
		lint_checkpatch "$file" "$lint_user_space" --strict
	done < <(find samples/*.c tools -name '*.[ch]' | sort)
	while IFS= read -r file; do
		lint_checkpatch "$file" "$lint_user_space,$lint_tests"
	done < <(find selftests -name '*.[ch]' | sort)
	# Of what the kernel's own style checker doesn't know.
	while IFS= read -r file; do
		host_test "clang-format $file" lint_format "$file"
	done < <(find firmware samples/*.c tools -name '*.[ch]' | sort)
}

# In a folder of its own: what was built for the tests stays as it is.
lint_sparse() {
	local dir=$AMP_OUT/lint image part
	image=$("$AMP_TOP/scripts/kernel.sh" 6.12) || return
	mkdir -p "$dir"
	find "$dir" -xtype l -delete
	for part in Kbuild drivers include samples; do
		cp -rsf "$AMP_TOP/$part" "$dir/" || return
	done
	make -s -C "$image/headers" M="$dir" C=2 W=1 AMP_SAMPLES=1 CROSS_COMPILE=aarch64-linux-gnu- \
		-j "$(nproc)" modules >"$dir/sparse.log" 2>&1 || {
		cat "$dir/sparse.log"
		return 1
	}
	# Sparse knows no cleanup functions: of guard(), in an inline function of <linux/device.h>, it sees the
	# lock taken and not the unlock.
	! grep -E 'warning:|error:' "$dir/sparse.log" |
		grep -v "context imbalance in 'amp_char_take' - different lock contexts"
}

# lint_cocci SCRIPT
lint_cocci() {
	local options found
	options=$(sed -n 's/.*Options: *//p' "$1")
	# shellcheck disable=SC2086 # several options
	found=$(spatch -D report --no-show-diff --very-quiet --cocci-file "$1" $options \
		--dir drivers -I include 2>"$AMP_OUT/lint/${1##*/}.log") || {
		cat "$AMP_OUT/lint/${1##*/}.log"
		return 1
	}
	[ -z "$found" ] || printf '%s: %s\n' "${1##*/}" "$found"
	[ -z "$found" ]
}

lint_coccinelle() {
	mkdir -p "$AMP_OUT/lint"
	export AMP_OUT
	export -f lint_cocci
	# shellcheck disable=SC2016 # it is for the other shell
	# Two need an OCaml compiler. One of them is about another driver, the other's subject, 0 for NULL, is also sparse's.
	find "$source/scripts/coccinelle" -name '*.cocci' ! -name check_bq27xxx_data.cocci \
		! -name badzero.cocci -print0 |
		xargs -0 -P "$(nproc)" -n 1 bash -c 'lint_cocci "$1"' lint_cocci
}

lint_kernel_doc() {
	local list
	mapfile -t list < <(grep -rlE --include='*.[ch]' '^ *\/\*\*$' drivers include samples tools firmware selftests)
	"$source/scripts/kernel-doc" -none -Werror -Wall "${list[@]}"
}

lint_patch() {
	patch --dry-run --silent --force --fuzz=0 -p1 <"$1"
}

lint() {
	local source file list
	source=$("$AMP_TOP/scripts/linux-source.sh") || return
	"$AMP_TOP/scripts/deps.sh" lint modules || return
	cd "$AMP_TOP" || return
	lint_style
	host_test kernel-doc lint_kernel_doc
	host_test sparse lint_sparse
	host_test coccinelle lint_coccinelle
	while IFS= read -r file; do
		host_test "rst $file" python3 -m docutils --report=2 --exit-status=2 --writer=null "$file"
	done < <(find ./*/ -name '*.rst' ! -path './build/*' | sort)
	while IFS= read -r file; do
		[[ $(head -n 1 "$file") == *sh || $file == *.sh ]] || continue
		host_test "shellcheck $file" shellcheck -x "$file"
	done < <(find scripts selftests tools/completion .ci -type f | sort)
	mapfile -t list < <(find ./*/ -name '*.py' ! -path './build/*' | sort)
	host_test pyflakes pyflakes3 "${list[@]}"
	mapfile -t list < <(find . -type f ! -path './build/*' ! -path './.git/*')
	host_test codespell codespell "${list[@]}"
	# A change of the drivers may leave them behind.
	for file in selftests/mutants/*.patch; do
		host_test "applies $file" lint_patch "$file"
	done
}
