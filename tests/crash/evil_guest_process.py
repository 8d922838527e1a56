#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes of a guest that try to outlive it (tests/lib/evil-process has the tricks): they fork, kill who comes to
kill them, hide, have other user ids beside the guest's, or cannot be ended. None has the guest's user when that is
given away. In a pid namespace of its own: whoever is killed by mistake is of this test."""
# timeout: 400
import contextlib
import os
import shutil
import signal
import sys

import libvirt

from reeve_test import SOURCE, STOCK, Failed, case, check, daemon, equal, guest_xml, run_cases, skip, until

L = libvirt
FREEZER = '/sys/fs/cgroup/freezer'
STRANGER = 64641  # who has nothing to do with any guest


def status(pid, field):
    with open(f'/proc/{pid}/status', encoding='ascii', errors='replace') as text:
        return next(line.split()[1:] for line in text if line.startswith(field + ':'))


def of_user(uid):
    """Processes that have the user in any of its four places, and have not ended."""
    found = []
    for entry in filter(str.isdigit, os.listdir('/proc')):
        try:
            if str(uid) in status(entry, 'Uid') and (status(entry, 'State')[0] not in 'ZX' or int(status(entry, 'Threads')[0]) > 1):
                found.append(int(entry))
        except (OSError, StopIteration):
            continue
    return found


def evil_xml(name):
    return guest_xml(name, memory=64, boot=False).replace('/usr/bin/qemu-system-x86_64', EMULATOR)


class Evil:
    def __init__(self, server, name):
        self.connection = server.connect()
        self.domain = self.connection.defineXML(evil_xml(name))
        self.domain.create()
        self.path = os.path.join(server.directory, 'run', 'vm', self.domain.UUIDString())
        self.uid = os.stat(self.path).st_uid

    def wait(self, what, condition):
        until(condition, what, 120)

    def wait_company(self, number):
        """Worker, hypervisor and @number more."""
        self.wait('company', lambda: len(of_user(self.uid)) >= 2 + number)

    def wait_gone(self):
        self.wait('the end of the directory', lambda: not os.path.exists(self.path))

    def end(self):
        self.domain.destroy()
        self.wait_gone()
        equal(len(of_user(self.uid)), 0, f'processes left of user {self.uid}')
        self.domain.undefine()
        self.connection.close()


@case
def forks(server):
    for number in range(5):
        guest = Evil(server, f'forks-{number}')
        guest.wait_company(1)
        guest.end()


@case
def kills_its_killer(server):
    for number in range(2):
        guest = Evil(server, f'kills-{number}')
        guest.wait_company(440)
        guest.end()


@case
def hides(server):
    guest = Evil(server, 'hides-1')
    guest.wait_company(2)
    guest.end()


@case
def regroups(server):
    """The group of a guest's directory, which the guest may change, says to root that it is being removed."""
    guest = Evil(server, 'regroups-1')
    with open(os.path.join(guest.path, 'go'), 'x', encoding='ascii'):
        pass
    guest.wait('another group', lambda: os.stat(guest.path).st_gid == guest.uid)
    guest.end()


@contextlib.contextmanager
def planted(uids):
    """A process with those real, effective and saved user ids."""
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.setgroups([])
        os.setresgid(uids[1], uids[1], uids[1])
        os.setresuid(*uids)
        os.write(tell, b'!')
        while True:
            signal.pause()
    os.read(ready, 1)
    try:
        yield pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(ready)
        os.close(tell)


@case
def other_ids_beside_the_guests(server):
    """As one has who came by a program of another user; of which strangers are spared."""
    for places in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        guest = Evil(server, 'plain-1')
        uids = [guest.uid if is_guest else STRANGER for is_guest in places]
        with planted(uids), planted([STRANGER] * 3) as stranger, planted([guest.uid + 1] * 3) as neighbour:
            guest.end()
            for pid in (stranger, neighbour):
                check(status(pid, 'State')[0] != 'Z', 'a process of somebody else was ended')


def emptied(group):
    """A control group can be removed once nobody is in it."""
    with contextlib.suppress(OSError):
        os.rmdir(group)
    return not os.path.exists(group)


@contextlib.contextmanager
def frozen(pid):
    """In a freezer of cgroup version 1 not even SIGKILL ends a process."""
    group = os.path.join(FREEZER, f'reeve-test-{os.getpid()}')
    os.mkdir(group)
    try:
        with open(os.path.join(group, 'cgroup.procs'), 'w', encoding='ascii') as procs:
            procs.write(str(pid))
        with open(os.path.join(group, 'freezer.state'), 'w', encoding='ascii') as state:
            state.write('FROZEN')
        yield
    finally:
        with open(os.path.join(group, 'freezer.state'), 'w', encoding='ascii') as state:
            state.write('THAWED')
        until(lambda: emptied(group), 'the group of the frozen one is empty')


@case
def cannot_be_ended(server):
    """Directory and user stay taken while it is there; afterwards the guest can be started again."""
    if not os.access(os.path.join(FREEZER, 'cgroup.procs'), os.W_OK):
        print('no freezer of cgroup version 1 here: nothing can be kept from ending')
        return
    guest = Evil(server, 'waits-1')
    guest.wait_company(1)
    company = next(pid for pid in of_user(guest.uid) if status(pid, 'Name')[0] == 'evil-process')
    with frozen(company):
        guest.domain.destroy()
        guest.wait('a word in the log', lambda: 'do not end' in server.log())
        equal(os.stat(guest.path).st_uid, guest.uid)
        other = Evil(server, 'plain-2')
        check(other.uid != guest.uid, 'its user was given to another guest')
        try:
            guest.domain.create()
        except L.libvirtError as error:
            check('end' in str(error) or 'removed' in str(error), f'the start says why not: {error}')
        else:
            raise Failed('it was started beside a process of its last life')
        check(of_user(other.uid), 'another guest runs on')
        other.end()
    guest.wait('the end', lambda: not of_user(guest.uid))
    guest.domain.create()
    guest.end()


def removers(server, directory):
    """Processes of reeve-priv that hold the directory open."""
    found = []
    for entry in filter(str.isdigit, os.listdir('/proc')):
        with contextlib.suppress(OSError, StopIteration):
            if status(entry, 'Name')[0] != 'reeve-priv' or status(entry, 'PPid')[0] == str(server.pid):
                continue
            for fd in os.listdir(f'/proc/{entry}/fd'):
                if os.readlink(f'/proc/{entry}/fd/{fd}') == directory:
                    found.append(int(entry))
                    break
    return found


@case
def many_files_stall_nobody(server):
    """The helper goes on serving while one guest's directory is removed, however long that takes."""
    guest = Evil(server, 'litters-1')
    guest.wait('files', lambda: os.path.exists(os.path.join(guest.path, 'all-there')))
    guest.domain.destroy()
    guest.wait('the removal', lambda: removers(server, guest.path) or not os.path.exists(guest.path))
    check(os.path.exists(guest.path), 'no process of its own removes the directory')
    remover = removers(server, guest.path)[0]
    os.kill(remover, signal.SIGSTOP)
    try:
        other = Evil(server, 'plain-3')
        check(os.path.exists(guest.path), 'the removal was not held up')
        other.end()
    finally:
        os.kill(remover, signal.SIGCONT)
    guest.wait_gone()
    guest.domain.undefine()


def main():
    with daemon() as server:
        return run_cases(server)


if __name__ == '__main__':
    if STOCK or os.geteuid() != 0:
        skip('about our processes, as root')
    if os.getpid() != 1:
        os.execvp('unshare', ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child', sys.executable, *sys.argv])
    EMULATOR = os.path.realpath('evil-process')
    shutil.copy(os.path.join(SOURCE, 'tests', 'lib', 'evil-process'), EMULATOR)
    sys.exit(main())
