#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No answer is made of what was never measured: a hypervisor that is slow is waited for, a question sees what was
there when it was asked, and of a hypervisor that is mute before it told anything an error says so."""
import contextlib
import os
import signal
import sys
import threading
import time

import libvirt

from reeve_test import case, check, daemon, disk_image, equal, guest_xml, processes, raises, run_cases, until

L = libvirt
SIZE = 64 << 20
SLOW_S = 1.5  # how long a hypervisor of these tests is slow: longer than nobody would notice
PATIENT_MS, HASTY_MS = 60000, 5000  # stats_timeout: with the one no machine is so busy that it counts as mute


def start(conn, name, image, form='qcow2'):
    """A guest that was started this very moment, and its hypervisor."""
    disk = f"""<disk type='file' device='disk'><driver name='qemu' type='{form}'/><source file='{image}'/>
        <target dev='vda' bus='virtio'/></disk><memballoon model='virtio'/>"""
    xml = guest_xml(name, boot=False, devices=disk).replace("<memballoon model='none'/>", '')
    domain = conn.createXML(xml, L.VIR_DOMAIN_START_PAUSED)
    pids = [pid for pid, line in processes('qemu-system-x86').items() if f'guest={name},' in line]
    equal(len(pids), 1, f'hypervisors of {name}')
    return domain, pids[0]


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def asked_while_slow(pid, question):
    """What is answered to a question that is asked while the hypervisor is busy with something else."""
    answers = []

    def ask():
        try:
            answers.append(question())
        except L.libvirtError as error:
            answers.append(error)

    with stopped(pid):
        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(SLOW_S)
    asking.join()
    return answers[0]


@case
def at_once_after_the_start(conn):
    domain, pid = start(conn, 'slow', disk_image('slow.qcow2', '64M'))
    capacity, _, physical = asked_while_slow(pid, lambda: domain.blockInfo('vda'))
    equal(capacity, SIZE, 'capacity')
    equal(physical, -(-os.stat('slow.qcow2').st_size // 512) * 512, 'physical, which QEMU tells in whole sectors')
    stats = asked_while_slow(pid, lambda: conn.domainListGetStats([domain], L.VIR_DOMAIN_STATS_BLOCK))[0][1]
    equal(stats.get('block.0.capacity'), SIZE, 'capacity in the statistics')
    domain.destroy()


@case
def a_measurement_that_was_begun(conn):
    domain, pid = start(conn, 'rate', disk_image('rate.qcow2', '64M'))
    group = L.VIR_DOMAIN_STATS_DIRTYRATE
    before = conn.domainListGetStats([domain], group)[0][1]
    equal(before['dirtyrate.calc_status'], L.VIR_DOMAIN_DIRTYRATE_UNSTARTED, 'before it')
    domain.startDirtyRateCalc(1, 0)
    status = asked_while_slow(pid, lambda: conn.domainListGetStats([domain], group))[0][1]['dirtyrate.calc_status']
    check(status in (L.VIR_DOMAIN_DIRTYRATE_MEASURING, L.VIR_DOMAIN_DIRTYRATE_MEASURED), f'status {status}')
    domain.destroy()


@case
def what_happened_before_the_question(conn):
    with open('grows.raw', 'wb') as image:
        image.truncate(SIZE)
        path = os.path.realpath(image.name)
    domain, _ = start(conn, 'grows', path, 'raw')
    for mebibytes in (1, 2, 3):
        with open(path, 'r+b') as image:
            os.posix_fallocate(image.fileno(), 0, mebibytes << 20)
        equal(domain.blockInfo('vda')[:2], [SIZE, os.stat(path).st_blocks * 512], f'{mebibytes} MiB')
    domain.destroy()


def told(domain):
    """The capacity, None while the machine is too busy for the hypervisor to answer in time."""
    try:
        return domain.blockInfo('vda')[0]
    except L.libvirtError as error:
        equal(error.get_error_code(), L.VIR_ERR_OPERATION_TIMEOUT, f'error "{error}"')
        return None


@case
def mute_before_it_told_anything(_):
    with daemon('hasty', stats_timeout=HASTY_MS) as server:
        mute(server.connect('qemu'))


def mute(conn):
    domain, pid = start(conn, 'mute', disk_image('mute.qcow2', '64M'))
    with stopped(pid):
        with raises(L.VIR_ERR_OPERATION_TIMEOUT):
            domain.blockInfo('vda')
        with raises(L.VIR_ERR_OPERATION_TIMEOUT):
            domain.blockStats('vda')
        stats = conn.domainListGetStats([domain], L.VIR_DOMAIN_STATS_BLOCK)[0][1]
        equal({key for key in stats if key.startswith('block.0.')}, {'block.0.name', 'block.0.path', 'block.0.backingIndex'}, 'told')
        equal(domain.info()[1], 96 * 1024, 'maximum memory, which the definition tells')
    until(lambda: domain.controlInfo()[0] == L.VIR_DOMAIN_CONTROL_OK, 'what was asked of it meanwhile is answered')
    equal(until(lambda: told(domain), 'it tells its capacity'), SIZE, 'capacity afterwards')
    with stopped(pid):
        equal(domain.blockInfo('vda')[0], SIZE, 'capacity of the last sample')
        nowait = L.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
        equal(conn.domainListGetStats([domain], L.VIR_DOMAIN_STATS_BLOCK, nowait)[0][1]['block.0.capacity'], SIZE)
    domain.destroy()


@case
def no_medium(conn):
    drive = "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>"
    domain = conn.createXML(guest_xml('drive', boot=False, devices=drive), L.VIR_DOMAIN_START_PAUSED)
    equal(domain.blockStats('sda')[:4], (0, 0, 0, 0), 'requests of a drive without a medium')
    with raises(L.VIR_ERR_INVALID_ARG):
        domain.blockInfo('sda')
    domain.destroy()


if __name__ == '__main__':
    libvirt.registerErrorHandler(lambda *_: None, None)
    with daemon(stats_timeout=PATIENT_MS) as running:
        sys.exit(run_cases(running.connect('qemu')))
