#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# timeout: 900
# alone
"""Each built call over and over, with good arguments and with refused ones; rounds of calls that change
something and take it back; connections that end in every way: memory and descriptors stay flat, in the
engine and in its helpers. $REEVE_LEAK_ROUNDS says how often (100000 for a thorough run of half an hour),
and as for all tests the words of the command line which cases; $REEVE_LEAK_ONLY, a word in what is repeated."""
import collections
import os
import struct
import sys
import time

import libvirt

from reeve_calls import LAST, OF_CONNECTIONS, READY, REFUSED, Calls, rounds
from reeve_test import SLOW, STOCK, Failed, case, check, daemon, processes, run_cases, skip
from reeve_wire import ERROR, MESSAGE, OK, STREAM, Wire, domain, frame, string, word
from reeve_xdr import types

ROUNDS = int(os.environ.get('REEVE_LEAK_ROUNDS', '1500'))
ONLY = os.environ.get('REEVE_LEAK_ONLY', '')
BLOCK = 64  # calls under way at once
LANES = 8  # of a round
READY_HANDLE = READY['name'], READY['uuid'], READY['id']
# What grows by more than this in each of several runs in a row is a leak; once is a heap that settles.
KIB, RUNS = 128, 4
# Each costs a process, a commit or more; so many times fewer of them show a leak as well.
DEAR = {'networks that start': 100, 'transient networks': 100, 'lifecycle': 100, 'transient': 50, 'pools': 20, 'transient pools': 20, 'volumes': 20, 'connections': 4}
ROUND = 10  # the same for other rounds
PROCESSES = ('_save', '_dump', '_restore', '_revert', 'storage_vol_get_')  # in names of calls that cost a process each


def resident(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        return [int(line.split()[1]) for line in status if line.startswith('VmRSS')][0]


def look(watched):
    """Process -> (KiB, descriptors), when all connections that ended before are known to be over: to the
    engine, and by a call through it to the worker that had a part in them."""
    with Wire(watched.socket).open() as wire:
        for _ in range(3):
            wire.expect(16, domain(READY_HANDLE))
        wire.finish()
    return {name: (resident(pid), len(os.listdir(f'/proc/{pid}/fd'))) for name, pid in watched.processes.items()}


def settled(watched, before):
    """look() when no process has more descriptors than before; what a guest's end leaves to be cleared
    away is cleared after the reply. At the deadline they are seen as they are."""
    deadline = time.monotonic() + 10 * SLOW
    while True:
        now = look(watched)
        if all(now[name][1] <= files for name, (_, files) in before.items()) or time.monotonic() > deadline:
            return now


def flat(server, what, act, times):
    """Calls act(n) so that it repeats itself @times often, and sees what that leaves behind."""
    if ONLY not in what:
        return
    if any(word in what for word in PROCESSES):
        times = max(RUNS, times // 20)
    began = time.monotonic()
    act(max(1, min(times, BLOCK * 16) // 2))
    before = look(server)
    grown = {}
    for _ in range(RUNS):
        act(max(1, times // RUNS))
        after = settled(server, before)
        for process, (memory, files) in after.items():
            was, files_were = before[process]
            check(files <= files_were, f'{what}: {files} descriptors in {process}, {files_were} before')
            grown.setdefault(process, []).append(memory - was)
        before = after
    for process, sizes in grown.items():
        if 'REEVE_SANITIZE' not in os.environ and min(sizes) > KIB:
            raise Failed(f'{what}: {process} grew by {sizes} KiB in runs of {times // RUNS}')
    if ROUNDS > 1500:
        print(f'   {what}: {times} times in {time.monotonic() - began:.1f} s, grown by {grown}')


class Pipe:
    """Sends calls without waiting for each, and counts the replies, and what they say: OK or a number of an error."""

    def __init__(self, wire):
        self.wire, self.left, self.answers = wire, b'', collections.Counter()

    def replies(self, wanted, keep=None):
        """Reads so many replies; those in full go to @keep, by their serials."""
        while wanted > 0:
            data = self.left + self.wire.socket.recv(1 << 20)
            check(len(data) > len(self.left), 'the connection ended')
            at = 0
            while len(data) - at >= 4:
                length = int.from_bytes(data[at:at + 4], 'big')
                if len(data) - at < length:
                    break
                kind, serial, status = struct.unpack_from('>iIi', data, at + 16)
                if kind not in (MESSAGE, STREAM):
                    wanted -= 1
                    self.answers[int.from_bytes(data[at + 28:at + 32], 'big') if status == ERROR else OK] += 1
                if keep is not None and kind not in (MESSAGE, STREAM):
                    keep[serial] = status, data[at + 28:at + length]
                at += length
            self.left = data[at:]

    def repeat(self, one, times):
        block = one * BLOCK
        while times > 0:
            now = min(times, BLOCK)
            self.wire.send(block if now == BLOCK else one * now)
            self.replies(now)
            times -= now


@case
def good_calls(server, calls):
    with Wire(server.socket).open() as wire:
        pipe = Pipe(wire)
        for name in calls.alone():
            if calls.rows[name]['kind'] == 'CALL':
                one = calls.frame(name, calls.values(name), serial=1)
                pipe.answers.clear()
                flat(server, name, lambda times, one=one: pipe.repeat(one, times), ROUNDS)
                check(set(pipe.answers) <= {OK, REFUSED.get(name, OK), libvirt.VIR_ERR_NO_SUPPORT} and len(pipe.answers) < 2,
                      f'{name} is answered with {dict(pipe.answers)}')


def wrong(name, calls):
    """Well-formed arguments about what is not there, with flags that are not known."""
    row = calls.rows[name]
    if row['args'] == 'NOTHING':
        return []
    values = {}
    for member in types().structs[row['args']]:
        if member.name == 'flags':
            values['flags'] = 0xffffff00
        elif member.name in ('snap', 'snapshot', 'checkpoint'):
            values[member.name] = {'name': 'not there', 'dom': {'name': 'not there'}}
        elif member.name.startswith(('max', 'n')) and member.type == 'int':
            values[member.name] = -1
    return [calls.frame(name, values, serial=1)]


@case
def refused_calls(server, calls):
    with Wire(server.socket).open() as wire:
        pipe = Pipe(wire)
        for name, row in calls.rows.items():
            if name in OF_CONNECTIONS or row['kind'] != 'CALL':
                continue
            number, program = int(row['number']), row['program']
            block = b''.join([frame(number, b'', 1, program), frame(number, b'\xff' * 60, 1, program),
                              frame(number, string('x' * 300) + b'\0' * 80, 1, program), *wrong(name, calls)])
            count = 3 + len(wrong(name, calls))

            def act(times, block=block, count=count):
                for _ in range(max(1, times // count // 8)):
                    wire.send(block * 8)
                    pipe.replies(count * 8)
            pipe.answers.clear()
            flat(server, f'refused {name}', act, ROUNDS)
            # No call that has arguments does without them. (The others are none that fit, but to some calls they
            # happen to say something.)
            least = 0 if row['args'] == 'NOTHING' else 1
            total = sum(pipe.answers.values())
            check((total - pipe.answers[OK]) * count >= total * least, f'{name}: of {total} calls {dict(pipe.answers)}')


class Round:
    """The calls of a round in several lanes at a time."""

    def __init__(self, server, calls, title):
        self.calls = calls
        self.lanes = [(lane, rounds(lane)[title]) for lane in range(LANES) if title in rounds(lane)]
        self.wire = Wire(server.socket).open()
        self.pipe = Pipe(self.wire)
        self.blocks = [self.block(step) for step in range(len(self.lanes[0][1]))]

    def block(self, step, replies=None):
        """None for a step that depends on the replies to the one before."""
        if replies is None and LAST in self.lanes[0][1][step][1].values():
            return None
        return b''.join(self.calls.frame(*steps[step], serial=lane, last=replies and replies[lane])
                        for lane, steps in self.lanes)

    def run(self):
        known = None
        for step, block in enumerate(self.blocks):
            name = self.lanes[0][1][step][0]
            self.wire.send(block or self.block(step, known))
            replies = {}
            self.pipe.replies(len(self.lanes), replies)
            for status, payload in replies.values():
                if status == ERROR:
                    raise Failed(f'{name}: {payload[8:200]}')
            if None in self.blocks:
                known = {lane: types().unpack(self.calls.rows[name]['ret'], payload)
                         for lane, (_, payload) in replies.items()}

    def repeat(self, times):
        for _ in range(max(1, times // len(self.lanes))):
            self.run()


@case
def changes_taken_back(server, calls):
    for title in rounds(0):
        if ONLY in title:
            one = Round(server, calls, title)
            flat(server, title, one.repeat, max(RUNS * LANES, ROUNDS // DEAR.get(title, ROUND)))
            one.wire.close()


def ended(server, calls):
    """Ways in which a connection can end: name -> what is done on it before."""
    opened = frame(66, serial=1) + frame(1, word(1) + string('test:///default') + word(0), serial=2)
    handle = calls.values('domain_get_info')
    register = calls.frame('connect_domain_event_callback_register_any', {'eventID': 0})
    return {
        'at once': b'',
        'half a header': opened[:10],
        'half a frame': opened[:-5],
        'long frame begun': opened + struct.pack('>I', 1 << 24) + b'\0' * 4000,
        'after opening': opened,
        'calls under way': opened + calls.frame('domain_get_info', handle) * 20,
        'long replies under way': opened + calls.frame('connect_get_capabilities', {}) * 20,
        'changes under way': opened + calls.frame('domain_set_metadata', {
            **handle, 'type': 1, 'metadata': 'x', 'flags': 2}) * 4,
        'registrations': opened + register * 20,
        'streams': opened + b''.join(calls.frame('domain_screenshot', handle, serial=n) for n in range(5, 15))
        + calls.frame('domain_open_console', {**handle, 'flags': 1}, serial=16),
        'closed in good order': opened + frame(2, serial=3),
        'nonsense': struct.pack('>I', 3) + b'\0' * 40,
    }


@case
def ends_of_connections(server, calls):
    """Once without and once with a wait for the other side. What was asked for runs to its end without
    the client: a question that the guest's worker answers after those before, and a change that waits for
    those of the same domain, bound how much of it there is."""
    routed = calls.frame('domain_get_vcpus', calls.values('domain_get_vcpus'))
    last = routed + calls.frame('domain_set_metadata', {**calls.values('domain_get_info'), 'type': 1, 'metadata': 'y', 'flags': 2})

    def end(data, waits):
        with Wire(server.socket) as wire:
            wire.send(data)
            if waits:
                wire.finish()
    for how, data in ended(server, calls).items():
        def act(times, data=data):
            with Wire(server.socket).open() as other:
                for number in range(times):
                    end(data, number % 8 > 3)
                    if number % 4 == 3:
                        other.send(last)
                        Pipe(other).replies(2)
        flat(server, f'connections that end: {how}', act, ROUNDS // DEAR['connections'])


if __name__ == '__main__':
    if STOCK:
        skip('about our engine')
    with daemon() as running:
        with running.connect() as opened:
            opened.getCapabilities()  # after this the look at the hypervisor is over
        table = Calls()
        with table.set_stage(running):
            running.processes = {'reeved': running.pid}
            for comm in ('reeve-priv', 'reeve-vm'):
                running.processes.update({f'{comm} {pid}': pid for pid in processes(comm)})
            running.first = look(running)
            status = run_cases(running, table)
            print(f'from {running.first} to {look(running)}')
        sys.exit(status)
