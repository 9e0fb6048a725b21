# SPDX-License-Identifier: GPL-2.0
#
# The front door. `make KDIR=... ARCH=... CROSS_COMPILE=...` is plain kbuild; everything else is
# done by a script of the same name in scripts/.

KDIR ?= /lib/modules/$(shell uname -r)/build

modules: ## build the modules for the kernel tree or headers at KDIR=
modules modules_install: kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) $@

modules_install: ## install them (INSTALL_MOD_PATH=, as kbuild does)

run: ## boot the emulated board, start the second core and talk to it
check: ## run all tests (SUITE=a,b: some; ONLY=test: one; KERNEL=6.1: another kernel; all, debug, ci; JOBS=: at a time)
lint: ## check the sources without running them (part of check)
coverage: ## which lines of the drivers the tests run (SUITE=: some; KEEP=1: of the last run)
matrix: ## write what ran where into Documentation/testing-matrix.rst
bench: ## measure mainline's drivers and ours side by side (TWICE=1: twice, and compare)
mutants: ## plant bugs, one at a time, and see that the tests notice (MUTANT=: one of selftests/mutants)
fuzz: ## fuzz the driver's validator (TIME=60: seconds)
soak: ## have the hostile firmware go on for TIME=600 seconds (SEED=17: that seed, or from it on)
fuzz-nodes: ## fuzz the nodes that the drivers make for TIME=300 seconds (SEED=17: that seed, or from it on; KERNEL=)
shell: ## an interactive console in the emulated board (KERNEL=)
emulator: ## build QEMU with the emulated board
firmware: ## build the second core's firmware
tools: ## build the command amp for this machine (CROSS_COMPILE=, LDFLAGS=-static: for a target)
update: ## take the newest Debian kernel of each series, and the newest QEMU
clean: ## remove what was built (what was fetched, and QEMU, stay)
distclean: ## remove everything that isn't source

run check coverage matrix bench shell clean update:
	@scripts/$@.sh

emulator firmware:
	@scripts/build-$@.sh

tools:
	@$(MAKE) --no-print-directory -C tools O=$(CURDIR)/build/out/tools

lint:
	@SUITE=lint,bindings scripts/check.sh

mutants:
	@scripts/mutants.sh $(MUTANT)

fuzz:
	@scripts/fuzz.sh "$(or $(TIME),60)"

soak fuzz-nodes:
	@scripts/soak.sh $@ "$(TIME)" "$(SEED)"

distclean: clean
	rm -rf build

help: ## this list
	@sed -nE 's/^([a-z_-]+):.* ## (.*)/make \1\t\2/p' Makefile | expand -t 24

kdir:
	@[ -e "$(KDIR)/Makefile" ] || { echo "error: no kernel tree or headers at KDIR=$(KDIR)" >&2; exit 2; }

.PHONY: modules modules_install run check lint coverage matrix mutants bench fuzz soak fuzz-nodes shell emulator firmware tools update clean distclean help kdir
