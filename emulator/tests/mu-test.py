#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The registers and interrupts of the messaging units, without any CPU running.

from amptest import Machine, check, equal, run

MU_A = {1: 0x30aa0000, 2: 0x30e60000, 3: 0x30e80000}
SIDES = {n: (a, a + 0x10000) for n, a in MU_A.items()}
A, B = SIDES[1]

TR, RR, SR, CR = 0x00, 0x10, 0x20, 0x24
SR_RESET = 0x00f00000


def gip(n):
    return 1 << (31 - n)


def rf(n):
    return 1 << (27 - n)


def te(n):
    return 1 << (23 - n)


def gir(n):
    return 1 << (19 - n)


# The enables in CR are where their flags are in SR.
gie, rie, tie = gip, rf, te


def sides():
    return (A, B), (B, A)


def reset_values():
    with Machine() as m:
        for pair in SIDES.values():
            for side in pair:
                equal(m.read(side + SR), SR_RESET, "SR")
                equal(m.read(side + CR), 0, "CR")
                for n in range(4):
                    equal(m.read(side + RR + 4 * n), 0, "RR")
        equal(m.errors(), [], "guest errors")


def words_pass():
    with Machine() as m:
        for here, there in [p for ab in SIDES.values()
                            for p in (ab, ab[::-1])]:
            for n in range(4):
                word = 0xa5000000 + (here & 0xffff00) + n
                m.write(here + TR + 4 * n, word)
                equal(m.read(here + SR), SR_RESET & ~te(n), "sender's SR")
                equal(m.read(there + SR), SR_RESET | rf(n), "receiver's SR")
                equal(m.read(there + RR + 4 * n), word, "RR")
                equal(m.read(here + SR), SR_RESET, "sender's SR afterwards")
                equal(m.read(there + SR), SR_RESET, "receiver's SR afterwards")
        equal(m.errors(), [], "guest errors")


def channels_are_independent():
    with Machine() as m:
        for n in range(4):
            m.write(A + TR + 4 * n, 0x100 + n)
            m.write(B + TR + 4 * n, 0x200 + n)
        equal(m.read(A + SR), 0x0f000000, "A's SR")
        equal(m.read(B + SR), 0x0f000000, "B's SR")
        for n in (2, 0, 3, 1):
            equal(m.read(B + RR + 4 * n), 0x100 + n, "B's RR")
            equal(m.read(A + RR + 4 * n), 0x200 + n, "A's RR")
        equal(m.read(A + SR), SR_RESET, "A's SR")
        equal(m.errors(), [], "guest errors")


def empty_receive_register_keeps_its_word():
    with Machine() as m:
        m.write(A + TR, 0x1234)
        m.read(B + RR)
        equal(m.read(B + RR), 0x1234, "RR")
        equal(m.read(B + SR), SR_RESET, "SR")


def full_transmit_register_is_a_guest_error():
    with Machine() as m:
        m.write(A + TR + 4, 0x11)
        equal(m.errors(), [], "guest errors")
        m.write(A + TR + 4, 0x22)
        errors = m.errors()
        equal(len(errors), 1, "number of guest errors")
        check("MU1A: write of 0x00000022 to TR1, which is not empty"
              in errors[0], errors[0])
        equal(m.read(B + RR + 4), 0x22, "RR")


def receive_interrupt():
    for here, there in sides():
        irq = 0 if there == A else 1
        with Machine(intercept=("/machine/mu1", "sysbus-irq")) as m:
            for n in range(4):
                m.write(there + CR, 0)
                m.write(here + TR + 4 * n, n)
                equal(m.irqs.get(irq, False), False, "interrupt without RIE")
                m.write(there + CR, 0x0f000000 & ~rie(n))
                equal(m.irqs.get(irq, False), False, "interrupt by others' RIE")
                m.write(there + CR, rie(n))
                equal(m.irqs[irq], True, "interrupt with RIE")
                m.read(there + RR + 4 * n)
                equal(m.irqs[irq], False, "interrupt once read")
                m.write(here + TR + 4 * n, n)
                equal(m.irqs[irq], True, "interrupt by the next word")
                m.write(there + CR, 0)
                equal(m.irqs[irq], False, "interrupt once disabled")
                m.read(there + RR + 4 * n)
            check(1 - irq not in m.irqs, "the sender was interrupted")


def transmit_interrupt():
    for here, there in sides():
        irq = 0 if here == A else 1
        with Machine(intercept=("/machine/mu1", "sysbus-irq")) as m:
            for n in range(4):
                m.write(here + CR, tie(n))
                equal(m.irqs[irq], True, "interrupt while empty")
                m.write(here + TR + 4 * n, 1)
                equal(m.irqs[irq], False, "interrupt while full")
                m.read(there + RR + 4 * n)
                equal(m.irqs[irq], True, "interrupt once empty again")
                m.write(here + CR, 0)
                equal(m.irqs[irq], False, "interrupt once disabled")


def general_purpose_interrupt():
    for here, there in sides():
        irq = 0 if there == A else 1
        with Machine(intercept=("/machine/mu1", "sysbus-irq")) as m:
            for n in range(4):
                m.write(here + CR, gir(n))
                equal(m.read(here + CR), gir(n), "requester's CR")
                equal(m.read(there + SR), SR_RESET | gip(n), "SR")
                equal(m.irqs.get(irq, False), False, "interrupt without GIE")
                m.write(there + CR, gie(n))
                equal(m.irqs[irq], True, "interrupt with GIE")
                m.write(here + CR, 0)
                equal(m.read(here + CR), gir(n), "CR after a write of 0")
                m.write(there + SR, 0)
                equal(m.irqs[irq], True, "interrupt after a write of 0 to SR")
                m.write(there + SR, gip(n))
                equal(m.irqs[irq], False, "interrupt once cleared")
                equal(m.read(here + CR), 0, "requester's CR once cleared")
                equal(m.read(there + SR), SR_RESET, "SR once cleared")
                m.write(there + CR, 0)
            equal(m.errors(), [], "guest errors")


def gip_clears_one_by_one():
    with Machine() as m:
        m.write(A + CR, sum(gir(n) for n in range(4)))
        m.write(B + SR, gip(1) | gip(2))
        equal(m.read(B + SR), SR_RESET | gip(0) | gip(3), "SR")
        equal(m.read(A + CR), gir(0) | gir(3), "CR")


def flags_show_on_the_other_side():
    with Machine() as m:
        for here, there in sides():
            for value in range(8):
                m.write(here + CR, value)
                equal(m.read(here + CR), value, "CR")
                equal(m.read(there + SR), SR_RESET | value, "SR")
            m.write(here + CR, 0)


def status_is_read_only_but_for_gip():
    with Machine() as m:
        m.write(A + TR, 1)
        for side in (A, B):
            before = m.read(side + SR)
            for value in (0, 0x0fffffff):
                m.write(side + SR, value)
                equal(m.read(side + SR), before, "SR")


def units_are_independent():
    with Machine() as m:
        for n in SIDES:
            m.write(SIDES[n][0] + TR, n)
            m.write(SIDES[n][0] + CR, n)
        for n in SIDES:
            equal(m.read(SIDES[n][1] + SR), SR_RESET | rf(0) | n, "SR")
            equal(m.read(SIDES[n][1] + RR), n, "RR")


def mur_resets_both_sides():
    with Machine(intercept=("/machine/mu1", "sysbus-irq")) as m:
        for here, _ in sides():
            for n in range(4):
                m.write(here + TR + 4 * n, n)
            m.write(here + CR, rie(0) | gie(2) | gir(1) | 5)
        equal(m.irqs, {0: True, 1: True}, "interrupts")
        m.write(A + CR, 1 << 5)
        equal(m.irqs, {0: False, 1: False}, "interrupts")
        for side in (A, B):
            equal(m.read(side + SR), SR_RESET, "SR")
            equal(m.read(side + CR), 0, "CR")
            equal(m.read(side + RR), 0, "RR")
        equal(m.errors(), [], "guest errors")


def side_b_has_no_mur():
    with Machine() as m:
        m.write(B + CR, 7)
        m.write(B + CR, 1 << 5 | 7)
        equal(m.read(B + CR), 7, "CR")
        check("reserved bits" in m.errors()[0], "no guest error")


def system_reset_resets():
    with Machine(intercept=("/machine/mu1", "sysbus-irq")) as m:
        m.write(A + TR, 1)
        m.write(B + CR, rie(0) | gir(0) | 3)
        equal(m.irqs, {1: True}, "interrupts")
        m.reset()
        for side in (A, B):
            equal(m.read(side + SR), SR_RESET, "SR")
            equal(m.read(side + CR), 0, "CR")
        equal(m.irqs, {1: False}, "interrupts")


def forbidden_accesses_are_guest_errors():
    with Machine() as m:
        for do, expected in (
                (lambda: m.write(A + RR, 1), "MU1A: write of 0x00000001 to "
                                             "read-only register RR0"),
                (lambda: m.read(B + TR + 8), "MU1B: read of write-only "
                                             "register TR2"),
                (lambda: m.read(A + 0x28), "read at reserved offset 0x28"),
                (lambda: m.write(A + 0xfffc, 1), "write of 0x00000001 at "
                                                 "reserved offset 0xfffc"),
                (lambda: m.write(A + CR, 0x80), "to CR: reserved bits"),
                (lambda: m.write(A + TR, 1, "b"), "Invalid write"),
                (lambda: m.read(A + RR, "w"), "Invalid read")):
            do()
            errors = m.errors()
            check(errors and expected in errors[0], f"{expected}: {errors}")
        equal(m.read(A + SR), SR_RESET, "SR")
        equal(m.read(A + CR), 0, "CR")
        equal(m.read(A + RR), 0, "RR")


run([reset_values, words_pass, channels_are_independent,
     empty_receive_register_keeps_its_word,
     full_transmit_register_is_a_guest_error, receive_interrupt,
     transmit_interrupt, general_purpose_interrupt, gip_clears_one_by_one,
     flags_show_on_the_other_side, status_is_read_only_but_for_gip,
     units_are_independent, mur_resets_both_sides, side_b_has_no_mur,
     system_reset_resets, forbidden_accesses_are_guest_errors])
