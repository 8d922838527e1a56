#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The disk is full: definitions are refused in words, what was acknowledged stays, reading goes on, and
when there is room again everything works."""
import os
import sys
import uuid

import libvirt

from reeve_test import STOCK, Reeved, check, command, contains, equal, skip


def document(name, size=3000):
    return (f'<domain type="test"><name>{name}</name><uuid>{uuid.uuid4()}</uuid>'
            f'<description>{os.urandom(size // 2).hex()}</description>'
            '<memory>65536</memory><os><type>hvm</type></os></domain>')


def fill(connection, prefix, most):
    """Defines until it is refused; returns the names that were acknowledged and the error."""
    names = []
    for number in range(most):
        try:
            names.append(connection.defineXML(document(f'{prefix}{number}')).name())
        except libvirt.libvirtError as error:
            return names, error
    raise AssertionError('the disk never became full')


def main():
    libvirt.registerErrorHandler(lambda *_: None, None)
    os.makedirs('d')
    command('mount', '-t', 'tmpfs', '-o', 'size=4m,mode=755', 'tmpfs', 'd')
    try:
        with Reeved('d') as server:
            with server.connect('test') as connection:
                names, error = fill(connection, 'a', 5000)
                print(f'{len(names)} definitions, then: {error}')
                contains(str(error), 'space|full|disk', 'the error')
                check(len(names) > 10, 'some were taken')
                for _ in range(20):
                    try:
                        names.append(connection.defineXML(document(f'again{len(names)}', 200000)).name())
                    except libvirt.libvirtError:
                        pass
                equal({d.name() for d in connection.listAllDomains()} - {'test'}, set(names))
                connection.lookupByName(names[0]).XMLDesc()
            server.kill()
            server.process = None
            command('mount', '-o', 'remount,size=32m', 'd')
            server.start()
            with server.connect('test') as connection:
                equal({d.name() for d in connection.listAllDomains()} - {'test'}, set(names), 'after a restart')
                for name in names:
                    contains(connection.lookupByName(name).XMLDesc(), '<description>[0-9a-f]+</description>')
                connection.defineXML(document('room-again'))
    finally:
        command('umount', '-l', 'd', check_status=False)
    return 0


if __name__ == '__main__':
    if STOCK:
        skip('about our store')
    if os.geteuid() != 0:
        skip('mounting a small file system needs root')
    sys.exit(main())
