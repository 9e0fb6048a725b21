#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SYSTEM_SUSPEND of the boot firmware's PSCI: what it takes, what wakes the
# A53, and what the rest of the machine does meanwhile.

from amptest import check, equal, run
from amptest.firmware import Calling
from amptest.running import CR, DTCM, GPR22, ICOUNT, ITCM, MU_A, OCRAM, program

PSCI_FEATURES, AFFINITY_INFO = 0x8400000a, 0xc4000004
CPU_SUSPEND, CPU_ON = 0xc4000001, 0xc4000003
SUSPEND, SUSPEND32 = 0xc400000e, 0x8400000e
NOT_SUPPORTED, DENIED, INVALID_ADDRESS = -1, -3, -9
OFF = 1

MU_B = 0x30ab0000
RIE0 = 1 << 27
GICD, GICR = 0x38800000, 0x38880000
MU1_INTID = 32 + 88
CONTEXT = 0x123456789abcdef0


class Sleeper(Calling):
    """Each word that the M7 sends interrupts its A53."""

    def __init__(self, args=(), smp="1,maxcpus=2", asleep=False):
        super().__init__(args, smp)
        self.entry = self.read(OCRAM + 0x58, "q")
        self.second = self.read(OCRAM + 0x60, "q")
        # As Linux does it: the CPU interface is off and sleeps.
        self.group_enable = 0 if asleep else 1
        self.listen(asleep)

    def listen(self, asleep=False):
        self.write(GICD, 0x12)            # group 1, affinity routing
        self.write(GICD + 0x80 + MU1_INTID // 32 * 4, 1 << MU1_INTID % 32)
        self.write(GICD + 0x6000 + 8 * MU1_INTID, 0, "q")
        self.enable(True)
        self.sleep(asleep)
        self.write(MU_A + CR, RIE0)

    def sleep(self, on):
        self.write(GICR + 0x14, 2 if on else 0)

    def enable(self, on):
        self.write(GICD + (0x100 if on else 0x180) + MU1_INTID // 32 * 4,
                   1 << MU1_INTID % 32)

    def interrupt(self):
        self.write(MU_B, 1)

    def clear(self):
        self.read(MU_A + 0x10)

    def begun(self):
        """Gives the A53 the time to get where it sleeps."""
        check(self.wait_for(lambda: self.read(OCRAM + 0x88) == self.calls),
              "no call")
        for _ in range(100):
            check(not self.made(), "the call has returned")

    def resumed(self, times):
        return self.wait_for(lambda: self.made() and
                             self.read(OCRAM + 0x68, "q") == times)


def features_name_it():
    with Calling() as m:
        for function in (SUSPEND, SUSPEND32):
            equal(m.call(PSCI_FEATURES, function)[0], 0, hex(function))
        equal(m.call(PSCI_FEATURES, SUSPEND + 1)[0], NOT_SUPPORTED, "another")


def interrupt_resumes():
    for args in ([], ICOUNT):
        for asleep in (False, True):
            with Sleeper(args, asleep=asleep) as m:
                for n in range(1, 21):
                    m.begin(SUSPEND, m.entry, CONTEXT + n)
                    m.interrupt()
                    check(m.resumed(n), f"not resumed, asleep is {asleep}")
                    equal(m.read(OCRAM + 0x70, "q"), CONTEXT + n, "context")
                    equal(m.read(OCRAM + 0x78, "q"), 0, "thread ID")
                    m.clear()
                # After that, an interrupt is just that again.
                m.interrupt()
                m.call(PSCI_FEATURES, SUSPEND)
                equal(m.read(OCRAM + 0x68, "q"), 20, "times resumed")


def pending_interrupt_resumes_at_once():
    for asleep in (False, True):
        with Sleeper(asleep=asleep) as m:
            m.sleep(False)
            m.call(PSCI_FEATURES, SUSPEND)
            m.interrupt()
            m.sleep(asleep)
            # From here on, nothing but the sleep makes the GIC look again.
            m.group_enable = -1
            m.begin(SUSPEND, m.entry, CONTEXT)
            check(m.resumed(1), f"not resumed, asleep is {asleep}")


def disabled_interrupt_does_not_wake():
    for args in ([], ICOUNT):
        for asleep in (False, True):
            with Sleeper(args, asleep=asleep) as m:
                m.enable(False)
                m.load(ITCM, program("m7-count.S"))
                m.write(GPR22, 0)
                m.begin(SUSPEND, m.entry, CONTEXT)
                m.interrupt()
                # The M7 goes on meanwhile.
                count = m.read(DTCM)
                check(m.wait_for(lambda: m.read(DTCM) - count > 100000),
                      "the M7 doesn't count")
                equal(m.read(OCRAM + 0x68, "q"), 0, "times resumed")
                check(not m.made(), "the call has returned")
                m.enable(True)
                check(m.resumed(1), "not resumed")


def needs_the_others_off():
    with Sleeper(smp="2,maxcpus=3") as m:
        equal(m.call(CPU_ON, 1, m.second)[0], 0, "CPU_ON")
        check(m.wait_for(lambda: m.read(OCRAM + 0x80)), "no second core")
        equal(m.call(SUSPEND, m.entry, CONTEXT)[0], DENIED, "SYSTEM_SUSPEND")
        m.write(OCRAM + 0x84, 1)
        check(m.wait_for(lambda: m.call(AFFINITY_INFO, 1, 0)[0] == OFF),
              "the second core isn't off")
        m.begin(SUSPEND, m.entry, CONTEXT)
        m.interrupt()
        check(m.resumed(1), "not resumed")
        equal(m.call(AFFINITY_INFO, 1, 0)[0], OFF, "the second core's state")


def needs_an_entry_point():
    with Sleeper() as m:
        for function in (SUSPEND, SUSPEND32):
            equal(m.call(function, m.entry + 2, 0)[0], INVALID_ADDRESS,
                  "SYSTEM_SUSPEND")


def takes_words_from_32_bit_callers():
    with Sleeper() as m:
        m.begin(SUSPEND32, m.entry | 1 << 40, CONTEXT)
        m.interrupt()
        check(m.resumed(1), "not resumed")
        equal(m.read(OCRAM + 0x70, "q"), CONTEXT & 0xffffffff, "context")


def system_reset_starts_anew():
    with Sleeper() as m:
        m.begin(SUSPEND, m.entry, CONTEXT)
        m.begun()
        m.write(OCRAM + 4, m.calls)
        m.reset()
        check(m.started_times(2), "not started")
        m.listen()
        # A standby, and not the suspend that the reset has ended.
        m.begin(CPU_SUSPEND, 0)
        m.begun()
        m.interrupt()
        check(m.wait_for(m.made), "the A53 has not come back from standby")
        equal(m.read(OCRAM + 0x68, "q"), 0, "times resumed")


run([features_name_it, interrupt_resumes, pending_interrupt_resumes_at_once,
     disabled_interrupt_does_not_wake, needs_the_others_off,
     needs_an_entry_point, takes_words_from_32_bit_callers,
     system_reset_starts_anew])
