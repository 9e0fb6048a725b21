#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The firmware on the emulated Cortex-M7, with this script in Linux' place: it loads the
# ELF, owns the driver's end of the rings, and kicks through the message unit.
#
#   QEMU=<qemu-system-aarch64> FIRMWARE=<folder of the ELF files> m7-test.py

import os
import struct
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../emulator/tests"))
from amptest import Machine, check, equal, run  # noqa: E402

M7RCR, GPR22 = 0x3039000c, 0x30340058
MU_A = 0x30aa0000
MU_TR1, MU_RR1, MU_SR = MU_A + 0x04, MU_A + 0x14, MU_A + 0x20
MU_RF1, MU_TE1 = 1 << 26, 1 << 22
TABLE = 0x550ff000
RSC_TRACE, RSC_VDEV, RSC_FAULT, RSC_LOG = 2, 3, 160, 161
FAULT_MAGIC, LOG_MAGIC = 0x544c4146, 0x474f4c41
FAULT_NOTIFYID = 0xffff
HELLO, SHUTDOWN, SUSPEND, RESUME, ACK, HEARTBEAT, PANIC = range(1, 8)
LINUX = 1030
RINGS = (0x55000000, 0x55008000)
BUFS = 0x55400000
NUM, BUF_SIZE = 256, 512
DRIVER_OK = 7

# wfi; b to the wfi: the A53 has nothing to do.
IDLE = struct.pack("<II", 0xd503207f, 0x17ffffff)


def a53_address(da):
    """The M7's TCMs are elsewhere for the A53."""
    if da < 0x20000:
        return 0x7e0000 + da
    if 0x20000000 <= da < 0x20020000:
        return 0x800000 + da - 0x20000000
    return da


class Elf:
    def __init__(self, name):
        with open(os.path.join(os.environ["FIRMWARE"], name), "rb") as file:
            self.image = file.read()
        header = struct.unpack_from("<16sHHIIIIIHHHHHH", self.image)
        self.segments = []
        for i in range(header[10]):
            kind, offset, _, paddr, filesz, memsz = struct.unpack_from(
                "<6I", self.image, header[5] + 32 * i)
            if kind == 1:
                self.segments.append(
                    (paddr, self.image[offset:offset + filesz], memsz))
        self.symbols = self.read_symbols(header[6], header[12])

    def read_symbols(self, shoff, shnum):
        headers = [struct.unpack_from("<10I", self.image, shoff + 40 * i)
                   for i in range(shnum)]
        symbols = {}
        for section in headers:
            if section[1] != 2:
                continue
            strings = headers[section[6]][4]
            for pos in range(section[4], section[4] + section[5], 16):
                name, value = struct.unpack_from("<II", self.image, pos)
                start = strings + name
                end = self.image.index(b"\0", start)
                symbols[self.image[start:end].decode()] = value
        return symbols


class Ring:
    """The driver's end of one ring."""

    def __init__(self, m, base, bufs):
        self.m, self.base, self.bufs = m, base, bufs
        self.avail = base + 16 * NUM
        self.used = base + 0x2000
        self.avail_idx = self.last_used = 0
        m.load(base, bytes(self.used + 6 + 8 * NUM - base))
        for i in range(NUM):
            m.load(base + 16 * i, struct.pack("<QIHH", bufs + BUF_SIZE * i,
                                              BUF_SIZE, 0, 0))

    def make_available(self, head, length, flags):
        self.m.write(self.base + 16 * head + 8, length)
        self.m.write(self.base + 16 * head + 12, flags, "w")
        self.m.write(self.avail + 4 + 2 * (self.avail_idx % NUM), head, "w")
        self.avail_idx = (self.avail_idx + 1) & 0xffff
        self.m.write(self.avail + 2, self.avail_idx, "w")

    def take_used(self):
        if self.m.read(self.used + 2, "w") == self.last_used:
            return None
        entry = self.used + 4 + 8 * (self.last_used % NUM)
        self.last_used = (self.last_used + 1) & 0xffff
        return self.m.read(entry), self.m.read(entry + 4)

    def notify_wanted(self):
        return not self.m.read(self.used, "w") & 1


class Linux(Machine):
    """The machine, with the firmware loaded and not started."""

    def __init__(self, name):
        self.elf = Elf(name)
        with tempfile.NamedTemporaryFile(suffix=".bin") as idle:
            idle.write(IDLE)
            idle.flush()
            # The M7 is the CPU that maxcpus makes room for.
            super().__init__(accel="tcg", args=(
                "-m", "2G", "-smp", "1,maxcpus=2", "-kernel", idle.name))
        self.load_elf()

    def load_elf(self):
        for da, data, memsz in self.elf.segments:
            if data:
                self.load(a53_address(da), data)
            if memsz > len(data):
                self.load(a53_address(da) + len(data), bytes(memsz - len(data)))

    def start(self):
        self.write(GPR22, 0)

    def stop(self):
        self.write(GPR22, 1)
        self.write(M7RCR, 0xaa)

    def entry(self, kind):
        """Address of the resource table's entry of that type."""
        for i in range(self.read(TABLE + 4)):
            entry = TABLE + self.read(TABLE + 16 + 4 * i)
            if self.read(entry) == kind:
                return entry
        raise AssertionError(f"no entry of type {kind}")

    def area(self, kind):
        """What is in the memory that an entry names."""
        entry = self.entry(kind)
        da, length = self.read(entry + 4), self.read(entry + 8)
        return bytes.fromhex(
            self.qtest("read", hex(a53_address(da)), length)[0][2:])

    def trace(self):
        return self.area(RSC_TRACE).split(b"\0")[0].decode()

    def ring_log(self):
        """The ring log, as long as it has not wrapped."""
        area = self.area(RSC_LOG)
        magic, size, head, reserved = struct.unpack_from("<4I", area)
        equal((magic, size, reserved), (LOG_MAGIC, len(area) - 16, 0), "log")
        check(head <= size, "wrapped")
        return area[16:16 + head].decode()

    def status(self, value):
        self.write(self.entry(RSC_VDEV) + 24, value, "b")

    def bind(self):
        """As virtio_rpmsg does: rings, buffers, features, DRIVER_OK, kick."""
        self.rx = Ring(self, RINGS[0], BUFS)
        self.tx = Ring(self, RINGS[1], BUFS + NUM * BUF_SIZE)
        for head in range(NUM):
            self.rx.make_available(head, BUF_SIZE, 2)
        self.next_head = 0
        for i, da in enumerate(RINGS):
            self.write(self.entry(RSC_VDEV) + 28 + 20 * i, da)
        self.write(self.entry(RSC_VDEV) + 16, 1)
        self.status(DRIVER_OK)
        self.kick(0)

    def unbind(self):
        self.status(0)

    def check_idle(self):
        """Asleep: QEMU uses no processor time."""
        time.sleep(0.05)
        before = self.cpu_seconds()
        time.sleep(0.3)
        used = self.cpu_seconds() - before
        check(used < 0.1, f"not asleep: {used} s of 0.3 s used")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kick(self, notifyid):
        check(self.wait_for(lambda: self.read(MU_SR) & MU_TE1), "kick not read")
        self.write(MU_TR1, notifyid << 16)

    def kicked(self):
        if not self.read(MU_SR) & MU_RF1:
            return None
        return self.read(MU_RR1) >> 16

    def send(self, src, dst, payload, kick=True):
        head, self.next_head = self.next_head, (self.next_head + 1) % NUM
        message = struct.pack("<IIIHH", src, dst, 0, len(payload), 0) + payload
        self.load(self.tx.bufs + BUF_SIZE * head, message)
        self.tx.make_available(head, len(message), 0)
        if kick and self.tx.notify_wanted():
            self.kick(1)

    def receive(self, repost=True):
        """The next message, waited for."""
        used = []

        def arrived():
            self.kicked()
            entry = self.rx.take_used()
            if entry:
                used.append(entry)
            return entry

        check(self.wait_for(arrived), "no message; trace log:\n" + self.trace())
        head, length = used[0]
        text = self.qtest("read", hex(self.rx.bufs + BUF_SIZE * head), length)[0]
        data = bytes.fromhex(text[2:])
        src, dst, reserved, size, flags = struct.unpack_from("<IIIHH", data)
        equal((reserved, flags, size), (0, 0, length - 16), "header")
        if repost:
            self.rx.make_available(head, BUF_SIZE, 2)
            if self.rx.notify_wanted():
                self.kick(0)
        return src, dst, data[16:]

    def announced(self):
        """The next channel, but for the control channel, which is the first."""
        src, dst, data = self.receive()
        name, address, flags = struct.unpack("<32sII", data)
        equal((dst, flags, address), (53, 0, src), "announcement")
        name = name.rstrip(b"\0").decode()
        if name == "amp-control":
            self.control = address
            return self.announced()
        return name, address

    def request(self, kind, value=0):
        self.send(LINUX, self.control, struct.pack("<HHI", kind, 0, value))

    def control_message(self):
        src, dst, data = self.receive()
        equal((src, dst), (self.control, LINUX), "control channel")
        kind, length, value = struct.unpack_from("<HHI", data)
        equal(len(data), 8 + length, "length")
        return kind, value, data[8:]

    def check_halted(self):
        """Asleep, and not to be woken: a kick is left unread."""
        self.check_idle()
        check(self.read(MU_SR) & MU_TE1, "kick not read")
        self.write(MU_TR1, 0)
        self.check_idle()
        check(not self.read(MU_SR) & MU_TE1, "kick read by a halted core")


def boot(m):
    m.start()
    m.bind()


def echo(name):
    with Linux(name) as m:
        boot(m)
        channels = dict(m.announced() for _ in range(2))
        equal(sorted(channels), ["rpmsg-echo", "rpmsg-raw"], "channels")
        for address in channels.values():
            for size in (0, 1, 3, 4, 495, 496):
                payload = os.urandom(size)
                m.send(2000, address, payload)
                equal(m.receive(), (address, 2000, payload), f"{size} bytes")
        equal(m.errors(), [], "guest errors")


def echo_in_itcm():
    echo("echo.elf")


def echo_in_ddr():
    echo("echo-ddr.elf")


def hello():
    with Linux("hello.elf") as m:
        boot(m)
        name, address = m.announced()
        equal(name, "my_service", "channel")
        m.send(1024, address, b"Hello M7!\n")
        equal(m.receive(), (address, 1024, b"ACK"), "answer")
        m.send(1024, address, b"\x01\xff")
        equal(m.receive(), (address, 1024, b"ACK"), "answer")
        m.wait_for(lambda: "2 bytes" in m.trace())
        check("my_service: received 10 bytes: Hello M7!\n"
              "my_service: received 2 bytes: ..\n" in m.trace(), m.trace())
        equal(m.errors(), [], "guest errors")


def waits_for_driver_ok():
    with Linux("echo.elf") as m:
        m.start()
        check(m.wait_for(lambda: "started" in m.trace()), "no log")
        m.check_idle()
        m.kick(0)
        check(m.wait_for(lambda: m.read(MU_SR) & MU_TE1), "kick not read")
        equal(m.kicked(), None, "kick from the firmware")
        m.bind()
        m.announced()
        m.announced()
        m.check_idle()


def bind_100_times():
    with Linux("echo.elf") as m:
        m.start()
        for i in range(100):
            m.bind()
            _, address = m.announced()
            m.announced()
            payload = str(i).encode()
            m.send(1024, address, payload)
            equal(m.receive(), (address, 1024, payload), "echo")
            m.unbind()


def restart_20_times():
    with Linux("echo.elf") as m:
        for _ in range(20):
            boot(m)
            _, address = m.announced()
            m.announced()
            m.send(1024, address, b"x")
            equal(m.receive(), (address, 1024, b"x"), "echo")
            m.unbind()
            m.stop()
            m.load_elf()
        equal(m.errors(), [], "guest errors")


def burst_beyond_buffers():
    """256 messages, and no buffer comes back until the firmware has run out."""
    with Linux("echo.elf") as m:
        boot(m)
        _, address = m.announced()
        m.announced()
        taken = 0
        for i in range(200):
            m.send(1024, address, struct.pack("<I", i))
        # Hold these back.
        for i in range(200):
            equal(m.receive(False)[2], struct.pack("<I", i), "echo")
            taken += 1
        for i in range(200, 400):
            m.send(1024, address, struct.pack("<I", i))
        check(m.wait_for(m.rx.notify_wanted), "the firmware doesn't ask for buffers")
        for head in range(NUM):
            # What was taken; the order doesn't matter.
            if taken:
                m.rx.make_available((head + 3) % NUM, BUF_SIZE, 2)
                taken -= 1
        m.kick(0)
        for i in range(200, 400):
            equal(m.receive()[2], struct.pack("<I", i), "echo")
        while m.tx.take_used():
            pass
        equal(m.tx.last_used, 400, "messages consumed")


def one_kick_is_pending():
    """Linux doesn't read its register: replies go on, and both rings' kicks come later."""
    with Linux("echo.elf") as m:
        boot(m)
        _, address = m.announced()
        m.announced()
        m.kicked()
        for i in range(10):
            m.send(1024, address, b"x")
        check(m.wait_for(lambda: m.read(m.rx.used + 2, "w") == 13), "stopped")
        check(m.wait_for(lambda: m.read(m.tx.used + 2, "w") == 10), "stopped")
        got = set()

        def both():
            got.add(m.kicked())
            return {0, 1} <= got

        check(m.wait_for(both), f"kicks: {got}")


def bad_descriptor():
    with Linux("echo.elf") as m:
        boot(m)
        _, address = m.announced()
        m.announced()
        m.load(m.tx.base, struct.pack("<Q", 0x40000000))
        m.send(1024, address, b"lost")
        m.send(1024, address, b"fine")
        equal(m.receive()[2], b"fine", "echo")
        check("outside the shared memory (0x40000000)" in m.trace(), m.trace())


def fault(code, *expected, app="echo.elf"):
    """The echo callback is replaced by code; what it does must be in the trace log."""
    with Linux(app) as m:
        m.load(a53_address(m.elf.symbols["on_message"] & ~1), code)
        boot(m)
        _, address = m.announced()
        m.announced()
        m.send(1024, address, b"x")
        check(m.wait_for(lambda: "FAULT: r4-r11" in m.trace()), m.trace())
        for text in expected:
            check(text in m.trace(), f"no {text!r} in:\n{m.trace()}")
        equal(m.ring_log(), m.trace(), "log")
        check(m.wait_for(lambda: m.kicked() == FAULT_NOTIFYID), "no fault word")
        magic, kind, *_, address, valid = struct.unpack("<8I", m.area(RSC_FAULT))
        equal(magic, FAULT_MAGIC, "fault record")
        name = {2: "MemManage", 4: "UsageFault"}[kind]
        check(f"FAULT: {name}" in m.trace(), f"kind {kind}:\n{m.trace()}")
        equal(f", address {address:08x}\n" in m.trace(), bool(valid), "address")
        m.check_halted()
        # And can be started again.
        m.unbind()
        m.stop()
        m.load_elf()
        m.read(MU_RR1)
        boot(m)
        m.announced()


MOV_R3 = {0x40000000: "4ff08043", 0x60000000: "4ff0c043", 0x20000000: "4ff00053",
          0x30000000: "4ff04053", 0: "0023", 0x80000000: "4ff00043"}


def stray_write():
    fault(bytes.fromhex(MOV_R3[0x40000000] + "1b60"), "MemManage",
          "memory protection, address 40000000", "r0-r3")


def stray_read():
    fault(bytes.fromhex(MOV_R3[0x60000000] + "1b68"), "address 60000000")


def peripheral_write():
    fault(bytes.fromhex(MOV_R3[0x30000000] + "1b60"), "address 30000000")


def null_write():
    fault(bytes.fromhex(MOV_R3[0] + "1b60"), "address 00000000")


def ddr_of_another_app():
    fault(bytes.fromhex(MOV_R3[0x80000000] + "1b68"), "address 80000000")


def data_is_not_code():
    # add r3, #1; bx r3
    fault(bytes.fromhex(MOV_R3[0x20000000] + "0133" + "1847"), "cfsr 00000001",
          "pc 20000000")


def stack_overflow():
    # push {r0-r7, lr}; b to the push
    fault(bytes.fromhex("ffb5" + "fde7"), "MemManage", "address 1fff")


def undefined_instruction():
    fault(bytes.fromhex("ffde"), "UsageFault", "cfsr 00010000")


def shutdown():
    for name, count in (("echo.elf", 2), ("echo-ddr.elf", 2), ("hello.elf", 1)):
        with Linux(name) as m:
            boot(m)
            for _ in range(count):
                m.announced()
            m.request(HELLO, 1)
            m.request(SHUTDOWN, 0x12345678)
            equal(m.control_message(), (ACK, 0x12345678, b""), "answer")
            m.check_halted()


def suspend():
    with Linux("echo.elf") as m:
        boot(m)
        _, address = m.announced()
        m.announced()
        m.request(HELLO, 1)
        for i in range(100):
            payload = str(i).encode()
            m.send(LINUX, address, b"before")
            m.request(SUSPEND, i)
            m.send(LINUX, address, payload)
            equal(m.receive()[2], b"before", "echo")
            equal(m.control_message(), (ACK, i, b""), "answer")
            if not i:
                m.check_idle()
            equal(m.rx.take_used(), None, "message during the suspend")
            m.request(RESUME)
            equal(m.receive()[2], payload, "echo")


def no_kick_is_lost_at_shutdown():
    """Linux has left a kick unread when the acknowledgment's is due."""
    with Linux("echo.elf") as m:
        boot(m)
        _, address = m.announced()
        m.announced()
        m.kicked()
        m.send(LINUX, address, b"x")
        check(m.wait_for(lambda: m.read(m.tx.used + 2, "w") == 1), "stopped")
        m.request(SHUTDOWN, 1)
        got = set()

        def both():
            got.add(m.kicked())
            return {0, 1} <= got

        check(m.wait_for(both), f"kicks: {got}")
        m.check_halted()


class Trouble(Linux):
    def __init__(self):
        super().__init__("trouble.elf")
        boot(self)
        channels = dict(self.announced() for _ in range(2))
        equal(sorted(channels), ["amp-trouble", "rpmsg-echo"], "channels")
        self.trouble = channels["amp-trouble"]
        self.echo = channels["rpmsg-echo"]
        self.request(HELLO, 1)

    def command(self, text, answer=b"ok"):
        self.send(LINUX, self.trouble, text.encode())
        equal(self.receive(), (self.trouble, LINUX, answer), text)

    def fault_record(self):
        check(self.wait_for(lambda: self.kicked() == FAULT_NOTIFYID), "no fault word")
        record = struct.unpack("<8I", self.area(RSC_FAULT))
        equal(record[0], FAULT_MAGIC, "fault record")
        self.check_halted()
        return record

    def alive(self):
        self.send(LINUX, self.echo, b"there?")
        equal(self.receive(), (self.echo, LINUX, b"there?"), "echo")


def trouble_faults():
    for command, kind, address in (
            ("hardfault", 1, None), ("mem", 2, 0x48000000),
            ("mem 4a000010\n", 2, 0x4a000010), ("bus", 3, 0x20100000),
            ("usage", 4, None)):
        with Trouble() as m:
            m.command(command)
            record = m.fault_record()
            equal(record[1], kind, command)
            equal(record[6:], (address or 0, address is not None), command)
            # do_mem() and the others, or what they call.
            check(record[2] < 0x20000, f"pc {record[2]:#x}")


def trouble_heartbeat():
    with Trouble() as m:
        m.command("heartbeat 50")
        for _ in range(20):
            equal(m.control_message(), (HEARTBEAT, 50, b""), "heartbeat")
        m.request(SUSPEND, 9)
        got = m.control_message()
        while got == (HEARTBEAT, 50, b""):
            got = m.control_message()
        equal(got, (HEARTBEAT, 0, b""), "end of the heartbeats")
        equal(m.control_message(), (ACK, 9, b""), "answer")
        time.sleep(0.2)
        equal(m.rx.take_used(), None, "heartbeat during the suspend")
        m.request(RESUME)
        equal(m.control_message(), (HEARTBEAT, 50, b""), "heartbeat")
        m.send(LINUX, m.trouble, b"mute")
        while m.receive() != (m.trouble, LINUX, b"ok"):
            pass
        time.sleep(0.2)
        equal(m.rx.take_used(), None, "heartbeat of a mute")
        m.alive()
        m.check_idle()


def trouble_suspended():
    """A message during a suspend, of the firmware's own accord."""
    with Trouble() as m:
        m.command("later 100 wake up")
        m.request(SUSPEND, 1)
        equal(m.control_message(), (ACK, 1, b""), "answer")
        equal(m.receive(), (m.trouble, LINUX, b"wake up"), "later")


def trouble_panic():
    with Trouble() as m:
        m.command("panic the roof is on fire\n")
        equal(m.control_message(), (PANIC, 0, b"the roof is on fire"), "panic")
        m.check_halted()


def trouble_others():
    with Trouble() as m:
        m.command("dance", b"what?")
        m.command("", b"what?")
        m.command("memx", b"what?")
        m.command("mem" + 400 * "x", b"what?")
        m.command("log 200")
        check(m.wait_for(lambda: "line 199\n" in m.trace()), m.trace())
        check("".join(f"trouble: line {i}\n" for i in range(200)) in m.ring_log(),
              m.ring_log())
        m.command("deaf")
        m.request(SHUTDOWN, 1)
        m.request(SUSPEND, 1)
        m.alive()
        m.command("ring")
        check(m.wait_for(m.rx.take_used), "no used entry")
        equal(m.read(m.rx.used + 4 + 8 * ((m.rx.last_used - 1) % NUM)), 0xffff, "id")
        m.alive()
        m.command("quit")
        m.check_halted()
    with Trouble() as m:
        m.command("hang")
        time.sleep(0.1)
        m.send(LINUX, m.echo, b"there?")
        time.sleep(0.1)
        equal(m.rx.take_used(), None, "message of a core that hangs")


def stall():
    with Linux("stall.elf") as m:
        boot(m)
        channels = dict(m.announced() for _ in range(3))
        for i in range(NUM):
            m.send(LINUX, channels["rpmsg-stall"], b"x")
        m.check_idle()
        equal(m.tx.take_used(), None, "message taken")
        equal(m.rx.take_used(), None, "message")


run([echo_in_itcm, echo_in_ddr, hello, waits_for_driver_ok, bind_100_times,
     restart_20_times, burst_beyond_buffers, one_kick_is_pending, bad_descriptor,
     stray_write, stray_read, peripheral_write, null_write, ddr_of_another_app,
     data_is_not_code, stack_overflow, undefined_instruction, shutdown, suspend,
     no_kick_is_lost_at_shutdown, trouble_faults, trouble_heartbeat, trouble_suspended,
     trouble_panic, trouble_others, stall])
