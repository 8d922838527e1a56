#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# timeout: 600
"""Random sequences of the calls that change an object of each kind, beside the models of reeve_kinds.py: whether
each call works, which error it gives, what is there afterwards, what listings say, and exactly which events are
sent, on two connections and to nobody of another driver; then the same after a kill -9. A sequence that
fails is made shorter before it is shown. $REEVE_WALKS says how many of each kind, $REEVE_SEED which ones."""
import os
import random
import sys

import libvirt

from reeve_calls import Calls
from reeve_kinds import KINDS, normal, varied
from reeve_test import STOCK, Failed, Reeved, case, check, equal, run_cases, skip
from reeve_wire import ERROR, MESSAGE, REPLY, Wire
from reeve_xdr import types

L = libvirt
WALKS = int(os.environ.get('REEVE_WALKS', '6'))
SEED = int(os.environ.get('REEVE_SEED', random.randrange(1 << 30)))
STEPS = 25
REGISTRATIONS = [('connect_domain_event_callback_register_any', 0), ('connect_network_event_register_any', 0),
                 ('connect_storage_pool_event_register_any', 0), ('connect_storage_pool_event_register_any', 1),
                 ('connect_secret_event_register_any', 0), ('connect_secret_event_register_any', 1)]
# What libvirt's header calls them.
MISSING = {'Networks': L.VIR_ERR_NO_NETWORK, 'Filters': L.VIR_ERR_NO_NWFILTER, 'Secrets': L.VIR_ERR_NO_SECRET,
           'Pools': L.VIR_ERR_NO_STORAGE_POOL, 'Moments': L.VIR_ERR_NO_DOMAIN}
POOL_EVENTS = {'storage_pool_define_xml': L.VIR_STORAGE_POOL_EVENT_DEFINED,
               'storage_pool_undefine': L.VIR_STORAGE_POOL_EVENT_UNDEFINED,
               'storage_pool_create': L.VIR_STORAGE_POOL_EVENT_STARTED,
               'storage_pool_create_xml': L.VIR_STORAGE_POOL_EVENT_STARTED,
               'storage_pool_destroy': L.VIR_STORAGE_POOL_EVENT_STOPPED,
               'storage_pool_build': L.VIR_STORAGE_POOL_EVENT_CREATED,
               'storage_pool_delete': L.VIR_STORAGE_POOL_EVENT_DELETED}


def expected_events(name, there):
    """(message, event, detail) of all that a call tells that worked; @there: the object was there before."""
    if name.startswith('network_define'):
        return [('network_event_lifecycle', L.VIR_NETWORK_EVENT_DEFINED, 0)]
    if name == 'network_undefine':
        return [('network_event_lifecycle', L.VIR_NETWORK_EVENT_UNDEFINED, 0)]
    if name == 'secret_define_xml':
        return [('secret_event_lifecycle', L.VIR_SECRET_EVENT_DEFINED, 0)]
    if name == 'secret_undefine':
        return [('secret_event_lifecycle', L.VIR_SECRET_EVENT_UNDEFINED, 0)]
    if name == 'secret_set_value':
        return [('secret_event_value_changed', None, None)]
    if name in POOL_EVENTS:
        return [('storage_pool_event_lifecycle', POOL_EVENTS[name], 0)]
    if name == 'storage_pool_refresh':
        return [('storage_pool_event_refresh', None, None)]
    if name.startswith('domain_define'):
        detail = L.VIR_DOMAIN_EVENT_DEFINED_UPDATED if there else L.VIR_DOMAIN_EVENT_DEFINED_ADDED
        return [('domain_event_callback_lifecycle', L.VIR_DOMAIN_EVENT_DEFINED, detail)]
    if name.startswith('domain_undefine'):
        return [('domain_event_callback_lifecycle', L.VIR_DOMAIN_EVENT_UNDEFINED, L.VIR_DOMAIN_EVENT_UNDEFINED_REMOVED)]
    return []


class Listener:
    """A connection that is told everything."""

    def __init__(self, server, calls, uri='test:///default'):
        self.calls, self.wire = calls, Wire(server.socket).open(uri)
        self.names = {int(row['number']): row for row in events()}
        for name, event in REGISTRATIONS:
            self.calls.expect(self.wire, name, {'eventID': event})

    def heard(self):
        """What has been sent until now: whatever was told before the answer to a call comes before it."""
        found = []
        self.wire.serial += 1
        self.wire.send(self.calls.frame('connect_get_lib_version', {}, self.wire.serial))
        while True:
            frame = self.wire.read(60)
            check(frame is not None, 'the connection ended')
            if frame.type == REPLY:
                return found
            equal(frame.type, MESSAGE, 'frame')
            row = self.names[frame.procedure]
            message = types().unpack(row['args'], frame.payload)
            message = message.get('msg', message)
            found.append((row['name'], message.get('event'), message.get('detail')))


def events():
    from reeve_wire import calls_table
    return [row for row in calls_table() if row['kind'] == 'EVENT']


def listed(connection, kind):
    """Names that the listings of a kind have, by the oldest and the newest call."""
    asked = {'Networks': (connection.listDefinedNetworks, connection.listAllNetworks),
             'Filters': (connection.listNWFilters, connection.listAllNWFilters),
             'Pools': (lambda: connection.listStoragePools() + connection.listDefinedStoragePools(), connection.listAllStoragePools),
             'Moments': (connection.listDefinedDomains,
                         lambda: connection.listAllDomains(L.VIR_CONNECT_LIST_DOMAINS_INACTIVE))}.get(kind)
    if not asked:
        uuids = connection.listSecrets()
        equal(sorted(uuids), sorted(one.UUIDString() for one in connection.listAllSecrets()), 'listings of secrets')
        return uuids
    old, new = asked[0](), [one.name() for one in asked[1]()]
    equal(sorted(old), sorted(new), f'two listings of {kind}')
    return old


class Walker:
    def __init__(self, server, kind, calls):
        self.server, self.kind, self.calls = server, kind, calls
        self.title = type(kind).__name__.replace('Running', '')
        self.wire = Wire(server.socket).open()
        self.listeners = [Listener(server, calls), Listener(server, calls)]
        self.others = Listener(server, calls, 'qemu:///system')
        self.connection = server.connect('test')

    def close(self):
        self.connection.close()
        for wire in (self.wire, self.others.wire, *(one.wire for one in self.listeners)):
            wire.close()

    def hear(self, wanted, what):
        for listener in self.listeners:
            equal(listener.heard(), wanted, f'events of {what}')
        about_hosts = [event for event in self.others.heard() if event[0].startswith('domain')]
        equal(about_hosts, [], f'events of {what} to connections of another driver')

    def same(self, state, what):
        found = self.kind.look(self.connection, self.lane)
        for key, value in found.items():
            equal(normal(value), normal(state.get(key)), f'{key} after {what}')

    def begin(self, lane):
        self.lane, self.count = lane, None
        for name, values in self.kind.ready(lane):
            self.calls.ask(self.wire, name, values)
        for listener in (*self.listeners, self.others):
            listener.heard()
        self.count = len(listed(self.connection, self.title))
        state = self.kind.start(lane)
        self.same(state, 'the beginning')
        return state

    def step(self, state, name, values):
        before = dict(state)
        good = bool(self.kind.model[name](state, values))
        reply = self.calls.ask(self.wire, name, values)
        code = reply.error()[0] if reply.status == ERROR else None
        what = f'{name} of {before}'
        equal(code is None, good, f'success ({reply.error() if code else "none failed"}) of {what}')
        if code is not None:
            check(code not in (L.VIR_ERR_INTERNAL_ERROR, L.VIR_ERR_NO_SUPPORT), f'error {code} of {what}')
            if not before['there'] and not before.get('active'):
                equal(code, MISSING[self.title], f'error of {what}')
        self.hear(expected_events(name, before['there']) if good else [], what)
        self.same(state, what)
        change = int(state['there'] or state.get('active', False)) - 1
        equal(len(listed(self.connection, self.title)), self.count + change, f'how many are listed after {what}')

    def walk(self, lane, steps):
        """None, or what went wrong."""
        try:
            state = self.begin(lane)
            for name, number in steps:
                self.step(state, name, varied(self.kind.known(lane)[name], number))
        except Failed as failure:
            return str(failure)
        return None


def shorter(walk, steps, lanes):
    """Leaves out what does not matter for the failure."""
    at = 0
    while at < len(steps):
        fewer = steps[:at] + steps[at + 1:]
        if walk(next(lanes), fewer):
            steps = fewer
        else:
            at += 1
    return steps


def walks_of(make):
    calls, draw = Calls(), random.Random(SEED)
    kind = make(calls)
    names = sorted(set(kind.model) & set(kind.known(4000)))
    lanes = iter(range(4000, 100000, 2))
    with Reeved(make.__name__.lower()) as server:
        walker = Walker(server, kind, calls)
        for _ in range(WALKS):
            steps = [(draw.choice(names), draw.randint(10, 17)) for _ in range(STEPS)]
            wrong = walker.walk(next(lanes), steps)
            if wrong:
                least = shorter(walker.walk, steps, lanes)
                raise Failed(f'seed {SEED}: {least}\n{walker.walk(next(lanes), least) or wrong}')
        used = range(4000, next(lanes), 2)
        before = {lane: kind.look(walker.connection, lane) for lane in used}
        walker.close()
        server.kill()
        server.start()
        connection = server.connect('test')
        for lane in used:
            after = kind.look(connection, lane)
            if before[lane]['there'] or after['there']:
                lasting = set(after) - {'active', 'dir', 'file'}
                equal({key: after[key] for key in lasting}, {key: before[lane][key] for key in lasting}, f'after a restart, lane {lane}')
        connection.close()


def case_of(make):
    def walks():
        walks_of(make)
    walks.__name__ = make.__name__.lower()
    return case(walks)


if STOCK:
    skip('models of our own calls')
if os.geteuid() != 0:
    skip('storage pools need root')
for one in KINDS:
    if one.model:
        case_of(one)
sys.exit(run_cases())
