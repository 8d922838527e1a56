#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hypervisors that misbehave on their monitor (tests/lib/evil-qemu has the tricks), at their start and later:
the guest's calls fail with an error that names it and says why, and it can be destroyed; other guests, a real
one among them, stay manageable at the usual speed; no process outlives its guest, and memory is bounded."""
# timeout: 400
import os
import shutil
import sys
import time

import libvirt

from reeve_bystanders import EXPECTED, QUICK, Bystanders, Later, memory_kib, must_fail
from reeve_test import LARGE, SLOW, SOURCE, STOCK, case, check, contains, daemon, disk_image, equal, \
    guest_xml, processes, run_cases, skip

L = libvirt
# What reeved may need at most over what it had: nothing of a hypervisor passes through it but numbers and events
# of at most 1 MiB per guest, so this is headroom for the heap.
ENGINE_KIB = 48 * 1024
# A worker: a line of 64 MiB in a buffer that grows by doubling; or a shorter one with the values made of it, of
# which there are a million at most, of about 100 bytes each.
WORKER_KIB = 256 * 1024


def evil_xml(name):
    text = guest_xml(name, memory=64, boot=False, devices=f"""
        <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{DISK}'/><shareable/>
        <target dev='vda' bus='virtio'/></disk>
        <memballoon model='virtio'><stats period='1'/></memballoon>""")
    return text.replace("<memballoon model='none'/>", '').replace('/usr/bin/qemu-system-x86_64', EMULATOR)


def left_of(name):
    return [line for line in processes('evil-qemu').values() if f'guest={name},' in line]


class Evil:
    """The definition of a hostile guest, of which nothing may be left at the end."""

    def __init__(self, server, name):
        self.server, self.name = server, name

    def __enter__(self):
        self.connection = self.server.connect()
        self.domain = self.connection.defineXML(evil_xml(self.name))
        self.text = self.domain.XMLDesc(L.VIR_DOMAIN_XML_INACTIVE)
        return self.domain

    def __exit__(self, kind, *_):
        began = time.monotonic()
        if self.domain.isActive():
            try:
                self.domain.destroy()
            except L.libvirtError as error:
                if error.get_error_code() != L.VIR_ERR_OPERATION_INVALID:  # it has just ended by itself
                    raise
        if kind is None:
            check(time.monotonic() - began < 15 * SLOW, f'{self.name}: destroyed after {time.monotonic() - began:.1f} s')
            equal(self.domain.state()[0], L.VIR_DOMAIN_SHUTOFF, self.name)
            equal(self.domain.XMLDesc(L.VIR_DOMAIN_XML_INACTIVE), self.text, 'the definition')
            self.wait_gone()
        self.domain.undefine()
        self.connection.close()

    def connect(self):
        """Anew, after the engine has gone."""
        self.connection = self.server.connect()
        self.domain = self.connection.lookupByName(self.name)

    def wait_gone(self):
        """Its directory goes when no process of it is left. The next start would wait for that."""
        path, deadline = os.path.join(self.server.directory, 'run', 'vm', self.domain.UUIDString()), \
            time.monotonic() + 20 * SLOW
        while os.path.exists(path) and time.monotonic() < deadline:
            time.sleep(0.01)
        check(not os.path.exists(path), f'{self.name}: its directory stays:\n{self.server.log()[-2000:]}')
        equal(left_of(self.name), [], f'processes of {self.name}')


# ---- At the start

QUICK_STARTS = (
    ('line', 'greeting', 'a line of more than'), ('line', 'query-chardev', 'a line of more than'),
    ('deep', 'greeting', 'nested too deeply'), ('deep', 'qmp_capabilities', 'nested too deeply'),
    ('wide', 'query-chardev', 'too many values'), ('garbage', 'greeting', 'not JSON'),
    ('garbage', 'qmp_capabilities', 'not JSON'), ('bytes', 'cont', 'not JSON'),
    ('nobody', 'greeting', 'not a QEMU'), ('nobody', 'qmp_capabilities', 'neither a result nor an error'),
    ('nobody', 'cont', 'neither a result nor an error'),
    ('closes', 'greeting', 'closed'), ('closes', 'cont', 'closed'),
    ('dies', 'greeting', 'all is lost'), ('dies', 'query-chardev', 'all is lost'),
    ('errors', 'qmp_capabilities', 'refused'), ('errors', 'cont', 'refused'),
)
SLOW_STARTS = (
    ('silent', 'greeting', 'did not answer'), ('silent', 'qmp_capabilities', 'did not answer'),
    ('ids', 'qmp_capabilities', 'did not answer'), ('silent', 'cont', 'did not answer'),
    ('ids', 'cont', 'did not answer'),
)


def start_fails(server, trick, point, words):
    name = f'{trick}-at-{point}'
    with Evil(server, name) as domain:
        took = must_fail(name, words, domain.create)
        check(took < 75 * SLOW, f'{name} failed after {took:.1f} s')


def together(failures):
    if failures:
        raise AssertionError('\n'.join(failures))


def each(function, server, rows):
    """All rows, also when some fail."""
    failures = []
    for row in rows:
        try:
            function(server, *row)
        except Exception as failure:
            failures.append(f'{row[:2]}: {type(failure).__name__}: {failure}')
    together(failures)


@case
def starts_that_fail(server, bystanders, _later):
    each(start_fails, server, QUICK_STARTS)
    bystanders.wait_round()


# ---- While it runs

def statistics(domain):
    return domain.connect().domainListGetStats([domain])[0][1]


RUNNING = (
    ('line', 'stop', 'a line of more than'), ('deep', 'stop', 'nested too deeply'), ('wide', 'stop', 'too many values'),
    ('garbage', 'stop', 'not JSON'), ('closes', 'stop', 'closed'), ('dies', 'stop', 'ended|closed|not running'),
    ('errors', 'stop', 'refused'), ('nobody', 'stop', 'neither'),
    ('silent', 'stop', 'did not answer'), ('ids', 'stop', 'did not answer'),
)
SAMPLED = tuple((trick, point) for point in ('query-blockstats', 'query-balloon', 'query-named-block-nodes')
                for trick in ('line', 'deep', 'closes', 'dies', 'silent', 'ids', 'types'))
ODD = (('types', 'all'), ('errors', 'query-cpus-fast'), ('names', 'query-blockstats'), ('full', 'query-blockstats'),
       ('names', 'query-named-block-nodes'), ('stubborn', 'cont'))


def call_fails(server, trick, point, words):
    name = f'{trick}-at-{point}'
    with Evil(server, name) as domain:
        domain.create()
        took = must_fail(name, words, domain.suspend)
        check(took < 10 * SLOW, f'{name}: suspend took {took:.1f} s')


def ask_statistics(domain, seconds=QUICK, brief=False):
    """None may wait for the hypervisor; those that fail say that the guest has ended."""
    calls = ((statistics, (domain,)), (domain.info, ()), (domain.memoryStats, ()), (domain.blockStats, ('vda',)),
             (domain.vcpus, ()), (domain.blockInfo, ('vda',)), (statistics, (domain,)))
    for function, arguments in calls[:2] if brief else calls:
        began = time.monotonic()
        try:
            function(*arguments)
        except L.libvirtError as error:
            check(error.get_error_code() in EXPECTED, f'code {error.get_error_code()}: {error}')
            contains(str(error), f"'{domain.name()}'")
        check(time.monotonic() - began < seconds * SLOW, f'{function} took {time.monotonic() - began:.1f} s')


def sample_is_bad(server, trick, point):
    with Evil(server, f'{trick}-at-{point}') as domain:
        domain.create()
        ask_statistics(domain)


def odd_answers(server, trick, point):
    """It starts or does not; whatever it is asked, calls end."""
    with Evil(server, f'{trick}-at-{point}') as domain:
        try:
            domain.create()
        except L.libvirtError as error:
            contains(str(error), f"'{domain.name()}'")
            return
        for _ in range(2):
            ask_statistics(domain)
        try:
            domain.suspend()
            domain.resume()
        except L.libvirtError as error:
            contains(str(error), f"'{domain.name()}'")


@case
def calls_that_fail(server, bystanders, _later):
    each(call_fails, server, RUNNING)
    bystanders.wait_round()


@case
def samples(server, bystanders, _later):
    each(sample_is_bad, server, SAMPLED)
    bystanders.wait_round()


@case
def answers(server, bystanders, _later):
    each(odd_answers, server, ODD)
    bystanders.wait_round()


@case
def storms(server, bystanders, _later):
    """Three at once, each at full speed."""
    with Evil(server, 'storm-at-cont') as one, Evil(server, 'flood-at-cont') as two, Evil(server, 'junk-at-cont') as three:
        for domain in (one, two, three):
            try:
                domain.create()
            except L.libvirtError as error:
                contains(str(error), f"'{domain.name()}'")
        bystanders.wait_round()
        for domain in (two, three):
            ask_statistics(domain, 2 * QUICK, brief=True)  # their workers have a lot to read
        bystanders.wait_round()


@case
def what_it_leaves(server, bystanders, _later):
    """Hidden processes and barriers in its directory: it can be started again all the same."""
    if os.geteuid() != 0:
        return
    for name in ('hides-at-cont', 'litters-at-cont'):
        with Evil(server, name) as domain:
            for _ in range(2):
                domain.create()
                domain.destroy()
            domain.create()
    bystanders.wait_round()


@case
def starts_that_hang(_server, bystanders, later):
    failures = []
    for one in later:
        try:
            one.finish()
        except Exception as failure:
            failures.append(f'{one.arguments[1:3]}: {failure}')
    together(failures)
    bystanders.wait_round()


@case
def memory(server, bystanders, _later):
    bystanders.verify()
    engine = memory_kib(server.pid) - server.memory_before
    print(f'{bystanders.rounds} rounds, the slowest call was {bystanders.slowest[1]} ({bystanders.slowest[0]:.2f} s); '
          f'reeved {engine // 1024} MiB more, a worker {bystanders.worker_kib // 1024} MiB')
    check(bystanders.rounds > 5, 'others were asked')
    spare = 512 * 1024 if 'REEVE_SANITIZE' in os.environ else 0  # freed memory that it keeps
    check(engine < ENGINE_KIB * LARGE + spare, f'reeved grew by {engine} KiB')
    check(bystanders.worker_kib < WORKER_KIB * LARGE + spare, f'a worker had {bystanders.worker_kib} KiB')


@case
def engine_starts_again(server, bystanders, _later):
    """What the guest left where its worker's state was does not hold up the next engine."""
    if os.geteuid() != 0:
        return
    bystanders.stop()
    evil = Evil(server, 'litters-at-cont')
    with evil as domain:
        domain.create()
        server.kill()
        server.process = None
        began = time.monotonic()
        server.start()
        evil.connect()
        check(time.monotonic() - began < 20 * SLOW, f'ready after {time.monotonic() - began:.1f} s')


@case
def engine_ends_amid_starts(server, _bystanders, _later):
    """Starts that hang are undone, and the engine ends in good order."""
    with server.connect() as connection:
        domain = connection.defineXML(evil_xml('again.silent-at-greeting'))
        start = Later(domain.create)
        deadline = time.monotonic() + 30 * SLOW
        while not left_of('again.silent-at-greeting') and time.monotonic() < deadline:
            time.sleep(0.01)
        began = time.monotonic()
        server.stop(guests=False)
        check(time.monotonic() - began < 15 * SLOW, f'ended after {time.monotonic() - began:.1f} s')
        start.join(10 * SLOW)
        check(isinstance(start.failure, L.libvirtError), f'the start failed, not {start.failure!r}')
    equal(left_of('again.silent-at-greeting'), [], 'processes')
    server.start()
    with server.connect() as connection:
        domain = connection.lookupByName('again.silent-at-greeting')
        equal(domain.state()[0], L.VIR_DOMAIN_SHUTOFF)
        domain.undefine()


def main():
    with daemon(call_timeout=5 * LARGE, stats_timeout=300) as server:
        with server.connect() as connection:
            connection.defineXML(guest_xml('good', memory=64, boot=False)).create()
            connection.defineXML(evil_xml('none-at-all')).create()
        server.memory_before = memory_kib(server.pid, 'VmRSS')
        bystanders = Bystanders(server, 'good', 'none-at-all')
        bystanders.start()
        later = [Later(start_fails, server, *row) for row in SLOW_STARTS]
        return run_cases(server, bystanders, later)


if __name__ == '__main__':
    if STOCK:
        skip('about our processes')
    EMULATOR = os.path.realpath('evil-qemu')
    shutil.copy(os.path.join(SOURCE, 'tests', 'lib', 'evil-qemu'), EMULATOR)
    DISK = disk_image('disk', form='raw')
    sys.exit(main())
