# SPDX-License-Identifier: GPL-2.0-or-later
#
# A machine whose cores run programs of the tests, and where things are in it.

import functools
import os
import shutil
import subprocess
import tempfile

from . import Machine, Skip, check

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

ITCM, DTCM, OCRAM_S, OCRAM = 0x007e0000, 0x00800000, 0x00180000, 0x00900000
DDR, KERNEL = 0x40000000, 0x40080000
MU_A = 0x30aa0000
TR, RR, SR, CR = 0x00, 0x10, 0x20, 0x24
M7RCR, GPR22 = 0x3039000c, 0x30340058

ICOUNT = ["-icount", "shift=0,sleep=off"]


@functools.lru_cache
def program(name, prefix="arm-none-eabi-", address=0):
    if not shutil.which(prefix + "gcc"):
        raise Skip(f"there is no {prefix}gcc")
    with tempfile.TemporaryDirectory() as folder:
        elf = os.path.join(folder, "elf")
        subprocess.run([prefix + "gcc", "-nostdlib", "-static",
                        f"-Wl,-Ttext={address:#x},-e,{address:#x}",
                        "-Wl,--build-id=none", "-o", elf,
                        os.path.join(TESTS, name)], check=True)
        subprocess.run([prefix + "objcopy", "-O", "binary", "-j", ".text",
                        elf, elf + ".bin"], check=True)
        with open(elf + ".bin", "rb") as file:
            return file.read()


class Running(Machine):
    """With an A53 that sleeps, or runs code, and the M7 not started yet.

    kernel says that the code is to be started as Linux is, which is when QEMU
    plays the boot firmware. It is to run at KERNEL then, and not at DDR."""

    def __init__(self, code=None, args=(), smp="1,maxcpus=2", kernel=False):
        # wfi, and again
        code = code or bytes.fromhex("7f2003d5ffffff17")
        self.folder = tempfile.TemporaryDirectory()
        self.console = os.path.join(self.folder.name, "console")
        image = os.path.join(self.folder.name, "a53")
        with open(image, "wb") as file:
            file.write(code)
        load = ["-kernel", image] if kernel else [
            "-device", f"loader,file={image},addr={DDR:#x},force-raw=on",
            "-device", f"loader,addr={DDR:#x},cpu-num=0"]
        super().__init__("tcg", [
            "-smp", smp, "-S", *args, *load,
            "-serial", "null", "-serial", "null", "-serial", "null",
            "-serial", "file:" + self.console])

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.folder.cleanup()

    def start(self, code):
        self.load(ITCM, code)
        self.qmp("cont")
        self.write(GPR22, 0)
        check(self.wait_for(lambda: self.m7_state() != "wait"), "no start")

    def stop(self):
        self.write(GPR22, 1)
        self.write(M7RCR, 0xaa)
        check(self.wait_for(lambda: self.m7_state() == "wait"), "no stop")

    def send(self, channel, word):
        self.write(MU_A + TR + 4 * channel, word)

    def receive(self, channel):
        check(self.wait_for(lambda: self.read(MU_A + SR) >> (27 - channel) & 1),
              f"no word on channel {channel}")
        return self.read(MU_A + RR + 4 * channel)

    def ask(self, channel, word):
        self.send(channel, word)
        return self.receive(channel)

    def started(self, times=1):
        return self.wait_for(lambda: self.read(DTCM) == times and
                             self.read(MU_A + SR) & 7 == 5)
