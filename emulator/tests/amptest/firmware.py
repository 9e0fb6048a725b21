# SPDX-License-Identifier: GPL-2.0-or-later
#
# A machine that makes calls into the boot firmware, from an A53 that runs
# a53-call.S.

import struct

from . import check
from .running import KERNEL, OCRAM, Running, program


def unsigned(value):
    return value & 0xffffffffffffffff


class Calling(Running):
    """Its A53 waits for the next call to make."""

    def __init__(self, args=(), smp="1,maxcpus=2"):
        super().__init__(program("a53-call.S", "aarch64-linux-gnu-", KERNEL),
                         args, smp, kernel=True)
        self.calls = 0
        self.group_enable = 1
        self.qmp("cont")
        check(self.started_times(1), "the A53 has not started")

    def started_times(self, times):
        return self.wait_for(lambda: self.read(OCRAM + 0x50, "q") == times)

    def begin(self, *regs):
        """A call that may not return."""
        self.load(OCRAM + 8, struct.pack("<4Q", *map(
            unsigned, regs + (0,) * (4 - len(regs)))))
        self.write(OCRAM + 0x48, unsigned(self.group_enable), "q")
        self.calls += 1
        self.write(OCRAM, self.calls)

    def made(self):
        return self.read(OCRAM + 4) == self.calls

    def call(self, *regs):
        """Makes a call; returns x0 to x3 of the answer, as signed numbers."""
        self.begin(*regs)
        check(self.wait_for(self.made), "the call has not returned")
        answer = self.qtest("read", hex(OCRAM + 0x28), 32)[0]
        return struct.unpack("<4q", bytes.fromhex(answer[2:]))
