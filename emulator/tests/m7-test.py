#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Cortex-M7 at work: what it can reach, its interrupts, faults and lockup,
# and how it is started and stopped while it and an A53 run.

import os
import struct
import tempfile

from amptest import check, equal, run
from amptest.running import (DDR, DTCM, ICOUNT, ITCM, GPR22, M7RCR, MU_A,
                             OCRAM, OCRAM_S, SR, CR, Running, program)


def boots_from_itcm_when_released():
    with Running() as m:
        m.load(ITCM, program("m7.S"))
        m.qmp("cont")
        equal(m.m7_state(), "wait", "state")
        equal(m.read(DTCM), 0, "starts")
        m.start(program("m7.S"))
        check(m.started(), "not started")
        equal(m.m7_state(), "running", "state")
        check(m.wait_for(lambda: open(m.console, "rb").read() == b"M7\n"),
              "nothing on UART4")
        equal(m.errors(), [], "guest errors")


def echoes_woken_by_the_mu():
    for args in ([], ICOUNT):
        with Running(args=args) as m:
            m.start(program("m7.S"))
            check(m.started(), "not started")
            for n in range(300):
                equal(m.ask(0, n), n + 1, "echo")
            equal(m.read(DTCM + 4), 300, "interrupts")
            equal(m.errors(), [], "guest errors")


def takes_general_purpose_interrupts():
    with Running() as m:
        m.start(program("m7.S"))
        check(m.started(), "not started")
        for n in range(1, 100):
            m.write(MU_A + CR, 1 << 19)
            check(m.wait_for(lambda: m.read(MU_A + CR) == 0), "not cleared")
            check(m.wait_for(lambda: m.read(DTCM + 8) == n), "not counted")


def sees_the_memories():
    with Running() as m:
        m.start(program("m7.S"))
        check(m.started(), "not started")
        for a53, *m7 in ((ITCM + 0x1fffc, 0x0001fffc),
                         (DTCM + 0x1fff8, 0x2001fff8),
                         (OCRAM_S + 0x8ffc, 0x00188ffc, 0x20188ffc),
                         (OCRAM, 0x00900000, 0x20200000),
                         (OCRAM + 0x8fffc, 0x0098fffc, 0x2028fffc),
                         (DDR + 0x100000, 0x40100000, 0x10100000),
                         (DDR + 0x0ffdfffc, 0x4ffdfffc, 0x1ffdfffc)):
            m.write(a53, a53 ^ 0x5a5a5a5a)
            for address in m7:
                equal(m.ask(1, address), a53 ^ 0x5a5a5a5a, hex(address))


def sees_the_peripherals():
    with Running() as m:
        m.start(program("m7.S"))
        check(m.started(), "not started")
        for address, value in ((M7RCR, 0xa8), (GPR22, 0),
                               (0x30e60020, 0x00f00000),
                               (0x30e90020, 0x00f00000)):
            equal(m.ask(1, address), value, hex(address))


def faults_where_nothing_is():
    with Running() as m:
        m.start(program("m7.S"))
        check(m.started(), "not started")
        # the gaps, another core's TCM window, the GIC, beyond the DDR there is
        for address in (0x00020000, 0x007e0000, 0x00800000, 0x00189000,
                        0x00990000, 0x08000000, 0x1ffe0000, 0x20020000,
                        0x20189000, 0x20290000, 0x38800000, 0x33000000,
                        0x50000000, 0xc0000000, 0xd0000000):
            equal(m.ask(1, address), 0xdead8200, hex(address))
            equal(m.receive(2), address, "BFAR")
        equal(m.ask(0, 1), 2, "echo afterwards")


def locks_up_without_code():
    for args in ([], ICOUNT):
        with Running(args=args) as m:
            m.start(bytes(1024))
            check(m.wait_for(lambda: m.m7_state() == "lockup"), "no lockup")
            check("locked up" in m.errors()[-1], "no guest error")
            # Only a reset gets it out of there.
            m.write(GPR22, 1)
            m.write(GPR22, 0)
            m.send(0, 1)
            equal(m.m7_state(), "lockup", "state")
            m.stop()
            m.start(program("m7.S"))
            check(m.started(), "not started")
            equal(m.receive(0), 2, "echo of what came while it was locked up")
            equal(m.ask(0, 7), 8, "echo")


def locks_up_in_a_fault_handler():
    with Running() as m:
        # HardFault's handler is where nothing is
        code = bytearray(program("m7.S"))
        code[12:16] = struct.pack("<I", 0x30000001)
        m.start(bytes(code))
        check(m.started(), "not started")
        m.send(3, 0xf0000001)
        check(m.wait_for(lambda: m.m7_state() == "lockup"), "no lockup")
        m.stop()
        m.start(program("m7.S"))
        check(m.started(2), "not started")
        equal(m.ask(0, 7), 8, "echo")


def stop_keeps_memory_and_mu():
    with Running() as m:
        m.start(program("m7.S"))
        check(m.started(), "not started")
        m.stop()
        equal(m.read(DTCM), 1, "starts")
        equal(m.read(MU_A + SR) & 7, 5, "flags")
        m.send(0, 41)
        equal(m.read(MU_A + SR) >> 27 & 1, 0, "RF0 without M7")
        m.start(program("m7.S"))
        check(m.started(2), "not started")
        equal(m.receive(0), 42, "echo of what came while it was stopped")


def restarts_with_new_vectors():
    with Running(args=["-M", "m7-boot=on"]) as m:
        m.load(ITCM, program("m7.S"))
        m.qmp("cont")
        m.stop()
        m.start(program("m7-count.S"))
        first = m.read(DTCM)
        check(m.wait_for(lambda: m.read(DTCM) > first + 1000), "not counting")
        m.stop()
        equal(m.read(DTCM), m.read(DTCM), "count once stopped")


def boot_loader_start():
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "m7")
        with open(image, "wb") as file:
            file.write(program("m7.S"))
        with Running(args=["-M", "m7-boot=on", "-device",
                           f"loader,file={image},addr={ITCM:#x},"
                           "force-raw=on"]) as m:
            m.qmp("cont")
            check(m.started(), "not started")
            equal(m.m7_state(), "running", "state")
            equal(m.ask(0, 1), 2, "echo")
            m.reset()
            check(m.started(2), "not started after a system reset")
            equal(m.ask(0, 1), 2, "echo")
            # From now on what is in memory counts, not the image.
            m.stop()
            m.start(program("m7-count.S"))
            check(m.wait_for(lambda: m.read(DTCM) > 1000), "not counting")


def system_reset_holds_it():
    with Running() as m:
        m.start(program("m7.S"))
        check(m.started(), "not started")
        m.reset()
        equal(m.m7_state(), "wait", "state")
        equal(m.read(MU_A + SR), 0x00f00000, "SR")
        m.start(program("m7.S"))
        check(m.started(2), "not started")
        equal(m.ask(0, 1), 2, "echo")


def start_and_stop(cycles, args=(), smp="1,maxcpus=2"):
    a53 = program("a53.S", "aarch64-linux-gnu-", DDR)
    with Running(a53, args, smp) as m:
        m.load(ITCM, program("m7-count.S"))
        m.write(OCRAM, cycles)
        m.qmp("cont")
        m.TIMEOUT = 60
        m.wait_for(lambda: m.read(OCRAM + 8) or m.read(OCRAM + 4) == cycles)
        equal(m.read(OCRAM + 8), 0, "error")
        equal(m.read(OCRAM + 4), cycles, "cycles")
        equal(m.m7_state(), "wait", "state")


def starts_and_stops_under_mttcg():
    start_and_stop(1000)
    start_and_stop(1000, smp="4,maxcpus=5")


def starts_and_stops_under_icount():
    start_and_stop(100, ICOUNT)


run([boots_from_itcm_when_released, echoes_woken_by_the_mu,
     takes_general_purpose_interrupts, sees_the_memories,
     sees_the_peripherals, faults_where_nothing_is, locks_up_without_code,
     locks_up_in_a_fault_handler, stop_keeps_memory_and_mu,
     restarts_with_new_vectors, boot_loader_start, system_reset_holds_it,
     starts_and_stops_under_mttcg, starts_and_stops_under_icount])
