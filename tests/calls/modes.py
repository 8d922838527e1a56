#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Modes and owners of all that the daemon makes, after each operation, under a umask of 000 and of 077: each
path is in the list, and as it is there."""
import os
import re
import stat
import sys

from reeve_calls import Calls, named, pool_xml, secret, secret_xml, volume, volume_xml
from reeve_test import STOCK, Reeved, check, equal, guest_xml, skip
from reeve_wire import Wire

ROOT = os.geteuid() == 0
VARS = '/usr/share/OVMF/OVMF_VARS_4M.fd'
UUID = r'[0-9a-f-]{36}'
# Path -> mode, owner, group. The state of a guest is the guest's, in the engine's group; where a name may be
# passed through but not be looked for, the mode ends in 1.
GOLDEN = {
    r'sock': ('srw-rw----', 'root', 'root'),
    r'sock-ro': ('srw-rw-rw-', 'root', 'root'),
    r'priv\.conf': ('-rw-------', 'root', 'root'),
    r'log': ('drwxr-x--x', 'engine', 'engine'),
    r'log/(g|test)\.log': ('-rw-r-----', 'engine', 'engine'),
    r'run': ('drwxr-xr-x', 'engine', 'engine'),
    r'run/vm': ('drwx--x--x', 'engine', 'engine'),
    r'run/net': ('drwxr-x--x', 'root', 'engine'),
    rf'run/vm/{UUID}': ('drwxr-s---', 'guest', 'engine'),
    rf'run/vm/{UUID}/(sock|agent)': ('srw-rw----', 'guest', 'engine'),
    rf'run/vm/{UUID}/qmp': ('srw-------', 'guest', 'engine'),
    rf'run/vm/{UUID}/hypervisor': ('-rw-------', 'guest', 'engine'),
    rf'run/vm/{UUID}/state(\.\w+)?': ('-rw-r-----', 'guest', 'engine'),
    r'state': ('drwx--x--x', 'engine', 'engine'),
    r'state/reeve\.db(-wal|-shm)?': ('-rw-------', 'engine', 'engine'),
    r'state/secret\.key': ('-rw-------', 'engine', 'engine'),
    r'state/cache': ('drwxr-x---', 'engine', 'engine'),
    r'state/cache/qemu-[0-9a-f]+\.json(\.\w+)?': ('-rw-r-----', 'engine', 'engine'),
    r'state/nvram': ('drwx--x--x', 'engine', 'engine'),
    r'state/nvram/g_VARS\.fd': ('-rw-------', 'root', 'root'),
    r'pools/pool0': ('drwx--x--x', 'root', 'root'),
    r'pools/pool0/vol1\.img': ('-rw-------', 'root', 'root'),
}


def owner(number, engine):
    return 'root' if number == 0 else 'engine' if number == engine else 'guest'


def look(top, when, seen):
    engine = os.stat(f'{top}/state').st_uid
    for where, folders, files in [*os.walk(top), *os.walk('pools')]:
        for path in [os.path.join(where, name) for name in folders + files]:
            below = path[len(top) + 1:] if path.startswith(top) else path
            try:
                entry = os.lstat(path)
            except FileNotFoundError:  # a guest's, which is being cleared away
                continue
            rules = [rule for rule in GOLDEN if re.fullmatch(rule, below)]
            equal(len(rules), 1, f'{when}: {below} is not in the list; rules')
            seen.update(rules)
            mode, user, group = GOLDEN[rules[0]]
            equal(stat.filemode(entry.st_mode), mode, f'{when}: mode of {below}')
            if ROOT:
                equal((owner(entry.st_uid, engine), owner(entry.st_gid, engine)), (user, group), f'{when}: {below}')


def operations(server, when):
    """Yields after each."""
    calls = Calls()
    firmware = ("<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>"
                f"<nvram template='{VARS}'/>") if os.path.exists(VARS) else ''
    channel = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
    yield f'{when}, started'
    with server.connect() as connection:
        guest = connection.defineXML(guest_xml('g', boot=False, devices=channel, os_extra=firmware))
        yield f'{when}, a definition'
        guest.create()
        yield f'{when}, a guest that runs'
        guest.suspend()
        guest.setMetadata(1, 'title', None, None, 1)
        yield f'{when}, a change of it'
        guest.destroy()
        yield f'{when}, a guest that was stopped'
    with Wire(server.socket).open() as wire:
        for name, values in (('secret_define_xml', {'xml': secret_xml(1)}),
                             ('secret_set_value', {'secret': secret(1), 'value': b'x'}),
                             ('storage_pool_create_xml', {'xml': pool_xml(0), 'flags': 1}),
                             ('storage_vol_create_xml', {'pool': named('pool', 0), 'xml': volume_xml(1)})):
            if ROOT or not name.startswith('storage'):
                calls.expect(wire, name, values)
                yield f'{when}, {name}'
        if ROOT:
            calls.expect(wire, 'storage_vol_delete', {'vol': volume(1)})
            calls.expect(wire, 'storage_pool_destroy', {'pool': named('pool', 0)})
            os.rmdir('pools/pool0')
    yield f'{when}, all else'


def under(umask, seen):
    before = os.umask(umask)
    top = f'm{umask:03o}'
    with Reeved(top) as server:
        for when in operations(server, f'umask {umask:03o}'):
            look(top, when, seen)
        server.stop()
        server.start()
        look(top, f'umask {umask:03o}, started again', seen)
    os.umask(before)


if __name__ == '__main__':
    if STOCK:
        skip('about our files')
    os.makedirs('pools', mode=0o755)
    found = set()
    under(0o000, found)
    under(0o077, found)
    missed = set(GOLDEN) - found
    check(not missed or not ROOT or not os.path.exists(VARS), f'nothing was seen of {missed}')
    sys.exit(0)
