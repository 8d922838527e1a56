#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Modes and owners of all that the daemon makes, under a umask of 000 and of 077."""
import os
import stat
import sys
import uuid

from reeve_test import STOCK, Reeved, check, equal, skip

SOCKETS = {'sock': 0o660, 'sock-ro': 0o666}


def look(umask):
    before = os.umask(umask)
    top = f'm{umask:03o}'
    with Reeved(top) as server:
        with server.connect('qemu') as connection:
            connection.defineXML(f'<domain type="qemu"><name>m</name><uuid>{uuid.uuid4()}</uuid><memory>65536</memory>'
                                 '<os><type arch="x86_64">hvm</type></os></domain>')
        os.umask(before)
        seen = 0
        for where, folders, files in os.walk(top):
            for name in folders + files:
                path = os.path.join(where, name)
                below = os.path.relpath(path, top)
                mode = stat.S_IMODE(os.lstat(path).st_mode)
                seen += 1
                if below in SOCKETS:
                    equal(oct(mode), oct(SOCKETS[below]), f'{below} under umask {umask:03o}')
                elif mode & 0o022 and not stat.S_ISSOCK(os.lstat(path).st_mode):
                    raise AssertionError(f'{below} can be written by others: {mode:o} under umask {umask:03o}')
                if below.startswith('state/'):
                    check(not mode & 0o007, f'{below} is open to everybody: {mode:o} under umask {umask:03o}')
        check(seen >= 4, 'the daemon keeps something')
        check(os.path.exists(f'{top}/state/reeve.db'), 'the database')


if __name__ == '__main__':
    if STOCK:
        skip('about our files')
    look(0o000)
    look(0o077)
    sys.exit(0)
