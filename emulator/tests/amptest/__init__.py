# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the imx8mp-amp machine for a test, pokes at it through QEMU's qtest and
# QMP protocols, and prints results as KTAP. QEMU is named by $QEMU.

import json
import os
import socket
import subprocess
import sys
import tempfile
import time


class Machine:
    """One QEMU process. Without accel, only the devices run."""

    TIMEOUT = 20

    def __init__(self, accel="qtest", args=(), intercept=None):
        self.irqs = {}
        self.events = []
        self.dir = tempfile.TemporaryDirectory()
        self.log = os.path.join(self.dir.name, "log")
        self.stderr = tempfile.TemporaryFile("w+")
        pairs = [socket.socketpair() for _ in range(2)]
        fds = [pair[1].fileno() for pair in pairs]
        self.process = subprocess.Popen(
            [os.environ["QEMU"], "-M", "imx8mp-amp", "-accel", accel,
             "-m", "256M", "-nodefaults", "-display", "none",
             "-d", "guest_errors,invalid_mem", "-D", self.log,
             "-chardev", f"socket,id=qtest,fd={fds[0]}",
             "-qtest", "chardev:qtest", "-qtest-log", "none",
             "-chardev", f"socket,id=qmp,fd={fds[1]}",
             "-mon", "chardev=qmp,mode=control", *args],
            pass_fds=fds, stdin=subprocess.DEVNULL, stderr=self.stderr)
        for pair in pairs:
            pair[1].close()
            pair[0].settimeout(self.TIMEOUT)
        self.sockets = [pair[0] for pair in pairs]
        # Not one file for both directions: a write to such a file discards
        # the lines that it has read ahead.
        self.qtest_file, self.qmp_file = (sock.makefile("r")
                                          for sock in self.sockets)
        self.line(self.qmp_file)
        self.qmp("qmp_capabilities")
        if intercept:
            self.qtest("irq_intercept_out", *intercept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.qtest_file.close()
        self.qmp_file.close()
        for sock in self.sockets:
            sock.close()
        self.stderr.close()
        self.dir.cleanup()

    def line(self, file):
        try:
            line = file.readline()
        except ConnectionResetError:
            line = ""
        if not line:
            self.stderr.seek(0)
            raise EOFError("QEMU has ended: " + self.stderr.read())
        return line

    def qtest(self, *words):
        line = " ".join(str(word) for word in words) + "\n"
        self.sockets[0].sendall(line.encode())
        while True:
            line = self.line(self.qtest_file)
            answer = line.split()
            if answer[0] == "IRQ":
                self.irqs[int(answer[2])] = answer[1] == "raise"
            elif answer[0] == "OK":
                return answer[1:]
            else:
                raise RuntimeError(line)

    def qmp(self, command, **arguments):
        message = {"execute": command, "arguments": arguments}
        self.sockets[1].sendall(json.dumps(message).encode() + b"\n")
        while True:
            answer = self.qmp_answer()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RuntimeError(answer["error"]["desc"])

    def qmp_answer(self):
        answer = json.loads(self.line(self.qmp_file))
        if "event" in answer:
            self.events.append(answer["event"])
        return answer

    def read(self, address, size="l"):
        return int(self.qtest("read" + size, hex(address))[0], 0)

    def write(self, address, value, size="l"):
        self.qtest("write" + size, hex(address), hex(value))

    def load(self, address, data):
        self.qtest("write", hex(address), len(data), "0x" + data.hex())

    def m7_state(self):
        return self.qmp("qom-get", path="/machine/m7ctl", property="state")

    def wait_for(self, what):
        """Until what() is true, or it takes too long."""
        end = time.monotonic() + self.TIMEOUT
        while time.monotonic() < end:
            if what():
                return True
            time.sleep(0.001)
        return False

    def reset(self):
        self.events.clear()
        self.qmp("system_reset")
        while "RESET" not in self.events:
            self.qmp_answer()

    def errors(self):
        """The guest errors logged since the last call."""
        with open(self.log, "r+", encoding="ascii") as log:
            lines = log.read().splitlines()
            log.truncate(0)
        return lines


def check(condition, what="not so"):
    if not condition:
        raise AssertionError(what)


def equal(got, expected, what="value"):
    if got != expected:
        if isinstance(got, int) and isinstance(expected, int):
            got, expected = hex(got), hex(expected)
        raise AssertionError(f"{what} is {got}, expected {expected}")


class Skip(Exception):
    pass


def run(tests):
    failed = 0
    print("KTAP version 1")
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        name = test.__name__
        try:
            test()
            print(f"ok {number} {name}", flush=True)
        except Skip as reason:
            print(f"ok {number} {name} # SKIP {reason}", flush=True)
        except (AssertionError, RuntimeError, EOFError, OSError) as error:
            failed += 1
            print(f"# {type(error).__name__}: {error}")
            print(f"not ok {number} {name}", flush=True)
    sys.exit(1 if failed else 0)
