#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The hardware semaphores, accessed by both kinds of core.

from amptest import Machine, check, equal, run
from amptest.running import OCRAM, Running, program

SEMA4 = 0x30ac0000
GATES = range(16)
INE, NTF = (0x40, 0x48), (0x80, 0x88)
RSTGT, RSTNTF = 0x100, 0x104
FREE, A53, M7 = 0, 1, 2


def bit(gate):
    """Of the gate, in CPnINE and CPnNTF."""
    return 1 << (gate & 8 | 7 - gate % 8)


class Sema4:
    """What one of the cores sees."""

    def gate(self, n):
        return self.read(n, "b")

    def write_gate(self, n, value):
        self.write(n, value, "b")

    def reset(self, reg, first, second):
        self.write(reg, first, "w")
        self.write(reg, second, "w")


class A53Side(Sema4):
    number = A53

    def __init__(self, machine):
        self.machine = machine

    def read(self, offset, size):
        return self.machine.read(SEMA4 + offset, size)

    def write(self, offset, value, size):
        self.machine.write(SEMA4 + offset, value, size)


class M7Side(Sema4):
    number = M7

    def __init__(self, machine):
        self.machine = machine

    def do(self, command, offset, value=0):
        m = self.machine
        m.write(OCRAM + 4, SEMA4 + offset)
        m.write(OCRAM + 8, value)
        m.write(OCRAM, command)
        check(m.wait_for(lambda: m.read(OCRAM) == 0), "the M7 does nothing")
        return m.read(OCRAM + 8)

    def read(self, offset, size):
        return self.do({"b": 1, "w": 2}[size], offset)

    def write(self, offset, value, size):
        self.do({"b": 3, "w": 4}[size], offset, value)


class Both(Running):
    def __enter__(self):
        self.write(OCRAM, 0)
        self.start(program("m7-access.S"))
        self.a53 = A53Side(self)
        self.m7 = M7Side(self)
        return self

    def sides(self):
        return ((self.a53, self.m7), (self.m7, self.a53))


def reset_values():
    with Both() as m:
        for side in (m.a53, m.m7):
            for n in GATES:
                equal(side.gate(n), FREE, f"gate {n}")
            for reg in (*INE, *NTF, RSTGT, RSTNTF):
                equal(side.read(reg, "w"), 0, f"register {reg:#x}")
        equal(m.errors(), [], "guest errors")


def gates_lock_and_unlock():
    with Both() as m:
        for mine, other in m.sides():
            for n in GATES:
                mine.write_gate(n, mine.number)
                for gate in GATES:
                    equal(other.gate(gate), mine.number if gate == n else FREE,
                          f"gate {gate}")
                mine.write_gate(n, FREE)
                equal(mine.gate(n), FREE, "gate once unlocked")
        equal(m.errors(), [], "guest errors")


def a_locked_gate_stays_with_its_owner():
    with Both() as m:
        for mine, other in m.sides():
            mine.write_gate(5, mine.number)
            other.write_gate(5, other.number)
            equal(other.gate(5), mine.number, "gate that was locked")
            equal(m.errors(), [], "guest errors by a failed lock")
            other.write_gate(5, FREE)
            equal(mine.gate(5), mine.number, "gate unlocked by another")
            check("unlock of gate 5, which CP" in m.errors()[0], "no error")
            mine.write_gate(5, mine.number)
            equal(mine.gate(5), mine.number, "gate locked twice")
            mine.write_gate(5, FREE)
            equal(mine.gate(5), FREE, "gate unlocked once")
            mine.write_gate(5, FREE)
            equal(m.errors(), [], "guest errors by its owner")


def nobody_locks_for_another():
    with Both() as m:
        for mine, other in m.sides():
            mine.write_gate(0, other.number)
            equal(mine.gate(0), FREE, "gate locked for another")
            check("lock of gate 0 for CP" in m.errors()[0], "no error")
            mine.write_gate(0, mine.number)
            mine.write_gate(0, other.number)
            equal(mine.gate(0), mine.number, "gate given to another")
            m.errors()
            mine.write_gate(0, 3)
            equal(mine.gate(0), mine.number, "gate after a write of 3")
            equal(m.errors(), [], "guest errors by a write of 3")
            mine.write_gate(0, FREE)


def reserved_bits_of_a_gate():
    with Both() as m:
        m.a53.write_gate(1, 0x40 | A53)
        check("reserved bits" in m.errors()[0], "no error")
        equal(m.a53.gate(1), A53, "gate")


def a_failed_lock_is_notified():
    with Both() as m:
        for mine, other in m.sides():
            me, it = NTF[mine.number - 1], NTF[other.number - 1]
            for n in GATES:
                mine.write_gate(n, mine.number)
                equal(mine.read(it, "w"), 0, "NTF before")
                other.write_gate(n, other.number)
                equal(mine.read(it, "w"), 0, "NTF while locked")
                mine.write_gate(n, FREE)
                equal(mine.read(it, "w"), bit(n), "NTF once free")
                equal(mine.read(me, "w"), 0, "the owner's NTF")
                # somebody was faster: there will be another notification
                mine.write_gate(n, mine.number)
                equal(mine.read(it, "w"), 0, "NTF while locked again")
                mine.write_gate(n, FREE)
                equal(mine.read(it, "w"), bit(n), "NTF once free again")
                other.write_gate(n, other.number)
                equal(mine.read(it, "w"), 0, "NTF once it has the gate")
                other.write_gate(n, FREE)
                equal(mine.read(it, "w"), 0, "NTF afterwards")
        equal(m.errors(), [], "guest errors")


def interrupted(m, irq):
    # The M7 doesn't write by way of qtest: an answer of that comes after what it says of interrupts.
    m.a53.read(INE[irq], "w")
    return m.irqs.get(irq, False)


def notification_interrupts():
    with Both() as m:
        m.qtest("irq_intercept_out", "/machine/sema4", "sysbus-irq")
        for mine, other in m.sides():
            irq = other.number - 1
            mine.write(INE[irq], bit(3), "w")
            equal(mine.read(INE[irq], "w"), bit(3), "INE")
            for n in (2, 3):
                mine.write_gate(n, mine.number)
                other.write_gate(n, other.number)
                mine.write_gate(n, FREE)
                equal(interrupted(m, irq), n == 3, f"interrupt of gate {n}")
                other.write_gate(n, other.number)
                equal(interrupted(m, irq), False, "interrupt once locked")
                other.write_gate(n, FREE)
            check(not interrupted(m, 1 - irq),
                  "the other one was interrupted")


def gates_are_reset():
    with Both() as m:
        for mine, other in m.sides():
            for n in GATES:
                other.write_gate(n, other.number)
            mine.reset(RSTGT, 0xe2, 7 << 8 | 0x1d)
            for n in GATES:
                equal(mine.gate(n), FREE if n == 7 else other.number,
                      f"gate {n}")
            equal(mine.read(RSTGT, "w"), 7 << 8, "RSTGT")
            mine.write(RSTGT, 0xe2, "w")
            equal(mine.read(RSTGT, "w") >> 4 & 3, 1, "state in between")
            mine.write(RSTGT, 64 << 8 | 0x1d, "w")
            for n in GATES:
                equal(mine.gate(n), FREE, f"gate {n} after a reset of all")
        equal(m.errors(), [], "guest errors")


def only_the_whole_sequence_resets():
    with Both() as m:
        a53, m7 = m.a53, m.m7
        m7.write_gate(0, M7)
        for writes in (((a53, 0x1d),), ((a53, 0xe2), (a53, 0x1e)),
                       ((a53, 0xe2), (m7, 0x1d)), ((a53, 0xe2), (a53, 0xe2)),
                       ((a53, 0x47), (a53, 0xb8)),
                       ((a53, 0xe2), (a53, 0x101d))):
            for side, value in writes:
                side.write(RSTGT, value, "w")
            equal(a53.gate(0), M7, f"gate after {writes}")
            check("of a reset" in m.errors()[-1], "no error")
            equal(a53.read(RSTGT, "w") >> 4 & 3, 0, "state")


def notifications_are_reset():
    with Both() as m:
        for n in GATES:
            m.a53.write_gate(n, A53)
            m.m7.write_gate(n, M7)
            m.a53.write_gate(n, FREE)
        equal(m.a53.read(NTF[1], "w"), 0xffff, "NTF")
        m.a53.reset(RSTNTF, 0x47, 9 << 8 | 0xb8)
        equal(m.a53.read(NTF[1], "w"), 0xffff & ~bit(9), "NTF")
        m.a53.reset(RSTNTF, 0x47, 64 << 8 | 0xb8)
        equal(m.a53.read(NTF[1], "w"), 0, "NTF after a reset of all")
        equal(m.errors(), [], "guest errors")


def the_m7s_reset_keeps_its_gates():
    with Both() as m:
        m.m7.write_gate(4, M7)
        m.stop()
        equal(m.a53.gate(4), M7, "gate of a stopped core")
        m.start(program("m7-access.S"))
        m.m7.write_gate(4, FREE)
        equal(m.a53.gate(4), FREE, "gate")


def system_reset_resets():
    with Both() as m:
        m.m7.write_gate(4, M7)
        m.a53.write_gate(4, A53)
        m.a53.write_gate(6, A53)
        m.a53.write(INE[0], 0xffff, "w")
        m.a53.write(RSTGT, 0xe2, "w")
        m.reset()
        for n in GATES:
            equal(m.a53.gate(n), FREE, f"gate {n}")
        for reg in (*INE, *NTF, RSTGT, RSTNTF):
            equal(m.a53.read(reg, "w"), 0, f"register {reg:#x}")


def forbidden_accesses_are_guest_errors():
    with Machine() as m:
        for do, expected in (
                (lambda: m.read(SEMA4 + 0x10, "w"), "reserved offset 0x10"),
                (lambda: m.write(SEMA4 + 0xfffe, 1, "w"),
                 "write of 0x0001 at reserved offset 0xfffe"),
                (lambda: m.write(SEMA4 + NTF[0], 1, "w"),
                 "at read-only offset 0x80"),
                (lambda: m.read(SEMA4, "w"), "Invalid read"),
                (lambda: m.write(SEMA4, A53, "l"), "Invalid write"),
                (lambda: m.write(SEMA4 + RSTGT, 0xe2, "b"), "Invalid write")):
            do()
            errors = m.errors()
            check(errors and expected in errors[0], f"{expected}: {errors}")
        equal(m.read(SEMA4, "b"), FREE, "gate 0")


run([reset_values, gates_lock_and_unlock, a_locked_gate_stays_with_its_owner,
     nobody_locks_for_another, reserved_bits_of_a_gate,
     a_failed_lock_is_notified, notification_interrupts, gates_are_reset,
     only_the_whole_sequence_resets, notifications_are_reset,
     the_m7s_reset_keeps_its_gates, system_reset_resets,
     forbidden_accesses_are_guest_errors])
