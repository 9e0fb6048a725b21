#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Counts the instructions of QEMU's logs (exec,nochain, one instruction per translation block) by function.

The first CPU is the A53; any other is the remote core.
"""

import argparse
import bisect
import collections
import json
import re
import subprocess
import sys

TRACE = re.compile(r'^Trace (\d+): \S+ \[[0-9a-f]+/([0-9a-f]+)/')
STOPPED = re.compile(r'^Stopped execution of TB chain before \S+ \[([0-9a-f]+)\]')
SYMBOL = re.compile(r'^bench symbol ([0-9a-f]+) (\S+) (\S+)')
MESSAGES = re.compile(r'^bench value profile\.(\S+)\.messages (\d+)')
LINKERS = re.compile('(text|_init|inittext)_(start|begin|end)$|^_(stext|text|etext)$|_end$')
KERNEL = 1 << 63


class Symbols:
    """Which function an address is in."""

    def __init__(self, entries):
        # Of several names for an address: none of the linker's, and the same one each time.
        entries = sorted(set(entries), key=lambda entry: (entry[0], LINKERS.search(entry[2]) is None, entry))
        self.addresses = [entry[0] for entry in entries]
        self.names = [entry[1:] for entry in entries]

    def find(self, address):
        i = bisect.bisect_right(self.addresses, address) - 1
        return self.names[i] if i >= 0 else ('?', '?')


def kernel_symbols(system_map, program_output):
    entries = []
    with open(system_map) as lines:
        for line in lines:
            address, kind, name = line.split()
            if kind in 'tTwW' and not name.startswith('$'):
                entries.append((int(address, 16), 'kernel', name))
    for line in program_output:
        match = SYMBOL.match(line)
        if match and not match[2].startswith('$'):
            entries.append((int(match[1], 16), match[3], match[2]))
    return Symbols(entries)


def firmware_symbols(elf):
    entries = []
    out = subprocess.run(['arm-none-eabi-nm', elf], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[1] in 'tTwW' and not fields[2].startswith('$'):
            entries.append((int(fields[0], 16) & ~1, 'M7', fields[2]))
    return Symbols(entries)


def count(log):
    """Instructions by (CPU, address)"""
    counts = collections.Counter()
    cpu = 0
    with open(log, errors='replace') as lines:
        for line in lines:
            match = TRACE.match(line)
            if match:
                cpu = int(match[1])
                counts[cpu, int(match[2], 16)] += 1
                continue
            match = STOPPED.match(line)
            if match:
                # Was logged, and didn't run.
                counts[cpu, int(match[1], 16)] -= 1
    return counts


def profile(log, messages, kernel, firmware):
    """Instructions per message, by function"""
    functions = collections.Counter()
    cores = collections.Counter()
    for (cpu, address), n in count(log).items():
        if cpu:
            function = firmware.find(address)
        elif address & KERNEL:
            function = kernel.find(address)
        else:
            function = ('user', 'the program')
        functions[function] += n
        cores['M7' if cpu else 'A53'] += n
    if not cores['A53']:
        sys.exit(f'error: no instruction was logged in {log}')
    return {
        'messages': messages,
        'a53': cores['A53'] / messages,
        'm7': cores['M7'] / messages,
        'functions': [{'where': f[0], 'name': f[1], 'instructions': n / messages}
                      for f, n in sorted(functions.items(), key=lambda i: (-i[1], i[0]))],
    }


def show(kind, result, top):
    total = result['a53'] + result['m7']
    where = collections.Counter()
    for function in result['functions']:
        where[function['where']] += function['instructions']
    print(f'Instructions per message, {kind}: A53 {result["a53"]:.1f}, M7 {result["m7"]:.1f}')
    print()
    for name, n in where.most_common():
        print(f'{n:9.1f}  {100 * n / total:5.1f} %  {name}')
    print()
    for function in result['functions'][:top]:
        n = function['instructions']
        print(f'{n:9.1f}  {100 * n / total:5.1f} %  {function["where"]:18} {function["name"]}')
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('logs', nargs='+', metavar='KIND:LOG:ELF',
                        help="kind of messages, QEMU's log of them, firmware that ran on the remote core")
    parser.add_argument('--program', required=True, help='what the benchmark program has printed')
    parser.add_argument('--system-map', required=True)
    parser.add_argument('--json', help='write the counts here as well')
    parser.add_argument('--top', type=int, default=50, help='functions to print (default: %(default)s)')
    args = parser.parse_args()

    with open(args.program) as lines:
        output = lines.readlines()
    messages = {m[1]: int(m[2]) for m in map(MESSAGES.match, output) if m}
    kernel = kernel_symbols(args.system_map, output)
    results = {}
    for entry in args.logs:
        kind, log, elf = entry.split(':')
        if kind not in messages:
            sys.exit(f'error: the program did not get to the end; see {args.program}')
        results[kind] = profile(log, messages[kind], kernel, firmware_symbols(elf))
        show(kind, results[kind], args.top)
    if args.json:
        with open(args.json, 'w') as file:
            json.dump(results, file, indent=1)
            file.write('\n')


if __name__ == '__main__':
    main()
