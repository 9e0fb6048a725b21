#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sends a request to the firmware and prints its response.

request_response.py [CHANNEL [REQUEST]]

CHANNEL is a name, my_service if not given, or a node such as /dev/rpmsg0. Ends
with 1 if there is no response within five seconds.
"""
import os
import select
import sys

CLASS = '/sys/class/rpmsg'


def find_node(channel):
    """The node of the first channel of that name"""
    if channel.startswith('/dev/'):
        return channel
    nodes = os.listdir(CLASS) if os.path.isdir(CLASS) else []
    for node in sorted(nodes, key=lambda node: (len(node), node)):
        try:
            with open(f'{CLASS}/{node}/name') as name:
                if name.read().strip() == channel:
                    return f'/dev/{node}'
        except FileNotFoundError:
            pass  # a control device, or it has just gone
    sys.exit(f'no channel {channel}: does the firmware run that announces it?')


def main():
    channel = sys.argv[1] if len(sys.argv) > 1 else 'my_service'
    request = sys.argv[2] if len(sys.argv) > 2 else 'STATUS_REQUEST'

    # Without buffering each write() and read() is one message; a buffered file
    # would also want to seek, which a channel cannot.
    with open(find_node(channel), 'r+b', buffering=0) as rpmsg:
        rpmsg.write(request.encode())
        ready, _, _ = select.select([rpmsg], [], [], 5)
        if not ready:
            sys.exit(f'no response from {channel} in 5 s')
        response = rpmsg.read(65536)
    print(f'Remote replied: {response.decode(errors="replace")}')


if __name__ == '__main__':
    main()
