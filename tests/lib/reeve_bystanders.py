# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of stuck and hostile peers share: others are asked meanwhile, and memory is looked at."""
import os
import threading
import time

import libvirt

from reeve_test import SLOW, check, contains, equal, processes

QUICK = 5  # seconds for a call about somebody else, on a busy machine
EXPECTED = (libvirt.VIR_ERR_OPERATION_FAILED, libvirt.VIR_ERR_OPERATION_TIMEOUT, libvirt.VIR_ERR_OPERATION_INVALID,
            libvirt.VIR_ERR_OPERATION_UNSUPPORTED, libvirt.VIR_ERR_AGENT_UNRESPONSIVE)


def memory_kib(pid, what='VmHWM'):
    try:
        with open(f'/proc/{pid}/status', encoding='ascii') as text:
            return next((int(line.split()[1]) for line in text if line.startswith(what + ':')), 0)
    except (OSError, ValueError):
        return 0


class Bystanders(threading.Thread):
    """Asks for guests that have nothing to do with it, over and over."""

    def __init__(self, server, *names):
        super().__init__(daemon=True)
        self.connection = server.connect()
        self.names = set(names)
        self.guests = [self.connection.lookupByName(name) for name in names]
        self.over, self.failure = threading.Event(), None
        self.rounds, self.slowest, self.worker_kib = 0, (0, ''), 0

    def timed(self, what, function, *arguments):
        began = time.monotonic()
        result = function(*arguments)
        self.slowest = max(self.slowest, (time.monotonic() - began, what))
        return result

    def ask(self):
        everybody = self.timed('list', self.connection.listAllDomains, libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
        check(self.names <= {domain.name() for domain in everybody}, 'all are listed')
        self.timed('all statistics', self.connection.getAllDomainStats)
        for guest in self.guests:
            equal(self.timed('state', guest.state)[0], libvirt.VIR_DOMAIN_RUNNING, guest.name())
            contains(self.timed('dumpxml', guest.XMLDesc), f'<name>{guest.name()}</name>')
            stats = self.timed('statistics', self.connection.domainListGetStats, [guest])
            equal(stats[0][1]['state.state'], libvirt.VIR_DOMAIN_RUNNING)
            self.timed('info', guest.info)
            self.timed('suspend', guest.suspend)
            equal(self.timed('state', guest.state)[0], libvirt.VIR_DOMAIN_PAUSED, guest.name())
            self.timed('resume', guest.resume)

    def run(self):
        try:
            while not self.over.is_set():
                self.ask()
                self.rounds += 1
                self.worker_kib = max([self.worker_kib] + [memory_kib(pid) for pid in processes('reeve-vm')])
        except Exception as failure:  # told by verify()
            self.failure = failure

    def stop(self):
        self.over.set()
        self.join()

    def verify(self):
        if self.failure:
            raise self.failure
        check(self.slowest[0] < QUICK * SLOW, f'{self.slowest[1]} of another guest took {self.slowest[0]:.1f} s')

    def wait_round(self):
        """Until all has been asked once more since now."""
        began, deadline = self.rounds, time.monotonic() + 60 * SLOW
        while self.rounds < began + 2 and not self.failure and time.monotonic() < deadline:
            self.over.wait(0.01)
        self.verify()


class Later(threading.Thread):
    """A case that mostly waits for a deadline."""

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self.function, self.arguments, self.failure = function, arguments, None
        self.start()

    def run(self):
        try:
            self.function(*self.arguments)
        except BaseException as failure:
            self.failure = failure

    def finish(self):
        self.join(100 * SLOW)
        check(not self.is_alive(), f'{self.arguments[1:]} hangs')
        if self.failure:
            raise self.failure


def must_fail(name, words, function, *arguments):
    """The error must name the guest and contain @words. Returns how long it took."""
    began = time.monotonic()
    try:
        function(*arguments)
    except libvirt.libvirtError as error:
        check(error.get_error_code() in EXPECTED, f'{name}: code {error.get_error_code()}: {error}')
        contains(str(error), f"'{name}'", name)
        contains(str(error), words, name)
        return time.monotonic() - began
    raise AssertionError(f'{name}: it did not fail')


def descriptors(pid):
    return len(os.listdir(f'/proc/{pid}/fd'))
