#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stock virsh over the UNIX socket: more than sixty different commands with a real guest."""
import sys

from reeve_test import daemon
from virsh_script import SCRIPT, run_script

if __name__ == '__main__':
    assert len({line.lstrip('!?').split()[0] for line, _ in SCRIPT}) >= 60, 'sixty different commands'
    with daemon() as server:
        sys.exit(1 if run_script(['virsh', '-c', server.uri()]) else 0)
