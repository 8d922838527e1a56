#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The engine is stopped, killed and started again while guests run: they run on, are found again with
their state, and what happened meanwhile is told."""
import os
import select
import signal
import sys

import libvirt

from reeve_test import STOCK, Console, Failed, case, check, contains, daemon, disk_image, equal, guest_xml, \
    processes, run_cases, skip
from reeve_wire import ERROR, Wire, domain as encoded, frame, string

L = libvirt
LOOKUP, HOSTNAME, INTERFACE_STATS = 23, 59, 65  # procedures
IN_FLIGHT = 1000  # serial of a call that is not waited for


def define(server, name, **options):
    with server.connect() as connection:
        domain = connection.defineXML(guest_xml(name, **options))
        domain.create()
        return domain.ID()


def again(server, how):
    """Stops the engine one way or the other and starts it anew; guests are not asked."""
    if how == 'kill':
        server.kill()
        server.process = None
    else:
        server.stop(guests=False)
    server.start()


def beat(server, name):
    console = Console('virsh', '-c', server.uri(), 'console', name, '--force')
    number = int(console.wait(r'guest: beat (\d+)\s', 90).group(1))
    console.close()
    return number


def over(server, how):
    text = f"<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{disk_image(how)}'/>" \
           "<target dev='vda' bus='virtio'/></disk>"
    number = define(server, how, words='reeve.beat', devices=text)
    first = beat(server, how)
    with server.connect() as connection:
        before = connection.lookupByName(how).XMLDesc()
    again(server, how)
    with server.connect() as connection:
        domain = connection.lookupByName(how)
        equal(domain.state()[0], L.VIR_DOMAIN_RUNNING)
        equal(domain.ID(), number)
        equal(domain.XMLDesc(), before, 'the live definition')
        check(beat(server, how) > first, 'it ran on')
        domain.suspend()
        equal(domain.state(), [L.VIR_DOMAIN_PAUSED, L.VIR_DOMAIN_PAUSED_USER])
    again(server, how)
    with server.connect() as connection:
        domain = connection.lookupByName(how)
        equal(domain.state(), [L.VIR_DOMAIN_PAUSED, L.VIR_DOMAIN_PAUSED_USER])
        domain.resume()
        domain.destroy()
        domain.undefine()


@case
def stopped(server):
    over(server, 'stop')


@case
def killed(server):
    over(server, 'kill')


@case
def transient_guests_too(server):
    with server.connect() as connection:
        connection.createXML(guest_xml('transient', boot=False), 0)
    again(server, 'kill')
    with server.connect() as connection:
        domain = connection.lookupByName('transient')
        check(not domain.isPersistent() and domain.isActive(), 'transient and running')
        domain.destroy()
        try:
            connection.lookupByName('transient')
        except L.libvirtError as error:
            equal(error.get_error_code(), L.VIR_ERR_NO_DOMAIN)
        else:
            raise Failed('a transient guest outlived its end')


@case
def ended_meanwhile(server):
    """A guest that ends while no engine runs is off afterwards, for the reason it had."""
    define(server, 'meanwhile', words='reeve.do=poweroff')
    pid = [entry for entry, line in processes('qemu-system-x86').items() if 'meanwhile' in line]
    check(pid, 'a process')
    server.kill()
    server.process = None
    handle = os.pidfd_open(pid[0])
    check(select.select([handle], [], [], 120)[0], 'the guest powers itself off')
    os.close(handle)
    server.start()
    with server.connect() as connection:
        domain = connection.lookupByName('meanwhile')
        equal(domain.state(), [L.VIR_DOMAIN_SHUTOFF, L.VIR_DOMAIN_SHUTOFF_SHUTDOWN])
        domain.undefine()


@case
def worker_is_respawned(server):
    define(server, 'worker', words='reeve.beat')
    first = beat(server, 'worker')
    workers = list(processes('reeve-vm'))
    equal(len(workers), 1, 'workers')
    os.kill(workers[0], signal.SIGKILL)
    with server.connect() as connection:
        domain = connection.lookupByName('worker')
        check(beat(server, 'worker') > first, 'the guest ran on')
        equal(domain.state()[0], L.VIR_DOMAIN_RUNNING)
        domain.suspend()
        domain.resume()
        domain.destroy()
        domain.undefine()


@case
def calls_in_flight_when_a_worker_dies(server):
    """What a worker leaves unanswered fails as calls do; connection and guest live, the next call works."""
    define(server, 'flight', boot=False)
    worker, = processes('reeve-vm')
    os.kill(worker, signal.SIGSTOP)
    with Wire(server.socket) as wire:
        wire.open('qemu:///system' if os.geteuid() == 0 else 'qemu:///session')
        guest = wire.expect(LOOKUP, string('flight')).domain()
        wire.send(frame(INTERFACE_STATS, encoded(guest) + string('vnet0'), IN_FLIGHT))
        wire.expect(HOSTNAME)  # its answer shows that the other call is on its way
        os.kill(worker, signal.SIGKILL)
        while not (answers := [kept for kept in wire.events if kept.serial == IN_FLIGHT]):
            wire.events.append(wire.read(30))
        equal(answers[0].status, ERROR)
        code, _, message = answers[0].error()
        equal(code, L.VIR_ERR_OPERATION_FAILED, message)
        contains(message, "worker of domain 'flight' ended .*try again")
        answer = wire.call(INTERFACE_STATS, encoded(guest) + string('vnet0'), 60)
        equal(answer.error()[0], L.VIR_ERR_INVALID_ARG, 'the new worker knows no such interface')


@case
def calls_at_any_time_of_a_worker_s_death(server):
    """Sent before anybody has noticed, they work or ask for another try."""
    with server.connect() as connection:
        domain = connection.lookupByName('flight')
        for _ in range(3):
            worker, = processes('reeve-vm')
            os.kill(worker, signal.SIGKILL)
            tries = 0
            while not suspended(domain):
                tries += 1
                check(tries < 5, 'the new worker serves')
            domain.resume()
        domain.destroy()
        domain.undefine()


def suspended(domain):
    try:
        domain.suspend()
    except L.libvirtError as error:
        equal(error.get_error_code(), L.VIR_ERR_OPERATION_FAILED, str(error))
        contains(str(error), 'try again')
        return False
    return True


@case
def autostart_not_twice(server):
    with server.connect() as connection:
        domain = connection.defineXML(guest_xml('auto', boot=False))
        domain.setAutostart(1)
    server.stop(guests=False)
    server.start()
    with server.connect() as connection:
        domain = connection.lookupByName('auto')
        running = domain.isActive()
        if running:
            domain.destroy()
    again(server, 'kill')
    with server.connect() as connection:
        domain = connection.lookupByName('auto')
        check(not domain.isActive(), 'what an administrator stopped is not started by a restart')
        domain.undefine()


if __name__ == '__main__':
    if STOCK:
        skip('about our engine')
    with daemon() as running:
        sys.exit(run_cases(running))
