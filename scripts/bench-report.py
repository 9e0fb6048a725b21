#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Makes the table, results.json, the plots and the profile of `make bench` from what the boots have left.

The folder has, for mainline and for amp, what the program printed (.txt), the emulator's record of
accesses to the messaging unit (.trace) and the instruction counts of some messages (.profile.json); for
bulk data through shared buffers, only what the program printed.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys

LENGTHS = (0, 1, 4, 16, 64, 128, 256, 496)
DEPTHS = (8, 16, 32, 64, 128, 256)
STREAMS = (16, 64, 496)
BULK = ((4, 'KiB', 4 << 10), (64, 'KiB', 64 << 10), (1, 'MiB', 1 << 20), (16, 'MiB', 16 << 20))
# Which profiles, mainline's and ours, say where the time of a row goes that misses its target
PROFILED = (
    (r'round trip \d+ B', 'round-trip', 'round-trip'),
    (r'bursts of \d+, per message$', 'burst', 'burst'),
    (r'bursts of \d+, per message, ours batched', 'burst', 'burst-batched'),
    (r'stream to the remote, \d+ B$', 'send', 'send'),
    (r'stream to the remote, \d+ B, ours batched', 'send', 'send-batched'),
    (r'stream from the remote, \d+ B$', 'receive', 'receive'),
    (r'stream from the remote, \d+ B, ours batched', 'receive', 'receive-batched'),
)
# Rows of the table of functions in a profile
TOP = 25
ENDPOINTS = (1, 8, 64)
ACCESS = re.compile(r'imx_mu_(?:read|write) MU(\d+)([AB]) (\w+) (?:->|<-) 0x([0-9a-f]+)')


class Run:
    """What was measured with one set of drivers"""

    def __init__(self, folder, name, last='memcpy.total'):
        self.values = {}
        self.histograms = {}
        self.accesses = collections.Counter()
        regions = {}
        path = os.path.join(folder, name + '.txt')
        try:
            with open(path) as lines:
                for line in lines:
                    words = line.split()
                    if words[:2] == ['bench', 'value']:
                        self.values[words[2]] = int(words[3])
                    elif words[:2] == ['bench', 'region']:
                        regions[int(words[2])] = words[3]
                    elif words[:2] == ['bench', 'histogram']:
                        self.histograms[words[2]] = [tuple(map(int, w.split(':'))) for w in words[3:]]
                    elif words[:2] == ['bench', 'error']:
                        sys.exit(f'error: measuring ({name}) failed: {" ".join(words[2:])}')
        except FileNotFoundError:
            sys.exit(f'error: {path} is not there; run `make bench`, which makes it')
        if last not in self.values:
            sys.exit(f'error: the benchmark ({name}) did not get to its end; see {path}')

        region = None
        with open(os.path.join(folder, name + '.trace'), errors='replace') as lines:
            for line in lines:
                match = ACCESS.search(line)
                if not match:
                    continue
                unit, side, register, value = match[1], match[2], match[3], int(match[4], 16)
                if unit == '2' and register == 'SR':
                    # The program's mark
                    region = None if value & 1 else regions.get(value >> 1)
                elif unit == '1' and side == 'A' and region:
                    self.accesses[region] += 1

        path = os.path.join(folder, name + '.profile.json')
        if os.path.exists(path):
            with open(path) as file:
                self.profile = json.load(file)

    def per_message(self, key, what):
        return self.values[f'{key}.{what}'] / (self.values[f'{key}.messages'] or 1)

    def per_second(self, key):
        return 1e9 * self.values[f'{key}.messages'] / self.values[f'{key}.total']

    def registers(self, key):
        return self.accesses[key] / (self.values[f'{key}.messages'] or 1)


class Table:
    def __init__(self):
        self.rows = []

    def add(self, name, unit, mainline, ours, target=None, met=None, digits=2):
        """Figures are judged as they are printed."""
        def rounded(x):
            return None if x is None else round(x, digits)
        mainline, ours = rounded(mainline), rounded(ours)
        ratio = round(ours / mainline, 3) if mainline and ours is not None else None
        self.rows.append({
            'name': name, 'unit': unit, 'mainline': mainline, 'ours': ours, 'ratio': ratio,
            'target': target,
            'met': bool(met(ours, mainline)) if met and ours is not None else None,
        })


def micro(nanoseconds):
    return nanoseconds / 1000


def build(mainline, ours, bulk):
    table = Table()

    def both(value, *args, **kwargs):
        name, unit = args[:2]
        table.add(name, unit, value(mainline), value(ours), *args[2:], **kwargs)

    pipe = round(micro(ours.values['pipe.median']), 2)
    for length in LENGTHS:
        key = f'rtt.{length}'
        wanted = (f'<= {pipe} (the pipe) and <= 0.45 x',
                  lambda o, m: o <= pipe and o <= 0.45 * m) if length >= 4 else ()
        both(lambda r: micro(r.values[key + '.median']), f'round trip {length} B, median', 'us', *wanted)
        both(lambda r: micro(r.values[key + '.p99']), f'round trip {length} B, p99', 'us')
        both(lambda r: micro(r.values[key + '.max']), f'round trip {length} B, max', 'us')
    both(lambda r: micro(r.values['asleep.64.median']), 'round trip 64 B, answer finds Linux asleep, median',
         'us')
    both(lambda r: r.per_message('rtt.64', 'interrupts'), 'MU interrupts per round trip', '', '<= 1.0',
         lambda o, m: o <= 1)
    both(lambda r: r.registers('rtt.64'), 'MU register accesses per round trip', '')
    for kind, name in (('round-trip', 'per round trip, 64 B'), ('burst', 'per message, 496 B echo in bursts of 64'),
                       ('send', 'per message, stream to the remote, 64 B'),
                       ('receive', 'per message, stream from the remote, 64 B')):
        both(lambda r: r.profile[kind]['a53'], f'A53 instructions {name}', '', digits=0)
        both(lambda r: r.profile[kind]['m7'], f'M7 instructions {name}', '', digits=0)

    for depth in DEPTHS:
        key = f'burst.{depth}'
        both(lambda r: micro(r.per_message(key, 'total')),
             f'496 B echo in bursts of {depth}, per message', 'us',
             *(('<= 0.3 x', lambda o, m: o <= 0.3 * m) if depth == 64 else ()))
        both(lambda r: r.per_message(key, 'interrupts'),
             f'MU interrupts per message, bursts of {depth}', '',
             *(('<= 0.1', lambda o, m: o <= 0.1) if depth == 64 else ()))
        both(lambda r: r.registers(key), f'MU register accesses per message, bursts of {depth}', '')
    for depth in DEPTHS:
        table.add(f'496 B echo in bursts of {depth}, per message, ours batched', 'us',
                  micro(mainline.per_message(f'burst.{depth}', 'total')),
                  micro(ours.per_message(f'burst-batched.{depth}', 'total')),
                  *(('<= 0.3 x', lambda o, m: o <= 0.3 * m) if depth == 64 else ()))

    for key, name in (('send', 'stream to the remote'), ('receive', 'stream from the remote')):
        for length in STREAMS:
            stream = f'{key}.{length}'
            whole = not ours.values[f'{stream}.lost']
            both(lambda r: r.per_second(stream), f'{name}, {length} B', 'messages/s',
                 '>= 3 x, none lost', lambda o, m: whole and o >= 3 * m, digits=0)
            both(lambda r: r.values[f'{stream}.lost'], f'lost of 2000, {name}, {length} B', '')
            both(lambda r: r.per_message(stream, 'interrupts'),
                 f'MU interrupts per message, {name}, {length} B', '')
        for length in STREAMS:
            batched = f'{key}-batched.{length}'
            whole = not ours.values[f'{batched}.lost']
            table.add(f'{name}, {length} B, ours batched', 'messages/s',
                      mainline.per_second(f'{key}.{length}'), ours.per_second(batched),
                      '>= 3 x, none lost', lambda o, m: whole and o >= 3 * m, digits=0)

    for number in ENDPOINTS:
        both(lambda r: micro(r.per_message(f'endpoints.{number}', 'total')),
             f'64 B echo, {number} endpoints, per message', 'us')
    both(lambda r: r.values['endpoints.64.total'] / r.values['endpoints.1.total'],
         'cost per message, 64 endpoints against 1', 'x', '<= 1.1', lambda o, m: o <= 1.1)

    unloaded = round(micro(ours.values['unloaded.p99']), 2)
    both(lambda r: micro(r.values['unloaded.p99']), 'round trip 64 B, bench.elf, p99', 'us')
    for policy, label in (('', ''), ('-fifo', ', SCHED_FIFO')):
        for key, name in (('receive', 'from'), ('send', 'to')):
            for what in ('median', 'p99', 'max'):
                both(lambda r: micro(r.values[f'loaded-{key}{policy}.{what}']),
                     f'round trip {what} while another endpoint streams {name} the remote{label}', 'us',
                     *((f'<= {3 * unloaded:.2f} (3 x unloaded)', lambda o, m: o <= 3 * unloaded)
                       if what == 'p99' else ()))

    for count, unit, size in BULK:
        for key, name in (('bulk', 'passed on'), ('bulk-touched', 'read and written by both sides')):
            table.add(f'{count} {unit} to the remote and back, {name}, ours through a shared buffer', 'MB/s',
                      *(1e3 * size / r.per_message(f'{key}.{size}', 'total') for r in (mainline, bulk)),
                      *(('>= 20 x', lambda o, m: o >= 20 * m) if size == 1 << 20 and key == 'bulk' else ()))
    both(lambda r: micro(r.values['pipe.median']), 'for scale: pipe round trip 496 B, median', 'us')
    both(lambda r: r.values['memcpy.bytes'] / r.values['memcpy.total'], 'for scale: memcpy', 'GB/s')
    return table.rows


def cells(row):
    def figure(x):
        return '-' if x is None else f'{x:g}' if abs(x) < 1e5 else f'{x:.0f}'
    met = {True: 'yes', False: 'no', None: '-'}[row['met']]
    return [row['name'], row['unit'], figure(row['mainline']), figure(row['ours']),
            figure(row['ratio']), row['target'] or '', met]


HEAD = ['name', 'unit', 'mainline', 'ours', 'ratio', 'target', 'met']


def text_table(rows):
    lines = [HEAD] + [cells(row) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    return ''.join('  '.join(
        cell.rjust(width) if 2 <= i <= 4 else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(line, widths))).rstrip() + '\n' for line in lines)


def markdown_table(rows):
    lines = [HEAD, ['---', '---', '---:', '---:', '---:', '---', '---']] + [cells(row) for row in rows]
    return ''.join('| ' + ' | '.join(line) + ' |\n' for line in lines)


def write(folder, name, text):
    with open(os.path.join(folder, name), 'w') as file:
        file.write(text)


def profile_tables(rows, mainline, ours):
    """Where the instructions go of each kind of messages that a missed target is about"""
    missed = [row['name'] for row in rows if row['met'] is False]
    text = ''
    for pattern, mainlines, kind in PROFILED:
        names = [name for name in missed if re.search(pattern, name)]
        if not names:
            continue
        theirs, own = mainline.profile[mainlines], ours.profile[kind]
        text += f'\n## {kind}\n\nMissed: {"; ".join(names)}.\n'
        counts = collections.defaultdict(lambda: [0, 0])
        functions = collections.defaultdict(lambda: [0, 0])
        for i, profile in enumerate((theirs, own)):
            for function in profile['functions']:
                counts[function['where']][i] += function['instructions']
                functions[function['where'], function['name']][i] += function['instructions']
        text += '\n| instructions per message | mainline | ours |\n| --- | ---: | ---: |\n'
        text += f'| all | {theirs["a53"] + theirs["m7"]:.0f} | {own["a53"] + own["m7"]:.0f} |\n'
        for where, (a, b) in sorted(counts.items(), key=lambda item: (-item[1][1], item[0])):
            text += f'| {where} | {a:.0f} | {b:.0f} |\n'
        text += '\n| function | where | mainline | ours |\n| --- | --- | ---: | ---: |\n'
        top = sorted(functions.items(), key=lambda item: (-item[1][1], item[0]))[:TOP]
        for (where, name), (a, b) in top:
            text += f'| {name} | {where} | {a:.0f} | {b:.0f} |\n'
    return text


STYLE = '''set terminal svg size 800,480 background rgb "white" font "sans,12"
set grid
set key top left
'''


def plots(folder, mainline, ours):
    """Data and a gnuplot script for each drawing"""
    for name, run in (('mainline', mainline), ('amp', ours)):
        total = sum(n for _, n in run.histograms['rtt.64'])
        seen = 0
        lines = []
        for value, n in run.histograms['rtt.64']:
            seen += n
            lines.append(f'{micro(value):.3f} {100 * seen / total:.2f}\n')
        write(folder, f'latency-{name}.dat', ''.join(lines))
        write(folder, f'payload-{name}.dat', ''.join(
            f'{length} {micro(run.values[f"rtt.{length}.median"]):.3f} '
            f'{micro(run.values[f"rtt.{length}.p99"]):.3f}\n' for length in LENGTHS))
        write(folder, f'interrupts-{name}.dat', f'1 {run.per_message("rtt.496", "interrupts"):.3f}\n' + ''.join(
            f'{depth} {run.per_message(f"burst.{depth}", "interrupts"):.3f}\n' for depth in DEPTHS))
    pipe = micro(ours.values['pipe.median'])
    write(folder, 'latency.gp', STYLE + '''set output "latency.svg"
set title "Round trip of 64 bytes: how many take no longer"
set xlabel "virtual time, us"
set ylabel "% of round trips"
set xrange [0:*]
set key center left
plot "latency-mainline.dat" with steps lw 2 title "mainline", "latency-amp.dat" with steps lw 2 title "ours"
''')
    write(folder, 'payload.gp', STYLE + f'''set output "payload.svg"
set title "Round trip against payload"
set xlabel "payload, bytes"
set ylabel "virtual time, us"
set yrange [0:*]
set key bottom right
plot "payload-mainline.dat" using 1:2 with linespoints lw 2 title "mainline, median", \\
     "payload-mainline.dat" using 1:3 with linespoints dt 2 title "mainline, p99", \\
     "payload-amp.dat" using 1:2 with linespoints lw 2 title "ours, median", \\
     "payload-amp.dat" using 1:3 with linespoints dt 2 title "ours, p99", \\
     {pipe} with lines dt 3 title "a pipe's round trip (496 bytes)"
''')
    write(folder, 'interrupts.gp', STYLE + '''set output "interrupts.svg"
set title "Interrupts of the messaging unit per message of 496 bytes, echoed"
set xlabel "messages written before the first is read (logarithmic)"
set ylabel "interrupts per message"
set logscale x 2
set yrange [0:*]
set offsets 0, 0, 0.3, 0
set key top right
plot "interrupts-mainline.dat" with linespoints lw 2 title "mainline", \\
     "interrupts-amp.dat" with linespoints lw 2 title "ours"
''')
    for name in ('latency', 'payload', 'interrupts'):
        try:
            subprocess.run(['gnuplot', name + '.gp'], cwd=folder, check=True)
        except FileNotFoundError:
            sys.exit('error: gnuplot is not installed; scripts/deps.sh bench installs it')
        except subprocess.CalledProcessError:
            sys.exit(f'error: gnuplot could not draw {folder}/{name}.gp; its messages are above')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', help='where the boots left their output, and where results go')
    args = parser.parse_args()

    mainline, ours = Run(args.folder, 'mainline'), Run(args.folder, 'amp')
    bulk = Run(args.folder, 'bulk', f'bulk-touched.{BULK[-1][2]}.total')
    rows = build(mainline, ours, bulk)
    write(args.folder, 'results.json', json.dumps(rows, indent=1) + '\n')
    write(args.folder, 'table.md', '<!-- SPDX-License-Identifier: GPL-2.0 -->\n'
          '<!-- Written by `make bench`; performance.rst says what the rows are. -->\n\n' + markdown_table(rows))
    profile = profile_tables(rows, mainline, ours)
    write(args.folder, 'profile.md', '<!-- SPDX-License-Identifier: GPL-2.0 -->\n'
          '<!-- Written by `make bench`; performance.rst says what it means. -->\n\n'
          '# Where the rest goes\n' + profile)
    plots(args.folder, mainline, ours)
    print(text_table(rows))
    if profile:
        print(f'Where the rest goes:\n{profile}')
    met = sum(row['met'] is True for row in rows)
    missed = sum(row['met'] is False for row in rows)
    print(f'Plots, results.json, table.md and profile.md: {args.folder}')
    print(f'{met} targets met, {missed} missed')


if __name__ == '__main__':
    main()
