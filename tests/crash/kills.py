#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 of the engine, of workers and of hypervisors, twenty rounds each with eight guests: running
guests run on and stay manageable, a dead guest is told within a second, nothing defined is lost."""
# timeout: 900
import os
import random
import select
import signal
import sys
import time

import libvirt

from reeve_test import SLOW, STOCK, Failed, case, check, daemon, equal, guest_xml, processes, \
    run_cases, skip

L = libvirt
GUESTS, ROUNDS = 8, int(os.environ.get('REEVE_CRASH_ROUNDS', '20'))
chance = random.Random(1)


def name(number):
    return f'g{number}'


def hypervisor(number):
    for pid, line in processes('qemu-system-x86').items():
        if f'guest={name(number)},' in line or f' {name(number)} ' in line:
            return pid
    raise Failed(f'no hypervisor of {name(number)}')


def all_run(server, except_for=()):
    with server.connect() as connection:
        states = {d.name(): d.state()[0] for d in connection.listAllDomains()}
        for number in range(GUESTS):
            if number not in except_for:
                check(states.get(name(number)) in (L.VIR_DOMAIN_RUNNING, L.VIR_DOMAIN_PAUSED),
                      f'{name(number)} is in state {states.get(name(number))}')


def manageable(server, number):
    with server.connect() as connection:
        domain = connection.lookupByName(name(number))
        domain.suspend()
        equal(domain.state()[0], L.VIR_DOMAIN_PAUSED)
        domain.resume()
        equal(domain.state()[0], L.VIR_DOMAIN_RUNNING)


@case
def engine(server):
    for number in range(ROUNDS):
        hypervisors = set(processes('qemu-system-x86'))
        with server.connect() as connection:
            connection.defineXML(guest_xml(f'kept{number}', boot=False))
        server.kill()
        server.process = None
        server.start()
        equal(set(processes('qemu-system-x86')), hypervisors, 'hypervisors')
        all_run(server)
        with server.connect() as connection:
            connection.lookupByName(f'kept{number}').undefine()
    for number in range(GUESTS):
        manageable(server, number)


@case
def workers(server):
    for number in range(ROUNDS):
        victims = list(processes('reeve-vm'))
        equal(len(victims), GUESTS, 'workers')
        handle = os.pidfd_open(chance.choice(victims))
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        select.select([handle], [], [], 10)
        os.close(handle)
        all_run(server)
        for guest in range(GUESTS):
            manageable(server, guest)


@case
def hypervisors(server):
    for number in range(ROUNDS):
        victim = number % GUESTS
        os.kill(hypervisor(victim), signal.SIGKILL)
        began = time.monotonic()
        with server.connect() as connection:
            domain = connection.lookupByName(name(victim))
            while domain.state()[0] != L.VIR_DOMAIN_SHUTOFF:
                check(time.monotonic() - began < 1 * SLOW, 'a dead guest is told within a second')
            all_run(server, {victim})
            domain.create()
    all_run(server)


@case
def engine_amid_starts(server):
    """Killed while guests start and stop: each is whole or absent afterwards, and can be started."""
    for number in range(ROUNDS // 2):
        victim = number % GUESTS
        child = os.fork()
        if child == 0:
            try:
                with server.connect() as connection:
                    domain = connection.lookupByName(name(victim))
                    domain.destroy()
                    domain.create()
            finally:
                os._exit(0)
        time.sleep(chance.uniform(0.0, 0.15))  # the point of the kill is the test's own choice
        server.kill()
        os.waitpid(child, 0)
        server.process = None
        server.start()
        with server.connect() as connection:
            domain = connection.lookupByName(name(victim))
            if not domain.isActive():
                domain.create()
        all_run(server)
        manageable(server, victim)
        equal(len(processes('qemu-system-x86')), GUESTS, 'hypervisors')


def main():
    if STOCK:
        skip('about our processes')
    L.registerErrorHandler(lambda *_: None, None)
    with daemon() as server:
        with server.connect() as connection:
            for number in range(GUESTS):
                connection.defineXML(guest_xml(name(number), memory=64, boot=False)).create()
        return run_cases(server)


if __name__ == '__main__':
    sys.exit(main())
