#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Replies are filled with a pattern before the call is served: each built call answers well, in full, and
without a word of the pattern. A new call is asked from the day it has its row."""
import os
import sys

import libvirt

from reeve_calls import READY, REFUSED, Calls, domain, rounds
from reeve_test import STOCK, case, check, daemon, run_cases, skip
from reeve_wire import ERROR, Wire
from reeve_xdr import types

POISON = b'\xa5' * 4
# Members that say how much is wanted, of which nothing may be wanted, too.
WANTED = {'need_results', 'need_map', 'need_online', 'maxnames', 'maxids', 'maxuuids', 'nparams', 'maxStats', 'maxinfo',
          'maxcells', 'maplen'}


def answered(calls, wire, name, values, last=None):
    """The reply as a dictionary, the number of the error when it was refused."""
    reply = calls.ask(wire, name, values, last)
    check(POISON not in reply.payload, f'{name}: a reply that was not written in full: {reply.payload}')
    if reply.status == ERROR:
        code, _, message = reply.error()
        check(code != libvirt.VIR_ERR_RPC, f'{name} with {values}: {message}')
        return code
    return types().unpack(calls.rows[name]['ret'], reply.payload)


def answered_well(calls, wire, name, values, last=None):
    got = answered(calls, wire, name, values, last)
    check(not isinstance(got, int) or got in (REFUSED.get(name), libvirt.VIR_ERR_NO_SUPPORT), f'{name} with {values} is refused with {got}; '
          'what arguments are good is said in reeve_calls.py')
    return got


@case
def calls_that_change_nothing(server, calls):
    names = calls.alone()
    good = 0
    for name in names:
        with Wire(server.socket).open() as wire:  # streams begin on some
            good += not isinstance(answered_well(calls, wire, name, calls.values(name)), int)
    check(good > len(names) * 2 // 3, f'{good} of {len(names)} calls answered')


@case
def with_nothing_wanted(server, calls):
    """Lists that are not asked for, no room, and a domain that is off."""
    for name in calls.alone():
        values = calls.values(name)
        others = [{**values, unwanted: 0} for unwanted in WANTED & set(values)]
        if values.get('dom') == READY:
            others.append({**values, 'dom': domain(1000)})
        for other in others:
            with Wire(server.socket).open() as wire:
                answered(calls, wire, name, other)


@case
def calls_in_rounds(server, calls):
    with Wire(server.socket).open() as wire:
        for steps in rounds(0).values():
            last = None
            for name, values in steps:
                last = answered_well(calls, wire, name, values, last)


@case
def the_pattern_is_there(server, calls):
    """Else this test would see nothing."""
    with open(f'/proc/{server.pid}/environ', 'rb') as environment:
        check(b'REEVE_POISON=1' in environment.read().split(b'\0'), 'the daemon knows nothing of the pattern')


if __name__ == '__main__':
    if STOCK:
        skip('about our engine')
    os.environ['REEVE_POISON'] = '1'
    with daemon() as running:
        table = Calls()
        with table.set_stage(running):
            sys.exit(run_cases(running, table))
