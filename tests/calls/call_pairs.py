#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every pair of calls of the table that change one object (a call with itself too), pipelined from two
connections; then what is there must be what some order of the calls, one after the other, would have left and
answered, and after a kill -9 and a restart it must be there still. A new changing call is tried the day it gets
its row; one whose arguments are not known here fails."""
import itertools
import os
import sys

from reeve_calls import Calls
from reeve_kinds import KINDS, OTHERS, normal, varied
from reeve_test import STOCK, Failed, Reeved, case, check, equal, run_cases, skip
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
    for order in itertools.permutations(made):
        state = kind.start(lane)
        if all(bool(kind.model[name](state, values)) == (error is None) for name, values, error in order) and \
                all(normal(state.get(key)) == normal(value) for key, value in found.items()):
            return True
    return False


def try_pairs(kind, askers, connection, pairs):
    lanes = {lane: pair for lane, pair in enumerate(pairs, 2000)}
    askers[0].run({lane: kind.ready(lane) for lane in lanes})
    if hasattr(kind, 'start'):
        for lane in lanes:
            check(explained(kind, lane, [], kind.look(connection, lane)),
                  f'{type(kind).__name__}: at first {kind.look(connection, lane)}, not {kind.start(lane)}')
    made = {}
    for time in range(EACH):
        for lane, pair in lanes.items():
            for side, name in enumerate(pair):
                key = (lane, side, time)
                made[key] = name, varied(kind.known(lane)[name], 10 + 2 * time + side)
                askers[side].send(key, *made[key])
    errors = {**askers[0].answers(), **askers[1].answers()}
    for lane, pair in lanes.items():
        mine = [(*made[key], errors[key]) for key in made if key[0] == lane]
        if not all(name in kind.model for name in pair):
            continue
        found = kind.look(connection, lane)
        if not explained(kind, lane, mine, found):
            told = '\n'.join(f'  {name} {values}: {error or "done"}' for name, values, error in mine)
            raise Failed(f'{" with ".join(pair)}: no order of these calls leaves {found}\n{told}')


def lasting(kind, connection):
    return {lane: {key: value for key, value in kind.look(connection, lane).items() if key not in ('active', 'dir', 'file')}
            for lane in range(2000, 2000 + LANES)}


def forget_transient(state):
    return state if state['there'] else {'there': False}


def all_pairs(server, make):
    calls = Calls()
    kind = make(calls)
    os.makedirs('pools', exist_ok=True)
    names = sorted(kind.known(2000))
    pairs = list(itertools.combinations_with_replacement(names, 2))
    print(f'{make.__name__}: {len(names)} calls, {len(pairs)} pairs')
    while pairs:
        askers = Asker(server, calls), Asker(server, calls)
        connection = server.connect('test')
        try_pairs(kind, askers, connection, pairs[:LANES])
        check(server.process.poll() is None, 'the engine has ended')
        before = lasting(kind, connection)
        connection.close()
        server.kill()
        server.start()
        connection = server.connect('test')
        after = lasting(kind, connection)
        for lane, pair in enumerate(pairs[:LANES], 2000):
            equal(forget_transient(after[lane]), forget_transient(before[lane]), f'{" with ".join(pair)}, after a restart')
        connection.close()
        pairs = pairs[LANES:]


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


def case_of(make):
    def pairs():
        with Reeved(make.__name__.lower()) as server:
            all_pairs(server, make)
    pairs.__name__ = make.__name__.lower()
    pairs.__doc__ = f'Pairs of calls on {make.__name__.lower()}.'
    return case(pairs)


for one in KINDS:
    case_of(one)


if STOCK:
    skip('the changing calls of our table')
if os.geteuid() != 0:
    skip('storage pools need root')
sys.exit(run_cases())
