#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon that ends, or is killed, while it still asks the hypervisors what they can do: it ends at
once, and what it had started ends with it."""
import contextlib
import os
import select
import shutil
import signal
import sys
import threading
import time

import libvirt

from reeve_test import SLOW, STOCK, case, check, daemon, equal, processes, run_cases, skip

ENOUGH = 2 * SLOW  # seconds, of which a quiet machine needs a tenth; a wait for a probe takes longer
SILENT = """#!/bin/sh
echo running > {fifo}
read -r never
"""


def helpers():
    return {**processes('reeve-vm'), **processes('reeve-priv'), **processes('qemu-system')}


def all_ended(seconds):
    """Waits for the ends of all of them, such as have only just begun too."""
    deadline = time.monotonic() + seconds
    while left := helpers():
        for pid, line in left.items():
            with contextlib.suppress(ProcessLookupError):
                handle = os.pidfd_open(pid)
                patience = max(0, deadline - time.monotonic())
                check(select.select([handle], [], [], patience)[0], f'not ended within {seconds} s: {line}')
                os.close(handle)


def fresh():
    """A daemon whose first probes are on their way: nothing of an earlier one is known to it."""
    shutil.rmtree('d', ignore_errors=True)
    return daemon().start()


def stop(server):
    server.process.terminate()
    equal(server.process.wait(60), 0, 'exit status')


def kill(server):
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait()


def ends_at_once(server, end):
    began = time.monotonic()
    end(server)
    took = time.monotonic() - began
    server.process.stdout.close()
    server.process = None
    check(took < ENOUGH, f'it took {took:.1f} s to end')
    all_ended(ENOUGH)


@case
def at_its_start():
    """Whatever its probes have come to."""
    for end in stop, kill, stop, kill:
        ends_at_once(fresh(), end)


def silent_hypervisor():
    """One that says nothing; the descriptor tells when it runs."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink('fifo')
    os.mkfifo('fifo')
    os.chmod('fifo', 0o666)
    with open('qemu-system-silent', 'w', encoding='utf-8') as script:
        script.write(SILENT.format(fifo=os.path.realpath('fifo')))
    os.chmod('qemu-system-silent', 0o755)
    return os.path.realpath('qemu-system-silent'), os.open('fifo', os.O_RDWR)


def amid_a_probe(end):
    """The call that waits for it is told."""
    server, said = fresh(), []
    emulator, runs = silent_hypervisor()
    connection = server.connect()

    def ask():
        try:
            said.append(connection.getDomainCapabilities(emulator, None, None, None))
        except libvirt.libvirtError as error:
            said.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    check(select.select([runs], [], [], 60 * SLOW)[0], 'the hypervisor is asked')
    ends_at_once(server, end)
    asking.join(ENOUGH)
    os.close(runs)
    check(not asking.is_alive(), 'the caller is told')
    check(isinstance(said[0], libvirt.libvirtError), f'{said} of a hypervisor that said nothing')


@case
def stopped_amid_a_probe():
    amid_a_probe(stop)


@case
def killed_amid_a_probe():
    amid_a_probe(kill)


if __name__ == '__main__':
    if STOCK:
        skip('about our probes')
    sys.exit(run_cases())
