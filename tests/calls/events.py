#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Events in both generations: what is sent, to whom, in which order, and when no longer."""
import sys
import threading
import uuid

import libvirt

from reeve_test import case, case_of_ours, check, daemon, equal, raises, run_cases
from reeve_wire import MESSAGE, REMOTE, Reader, Wire, string, word

EVENT_IDS = 27  # of libvirt 9.0: 0 to 26
LIFECYCLE_OLD, LIFECYCLE_ANY, LIFECYCLE_NEW = 107, 107, 318


def document(name, identity=None):
    return (f'<domain type="test"><name>{name}</name><uuid>{identity or uuid.uuid4()}</uuid>'
            '<memory>65536</memory><os><type>hvm</type></os></domain>')


class Loop:
    """libvirt's own event loop in a thread; collects what comes until a condition holds."""

    def __init__(self):
        libvirt.virEventRegisterDefaultImpl()
        self.changed = threading.Condition()
        self.seen = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            libvirt.virEventRunDefaultImpl()

    def add(self, *what):
        with self.changed:
            self.seen.append(what)
            self.changed.notify_all()

    def wait(self, wanted, seconds=15):
        with self.changed:
            done = self.changed.wait_for(lambda: len(self.seen) >= len(wanted), seconds)
            equal(self.seen, wanted, 'events')
            self.seen = []
            check(done, 'events in time')


loop = Loop()


@case
def whole_life(server):
    connection = server.connect('test')
    token = connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                              lambda c, d, event, detail, data: loop.add(d.name(), event, detail), None)
    domain = connection.defineXML(document('e'))
    domain.create()
    domain.suspend()
    domain.resume()
    domain.destroy()
    connection.defineXML(document('e', domain.UUIDString()))
    domain.undefine()
    V = libvirt
    loop.wait([
        ('e', V.VIR_DOMAIN_EVENT_DEFINED, V.VIR_DOMAIN_EVENT_DEFINED_ADDED),
        ('e', V.VIR_DOMAIN_EVENT_STARTED, V.VIR_DOMAIN_EVENT_STARTED_BOOTED),
        ('e', V.VIR_DOMAIN_EVENT_SUSPENDED, V.VIR_DOMAIN_EVENT_SUSPENDED_PAUSED),
        ('e', V.VIR_DOMAIN_EVENT_RESUMED, V.VIR_DOMAIN_EVENT_RESUMED_UNPAUSED),
        ('e', V.VIR_DOMAIN_EVENT_STOPPED, V.VIR_DOMAIN_EVENT_STOPPED_DESTROYED),
        ('e', V.VIR_DOMAIN_EVENT_DEFINED, V.VIR_DOMAIN_EVENT_DEFINED_UPDATED),
        ('e', V.VIR_DOMAIN_EVENT_UNDEFINED, V.VIR_DOMAIN_EVENT_UNDEFINED_REMOVED),
    ])
    connection.domainEventDeregisterAny(token)
    connection.defineXML(document('after')).undefine()
    # What comes is in order: had anything followed, or been sent while nobody listened, it would be the first.
    # The daemon takes one registration of a kind of each client: it must have forgotten ours.
    token = connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                              lambda c, d, event, detail, data: loop.add(d.name(), event, detail), None)
    fence = connection.defineXML(document('fence'))
    loop.wait([('fence', V.VIR_DOMAIN_EVENT_DEFINED, V.VIR_DOMAIN_EVENT_DEFINED_ADDED)])
    connection.domainEventDeregisterAny(token)
    fence.undefine()
    connection.close()


@case
def nothing_after_deregistration(server):
    """On the wire: libvirt's library would hide what is sent to nobody."""
    with Wire(server.socket) as wire, server.connect('test') as connection:
        wire.open()
        callback = wire.expect(316, word(0) + word(0)).word()
        domain = connection.defineXML(document('seen'))
        equal(Reader(wire.event(LIFECYCLE_NEW).payload).word(), callback)
        wire.expect(317, word(callback))
        domain.create()
        domain.destroy()
        domain.undefine()
        second = wire.expect(316, word(0) + word(0)).word()
        connection.defineXML(document('fence')).undefine()
        for _ in range(2):
            reader = Reader(wire.event(LIFECYCLE_NEW).payload)
            equal((reader.word(), reader.domain()[0]), (second, 'fence'))
        equal(wire.events, [])


@case
def one_domain_only(server):
    connection = server.connect('test')
    first, second = connection.defineXML(document('one')), connection.defineXML(document('two'))
    token = connection.domainEventRegisterAny(first, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                              lambda c, d, event, detail, data: loop.add(d.name(), event), None)
    second.create()
    first.create()
    second.destroy()
    first.destroy()
    loop.wait([('one', libvirt.VIR_DOMAIN_EVENT_STARTED), ('one', libvirt.VIR_DOMAIN_EVENT_STOPPED)])
    connection.domainEventDeregisterAny(token)
    first.undefine()
    second.undefine()
    connection.close()


@case_of_ours
def every_id_registers(server):
    connection = server.connect('test')
    tokens = [connection.domainEventRegisterAny(None, number, lambda *_: None, None)
              for number in range(EVENT_IDS)]
    for token in tokens:
        connection.domainEventDeregisterAny(token)
    connection.close()


@case
def metadata_change(server):
    connection = server.connect('test')
    domain = connection.defineXML(document('m'))
    token = connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
                                              lambda c, d, kind, uri, data: loop.add(d.name(), kind, uri), None)
    domain.setMetadata(libvirt.VIR_DOMAIN_METADATA_TITLE, 'a title', None, None, libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    loop.wait([('m', libvirt.VIR_DOMAIN_METADATA_TITLE, None)])
    connection.domainEventDeregisterAny(token)
    domain.undefine()
    connection.close()


@case
def oldest_generation(server):
    with Wire(server.socket) as old, server.connect('test') as connection:
        old.open()
        equal(old.expect(105).word(), 0, 'reply field of the first generation')
        domain = connection.defineXML(document('old'))
        event = Reader(old.event(LIFECYCLE_OLD).payload)
        name, identity, number = event.domain()
        equal((name, identity, number), ('old', domain.UUID(), -1))
        equal((event.word(), event.word()), (libvirt.VIR_DOMAIN_EVENT_DEFINED, 0))
        old.expect(106)
        domain.undefine()
        old.expect(60, word(14))
        equal([e for e in old.events if e.type == MESSAGE], [])


@case
def middle_generation(server):
    with Wire(server.socket) as old, server.connect('test') as connection:
        old.open()
        old.expect(167, word(0))
        reply = old.call(167, word(0))
        equal(reply.status, 1, 'a second registration of the same')
        domain = connection.defineXML(document('mid'))
        domain.create()
        equal(Reader(old.event(LIFECYCLE_ANY).payload).domain()[0], 'mid')
        old.event(LIFECYCLE_ANY)
        old.expect(168, word(0))
        domain.destroy()
        domain.undefine()
        old.expect(60, word(14))
        equal([e for e in old.events if e.type == MESSAGE], [])


@case
def current_generation_on_the_wire(server):
    with Wire(server.socket) as wire:
        wire.open()
        callback = wire.expect(316, word(0) + word(0)).word()
        reply = wire.call(316, word(0) + word(0))
        equal(reply.status, 1, 'the same registration twice')
        equal(reply.error()[0], libvirt.VIR_ERR_INVALID_ARG)
        wire.expect(11, string(document('wire')))
        event = wire.event(LIFECYCLE_NEW)
        equal((event.program, event.serial in (0, 1)), (REMOTE, True))
        reader = Reader(event.payload)
        equal((reader.word(), reader.domain()[0]), (callback, 'wire'))
        equal(wire.call(317, word(callback + 1000)).status, 1)
        wire.expect(317, word(callback))
        equal(wire.call(316, word(9999) + word(0)).status, 1, 'unknown event id')
        with server.connect('test') as connection:
            connection.lookupByName('wire').undefine()
        wire.expect(60, word(14))
        equal(wire.events, [])


@case
def many_listeners(server):
    listeners = [Wire(server.socket).open() for _ in range(20)]
    for wire in listeners:
        wire.expect(316, word(0) + word(0))
    with server.connect('test') as connection:
        for number in range(50):
            connection.defineXML(document(f'n{number}')).undefine()
    for wire in listeners:
        names = []
        for _ in range(100):
            reader = Reader(wire.event(LIFECYCLE_NEW).payload)
            reader.word()
            names.append(reader.domain()[0])
        equal(names, [f'n{number // 2}' for number in range(100)])
        wire.close()


@case
def refused_while_read_only(server):
    connection = server.connect('test', read_only=True)
    token = connection.domainEventRegisterAny(None, 0, lambda *_: None, None)
    connection.domainEventDeregisterAny(token)
    with raises(libvirt.VIR_ERR_OPERATION_DENIED):
        connection.defineXML(document('no'))
    connection.close()


if __name__ == '__main__':
    with daemon() as running:
        sys.exit(run_cases(running))
