#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names that are paths, directories full of symlinks, FIFOs and devices, documents that point to files:
nothing outside is opened, made, changed or removed, and nobody waits for a FIFO."""
import ctypes
import os
import select
import stat
import sys
import time

from reeve_calls import Calls, domain, identity, named, volume_xml
from reeve_test import SLOW, STOCK, case, check, daemon, equal, run_cases, skip
from reeve_wire import ERROR, Wire
from reeve_xdr import types

IN_OPEN, IN_MODIFY, IN_DELETE = 0x20, 0x2, 0x400 | 0x200
BAIT = 'the content of a file of the host'
libc = ctypes.CDLL(None, use_errno=True)


class Bait:
    """A file that nobody is to open, and a FIFO that would hold up whoever does."""

    def __init__(self):
        os.makedirs('bait', exist_ok=True)
        self.file, self.fifo = os.path.realpath('bait/file'), os.path.realpath('bait/fifo')
        with open(self.file, 'w', encoding='ascii') as out:
            out.write(BAIT)
        if not os.path.exists(self.fifo):
            os.mkfifo(self.fifo)
        self.watch = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        check(libc.inotify_add_watch(self.watch, b'bait', IN_OPEN | IN_MODIFY | IN_DELETE) >= 0, 'inotify')

    def springs(self):
        """That it would be noticed."""
        with open(self.file, encoding='ascii') as text:
            text.read()
        check(select.select([self.watch], [], [], 0)[0], 'the trap does not work')
        os.read(self.watch, 4096)

    def untouched(self, what):
        check(not select.select([self.watch], [], [], 0)[0], f'{what}: a file outside was opened')


def texts(kind):
    """Members of that type that hold a document."""
    return [member.name for member in types().structs.get(kind, ())
            if 'xml' in member.name.lower() or member.name in ('metadata', 'nativeConfig')]


def documents(bait):
    for path in (bait.file, bait.fifo):
        uri = f'file://{path}'
        for root in ('domain', 'network', 'pool', 'volume', 'secret', 'filter', 'domainsnapshot', 'domaincheckpoint', 'disk', 'x'):
            yield f'<!DOCTYPE {root} [<!ENTITY f SYSTEM "{uri}">]><{root}><name>&f;</name></{root}>'
            yield f'<!DOCTYPE {root} SYSTEM "{uri}"><{root}><name>a</name></{root}>'
        yield f'<!DOCTYPE x [<!ENTITY % f SYSTEM "{uri}"> %f;]><x/>'
        yield f'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{uri}" parse="text"/></x>'
        yield f'<?xml-stylesheet href="{uri}"?><x xsi:schemaLocation="x {uri}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>'


@case
def documents_load_nothing(server, calls, bait):
    """Each call of the tables that takes a document."""
    asked = 0
    with Wire(server.socket).open() as wire:
        for name, row in calls.rows.items():
            for member in texts(row['args']):
                asked += 1
                for text in documents(bait):
                    began = time.monotonic()
                    reply = calls.ask(wire, name, {**calls.values(name), member: text})
                    check(BAIT.encode() not in reply.payload, f'{name} shows a file of the host')
                    check(time.monotonic() - began < 5 * SLOW, f'{name} waited for a FIFO')
                bait.untouched(name)
    check(asked >= 20, f'only {asked} calls with documents')


NAMES = ('..', '.', '/', '../x', 'a/b', '/etc/passwd', 'x/../../y', '')


def refused(calls, wire, name, values):
    reply = calls.ask(wire, name, values)
    equal(reply.status, ERROR, f'{name} with {values}')


@case
def names_are_no_paths(server, calls, bait):
    before = sorted(os.path.join(where, entry) for where, folders, files in os.walk('.') for entry in folders + files
                    if not where.startswith('./d'))
    with Wire(server.socket).open() as wire:
        for name in NAMES:
            refused(calls, wire, 'storage_vol_create_xml', {
                'pool': named('pool', 0), 'xml': f'<volume><name>{name}</name><capacity>1</capacity></volume>'})
            refused(calls, wire, 'storage_vol_lookup_by_name', {'pool': named('pool', 0), 'name': name})
            refused(calls, wire, 'storage_vol_delete', {'vol': {'pool': 'pool0', 'name': name, 'key': '/etc/passwd'}})
            refused(calls, wire, 'domain_define_xml', {
                'xml': f'<domain type="test"><name>{name}</name><memory>1</memory><os><type>hvm</type></os></domain>'})
            refused(calls, wire, 'domain_rename', {'dom': domain(1000), 'new_name': name})
            if name.strip('.'):  # names of pools and networks are those of no files
                refused(calls, wire, 'storage_pool_define_xml', {
                    'xml': f'<pool type="dir"><name>{name}</name><target><path>/x</path></target></pool>'})
                refused(calls, wire, 'network_define_xml', {'xml': f'<network><name>{name}</name></network>'})
    equal(sorted(os.path.join(where, entry) for where, folders, files in os.walk('.') for entry in folders + files
                 if not where.startswith('./d')), before, 'files')


def traps(bait):
    """A pool's directory with all that is no volume."""
    top = 'pools/pool0'
    os.symlink(bait.file, f'{top}/link')
    os.symlink('/etc', f'{top}/folder-link')
    os.symlink('loop', f'{top}/loop')
    os.symlink(os.path.realpath('outside'), f'{top}/dangling')
    os.mkfifo(f'{top}/fifo')
    os.mknod(f'{top}/device', stat.S_IFCHR | 0o600, os.makedev(1, 5))
    os.mkdir(f'{top}/folder')
    return ('link', 'folder-link', 'loop', 'dangling', 'fifo', 'device', 'folder')


@case
def pools_of_traps(server, calls, bait):
    names = traps(bait)
    with Wire(server.socket).open() as wire:
        began = time.monotonic()
        calls.expect(wire, 'storage_pool_refresh', {'pool': named('pool', 0)})
        check(time.monotonic() - began < 5 * SLOW, 'the pool waited for something')
        listed = calls.expect(wire, 'storage_pool_list_volumes', {'pool': named('pool', 0), 'maxnames': 100})['names']
        check(not {'fifo', 'device', 'loop', 'dangling'} & set(listed), f'listed as volumes: {listed}')
        for name in names:
            handle = {'pool': 'pool0', 'name': name, 'key': os.path.realpath('pools/pool0') + f'/{name}'}
            calls.ask(wire, 'storage_vol_get_info', {'vol': handle})
            calls.ask(wire, 'storage_vol_resize', {'vol': handle, 'capacity': 1 << 20})
            refused(calls, wire, 'storage_vol_create_xml', {
                'pool': named('pool', 0), 'xml': volume_xml(5).replace('vol5.img', name)})
            check(not os.path.exists('outside'), f'{name}: a file was made outside of the pool')
            calls.ask(wire, 'storage_vol_delete', {'vol': handle})
    with open(bait.file, encoding='ascii') as text:
        equal(text.read(), BAIT, 'the file that a volume links to')
    check(os.path.exists('/etc/passwd') and os.path.exists(bait.fifo), 'what lies behind links')


@case
def paths_of_pools(server, calls, bait):
    """Nothing is made or looked at where a path is not absolute, climbs, or is of the kernel's own."""
    handle = {'pool': {'name': 'p', 'uuid': identity('p', 9).bytes}}
    with Wire(server.socket).open() as wire:
        for path in ('relative', '../up', '/a/../../b', f'{os.getcwd()}/pools/../up', '/proc/self', '/sys'):
            text = f'<pool type="dir"><name>p</name><uuid>{identity("p", 9)}</uuid><target><path>{path}</path></target></pool>'
            calls.expect(wire, 'storage_pool_define_xml', {'xml': text})
            if not path.startswith(('/proc', '/sys')):
                refused(calls, wire, 'storage_pool_build', handle)
                refused(calls, wire, 'storage_pool_create', handle)
            refused(calls, wire, 'storage_pool_delete', handle)
            calls.expect(wire, 'storage_pool_undefine', handle)
    check(not os.path.exists('up') and not os.path.exists('relative'), 'a directory was made')


if __name__ == '__main__':
    if STOCK:
        skip('about our engine')
    if os.geteuid() != 0:
        skip('pools and devices need root')
    os.umask(0o022)
    trap = Bait()
    trap.springs()
    with daemon() as running:
        table = Calls()
        with table.set_stage(running):
            sys.exit(run_cases(running, table, trap))
