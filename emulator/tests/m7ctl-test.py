#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The registers that start and stop the Cortex-M7, without any CPU running,
# and the memories that it shares with the A53s.

from amptest import Machine, check, equal, run

M7RCR = 0x3039000c
GPR22 = 0x30340058
NON_SCLR_RST, C_RST, ENABLE = 1, 2, 8
CPUWAIT = 1


def reset_state():
    with Machine() as m:
        equal(m.read(M7RCR), 0xa8, "M7RCR")
        equal(m.read(GPR22), CPUWAIT, "GPR22")
        equal(m.m7_state(), "wait", "state")
        equal(m.errors(), [], "guest errors")


def cpuwait_releases():
    with Machine() as m:
        m.write(GPR22, 0)
        equal(m.m7_state(), "running", "state")


def cpuwait_does_not_stop():
    with Machine() as m:
        m.write(GPR22, 0)
        m.write(GPR22, CPUWAIT)
        equal(m.m7_state(), "running", "state")


def core_reset_clears_itself():
    with Machine() as m:
        m.write(GPR22, 0)
        m.write(M7RCR, 0xa0 | ENABLE | C_RST)
        equal(m.read(M7RCR), 0xa8, "M7RCR")
        equal(m.m7_state(), "running", "state")


def stop_as_mainline_does():
    with Machine() as m:
        for _ in range(100):
            m.write(GPR22, 0)
            equal(m.m7_state(), "running", "state")
            m.write(GPR22, CPUWAIT)
            m.write(M7RCR, 0xa0 | ENABLE | C_RST)
            equal(m.m7_state(), "wait", "state")
            equal(m.read(M7RCR), 0xa8, "M7RCR")
        equal(m.errors(), [], "guest errors")


def held_in_reset():
    with Machine() as m:
        for held in (0xa0 | ENABLE | NON_SCLR_RST, 0xa0, 0xa0 | NON_SCLR_RST):
            m.write(GPR22, 0)
            equal(m.m7_state(), "running", "state")
            m.write(M7RCR, held)
            equal(m.m7_state(), "reset", "state")
            m.write(GPR22, CPUWAIT)
            m.write(GPR22, 0)
            equal(m.m7_state(), "reset", "state")
            m.write(GPR22, CPUWAIT)
            m.write(M7RCR, 0xa0 | ENABLE)
            equal(m.m7_state(), "wait", "state")


def lock_locks():
    with Machine() as m:
        m.write(M7RCR, 0xc20000a8)
        m.write(M7RCR, 0x010000a8)
        equal(m.read(M7RCR), 0xc20000a8, "M7RCR")
        m.write(M7RCR, 0xa9)
        equal(m.read(M7RCR), 0xc20000a9, "M7RCR")
        equal(m.m7_state(), "reset", "state")
        m.reset()
        equal(m.read(M7RCR), 0xa8, "M7RCR")


def system_reset_stops():
    with Machine() as m:
        m.write(GPR22, 0)
        m.reset()
        equal(m.m7_state(), "wait", "state")
        equal(m.read(GPR22), CPUWAIT, "GPR22")


def boot_loader_started():
    with Machine(args=["-M", "m7-boot=on"]) as m:
        for _ in range(2):
            equal(m.m7_state(), "running", "state")
            equal(m.read(M7RCR), 0xa8, "M7RCR")
            equal(m.read(GPR22), 0, "GPR22")
            m.write(GPR22, CPUWAIT)
            m.write(M7RCR, 0xaa)
            equal(m.m7_state(), "wait", "state")
            m.reset()


def other_registers_are_storage():
    with Machine() as m:
        for address in (0x30390020, 0x30340004, 0x30340034):
            m.write(address, 0x12345678)
            equal(m.read(address), 0x12345678, hex(address))
        equal(m.errors(), [], "guest errors")


def forbidden_accesses_are_guest_errors():
    with Machine() as m:
        for do, expected in (
                (lambda: m.write(0x30390058, 1), "read-only"),   # SRC_SBMR1
                (lambda: m.write(0x30390070, 1), "read-only"),   # SRC_SBMR2
                (lambda: m.write(0x3034004c, 1), "read-only"),   # GPR19
                (lambda: m.write(0x30340060, 1), "read-only"),   # GPR24
                (lambda: m.write(0x30390010, 1), "reserved"),
                (lambda: m.read(0x30340000), "reserved"),
                (lambda: m.read(0x30348000), "reserved"),
                (lambda: m.write(M7RCR, 0xa8 | 4), "reserved bits"),
                (lambda: m.write(GPR22, 0x10001), "reserved bits"),
                (lambda: m.write(M7RCR, 0xa9, "b"), "Invalid write"),
                (lambda: m.read(GPR22, "w"), "Invalid read")):
            do()
            errors = m.errors()
            check(errors and expected in errors[0], f"{expected}: {errors}")
        equal(m.read(0x30390058), 0, "SBMR1")
        equal(m.read(0x3034004c), 0, "GPR19")
        equal(m.read(M7RCR), 0xa8, "M7RCR")
        equal(m.read(GPR22), CPUWAIT, "GPR22")


def memories():
    with Machine() as m:
        for start, size in ((0x007e0000, 0x20000), (0x00800000, 0x20000),
                            (0x00180000, 0x9000), (0x00900000, 0x90000)):
            for address in (start, start + size - 4):
                m.write(address, address)
            for address in (start, start + size - 4):
                equal(m.read(address), address, hex(address))
            m.write(start + 1, 0x5a, "b")
            equal(m.read(start), (start & 0xffff00ff) | 0x5a00, "word")


run([reset_state, cpuwait_releases, cpuwait_does_not_stop,
     core_reset_clears_itself, stop_as_mainline_does, held_in_reset,
     lock_locks, system_reset_stops, boot_loader_started,
     other_registers_are_storage, forbidden_accesses_are_guest_errors,
     memories])
