#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The boot firmware's call that starts and stops the Cortex-M7.

from amptest import check, equal, run
from amptest.firmware import Calling
from amptest.running import DTCM, GPR22, ICOUNT, ITCM, M7RCR, program

M7 = 0xc2000005
START, STARTED, STOP = 0, 1, 2
NOT_SUPPORTED = -1


def starts_and_stops():
    for args in ([], ICOUNT):
        with Calling(args) as m:
            m.load(ITCM, program("m7-count.S"))
            equal(m.call(M7, STARTED)[0], 0, "STARTED before")
            for _ in range(100):
                m.write(DTCM, 0)
                equal(m.call(M7, START)[0], 0, "START")
                equal(m.m7_state(), "running", "state")
                equal(m.call(M7, STARTED)[0], 1, "STARTED")
                check(m.wait_for(lambda: m.read(DTCM)), "not counting")
                equal(m.call(M7, STOP)[0], 0, "STOP")
                equal(m.m7_state(), "wait", "state")
                equal(m.call(M7, STARTED)[0], 0, "STARTED afterwards")
                count = m.read(DTCM)
                m.call(M7, STARTED)
                equal(m.read(DTCM), count, "count once stopped")
            equal(m.errors(), [], "guest errors")


def is_one_with_the_registers():
    with Calling() as m:
        m.load(ITCM, program("m7.S"))
        equal(m.read(GPR22), 1, "GPR22")
        m.call(M7, START)
        equal(m.read(GPR22), 0, "GPR22 after START")
        equal(m.read(M7RCR), 0xa8, "M7RCR after START")
        check(m.started(), "not started")
        m.stop()
        equal(m.call(M7, STARTED)[0], 0, "STARTED after a stop by registers")
        m.write(GPR22, 0)
        check(m.started(2), "not started")
        equal(m.call(M7, STARTED)[0], 1, "STARTED after a start by registers")
        m.call(M7, STOP)
        equal(m.m7_state(), "wait", "state")
        equal(m.read(GPR22), 1, "GPR22 after STOP")
        equal(m.read(M7RCR), 0xa8, "M7RCR after STOP")


def tells_whether_it_slept():
    with Calling() as m:
        m.load(ITCM, program("m7.S"))
        # It sleeps once it has started, which may take it a moment.
        check(m.wait_for(lambda: m.call(M7, START) and m.ask(0, 1) == 2 and
                         m.call(M7, STOP)[:3] == (0, 0, 0)),
              "a core that sleeps is told to be awake")
        m.load(ITCM, program("m7-count.S"))
        m.call(M7, START)
        answer = m.call(M7, STOP)
        equal(answer[0], 0, "STOP")
        check(answer[1] < 0, "no word that it was awake")
        equal(m.call(M7, STOP)[1], 0, "result of a STOP while stopped")


def gets_it_out_of_lockup():
    with Calling() as m:
        m.load(ITCM, bytes(1024))
        m.call(M7, START)
        check(m.wait_for(lambda: m.m7_state() == "lockup"), "no lockup")
        equal(m.call(M7, STARTED)[0], 1, "STARTED")
        check(m.call(M7, STOP)[1] < 0, "a core in lockup slept")
        equal(m.m7_state(), "wait", "state")


def others_are_not_supported():
    with Calling() as m:
        for regs in ((M7, 3), (M7, -1), (0xc2000000, 3), (0xc2000004, 0),
                     (0x82000005, 0), (0xc3000005, 0), (0xdeadbeef, 0)):
            equal(m.call(*regs)[0], NOT_SUPPORTED, f"{regs[0]:#x}")
        equal(m.call(0x84000000)[0], 0x10001, "PSCI's version")
        equal(m.m7_state(), "wait", "state")


run([starts_and_stops, is_one_with_the_registers, tells_whether_it_slept,
     gets_it_out_of_lockup, others_are_not_supported])
