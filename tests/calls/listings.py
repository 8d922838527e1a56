#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Listings of domains, new and old, against what must be in them; empty listings of all else."""
import sys
import uuid

import libvirt

from reeve_test import STOCK, case, check, daemon, equal, raises, run_cases

L = libvirt
FLAGS = {  # what each flag of virConnectListAllDomains selects; (active, persistent, autostart, state)
    L.VIR_CONNECT_LIST_DOMAINS_ACTIVE: lambda d: d['active'],
    L.VIR_CONNECT_LIST_DOMAINS_INACTIVE: lambda d: not d['active'],
    L.VIR_CONNECT_LIST_DOMAINS_PERSISTENT: lambda d: d['persistent'],
    L.VIR_CONNECT_LIST_DOMAINS_TRANSIENT: lambda d: not d['persistent'],
    L.VIR_CONNECT_LIST_DOMAINS_RUNNING: lambda d: d['state'] == 'running',
    L.VIR_CONNECT_LIST_DOMAINS_PAUSED: lambda d: d['state'] == 'paused',
    L.VIR_CONNECT_LIST_DOMAINS_SHUTOFF: lambda d: d['state'] == 'off',
    L.VIR_CONNECT_LIST_DOMAINS_OTHER: lambda d: False,
    L.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE: lambda d: False,
    L.VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE: lambda d: True,
    L.VIR_CONNECT_LIST_DOMAINS_AUTOSTART: lambda d: d['autostart'],
    L.VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART: lambda d: not d['autostart'],
    L.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT: lambda d: False,
    L.VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT: lambda d: True,
    L.VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT: lambda d: False,
    L.VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT: lambda d: True,
}
GROUPS = [0x3, 0xc, 0xf0, 0x300, 0xc00, 0x3000, 0xc000]

domains = {'test': {'active': True, 'persistent': True, 'state': 'running', 'autostart': False}}


def document(name):
    return (f'<domain type="test"><name>{name}</name><uuid>{uuid.uuid4()}</uuid><memory>65536</memory>'
            '<os><type>hvm</type></os></domain>')


def expected(flags):
    """Flags of one group add up, groups narrow each other."""
    chosen = set(domains)
    for group in GROUPS:
        tests = [FLAGS[bit] for bit in FLAGS if flags & group & bit]
        if tests:
            chosen &= {name for name, facts in domains.items() if any(test(facts) for test in tests)}
    return chosen


def populate(connection):
    for number in range(12):
        name = f'd{number}'
        active, paused, autostart = number % 2 == 0, number % 4 == 0, number % 3 == 0
        persistent = number != 6
        domain = connection.defineXML(document(name)) if persistent else connection.createXML(document(name))
        if persistent and active:
            domain.create()
        if active and paused:
            domain.suspend()
        if persistent and autostart:
            domain.setAutostart(1)
        domains[name] = {'active': active, 'persistent': persistent, 'autostart': persistent and autostart,
                         'state': 'paused' if active and paused else 'running' if active else 'off'}


@case
def every_flag_and_pair(server):
    with server.connect('test') as connection:
        flags = list(FLAGS)
        for one in [0] + flags:
            for other in flags:
                if STOCK and (one | other) & 0x200:
                    continue
                got = sorted(d.name() for d in connection.listAllDomains(one | other))
                equal(got, sorted(expected(one | other)), f'flags {one | other:#x}')


@case
def unknown_flags_are_refused(server):
    with server.connect('test') as connection, raises(L.VIR_ERR_INVALID_ARG):
        connection.listAllDomains(1 << 20)


@case
def old_listings(server):
    with server.connect('test') as connection:
        active = {name for name in domains if domains[name]['active']}
        equal(connection.numOfDomains(), len(active))
        equal(connection.numOfDefinedDomains(), len(domains) - len(active))
        equal({connection.lookupByID(i).name() for i in connection.listDomainsID()}, active)
        equal(set(connection.listDefinedDomains()), set(domains) - active)


@case
def ids_are_unique(server):
    with server.connect('test') as connection:
        ids = connection.listDomainsID()
        equal(len(ids), len(set(ids)))
        check(all(i > 0 for i in ids), 'ids count from 1')
        with raises(L.VIR_ERR_NO_DOMAIN):
            connection.lookupByID(999999)


@case
def virsh_list(server):
    def rows(*words):
        out = server.virsh('list', *words, driver='test').out
        return sorted(line.split()[1] for line in out.splitlines()[2:] if line.strip())
    equal(rows('--all'), sorted(domains))
    equal(rows(), sorted(expected(L.VIR_CONNECT_LIST_DOMAINS_ACTIVE)))
    equal(rows('--inactive'), sorted(expected(L.VIR_CONNECT_LIST_DOMAINS_INACTIVE)))
    equal(rows('--all', '--transient'), sorted(expected(L.VIR_CONNECT_LIST_DOMAINS_TRANSIENT)))
    equal(rows('--all', '--autostart'), sorted(expected(L.VIR_CONNECT_LIST_DOMAINS_AUTOSTART)))
    equal(rows('--state-paused'), sorted(expected(L.VIR_CONNECT_LIST_DOMAINS_PAUSED)))
    names = server.virsh('list', '--all', '--name', driver='test').out.split()
    equal(sorted(names), sorted(domains))
    uuids = server.virsh('list', '--all', '--uuid', driver='test').out.split()
    equal(len(set(uuids)), len(domains))


@case
def statistics_select_the_same(server):
    with server.connect('test') as connection:
        if STOCK:
            return
        for flag in (L.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE, L.VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE,
                     L.VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED, 0):
            got = {d.name() for d, _ in connection.getAllDomainStats(0, flag)}
            equal(got, expected(flag), f'statistics with flags {flag:#x}')
        states = {d.name(): v['state.state'] for d, v in connection.getAllDomainStats(L.VIR_DOMAIN_STATS_STATE)}
        equal(states['d1'], L.VIR_DOMAIN_SHUTOFF)
        equal(states['d0'], L.VIR_DOMAIN_PAUSED)


@case
def qemu_has_none(server):
    with server.connect('qemu') as connection:
        equal(connection.listAllDomains(), [])
        equal(connection.listDomainsID(), [])
        equal(connection.listAllSecrets(), [])
        equal(connection.listAllStoragePools(), [])
        if not STOCK:
            equal(connection.listAllNetworks(), [])
            equal(connection.listAllInterfaces(), [])
            equal(connection.listAllNWFilters(), [])
            equal(connection.listAllDevices(), [])
        equal(connection.listStoragePools(), [])
        equal(connection.listSecrets(), [])


if __name__ == '__main__':
    with daemon() as running:
        with running.connect('test') as opened:
            populate(opened)
            sys.exit(run_cases(running))
