#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Peers that are stuck: a stopped hypervisor, a stopped worker, clients that do not read or never log in. Calls
about them end by a deadline and say why; everybody else is served as ever; memory and descriptors stay bounded."""
# timeout: 400
import contextlib
import os
import select
import signal
import socket
import sys
import time

import libvirt

from reeve_bystanders import QUICK, Bystanders, descriptors, memory_kib, must_fail
from reeve_test import LARGE, SLOW, STOCK, Failed, case, check, contains, daemon, equal, guest_xml, processes, \
    run_cases, skip
from reeve_wire import QEMU, Wire, frame, word

L = libvirt
NAME = 'stuck'
UNREAD_KIB = 64 * 1024  # what a client may leave unread (LIMIT_CLIENT_BUFFER), and as much for the heap around it
CONNECTIONS, HELD = 10000, 1500  # at a time: more than wait to be accepted or may be idle
NOBODY = 65534
CUT_OFF = (L.VIR_ERR_SYSTEM_ERROR, L.VIR_ERR_INTERNAL_ERROR, L.VIR_ERR_RPC)


def of(comm, name):
    """The process of that guest. A worker has the name as its last argument, a hypervisor in -name."""
    found = [pid for pid, line in processes(comm).items() if f'guest={name},' in line or line.rstrip().endswith(f' {name}')]
    equal(len(found), 1, f'{comm} of {name}')
    return found[0]


def wait_state(pid, letters):
    """A signal to stop or go on takes effect before anything else happens to the process."""
    deadline = time.monotonic() + 10 * SLOW
    while time.monotonic() < deadline:
        with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as text:
            if text.read().rsplit(')', 1)[1].split()[0] in letters:
                return
        time.sleep(0.001)
    raise Failed(f'process {pid} did not come into state {letters}')


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    wait_state(pid, 'T')
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def quick(what, function, *arguments):
    began = time.monotonic()
    result = function(*arguments)
    check(time.monotonic() - began < QUICK * SLOW, f'{what} took {time.monotonic() - began:.1f} s')
    return result


def known_without_asking(domain):
    """What neither the hypervisor nor the worker is needed for."""
    equal(quick('state', domain.state)[0], L.VIR_DOMAIN_RUNNING)
    contains(quick('dumpxml', domain.XMLDesc), f'<name>{NAME}</name>')
    check(NAME in [one.name() for one in quick('list', domain.connect().listAllDomains)], 'it is listed')
    domain.connect().getAllDomainStats()  # waits until the silent one counts as mute
    for _ in range(5):
        stats = quick('statistics', domain.connect().getAllDomainStats)
        equal([record['state.state'] for one, record in stats if one.name() == NAME], [L.VIR_DOMAIN_RUNNING])


def destroyed(domain):
    began = time.monotonic()
    domain.destroy()
    check(time.monotonic() - began < 15 * SLOW, f'destroyed after {time.monotonic() - began:.1f} s')
    equal(domain.state()[0], L.VIR_DOMAIN_SHUTOFF)
    equal([line for line in processes('qemu-system-x86').values() if f'guest={NAME},' in line], [], 'left running')


@case
def hypervisor(server, bystanders):
    with server.connect() as connection:
        domain = connection.lookupByName(NAME)
        domain.create()
        domain.vcpus()  # whose threads are asked for once
        with stopped(of('qemu-system-x86', NAME)):
            known_without_asking(domain)
            quick('info', domain.info)
            quick('memory', domain.memoryStats)
            quick('vcpus', domain.vcpus)
            took = must_fail(NAME, 'did not answer', domain.suspend)
            check(3 < took < 10 * SLOW, f'suspend failed after {took:.1f} s')
            check(quick('control', domain.controlInfo)[0] == L.VIR_DOMAIN_CONTROL_OCCUPIED, 'its monitor is occupied')
            bystanders.wait_round()
        deadline = time.monotonic() + 30 * SLOW  # the command that was given up is carried out now
        while domain.controlInfo()[0] != L.VIR_DOMAIN_CONTROL_OK and time.monotonic() < deadline:
            time.sleep(0.01)
        if domain.state()[0] == L.VIR_DOMAIN_RUNNING:
            domain.suspend()
        domain.resume()
        equal(domain.state()[0], L.VIR_DOMAIN_RUNNING)
        with stopped(of('qemu-system-x86', NAME)):
            destroyed(domain)
    bystanders.wait_round()


@case
def worker(server, bystanders):
    with server.connect() as connection:
        domain = connection.lookupByName(NAME)
        domain.create()
        with stopped(of('reeve-vm', NAME)):
            known_without_asking(domain)
            for function in (domain.info, domain.suspend):
                took = must_fail(NAME, 'did not answer', function)
                check(took < 10 * SLOW, f'{function} failed after {took:.1f} s')
            bystanders.wait_round()
            other = connection.lookupByName('other')
            quick('start of another guest', other.create)
            quick('end of another guest', other.destroy)
        quick('info afterwards', domain.info)
        domain.isActive()
        with stopped(of('reeve-vm', NAME)):
            destroyed(domain)
    bystanders.wait_round()


@case
def client_that_does_not_read_events(server, bystanders):
    """A thousand registrations, so that few events fill what is kept for it."""
    before = memory_kib(server.pid, 'VmRSS')
    with Wire(server.socket) as wire, server.connect() as connection:
        wire.open('qemu:///system' if os.geteuid() == 0 else 'qemu:///session')
        for _ in range(1000):
            wire.expect(4, word(0) + word(0) + word(0), program=QEMU)
        domain = connection.lookupByName('other')
        domain.create()
        cut = select.poll()
        cut.register(wire.socket, select.POLLHUP)
        deadline = time.monotonic() + 60 * SLOW
        while not cut.poll(0):
            check(time.monotonic() < deadline, 'a client that does not read was not cut off')
            domain.suspend()
            domain.resume()
        domain.destroy()
    grown = memory_kib(server.pid) - before
    check(grown < 2 * UNREAD_KIB * LARGE, f'reeved grew by {grown} KiB')
    bystanders.wait_round()


@case
def client_that_does_not_read_replies(server, bystanders):
    before = memory_kib(server.pid, 'VmRSS')
    with Wire(server.socket) as wire:
        wire.open('qemu:///system' if os.geteuid() == 0 else 'qemu:///session')
        wire.socket.settimeout(5)
        calls = b''.join(frame(7, b'', serial) for serial in range(2, 502))  # connect_get_capabilities
        # Cut off, or left unread until it reads.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            for _ in range(200):
                wire.send(calls)
            raise Failed('200,000 calls of a client that does not read were taken')
    grown = memory_kib(server.pid) - before
    check(grown < 2 * UNREAD_KIB * LARGE, f'reeved grew by {grown} KiB')
    bystanders.wait_round()


def flood(path):
    """In a process of its own: connections that say nothing, as many at a time as @HELD."""
    held, cut = [], 0
    for _ in range(CONNECTIONS):
        one = socket.socket(socket.AF_UNIX)
        one.connect(path)
        held.append(one)
        if len(held) < HELD:
            continue
        oldest = held.pop(0)
        oldest.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            cut += oldest.recv(1) == b''
        oldest.close()
    print(f'{cut} of {CONNECTIONS - HELD} were cut off by reeved', flush=True)
    # The rest stays until we are killed: it must be in nobody's way.
    os.write(FLOODED[1], b'.' if cut > CONNECTIONS / 2 else b'!')
    signal.pause()


def flood_begin(path, uid):
    child = os.fork()
    if child:
        return child
    try:
        if uid != os.geteuid():
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        flood(path)
    finally:
        os._exit(1)


FLOODED = os.pipe()


def gets_in(server, read_only, deadline):
    """Whoever is slower to log in than the flood is to come may be cut off as one of it, and tries again."""
    while True:
        try:
            with server.connect(read_only=read_only) as connection:
                check(connection.numOfDomains() > 0, 'there are guests')
            return
        except libvirt.libvirtError as error:
            if error.get_error_code() not in CUT_OFF or time.monotonic() > deadline:
                raise


def others_get_in(server, path, uid):
    before, fds = memory_kib(server.pid, 'VmRSS'), descriptors(server.pid)
    child = flood_begin(path, uid)
    try:
        times, done = 0, False
        deadline = time.monotonic() + 100 * SLOW
        while not done:
            done = bool(select.select([FLOODED[0]], [], [], 0)[0])
            began = time.monotonic()
            for read_only in (False, True):
                gets_in(server, read_only, began + QUICK * SLOW)
            check(time.monotonic() - began < QUICK * SLOW, f'others got in after {time.monotonic() - began:.1f} s')
            check(time.monotonic() < deadline, 'the flood ends')
            times += 1
        equal(os.read(FLOODED[0], 1), b'.', 'most of them were cut off')
        print(f'meanwhile others connected {2 * times} times')
        check(descriptors(server.pid) < fds + 250, f'{descriptors(server.pid)} descriptors')
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    grown = memory_kib(server.pid) - before
    check(grown < 2 * UNREAD_KIB * LARGE, f'reeved grew by {grown} KiB')


@case
def connections_that_never_log_in(server, bystanders):
    os.chmod(os.path.dirname(server.socket_ro), 0o755)
    others_get_in(server, server.socket, os.geteuid())
    if os.geteuid() == 0:
        others_get_in(server, server.socket_ro, NOBODY)
    contains(server.log(), 'not logged in.*cut off')
    bystanders.wait_round()


@case
def one_that_waits_to_log_in(server, bystanders):
    """Alone it has its time, but no more than that."""
    with Wire(server.socket) as wire:
        wire.expect(66)
        check(wire.socket.recv(1) == b'' if select.select([wire.socket], [], [], 20 * SLOW)[0] else False,
              'a connection that does not log in ends')
    contains(server.log(), 'did not log in within')
    bystanders.wait_round()


@case
def engine_starts_beside_a_stopped_worker(server, bystanders):
    bystanders.stop()
    with server.connect() as connection:
        connection.lookupByName(NAME).create()
    pid = of('reeve-vm', NAME)
    with stopped(pid):
        server.kill()
        server.process = None
        quick('start of reeved', server.start)
        with server.connect() as connection:
            domain = connection.lookupByName(NAME)
            equal(domain.state()[0], L.VIR_DOMAIN_RUNNING)
            quick('suspend of another', connection.lookupByName('good').suspend)
            quick('resume of another', connection.lookupByName('good').resume)
            must_fail(NAME, 'worker', domain.info)
            destroyed(domain)
            domain.undefine()


def main():
    with daemon(call_timeout=5, login_timeout=5) as server:
        with server.connect() as connection:
            connection.defineXML(guest_xml('good', memory=64, boot=False)).create()
            for name in (NAME, 'other'):
                connection.defineXML(guest_xml(name, memory=64, boot=False))
        bystanders = Bystanders(server, 'good')
        bystanders.start()
        return run_cases(server, bystanders)


if __name__ == '__main__':
    if STOCK:
        skip('about our processes')
    sys.exit(main())
