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
import time

from reeve_test import SLOW, STOCK, Failed, case, check, daemon, equal, processes, run_cases, skip

ENOUGH = 2 * SLOW  # seconds, of which a quiet machine needs a tenth; a wait for the probes takes longer


def helpers():
    return {**processes('reeve-vm'), **processes('reeve-priv'), **processes('qemu-system')}


def probes():
    return {pid: line for pid, line in processes('reeve-vm').items() if '--probe' in line}


def fresh():
    """A daemon whose first probes are on their way: nothing of an earlier one is known to it."""
    shutil.rmtree('d', ignore_errors=True)
    return daemon().start()


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


def stopped_amid_probes(end):
    """@end is tried until it came upon a probe that runs; each must leave nothing."""
    for _ in range(10):
        server = fresh()
        before = probes()
        began = time.monotonic()
        end(server)
        took = time.monotonic() - began
        server.process.stdout.close()
        server.process = None
        check(took < ENOUGH, f'it took {took:.1f} s to end')
        all_ended(ENOUGH)
        if before:
            return
    raise Failed('no probe was on its way in any of ten starts')


@case
def stopped():
    def end(server):
        server.process.terminate()
        equal(server.process.wait(60), 0, 'exit status')
    stopped_amid_probes(end)


@case
def killed():
    def end(server):
        os.kill(server.pid, signal.SIGKILL)
        server.process.wait()
    stopped_amid_probes(end)


@case
def stopped_while_somebody_waits():
    """A call that waits for the answer of a probe is answered, and does not hold up the end."""
    import threading
    import libvirt
    server = fresh()
    connection = server.connect()
    said = []

    def ask():
        try:
            said.append(connection.getCapabilities())
        except libvirt.libvirtError as error:
            said.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    began = time.monotonic()
    server.stop()
    took = time.monotonic() - began
    asking.join(ENOUGH)
    check(not asking.is_alive() and said, 'the caller is told')
    check(took < ENOUGH, f'it took {took:.1f} s to end')
    all_ended(ENOUGH)


if __name__ == '__main__':
    if STOCK:
        skip('about our probes')
    sys.exit(run_cases())
