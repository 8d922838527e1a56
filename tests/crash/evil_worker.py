#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Workers that were taken over by their guests: what stands in a guest's directory is replaced by links to another
guest's or by something else, another guest's worker is played, events tell of others, definitions, numbers and texts
are wrong, messages have no end. Nothing of another guest changes, and the guest itself can still be ended."""
# timeout: 400
import contextlib
import ctypes
import os
import re
import signal
import socket
import struct
import sys

import libvirt

from reeve_bystanders import memory_kib
from reeve_test import SLOW, SOURCE, STOCK, Watch, case, check, contains, daemon, equal, processes, run_cases, skip, until
from reeve_wire import ERROR, MESSAGE, REPLY, frame, hyper, opaque, optional, string, word

L = libvirt
CONTROL, HELLO, CHANGED, EVENT = 0x52455645, 1, 100, 101
RUNNING, SHUTOFF = (L.VIR_DOMAIN_RUNNING, 1), (L.VIR_DOMAIN_SHUTOFF, 1)
EVIL, GOOD = 'evil', 'good'
PTRACE_SEIZE = 0x4206
with open(os.path.join(SOURCE, 'rpc', 'tables', 'control.x'), encoding='utf-8') as types:
    PROTOCOL = int(re.search(r'CONTROL_PROTOCOL = (\d+);', types.read()).group(1))


def xml(name):
    return f"<domain type='test'><name>{name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>"


def path_of(server, domain):
    return os.path.join(server.directory, 'run', 'vm', domain.UUIDString())


def worker_of(name):
    found = [pid for pid, line in processes('reeve-vm').items() if line.split()[-1] == name]
    equal(len(found), 1, f'worker of {name}')
    return found[0]


def state(numbers, pid=0):
    return word(numbers[0]) + word(numbers[1]) + hyper(pid) + hyper(1)


def handle(domain):
    return string(domain.name()) + domain.UUID() + word(domain.ID())


class Impostor:
    """Listens in a guest's directory as the guest's user, and says what it is told to."""

    def __init__(self, directory, hello, before=b'', messages=()):
        self.hello, self.before, self.messages = hello, before, messages
        owner = os.stat(directory).st_uid
        ready, tell = os.pipe()
        self.go, self.trigger = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.read(ready, 1)
            os.close(ready)
            os.close(tell)
            return
        try:
            os.close(self.trigger)
            here = os.open(directory, os.O_RDONLY)
            os.fchdir(here)
            if os.geteuid() == 0:
                os.setgroups([])
                os.setresgid(owner, owner, owner)
                os.setresuid(owner, owner, owner)
            os.rename('sock', 'sock.old')
            listener = socket.socket(socket.AF_UNIX)
            listener.bind('sock')
            os.chmod('sock', 0o666)
            listener.listen(8)
            os.write(tell, b'!')
            while True:
                with contextlib.suppress(OSError, EOFError):
                    self.talk(listener.accept()[0])
        finally:
            os._exit(1)

    def talk(self, connection):
        with connection:
            while True:
                size = self.take(connection, 4)
                rest = self.take(connection, struct.unpack('>I', size)[0] - 4)
                procedure, serial = struct.unpack('>i', rest[8:12])[0], struct.unpack('>I', rest[16:20])[0]
                if procedure == HELLO:
                    connection.sendall(self.before)
                    connection.sendall(frame(procedure, self.hello, serial, CONTROL, kind=REPLY))
                    os.read(self.go, 1)
                    for message in self.messages:
                        connection.sendall(message)
                elif struct.unpack('>i', rest[12:16])[0] != MESSAGE:
                    error = word(1) + word(0) + optional('no') + word(2) + word(0) * 8
                    connection.sendall(frame(procedure, error, serial, CONTROL, kind=REPLY, status=ERROR))

    @staticmethod
    def take(connection, size):
        data = b''
        while len(data) < size:
            more = connection.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def speak(self):
        os.write(self.trigger, b'!' * 100)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.go)
        os.close(self.trigger)


def hello(who, driver='test', numbers=RUNNING, pid=0, text=None):
    return word(PROTOCOL) + string(who) + string(driver) + state(numbers, pid) + optional(text) + hyper(pid)


def message(procedure, payload):
    return frame(procedure, payload, 0, CONTROL, kind=MESSAGE)


def event(sequence, number, payload):
    return message(EVENT, hyper(sequence) + hyper(0) + word(number) + opaque(payload))


def changed(numbers, text=None, pid=0):
    return message(CHANGED, state(numbers, pid) + optional(text))


class Pair:
    """Two guests, one of them taken over while no engine is there."""

    def __init__(self, server):
        self.server = server
        with server.connect('test') as connection:
            domains = [connection.createXML(xml(name)) for name in (EVIL, GOOD)]
            self.evil, self.good = domains
            self.paths = [path_of(server, domain) for domain in domains]
            self.uuids = [domain.UUIDString() for domain in domains]
            self.handles = [handle(domain) for domain in domains]
            self.text = self.good.XMLDesc(L.VIR_DOMAIN_XML_SECURE)
        self.worker = worker_of(GOOD)
        server.kill()
        server.process = None

    def start(self):
        self.server.start()

    def good_is_as_it_was(self):
        with self.server.connect('test') as connection:
            domain = connection.lookupByName(GOOD)
            equal(domain.UUIDString(), self.uuids[1])
            equal(domain.state()[0], L.VIR_DOMAIN_RUNNING, 'state of the other guest')
            equal(domain.XMLDesc(L.VIR_DOMAIN_XML_SECURE), self.text, 'the other guest')
            domain.suspend()
            domain.resume()
        equal(worker_of(GOOD), self.worker, 'worker of the other guest')

    def end(self):
        """The guest is ended, whatever its worker says; the other is as it was."""
        with self.server.connect('test') as connection:
            with contextlib.suppress(L.libvirtError):
                connection.lookupByName(EVIL).destroy()
            check(EVIL not in [domain.name() for domain in connection.listAllDomains()], 'it is ended')
            self.good_is_as_it_was()
            until(lambda: not os.path.exists(self.paths[0]), 'its directory is removed')
            self.good_is_as_it_was()
            connection.lookupByName(GOOD).destroy()


@case
def links_and_other_things(server):
    def link(here, there):
        os.symlink(os.path.join(there, 'sock'), 'sock')

    def directory_link(here, there):
        os.rename('state', 'state.old')
        os.symlink(os.path.join(there, 'state'), 'state')
        os.symlink(os.path.join('..', os.path.basename(there), 'sock'), 'sock')

    def fifo(here, there):
        os.mkfifo('sock')
        os.rename('state', 'state.old')
        os.mkfifo('state')

    def directory(here, there):
        os.mkdir('sock')
        os.rename('state', 'state.old')
        os.mkdir('state')

    def pids(here, there):
        with open('state', encoding='ascii') as saved:
            text = saved.read()
        with open('state', 'w', encoding='ascii') as saved:
            saved.write(text.replace(f'"worker":{worker_of(EVIL)}', f'"worker":{worker_of(GOOD)}').replace('"pid":0', f'"pid":{worker_of(GOOD)}'))

    home = os.getcwd()
    for trick in (link, directory_link, fifo, directory, pids):
        pair = Pair(server)
        os.chdir(pair.paths[0])
        os.rename('sock', 'sock.old')
        trick(*pair.paths)
        os.chdir(home)
        pair.start()
        pair.good_is_as_it_was()
        pair.end()


@case
def another_guests_worker_is_played(server):
    """It says to be the other one, or of another driver; or it is another user who listens."""
    for words in ((1, 'test'), (0, 'qemu'), (0, 'nonsense')):
        pair = Pair(server)
        with Impostor(pair.paths[0], hello(pair.uuids[words[0]], words[1])):
            pair.start()
            with server.connect('test') as connection:
                equal(connection.lookupByName(EVIL).state()[0], L.VIR_DOMAIN_RUNNING)
                try:
                    connection.lookupByName(EVIL).suspend()
                except L.libvirtError as error:
                    contains(str(error), 'cannot be reached')
                else:
                    check(False, 'a call went to who is not the worker of that guest')
            pair.end()


def lifecycle(who, what, how=0):
    return who + word(what) + word(how)


@case
def tells_about_others(server):
    pair = Pair(server)
    evil, good = pair.handles
    other = xml(GOOD).replace('<name>', f'<uuid>{pair.uuids[1]}</uuid><name>')
    renamed = xml(GOOD).replace('<name>', f'<uuid>{pair.uuids[0]}</uuid><name>')
    messages = [
        event(1 << 40, 0, lifecycle(good, L.VIR_DOMAIN_EVENT_STOPPED)),
        event((1 << 40) + 1, L.VIR_DOMAIN_EVENT_ID_REBOOT, good),
        event((1 << 40) + 2, L.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, good + word(0) + optional('x')),
        event((1 << 40) + 3, 4711, good), event((1 << 40) + 4, -2, good), event((1 << 40) + 5, 0, b''),
        event((1 << 40) + 6, -1, good + string('X\n\x01') + hyper(0) + word(0) + word(0)),
        event((1 << 40) + 7, -1, good + string(b'\xff\xfe') + hyper(0) + word(0) + word(0)),
        event((1 << 40) + 8, -1, good + string('NOTED') + hyper(0) + word(0) + word(1) + string('{"a":1}')),
        changed(RUNNING, other), changed(RUNNING, renamed), changed(RUNNING, '<domain'), changed(RUNNING, '\x01'),
        changed((77, 1)), changed((-1, 1)), changed((1, 1000)), changed(RUNNING, pid=pair.worker), changed(RUNNING, pid=1),
        changed(RUNNING, pid=-(1 << 40)),
        event((1 << 40) + 9, 0, lifecycle(good, L.VIR_DOMAIN_EVENT_PMSUSPENDED)),
    ]
    with Impostor(pair.paths[0], hello(pair.uuids[0], pid=pair.worker), messages=messages) as impostor:
        pair.start()
        watch, monitor, reboots = Watch(server, 'test'), [], []
        watch.connection.domainEventRegisterAny(None, L.VIR_DOMAIN_EVENT_ID_REBOOT,
                                                lambda c, domain, data: reboots.append(domain.name()), None)
        impostor.speak()
        watch.wait(EVIL, L.VIR_DOMAIN_EVENT_PMSUSPENDED)
        equal([seen for seen in watch.seen if seen[0] != EVIL], [], 'events told of the other guest')
        equal([seen[1] for seen in watch.seen], [L.VIR_DOMAIN_EVENT_STOPPED], 'what it said of itself')
        equal(set(reboots), {EVIL}, 'of whom a reboot was told')
        with server.connect('test') as connection:
            domain = connection.lookupByName(EVIL)
            contains(domain.XMLDesc(L.VIR_DOMAIN_XML_SECURE), f'<name>{EVIL}</name>')
            contains(domain.XMLDesc(L.VIR_DOMAIN_XML_SECURE), f'<uuid>{pair.uuids[0]}</uuid>')
            equal(tuple(domain.state()), RUNNING, 'its state')
            equal(domain.UUIDString(), pair.uuids[0])
        watch.close()
        pair.good_is_as_it_was()
        pair.end()


@case
def ends_of_others(server):
    """It ends; not with the process that it said was its own."""
    pair = Pair(server)
    with Impostor(pair.paths[0], hello(pair.uuids[0], pid=pair.worker), messages=[changed(SHUTOFF, pid=pair.worker)]) as impostor:
        pair.start()
        impostor.speak()
        pair.good_is_as_it_was()
        pair.end()


@case
def no_end_of_it(server):
    """Before it is known to be the worker, and afterwards: large events, many events, large definitions."""
    pair = Pair(server)
    evil = pair.handles[0]
    large = b''.join(event(1 + n, -1, evil + string('X') + hyper(0) + word(0) + word(1) + string('y' * 60000)) for n in range(500))
    with Impostor(pair.paths[0], hello(pair.uuids[0]), before=large):
        pair.start()
        check(memory_kib(server.pid) < 200 * 1024 * SLOW, f'reeved has {memory_kib(server.pid)} KiB')
        pair.end()
    pair = Pair(server)
    before = os.path.getsize(os.path.join(server.directory, 'state', 'reeve.db'))
    many = [event(1000000 + n, -1, evil + string('X') + hyper(0) + word(0) + word(1) + string('y' * 30000)) for n in range(3000)]
    text = xml(EVIL).replace('<name>', f'<uuid>{pair.uuids[0]}</uuid><description>{"d" * 200000}</description><name>')
    many += [changed(RUNNING, text)] * 200
    many.append(event(2000000, 0, lifecycle(evil, L.VIR_DOMAIN_EVENT_PMSUSPENDED)))
    with Impostor(pair.paths[0], hello(pair.uuids[0]), messages=many) as impostor:
        pair.start()
        watch = Watch(server, 'test')
        impostor.speak()
        for _ in range(5):
            pair.good_is_as_it_was()
        watch.wait(EVIL, L.VIR_DOMAIN_EVENT_PMSUSPENDED, seconds=120)
        watch.close()
        pair.end()
    grown = sum(os.path.getsize(os.path.join(server.directory, 'state', name)) for name in os.listdir(os.path.join(server.directory, 'state'))
                if name.startswith('reeve.db')) - before
    check(grown < 32 * 1024 * 1024, f'the database grew by {grown} bytes of one guest')


def as_user(uid, function):
    """What the function says, run by a process of that user."""
    answer, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.write(tell, function().encode())
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(answer) as text:
        said = text.read()
    os.waitpid(pid, 0)
    return said


@case
def memory_is_the_workers_own(server):
    """A hypervisor that was taken over has the user of its worker, and nothing of its memory or descriptors."""
    if os.environ.get('REEVE_SANITIZE'):
        print('the leak checker traces its own process')
        return
    with server.connect('test') as connection:
        domain = connection.createXML(xml(EVIL))
        uid = os.stat(path_of(server, domain)).st_uid
        worker = worker_of(EVIL)

        def attack():
            done = []
            for name, flags in (('mem', os.O_RDWR), ('mem', os.O_RDONLY), ('environ', os.O_RDONLY), ('auxv', os.O_RDONLY)):
                with contextlib.suppress(OSError):
                    os.close(os.open(f'/proc/{worker}/{name}', flags))
                    done.append(name)
            with contextlib.suppress(OSError):
                os.listdir(f'/proc/{worker}/fd')
                done.append('fd')
            if ctypes.CDLL(None).ptrace(PTRACE_SEIZE, worker, None, None) == 0:
                done.append('ptrace')
            return ' '.join(done) or 'nothing'

        equal(as_user(uid, attack), 'nothing', 'what the guest got at')
        domain.destroy()


def main():
    with daemon() as server:
        return run_cases(server)


if __name__ == '__main__':
    if STOCK or os.geteuid() != 0:
        skip('about our processes, as root')
    sys.exit(main())
