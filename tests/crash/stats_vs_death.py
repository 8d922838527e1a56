#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Statistics at full speed by several clients, of all guests and of single ones, while these are started, killed,
destroyed and undefined: a record is whole or absent, an error is one that says so, and nothing is held
afterwards."""
# timeout: 400
import json
import multiprocessing
import os
import random
import signal
import sys
import time

import libvirt

from reeve_bystanders import descriptors, memory_kib
from reeve_test import LARGE, SLOW, STOCK, Watch, case, check, daemon, disk_image, equal, guest_xml, processes, \
    run_cases, skip

L = libvirt
GUESTS, ROUNDS, ASKERS = 4, int(os.environ.get('REEVE_CRASH_ROUNDS', '12')), 3
EXPECTED = (L.VIR_ERR_OPERATION_INVALID, L.VIR_ERR_NO_DOMAIN)
STATES = (L.VIR_DOMAIN_RUNNING, L.VIR_DOMAIN_PAUSED, L.VIR_DOMAIN_SHUTDOWN, L.VIR_DOMAIN_SHUTOFF, L.VIR_DOMAIN_CRASHED)
ALWAYS = {'state.state', 'state.reason', 'balloon.current', 'balloon.maximum', 'vcpu.current', 'vcpu.maximum', 'block.count',
          'block.0.name', 'block.0.path'}
LIVE = {'cpu.time', 'cpu.user', 'cpu.system', 'balloon.rss', 'net.count'}
VCPUS, MEMORY_KIB = 2, 64 << 10
chance = random.Random(2)


def name(number):
    return f'v{number}'


def xml(number):
    return guest_xml(name(number), memory=64, vcpus=VCPUS, boot=False, devices=f"""
        <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{DISK}'/><shareable/>
        <target dev='vda' bus='virtio'/></disk>
        <interface type='user'><mac address='52:54:00:00:00:{number:02x}'/></interface>
        <memballoon model='virtio'/>""").replace("<memballoon model='none'/>", '')


def hypervisors(number):
    return [pid for pid, line in processes('qemu-system-x86').items() if f'guest={name(number)},' in line]


def workers(number):
    return [pid for pid, line in processes('reeve-vm').items() if line.rstrip().endswith(f' {name(number)}')]


# ---- Those who ask: each in a process of its own

def check_record(domain, record, last):
    who = domain.name()
    check(not ALWAYS - record.keys(), f'{who}: without {ALWAYS - record.keys()}: {record}')
    check(record['state.state'] in STATES, f"{who}: state {record['state.state']}")
    equal(record['balloon.maximum'], MEMORY_KIB, who)
    check(record['balloon.current'] <= MEMORY_KIB, f'{who}: {record}')
    equal((record['vcpu.current'], record['vcpu.maximum']), (VCPUS, VCPUS), who)
    equal((record['block.count'], record['block.0.name'], record['block.0.path']), (1, 'vda', DISK), who)
    live = LIVE & record.keys()
    check(live in (set(), LIVE, LIVE - {'cpu.time', 'cpu.user', 'cpu.system'}), f'{who}: only {live} of a running guest')
    if 'cpu.time' in record:
        check(record['cpu.time'] >= record['cpu.user'], f'{who}: {record}')
    # Of one and the same run of a guest, time does not go back.
    key, now = (who, domain.ID()), record.get('cpu.time', 0)
    if live == LIVE and key[1] >= 0:
        check(now >= last.get(key, 0) or now == 0, f'{who}: its time went from {last.get(key)} to {now}')
        last[key] = now


def ask_one(domain, counts):
    """Each of these works, or says that the guest is not there or not running."""
    mac = domain.name().replace('v', '52:54:00:00:00:0')
    calls = (('memoryStats', (), lambda got: got['actual'] <= MEMORY_KIB),
             ('blockStats', ('vda',), lambda got: len(got) == 5 and min(got[:4]) >= 0),
             ('blockStatsFlags', ('vda',), lambda got: got['rd_bytes'] >= 0),
             ('blockInfo', ('vda',), lambda got: len(got) == 3),
             ('vcpus', (), lambda got: len(got[0]) == VCPUS),
             ('info', (), lambda got: got[0] in STATES and got[1] == MEMORY_KIB and got[3] == VCPUS),
             ('interfaceStats', (mac,), None), ('getCPUStats', (True,), None),
             ('controlInfo', (), None), ('XMLDesc', (), lambda got: f'<name>{domain.name()}</name>' in got))
    for call, arguments, right in calls:
        try:
            got = getattr(domain, call)(*arguments)
            check(right is None or right(got), f'{call} of {domain.name()}: {got}')
            counts['answered'] += 1
        except L.libvirtError as error:
            unsupported = right is None and error.get_error_code() in (L.VIR_ERR_OPERATION_UNSUPPORTED,
                                                                       L.VIR_ERR_NO_SUPPORT)
            # The worker was killed, too: whether its guest lives is not known yet.
            orphaned = error.get_error_code() == L.VIR_ERR_OPERATION_FAILED and \
                f"worker of domain '{domain.name()}'" in str(error)
            check(unsupported or orphaned or error.get_error_code() in EXPECTED,
                  f'{call} of {domain.name()}: code {error.get_error_code()}: {error}')
            check(str(error), 'an error without words')
            counts['refused'] += 1


def ask(uri, over, results):
    counts = {'bulk': 0, 'records': 0, 'live': 0, 'answered': 0, 'refused': 0, 'slowest': 0.0}
    try:
        libvirt.registerErrorHandler(lambda *_: None, None)
        connection, last = libvirt.open(uri), {}
        while not over.is_set():
            began = time.monotonic()
            everybody = connection.getAllDomainStats(0, 0)
            counts['slowest'] = max(counts['slowest'], time.monotonic() - began)
            counts['bulk'] += 1
            equal(len({domain.UUIDString() for domain, _ in everybody}), len(everybody), 'each guest once')
            for domain, record in everybody:
                check_record(domain, record, last)
                counts['records'] += 1
                counts['live'] += 'cpu.time' in record
            if everybody:
                ask_one(random.choice(everybody)[0], counts)
        connection.close()
        results.put(counts)
    except BaseException as failure:
        results.put(f'{type(failure).__name__}: {failure}')


# ---- Those who die

def kill(connection, number):
    equal(len(hypervisors(number)), 1, f'hypervisors of {name(number)}')
    os.kill(hypervisors(number)[0], signal.SIGKILL)


def destroy(connection, number):
    connection.lookupByName(name(number)).destroy()


def destroy_and_undefine(connection, number):
    domain = connection.lookupByName(name(number))
    domain.destroy()
    domain.undefine()


def undefine_and_kill(connection, number):
    """It goes on as a transient guest and is gone with its hypervisor."""
    connection.lookupByName(name(number)).undefine()
    kill(connection, number)


def kill_both(connection, number):
    """Worker and hypervisor at once."""
    for pid in workers(number) + hypervisors(number):
        os.kill(pid, signal.SIGKILL)


DEATHS = (kill, destroy, destroy_and_undefine, undefine_and_kill, kill_both)
UNDEFINED = (destroy_and_undefine, undefine_and_kill)


def all_rounds(watch, connection):
    for round_ in range(ROUNDS):
        for number in range(GUESTS):
            connection.lookupByName(name(number)).create()
            watch.wait(name(number), L.VIR_DOMAIN_EVENT_STARTED)
        for number in chance.sample(range(GUESTS), GUESTS):
            death = DEATHS[(round_ + number) % len(DEATHS)]
            death(connection, number)
            watch.wait(name(number), L.VIR_DOMAIN_EVENT_STOPPED)
            if death in UNDEFINED:
                connection.defineXML(xml(number))


def gather(askers, results):
    failures, total = [], {}
    for _ in askers:
        got = results.get(timeout=60 * SLOW)
        if isinstance(got, str):
            failures.append(got)
            continue
        for key, value in got.items():
            total[key] = max(total[key], value) if key == 'slowest' and key in total else total.get(key, 0) + value
    for asker in askers:
        asker.join(30 * SLOW)
    if failures:
        raise AssertionError('\n'.join(failures))
    return total


def count_settled(server, wanted):
    """Descriptors, once what has just been closed is closed on the other side."""
    deadline = time.monotonic() + 20 * SLOW
    while descriptors(server.pid) > wanted and time.monotonic() < deadline:
        time.sleep(0.01)
    return descriptors(server.pid)


@case
def statistics_amid_deaths(server, watch):
    pid = server.pid
    with server.connect() as connection:
        for number in range(GUESTS):
            connection.defineXML(xml(number)).create()
            watch.wait(name(number), L.VIR_DOMAIN_EVENT_STARTED)
        for number in range(GUESTS):
            destroy(connection, number)
            watch.wait(name(number), L.VIR_DOMAIN_EVENT_STOPPED)
        connection.getAllDomainStats()
        before, fds = memory_kib(pid, 'VmRSS'), descriptors(pid)
        over, results = multiprocessing.Event(), multiprocessing.Queue()
        askers = [multiprocessing.Process(target=ask, args=(server.uri(), over, results)) for _ in range(ASKERS)]
        for asker in askers:
            asker.start()
        try:
            all_rounds(watch, connection)
        finally:
            over.set()
            total = gather(askers, results)
        print(json.dumps(total))
        check(total['live'] > 0 and total['records'] > total['live'], 'guests were seen alive and dead')
        check(total['answered'] > 0, 'single calls were answered')
        check(total['slowest'] < 5 * SLOW, f"statistics took {total['slowest']:.1f} s")
        equal(server.process.poll(), None, 'reeved runs')
        for number in range(GUESTS):
            domain = connection.lookupByName(name(number))
            equal(domain.state()[0], L.VIR_DOMAIN_SHUTOFF, name(number))
            domain.undefine()
        check(count_settled(server, fds) <= fds, f'{fds} descriptors before, {descriptors(pid)} afterwards')
        check(memory_kib(pid, 'VmRSS') < before + 48 * 1024 * LARGE, 'memory')
    for number in range(GUESTS):
        equal((hypervisors(number), workers(number)), ([], []), f'left running of {name(number)}')


def main():
    with daemon() as server:
        watch = Watch(server)
        try:
            return run_cases(server, watch)
        finally:
            watch.close()


DISK = os.path.realpath('disk')

if __name__ == '__main__':
    if STOCK:
        skip('about our processes')
    # Not by fork(): libvirt's event loop belongs to one process.
    multiprocessing.set_start_method('spawn')
    disk_image(DISK, form='raw')
    sys.exit(main())
