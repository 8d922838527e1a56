#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every pair of calls of the table that change one object (a call with itself too), pipelined from two
connections; then what is there must be what some order of the calls, one after the other, would have left and
answered, and after a kill -9 and a restart it must be there still. A new changing call is tried the day it gets
its row; one whose arguments are not known here fails.

REEVE_PAIRS_SECONDS=1800 ./dev check --sanitize --limit 3600 calls/call_pairs tries pairs by chance for that long
instead, while a third connection asks; REEVE_PAIRS_SEED=N repeats a run that failed."""
import itertools
import os
import random
import sys
import time
from xml.etree import ElementTree

from reeve_calls import CHECKPOINT, CONFIG, SNAPSHOT, Calls, domain, domain_xml, identity, moment_xml
from reeve_kinds import KINDS, OTHERS, normal, varied
from reeve_test import STOCK, Failed, Reeved, case, cases, check, equal, run_cases, skip
from reeve_wire import ERROR, REPLY, REPLY_FDS, Wire

LANES = 40  # objects, and so pairs, at the same time
EACH = 2  # times that each connection makes its call


# ---- Pairs ----------------------------------------------------------------------------------------------

class Asker:
    """One connection with many calls in progress."""

    def __init__(self, server, calls):
        self.calls, self.wire = calls, Wire(server.socket).open()
        self.sent = {}

    def send(self, key, name, values):
        self.wire.serial += 1
        self.sent[self.wire.serial] = key
        self.wire.send(self.calls.frame(name, values, self.wire.serial))

    def answers(self):
        """Key -> is it a success, of all that was sent."""
        found = {}
        while self.sent:
            reply = self.wire.read(120)
            check(reply is not None, 'the connection ended amid calls')
            if reply.type in (REPLY, REPLY_FDS):
                found[self.sent.pop(reply.serial)] = None if reply.status != ERROR else reply.error()
        return found

    def run(self, work):
        """@work: key -> calls, in order; all keys at the same time."""
        for step in range(max(map(len, work.values()))):
            for key, calls in work.items():
                if step < len(calls):
                    self.send(key, *calls[step])
            self.answers()


def explained(kind, lane, made, found):
    """Is there an order of the calls @made (name, values, error) that leaves @found?"""
    wanted = {key: normal(value) for key, value in found.items()}
    for order in itertools.permutations(made):
        states = [kind.start(lane)]
        for call in order:
            states = [after for before in states for after in kind.steps(before, call)]
        for state in (after for before in states for after in kind.meanwhile(before)):
            if all(normal(state[key]) == value for key, value in wanted.items() if key in state):
                return True
    return False


def set_out(kind, askers, connection, lanes):
    askers[0].run({lane: kind.ready(lane) for lane in lanes})
    for lane in lanes:
        check(explained(kind, lane, [], kind.look(connection, lane)),
              f'{type(kind).__name__}: at first {kind.look(connection, lane)}, not {kind.start(lane)}')


def titled(turns):
    return ' with '.join(dict.fromkeys(name for turn in turns for name in turn))


def try_pairs(kind, askers, connection, pairs):
    """@pairs: for each lane the pairs of calls, of which the first connection makes the first of each."""
    lanes = dict(enumerate(pairs, 2000))
    set_out(kind, askers, connection, lanes)
    made = {}
    for turn in range(max(map(len, pairs))):
        for lane, turns in lanes.items():
            for side, name in enumerate(turns[turn] if turn < len(turns) else ()):
                key = (lane, side, turn)
                made[key] = name, varied(kind.known(lane)[name], 10 + 2 * turn + side)
                askers[side].send(key, *made[key])
    errors = {**askers[0].answers(), **askers[1].answers()}
    for lane, turns in lanes.items():
        mine = [(*made[key], errors[key]) for key in made if key[0] == lane]
        if not all(kind.is_modelled(name) for name, _, _ in mine):
            continue
        found = kind.look(connection, lane)
        if not explained(kind, lane, mine, found):
            told = '\n'.join(f'  {name} {values}: {error or "done"}' for name, values, error in mine)
            raise Failed(f'{titled(turns)}: no order of these calls leaves {found}\n{told}')


def lasting(kind, connection):
    return {lane: {key: value for key, value in kind.look(connection, lane).items() if key not in ('active', 'dir', 'file')}
            for lane in range(2000, 2000 + LANES)}


def forget_transient(state):
    return state if state['there'] else {'there': False}


def restarted(server, kind, connection, pairs):
    """Kills the engine; what was acknowledged is there afterwards. Returns a new connection."""
    check(server.process.poll() is None, 'the engine has ended')
    before = lasting(kind, connection)
    connection.close()
    server.kill()
    server.start()
    connection = server.connect('test')
    after = lasting(kind, connection)
    for lane, turns in enumerate(pairs, 2000):
        equal(forget_transient(after[lane]), forget_transient(before[lane]), f'{titled(turns)}, after a restart')
    return connection


def all_pairs(server, make):
    calls = Calls()
    kind = make(calls)
    os.makedirs('pools', exist_ok=True)
    names = sorted(kind.known(2000))
    pairs = [[pair] * EACH for pair in itertools.combinations_with_replacement(names, 2)]
    print(f'{make.__name__}: {len(names)} calls, {len(pairs)} pairs')
    while pairs:
        askers = Asker(server, calls), Asker(server, calls)
        connection = server.connect('test')
        try_pairs(kind, askers, connection, pairs[:LANES])
        restarted(server, kind, connection, pairs[:LANES]).close()
        pairs = pairs[LANES:]


# ---- By chance ------------------------------------------------------------------------------------------

def ask_all(asker, calls, chance):
    """Questions of all sorts, which are asked while others change what they are about."""
    for name in chance.choices([name for name in calls.alone() if calls.rows[name]['read_only'] != 'REFUSED'], k=LANES):
        values = calls.values(name)
        if 'dom' in values:
            values['dom'] = domain(chance.randrange(2000, 2000 + LANES))
        asker.send(asker.wire.serial, name, values)


def by_chance(server, seconds, seed):
    chance, calls = random.Random(seed), Calls()
    print(f'REEVE_PAIRS_SEED={seed}')
    os.makedirs('pools', exist_ok=True)
    deadline, tried = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        kind = chance.choice(KINDS)(calls)
        every = chance.random() < 0.3
        names = [name for name in sorted(kind.known(2000)) if every or kind.is_modelled(name)]
        pairs = [[chance.choices(names, k=2) for _ in range(chance.choice((1, 2, 2, 3)))] for _ in range(LANES)]
        askers = [Asker(server, calls) for _ in range(3)]
        connection = server.connect('test')
        ask_all(askers[2], calls, chance)
        try_pairs(kind, askers, connection, pairs)
        askers[2].answers()
        if chance.random() < 0.25:
            connection = restarted(server, kind, connection, pairs)
        connection.close()
        tried += sum(map(len, pairs))
    print(f'{tried} pairs')


@case
def all_are_covered():
    """Each changing call about an object belongs to a kind."""
    calls = Calls()
    covered = {name for make in KINDS for name in make(calls).known(2000)}
    for name, row in calls.rows.items():
        if row['read_only'] == 'REFUSED' and row['object'] not in ('CONNECT', 'NONE') and row['kind'] != 'EVENT':
            check(name in covered or name in OTHERS, f'{name} changes something and is in no pair: give it a kind here')


@case
def filters_by_name():
    """A filter that is defined by name alone, from two connections at once, is one filter."""
    with Reeved('names') as server:
        calls = Calls()
        askers = Asker(server, calls), Asker(server, calls)
        for number in range(20):
            askers[number % 2].send(number, 'nwfilter_define_xml', {'xml': f'<filter name="one"><rule action="drop" direction="in" '
                                                                    f'priority="{number}"/></filter>'})
        errors = {**askers[0].answers(), **askers[1].answers()}
        equal([error for error in errors.values() if error], [], 'refusals')
        connection = server.connect('test')
        document = connection.nwfilterLookupByName('one').XMLDesc(0)
        equal(connection.numOfNWFilters(), 1, 'filters')
        connection.close()
        server.kill()
        server.start()
        equal(server.connect('test').nwfilterLookupByName('one').XMLDesc(0), document, 'after a restart')


@case
def a_rename_before_a_definition():
    """A definition that waits for its turn finds the name that its domain has then, not the one that it had."""
    with Reeved('renamed') as server:
        calls = Calls()
        asker = Asker(server, calls)
        asker.run({lane: [('domain_define_xml', {'xml': domain_xml(lane)})] for lane in range(LANES)})
        for lane in range(LANES):
            for name, more in (('domain_set_metadata', {'type': 0, 'metadata': 'first', 'flags': CONFIG}),
                               ('domain_rename', {'new_name': f'y{lane}'}), ('domain_define_xml', {'xml': domain_xml(lane)})):
                values = more if 'xml' in more else {'dom': domain(lane), **more}
                asker.send((lane, name), name, values)
        errors = asker.answers()
        connection = server.connect('test')
        for lane in range(LANES):
            told = {name: error for (other, name), error in errors.items() if other == lane}
            good = [name for name in ('domain_rename', 'domain_define_xml') if told[name] is None]
            found = connection.lookupByUUID(identity('d', lane).bytes)
            root = ElementTree.fromstring(found.XMLDesc(0))
            equal((found.name(), root.findtext('name')), (f'y{lane}',) * 2, f'names of a domain after {good}: {told}')


@case
def moments_of_an_ended_guest():
    """What a guest without a definition had is not found by the next domain that gets its UUID."""
    with Reeved('ended') as server:
        connection = server.connect('test')
        guest = connection.defineXML(domain_xml(1))
        guest.create()
        guest.snapshotCreateXML(moment_xml('domainsnapshot', 's', 1), SNAPSHOT)
        guest.checkpointCreateXML(moment_xml('domaincheckpoint', 'c', 1), CHECKPOINT)
        guest.undefine()
        guest.destroy()
        for _ in ('in memory', 'in the store'):
            again = connection.defineXML(domain_xml(1))
            equal((again.listAllSnapshots(), again.listAllCheckpoints()), ([], []), 'moments of another domain')
            again.undefine()
            connection.close()
            server.kill()
            server.start()
            connection = server.connect('test')


def case_of(make):
    def pairs():
        with Reeved(make.__name__.lower()) as server:
            all_pairs(server, make)
    pairs.__name__ = make.__name__.lower()
    pairs.__doc__ = f'Pairs of calls on {make.__name__.lower()}.'
    return case(pairs)


def chosen_by_chance():
    """Only where the environment asks for it: how long it takes is what it says."""
    with Reeved('chance') as server:
        by_chance(server, int(os.environ['REEVE_PAIRS_SECONDS']), int(os.environ.get('REEVE_PAIRS_SEED') or time.time()))


if 'REEVE_PAIRS_SECONDS' in os.environ:
    cases[:] = [chosen_by_chance]
else:
    for one in KINDS:
        case_of(one)


if STOCK:
    skip('the changing calls of our table')
if os.geteuid() != 0:
    skip('storage pools need root')
sys.exit(run_cases())
