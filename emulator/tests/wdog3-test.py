#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Cortex-M7's watchdog: its interrupt, and what it resets.

from amptest import Machine, check, equal, run
from amptest.running import GPR22, M7RCR, Running, program

WDOG3 = 0x302a0000
WCR, WSR, WRSR, WICR = 0, 2, 4, 6
# A timeout of 1 s: WT is the number of further half seconds.
ENABLE_1S = 0x0134
WIE, WTIS = 0x8000, 0x4000
TOUT = 2
IRQ = 10
HALF = 500_000_000

CPUWAIT = 1
RST_MASKED, RST_GLOBAL, RST_PLATFORM = 0x50, 0x200, 0x100


class Wdog(Machine):
    """Without CPUs; time passes when it is told to."""

    def start(self, before=None):
        if before is not None:
            self.write(WDOG3 + WICR, WIE | before, "w")
        self.write(WDOG3 + WCR, ENABLE_1S, "w")

    def service(self):
        self.write(WDOG3 + WSR, 0x5555, "w")
        self.write(WDOG3 + WSR, 0xaaaa, "w")

    def expired(self):
        return bool(self.read(WDOG3 + WRSR, "w") & TOUT)

    def step(self, halves):
        """To a moment just after so many half seconds."""
        self.qtest("clock_step", halves * HALF + 1000)

    def resets(self):
        """Of the whole machine, since the last call."""
        self.qmp("query-status")
        number = self.events.count("RESET")
        self.events.clear()
        return number


def expiry_resets_the_m7():
    with Wdog() as m:
        m.write(GPR22, 0)
        m.write(GPR22, CPUWAIT)
        m.start()
        m.step(1)
        equal(m.m7_state(), "running", "state before")
        check(not m.expired(), "expired early")
        m.step(1)
        check(m.expired(), "not expired")
        # CPUWAIT, which does nothing to a running core, shows the reset.
        equal(m.m7_state(), "wait", "state afterwards")
        equal(m.read(M7RCR), 0xa8, "M7RCR")
        equal(m.resets(), 0, "resets of the machine")


def service_holds_it_off():
    with Wdog() as m:
        m.write(GPR22, 0)
        m.write(GPR22, CPUWAIT)
        m.start()
        for _ in range(10):
            m.step(1)
            m.service()
        equal(m.m7_state(), "running", "state")
        m.step(2)
        equal(m.m7_state(), "wait", "state afterwards")


def mask_holds_it_back():
    with Wdog() as m:
        m.write(GPR22, 0)
        m.write(GPR22, CPUWAIT)
        m.write(M7RCR, 0x08 | RST_MASKED | RST_GLOBAL)
        m.start()
        m.step(2)
        check(m.expired(), "not expired")
        equal(m.m7_state(), "running", "state")
        equal(m.resets(), 0, "resets of the machine")


def option_resets_the_machine():
    with Wdog() as m:
        m.write(M7RCR, 0xa8 | RST_GLOBAL)
        m.start()
        m.step(1)
        equal(m.resets(), 0, "resets before")
        m.step(1)
        check(m.wait_for(m.resets), "no reset of the machine")
        equal(m.read(M7RCR), 0xa8, "M7RCR")
        equal(m.read(WDOG3 + WCR, "w") & 4, 0, "WDE")


def option_platform_resets_the_m7():
    with Wdog() as m:
        m.write(GPR22, 0)
        m.write(GPR22, CPUWAIT)
        m.write(M7RCR, 0xa8 | RST_PLATFORM)
        m.start()
        m.step(2)
        equal(m.m7_state(), "wait", "state")
        equal(m.resets(), 0, "resets of the machine")


def interrupt_comes_before():
    for path in "/machine/a53-cluster/soc/gic", "/machine/m7ctl":
        with Wdog() as m:
            m.qtest("irq_intercept_in", path)
            m.start(before=1)
            m.read(WDOG3 + WICR, "w")
            check(not m.irqs.get(IRQ), f"{path}: interrupt before")
            m.step(1)
            m.read(WDOG3 + WICR, "w")
            check(m.irqs.get(IRQ), f"{path}: no interrupt")
            check(not m.expired(), "expired")
            m.write(WDOG3 + WICR, WIE | WTIS | 1, "w")
            check(not m.irqs[IRQ], f"{path}: interrupt once cleared")


def is_not_reset_with_the_m7():
    with Wdog() as m:
        m.write(GPR22, 0)
        m.start(before=1)
        m.write(GPR22, CPUWAIT)
        m.write(M7RCR, 0xaa)
        m.write(GPR22, 0)
        m.write(GPR22, CPUWAIT)
        equal(m.read(WDOG3 + WCR, "w") & 0xff04, 0x0104, "WCR")
        m.step(2)
        equal(m.m7_state(), "wait", "state")


def starts_again_after_expiry():
    with Wdog() as m:
        for _ in range(3):
            m.write(GPR22, 0)
            equal(m.m7_state(), "running", "state")
            m.write(GPR22, CPUWAIT)
            m.start()
            m.step(2)
            equal(m.m7_state(), "wait", "state")
            # Once is all.
            m.write(GPR22, 0)
            m.write(GPR22, CPUWAIT)
            m.step(10)
            equal(m.m7_state(), "running", "state")
            m.write(M7RCR, 0xaa)


def service_starts_it_again():
    with Wdog() as m:
        m.qtest("irq_intercept_in", "/machine/m7ctl")
        m.write(GPR22, 0)
        m.start(before=1)
        for _ in range(3):
            m.step(1)
            # Whoever takes the interrupt doesn't have to service it.
            m.write(WDOG3 + WICR, WIE | WTIS | 1, "w")
            check(not m.irqs[IRQ], "interrupt once cleared")
            m.step(1)
            equal(m.m7_state(), "running", "state")
            m.service()
            m.step(1)
            check(m.irqs[IRQ], "no interrupt after a service")
            m.write(WDOG3 + WICR, WIE | WTIS | 1, "w")
            m.service()
        m.write(GPR22, CPUWAIT)
        m.step(1)
        equal(m.m7_state(), "running", "state before the next expiry")
        m.step(1)
        equal(m.m7_state(), "wait", "state afterwards")


def can_not_be_disabled():
    with Wdog() as m:
        m.write(GPR22, 0)
        m.write(GPR22, CPUWAIT)
        m.start()
        m.write(WDOG3 + WCR, 0x0230, "w")
        equal(m.read(WDOG3 + WCR, "w"), 0x0234, "WCR")
        m.step(2)
        equal(m.m7_state(), "running", "state")
        m.step(1)
        equal(m.m7_state(), "wait", "state")


def reset_m7_runs_from_its_vectors():
    with Running() as m:
        m.start(program("m7.S"))
        check(m.started(), "not started")
        m.write(WDOG3 + WCR, ENABLE_1S, "w")
        check(m.started(2), "not started again")
        equal(m.ask(0, 1), 2, "echo")
        equal(m.m7_state(), "running", "state")


def is_within_reach_of_the_m7():
    with Running() as m:
        m.start(program("m7.S"))
        check(m.started(), "not started")
        m.write(WDOG3 + WICR, 0x8007, "w")
        equal(m.ask(1, WDOG3 + 4), 0x80070000, "WRSR and WICR")


run([expiry_resets_the_m7, service_holds_it_off, mask_holds_it_back,
     option_resets_the_machine, option_platform_resets_the_m7,
     interrupt_comes_before, is_not_reset_with_the_m7,
     starts_again_after_expiry, service_starts_it_again, can_not_be_disabled,
     reset_m7_runs_from_its_vectors, is_within_reach_of_the_m7])
