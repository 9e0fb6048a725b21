# SPDX-License-Identifier: GPL-2.0
#
# What the tests' Makefiles have in common: the kernel's lib.mk, found through
# KSFT, and how a test in C is compiled. To be included after TEST_* are set.

KSFT ?= $(abspath $(CURDIR)/../..)
export KSFT

ifeq ($(wildcard $(KSFT)/lib.mk),)
$(error $(KSFT)/lib.mk not found. Pass KSFT=<kernel source>/tools/testing/selftests)
endif

# A target may have no C library, or an older one.
CFLAGS += -O2 -g -Wall -Wextra -Werror -I../lib -isystem $(KSFT)
LDFLAGS += -static

include $(KSFT)/lib.mk

$(filter-out %.sh,$(TEST_GEN_PROGS)): ../lib/amp.c ../lib/complaints.c ../lib/leaks.c
LOCAL_HDRS += ../lib/amp.h ../lib/amp_harness.h ../lib/complaints.h ../lib/leaks.h
