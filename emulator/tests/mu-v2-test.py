#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The registers and interrupts of the messaging unit's version 2, which the
# machine has in MU1's place if told to, without any CPU running.

import os
import subprocess

from amptest import Machine, check, equal, run

A, B = 0x30aa0000, 0x30ab0000
VER, PAR, CR, SR = 0x0, 0x4, 0x8, 0xc
FCR, FSR = 0x100, 0x104
GIER, GCR, GSR = 0x110, 0x114, 0x118
TCR, TSR, RCR, RSR = 0x120, 0x124, 0x128, 0x12c
TR, RR = 0x200, 0x280

MUR, MURIE = 1, 2
MURIP, GIRP, TEP, RFP = 1 << 1, 1 << 4, 1 << 5, 1 << 6

RESET = {PAR: 0x03040404, CR: 0, SR: TEP, FCR: 0, FSR: 0, GIER: 0, GCR: 0,
         GSR: 0, TCR: 0, TSR: 0xf, RCR: 0, RSR: 0,
         **{RR + 4 * n: 0 for n in range(4)}}


class V2(Machine):
    def __init__(self, intercept=None):
        super().__init__(args=["-M", "mu=v2"], intercept=intercept)


def watched():
    return V2(intercept=("/machine/mu1", "sysbus-irq"))


def sides():
    return (A, B), (B, A)


def reset_values():
    with V2() as m:
        for side in (A, B):
            for register, value in RESET.items():
                equal(m.read(side + register), value, hex(register))
        equal(m.errors(), [], "guest errors")
        # The others are what they were.
        for side in (0x30e60000, 0x30e90000):
            equal(m.read(side + 0x20), 0x00f00000, "SR of another unit")


def is_asked_for():
    with Machine() as m:
        equal(m.read(A + 0x20), 0x00f00000, "SR")
    with Machine(args=["-M", "mu=v1"]) as m:
        equal(m.read(A + 0x20), 0x00f00000, "SR")
    done = subprocess.run([os.environ["QEMU"], "-M", "imx8mp-amp,mu=v3"],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          check=False)
    check(done.returncode and b"v1 or v2" in done.stderr, "mu=v3 is accepted")


def words_pass():
    with V2() as m:
        for here, there in sides():
            for n in range(4):
                word = 0xa5000000 + (here & 0xffff00) + n
                m.write(here + TR + 4 * n, word)
                equal(m.read(here + TSR), 0xf & ~(1 << n), "sender's TSR")
                equal(m.read(there + RSR), 1 << n, "receiver's RSR")
                equal(m.read(there + SR), TEP | RFP, "receiver's SR")
                equal(m.read(there + RR + 4 * n), word, "RR")
                equal(m.read(here + TSR), 0xf, "sender's TSR afterwards")
                equal(m.read(there + RSR), 0, "receiver's RSR afterwards")
                equal(m.read(there + RR + 4 * n), word, "RR, read again")
        equal(m.errors(), [], "guest errors")


def channels_are_independent():
    with V2() as m:
        for n in range(4):
            m.write(A + TR + 4 * n, 0x100 + n)
            m.write(B + TR + 4 * n, 0x200 + n)
        for side in (A, B):
            equal(m.read(side + TSR), 0, "TSR")
            equal(m.read(side + RSR), 0xf, "RSR")
            equal(m.read(side + SR), RFP, "SR")
        for n in (2, 0, 3, 1):
            equal(m.read(B + RR + 4 * n), 0x100 + n, "B's RR")
            equal(m.read(A + RR + 4 * n), 0x200 + n, "A's RR")
        equal(m.errors(), [], "guest errors")


def full_transmit_register_is_a_guest_error():
    with V2() as m:
        m.write(A + TR + 4, 0x11)
        m.write(A + TR + 4, 0x22)
        errors = m.errors()
        check(errors and "MU1A: write of 0x00000022 to TR1, which is not empty"
              in errors[0], errors)


def receive_interrupt():
    for here, there in sides():
        irq = 0 if there == A else 1
        with watched() as m:
            for n in range(4):
                m.write(here + TR + 4 * n, n)
                m.write(there + RCR, 0xf & ~(1 << n))
                equal(m.irqs.get(irq, False), False, "interrupt by others' RIE")
                m.write(there + RCR, 1 << n)
                equal(m.irqs[irq], True, "interrupt with RIE")
                m.read(there + RR + 4 * n)
                equal(m.irqs[irq], False, "interrupt once read")
                m.write(there + RCR, 0)
            check(1 - irq not in m.irqs, "the sender was interrupted")


def transmit_interrupt():
    for here, there in sides():
        irq = 0 if here == A else 1
        with watched() as m:
            for n in range(4):
                m.write(here + TCR, 1 << n)
                equal(m.irqs[irq], True, "interrupt while empty")
                m.write(here + TR + 4 * n, 1)
                equal(m.irqs[irq], False, "interrupt while full")
                m.read(there + RR + 4 * n)
                equal(m.irqs[irq], True, "interrupt once empty again")
                m.write(here + TCR, 0)
                equal(m.irqs[irq], False, "interrupt once disabled")


def general_purpose_interrupt():
    for here, there in sides():
        irq = 0 if there == A else 1
        with watched() as m:
            for n in range(4):
                m.write(here + GCR, 1 << n)
                equal(m.read(here + GCR), 1 << n, "requester's GCR")
                equal(m.read(there + GSR), 1 << n, "GSR")
                equal(m.read(there + SR), TEP | GIRP, "SR")
                equal(m.irqs.get(irq, False), False, "interrupt without GIE")
                m.write(there + GIER, 1 << n)
                equal(m.irqs[irq], True, "interrupt with GIE")
                m.write(here + GCR, 0)
                equal(m.read(here + GCR), 1 << n, "GCR after a write of 0")
                m.write(there + GSR, 0xf & ~(1 << n))
                equal(m.irqs[irq], True, "interrupt once others were cleared")
                m.write(there + GSR, 1 << n)
                equal(m.irqs[irq], False, "interrupt once cleared")
                equal(m.read(here + GCR), 0, "requester's GCR once cleared")
                m.write(there + GIER, 0)
            equal(m.errors(), [], "guest errors")


def flags_show_on_the_other_side():
    with V2() as m:
        for here, there in sides():
            for value in range(8):
                m.write(here + FCR, value)
                equal(m.read(here + FCR), value, "FCR")
                equal(m.read(there + FSR), value, "FSR")
                equal(m.read(here + FSR), 0, "own FSR")
            m.write(here + FCR, 0)


def reset_resets_both_sides():
    for here, there in sides():
        irq = 0 if there == A else 1
        with watched() as m:
            for side in (A, B):
                m.write(side + TR, 1)
                m.write(side + RCR, 1)
                m.write(side + TCR, 2)
                m.write(side + GCR, 4)
                m.write(side + GIER, 4)
                m.write(side + FCR, 5)
            m.write(there + CR, MURIE)
            m.write(here + CR, MUR)
            for side in (A, B):
                for register, value in RESET.items():
                    if side == there and register == CR:
                        value = MURIE
                    if side == there and register == SR:
                        value |= MURIP
                    equal(m.read(side + register), value, hex(register))
            equal(m.irqs, {irq: True, 1 - irq: False}, "interrupts")
            m.write(there + SR, MURIP)
            equal(m.irqs, {0: False, 1: False}, "interrupts")
            equal(m.read(there + SR), TEP, "SR")


def system_reset_resets():
    with watched() as m:
        m.write(A + TR, 1)
        m.write(B + RCR, 1)
        m.write(B + CR, MURIE)
        equal(m.irqs, {1: True}, "interrupts")
        m.reset()
        for side in (A, B):
            for register, value in RESET.items():
                equal(m.read(side + register), value, hex(register))
        equal(m.irqs, {1: False}, "interrupts")


def forbidden_accesses_are_guest_errors():
    with V2() as m:
        for do, expected in (
                (lambda: m.write(A + RR, 1), "MU1A: write of 0x00000001 to "
                                             "read-only register RR0"),
                (lambda: m.write(B + PAR, 1), "read-only register PAR"),
                (lambda: m.write(B + VER, 1), "read-only register VER"),
                (lambda: m.write(B + TSR, 1), "read-only register TSR"),
                (lambda: m.write(B + RSR, 1), "read-only register RSR"),
                (lambda: m.write(B + FSR, 1), "read-only register FSR"),
                (lambda: m.read(B + TR + 8), "MU1B: read of write-only "
                                             "register TR2"),
                (lambda: m.read(A + 0x20), "read at reserved offset 0x20"),
                (lambda: m.write(A + 0x24, 1), "reserved offset 0x24"),
                (lambda: m.read(A + 0x210), "read at reserved offset 0x210"),
                (lambda: m.write(A + 0xfffc, 1), "reserved offset 0xfffc"),
                (lambda: m.write(A + RCR, 0x10), "to RCR: reserved bits"),
                (lambda: m.write(A + GCR, 0x10), "to GCR: reserved bits"),
                (lambda: m.write(A + TR, 1, "b"), "Invalid write"),
                (lambda: m.read(A + RR, "w"), "Invalid read")):
            do()
            errors = m.errors()
            check(errors and expected in errors[0], f"{expected}: {errors}")
        for register, value in RESET.items():
            equal(m.read(A + register), value, hex(register))


run([reset_values, is_asked_for, words_pass, channels_are_independent,
     full_transmit_register_is_a_guest_error, receive_interrupt,
     transmit_interrupt, general_purpose_interrupt,
     flags_show_on_the_other_side, reset_resets_both_sides,
     system_reset_resets, forbidden_accesses_are_guest_errors])
