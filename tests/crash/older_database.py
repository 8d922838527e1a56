#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A database that was lost, is older than what runs, or was restored in part: that a guest is not in it proves nothing.
Every guest that runs is listed and manageable afterwards, none is ended; what never started is cleaned up."""
# timeout: 400
import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import sys
import uuid

import libvirt

from reeve_test import STOCK, Failed, case, check, contains, daemon, equal, guest_xml, processes, \
    run_cases, skip, until

L = libvirt


def xml(name, number=None):
    words = f'<uuid>{number}</uuid>' if number else ''
    return (f"<domain type='test'><name>{name}</name>{words}<memory unit='MiB'>32</memory><vcpu>1</vcpu>"
            '<os><type>hvm</type></os></domain>')


def workers():
    return sorted(pid for pid, line in processes('reeve-vm').items() if '--probe' not in line)


class Store:
    def __init__(self, server):
        self.server, self.path = server, os.path.join(server.directory, 'state')

    def files(self):
        return [name for name in os.listdir(self.path) if name.startswith('reeve.db')]

    def copy(self, to):
        """As a backup has it: the daemon is not there."""
        shutil.rmtree(to, ignore_errors=True)
        os.mkdir(to)
        for name in self.files():
            shutil.copy2(os.path.join(self.path, name), to)

    def remove(self):
        for name in self.files():
            os.unlink(os.path.join(self.path, name))

    def restore(self, source):
        owner = os.stat(self.path)
        self.remove()
        for name in os.listdir(source):
            there = os.path.join(self.path, name)
            shutil.copy2(os.path.join(source, name), there)
            os.chown(there, owner.st_uid, owner.st_gid)

    def change(self, *statements):
        owner = os.stat(self.path)
        with contextlib.closing(sqlite3.connect(os.path.join(self.path, 'reeve.db'))) as database:
            for statement in statements:
                database.execute(*statement)
            database.commit()
        for name in self.files():
            os.chown(os.path.join(self.path, name), owner.st_uid, owner.st_gid)


def kill(server):
    server.kill()
    server.process = None


def manageable(domain):
    equal(domain.state()[0], L.VIR_DOMAIN_RUNNING, domain.name())
    domain.suspend()
    equal(domain.state()[0], L.VIR_DOMAIN_PAUSED, domain.name())
    domain.resume()
    contains(domain.XMLDesc(), f'<name>{domain.name()}</name>')
    contains(domain.XMLDesc(), f'<uuid>{domain.UUIDString()}</uuid>')
    check(domain.ID() > 0, 'it has an id')
    equal(domain.connect().domainListGetStats([domain])[0][1]['state.state'], L.VIR_DOMAIN_RUNNING)


def all_there(connection, uuids, persistent=()):
    """Each runs, and is transient unless the database has it."""
    domains = {domain.UUIDString(): domain for domain in connection.listAllDomains(L.VIR_CONNECT_LIST_DOMAINS_ACTIVE)}
    equal(sorted(domains), sorted(uuids), 'running guests')
    equal(len({domain.ID() for domain in domains.values()}), len(uuids), 'ids')
    for number, domain in domains.items():
        manageable(domain)
        equal(bool(domain.isPersistent()), number in persistent, f'{domain.name()} is persistent')


@contextlib.contextmanager
def guests(server, *names, driver='test', make=xml):
    """Defined and started; what is left of them is ended."""
    with server.connect(driver) as connection:
        domains = [connection.defineXML(make(name)) for name in names]
        for domain in domains:
            domain.create()
        uuids = [domain.UUIDString() for domain in domains]
    server.workers = workers()
    try:
        yield uuids
    finally:
        with server.connect(driver) as connection:
            for domain in connection.listAllDomains():
                if domain.isActive():
                    domain.destroy()
            for domain in connection.listAllDomains():
                domain.undefine()


def count(server, words):
    return server.log().count(words)


@case
def empty(server):
    with guests(server, 'a', 'b') as uuids:
        kill(server)
        Store(server).remove()
        said = count(server, 'taken over as a transient domain')
        server.start()
        with server.connect('test') as connection:
            all_there(connection, uuids)
            equal(workers(), server.workers, 'workers')
            equal(count(server, 'taken over as a transient domain') - said, 2, 'warnings')
            connection.lookupByName('a').destroy()
            check('a' not in [domain.name() for domain in connection.listAllDomains()], 'a transient one is gone after its end')
            connection.defineXML(xml('b', uuids[1]))
        kill(server)
        server.start()  # which knows them now
        with server.connect('test') as connection:
            all_there(connection, uuids[1:], uuids[1:])
            other = connection.createXML(xml('c'))
            check(other.ID() != connection.lookupByName('b').ID(), 'no id is used twice')
            other.destroy()


@case
def older(server):
    """From before one was defined, another started, a third renamed and changed."""
    store = Store(server)
    with server.connect('test') as connection:
        stopped = connection.defineXML(xml('stopped'))
        connection.defineXML(xml('renamed')).undefine()
        renamed = connection.defineXML(xml('old-name'))
        numbers = [stopped.UUIDString(), renamed.UUIDString()]
    kill(server)
    store.copy('backup')
    server.start()
    with server.connect('test') as connection:
        connection.lookupByName('old-name').rename('new-name')
        connection.lookupByName('new-name').create()
        connection.defineXML(xml('stopped', numbers[0]).replace("'MiB'>32<", "'MiB'>48<")).create()
        numbers.append(connection.createXML(xml('transient')).UUIDString())
        connection.defineXML(xml('later')).create()
        numbers.append(connection.lookupByName('later').UUIDString())
    before = workers()
    kill(server)
    store.restore('backup')
    server.start()
    with server.connect('test') as connection:
        all_there(connection, numbers, numbers[:2])
        equal(workers(), before, 'workers')
        domain = connection.lookupByUUIDString(numbers[0])
        contains(domain.XMLDesc(), "<memory unit='KiB'>49152<")
        contains(domain.XMLDesc(L.VIR_DOMAIN_XML_INACTIVE), "<memory unit='KiB'>32768<")
        for domain in connection.listAllDomains():
            domain.destroy()
            if domain.UUIDString() in numbers[:2]:
                domain.undefine()


@case
def in_part(server):
    """Records of running guests are gone, of another boot, or another domain's."""
    store = Store(server)
    with guests(server, 'a', 'b', 'c') as uuids:
        kill(server)
        store.change(("DELETE FROM run_state WHERE name = 'a'",), ("UPDATE run_state SET boot_id = 'another' WHERE name = 'b'",),
                     ("DELETE FROM run_state WHERE name = 'c'",), ("DELETE FROM domains WHERE name = 'c'",))
        server.start()
        with server.connect('test') as connection:
            all_there(connection, uuids, uuids[:2])
            equal(workers(), server.workers, 'workers')


@case
def the_name_is_taken(server):
    with guests(server, 'a') as uuids:
        kill(server)
        store = Store(server)
        store.remove()
        vms, aside = os.path.join(server.directory, 'run', 'vm'), os.path.join(server.directory, 'run', 'aside')
        os.rename(vms, aside)
        server.start()
        with server.connect('test') as connection:
            other = connection.defineXML(xml('a')).UUIDString()
        kill(server)
        os.rmdir(vms)
        os.rename(aside, vms)
        server.start()
        with server.connect('test') as connection:
            all_there(connection, uuids)
            equal(connection.lookupByName('a').UUIDString(), other)
            check(connection.lookupByUUIDString(uuids[0]).name().startswith('a-'), 'it has a name of its own')


@case
def worker_does_not_answer(server):
    """It is not ended; when it comes to itself it is manageable."""
    with guests(server, 'a') as uuids:
        victim = workers()[0]
        os.kill(victim, signal.SIGSTOP)
        kill(server)
        Store(server).remove()
        try:
            server.start()
            until(lambda: count(server, 'does not answer:'), 'the worker that does not answer is told of')
            with server.connect('test') as connection:
                equal([domain.UUIDString() for domain in connection.listAllDomains(L.VIR_CONNECT_LIST_DOMAINS_ACTIVE)], uuids)
        finally:
            os.kill(victim, signal.SIGCONT)
        with server.connect('test') as connection:
            all_there(connection, uuids)
            equal(workers(), server.workers, 'workers')


@case
def worker_is_dead_too(server):
    """A hypervisor alone is found by what its worker has written down."""
    def make(name):
        return guest_xml(name, memory=64, boot=False)
    with guests(server, 'q', driver='qemu', make=make) as uuids:
        hypervisors = set(processes('qemu-system-x86'))
        equal(len(hypervisors), 1, 'hypervisors')
        kill(server)
        for pid in workers():
            handle = os.pidfd_open(pid)
            os.kill(pid, signal.SIGKILL)
            os.close(handle)
        Store(server).remove()
        server.start()
        with server.connect() as connection:
            until(connection.listAllDomains, 'the guest is found again')
            all_there(connection, uuids)
        equal(set(processes('qemu-system-x86')), hypervisors, 'hypervisors')


@case
def never_started(server):
    """A directory in which nobody works, and one of a worker without a guest."""
    path = os.path.join(server.directory, 'run', 'vm')
    kill(server)
    owner = os.stat(path)
    base = int(next(word for word in server_words(server) if word.startswith('guest_uid_base=')).split('=')[1])
    left = os.path.join(path, str(uuid.uuid4()))
    os.mkdir(left, 0o750)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(os.path.join(left, 'sock'))
    for what in (left, os.path.join(left, 'sock')):
        os.chown(what, base + 7, owner.st_gid)
    server.start()
    until(lambda: not os.path.exists(left), 'a directory without a guest goes')


def server_words(server):
    return server.words


def main():
    with daemon(test_ready_domains='no') as server:
        with open(f'/proc/{server.pid}/cmdline', 'rb') as line:
            server.words = line.read().decode().split('\0')
        return run_cases(server)


if __name__ == '__main__':
    if STOCK or os.geteuid() != 0:
        skip('about our processes, as root')
    sys.exit(main())
