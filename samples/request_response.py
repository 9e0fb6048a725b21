#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sends a request to the firmware and prints its response: request_response.py [/dev/rpmsgN]"""
import sys

node = sys.argv[1] if len(sys.argv) > 1 else '/dev/rpmsg0'

# Without buffering each write() and read() is one message; a buffered file
# would also want to seek, which a channel cannot.
with open(node, 'r+b', buffering=0) as rpmsg:
    rpmsg.write(b'STATUS_REQUEST')
    response = rpmsg.read(512)
    print(f'Remote replied: {response.decode()}')
