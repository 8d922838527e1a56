#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a hypervisor that has been taken over finds: its descriptors, user, groups, capabilities, system
call filter, environment and directory, those of its worker too; and what it can reach of the daemon and of
other guests as the user that it is."""
import os
import re
import socket
import subprocess
import sys

from reeve_test import STOCK, Reeved, case, check, disk_image, equal, guest_xml, processes, run_cases, skip
from reeve_wire import ERROR, Wire

O_CLOEXEC = 0o2000000
PROBE = '''
import os, socket, stat, sys
for path in sys.argv[1:]:
    for mode in (os.R_OK, os.W_OK):
        try:
            if stat.S_ISSOCK(os.stat(path).st_mode):
                socket.socket(socket.AF_UNIX).connect(path)
            elif stat.S_ISDIR(os.stat(path).st_mode):
                os.listdir(path)
            else:
                os.close(os.open(path, os.O_RDONLY if mode == os.R_OK else os.O_WRONLY))
        except OSError:
            continue
        print(path)
        break
'''


def read(pid, name):
    with open(f'/proc/{pid}/{name}', encoding='utf-8', errors='replace') as text:
        return text.read()


def status(pid):
    return dict(line.split(':\t', 1) for line in read(pid, 'status').splitlines() if ':\t' in line)


def descriptors(pid):
    """number -> (what, flags)"""
    found = {}
    for number in os.listdir(f'/proc/{pid}/fd'):
        flags = int(re.search(r'^flags:\s+(\d+)', read(pid, f'fdinfo/{number}'), re.M).group(1), 8)
        found[int(number)] = os.readlink(f'/proc/{pid}/fd/{number}'), flags
    return found


class Guest:
    def __init__(self, server, name, devices):
        with server.connect() as connection:
            domain = connection.createXML(guest_xml(name, boot=False, devices=devices), 0)
            self.name, self.uuid = name, domain.UUIDString()
        self.directory = f'{server.directory}/run/vm/{self.uuid}'
        self.qemu = self.process('qemu-system-x86')
        self.worker = self.process('reeve-vm')
        self.uid, self.gid = os.stat(f'/proc/{self.qemu}').st_uid, os.stat(f'/proc/{self.qemu}').st_gid

    def process(self, comm):
        found = [pid for pid, line in processes(comm).items() if self.uuid in line]
        equal(len(found), 1, f'processes {comm} of {self.name}')
        return found[0]

    def both(self):
        return (('the hypervisor', self.qemu), ('the worker', self.worker))


@case
def users(server, one, two):
    check(one.uid != two.uid and one.gid != two.gid, 'guests share a user or a group')
    allowed = {str(os.stat('/dev/kvm').st_gid)} if os.path.exists('/dev/kvm') else set()
    for guest in (one, two):
        for what, pid in guest.both():
            words = status(pid)
            equal(set(words['Uid'].split()), {str(guest.uid)}, f'users of {what}')
            equal(set(words['Gid'].split()), {str(guest.gid)}, f'groups of {what}')
            check(set(words['Groups'].split()) <= allowed, f'{what} is in groups {words["Groups"]}')


@case
def privileges(server, one, two):
    for guest in (one, two):
        for what, pid in guest.both():
            words = status(pid)
            for kind in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
                equal(int(words[kind], 16), 0, f'{kind} of {what}')
            equal(words['NoNewPrivs'], '1', what)
            equal(words['Seccomp'], '2', f'{what}: a filter of system calls')
        filters = [int(status(pid)['Seccomp_filters']) for _, pid in guest.both()]
        check(filters[0] > filters[1], f'the hypervisor has no filter of its own: {filters}')


@case
def helper_and_engine(server, one, two):
    words = status(server.pid)
    check('0' not in words['Uid'].split(), 'the engine runs as root')
    equal(int(words['CapEff'], 16) | int(words['CapPrm'], 16), 0, 'capabilities of the engine')
    equal(words['Groups'].split(), [], 'groups of the engine')
    helper = status(list(processes('reeve-priv'))[0])
    equal((helper['NoNewPrivs'], helper['Seccomp']), ('1', '2'), 'the helper')
    check(int(helper['CapBnd'], 16).bit_count() < 16, f'capabilities of the helper: {helper["CapBnd"]}')


@case
def environments(server, one, two):
    """Nothing of what the daemon was started with gets there."""
    for guest in (one, two):
        for what, pid in guest.both():
            names = {entry.split('=')[0] for entry in read(pid, 'environ').split('\0') if entry}
            allowed = {'PATH', 'HOME', 'LANG', 'LANGUAGE', 'LC_ALL', 'LC_MESSAGES', 'TZ', 'XDG_RUNTIME_DIR', 'TMPDIR',
                       'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS', 'REEVE_LOCALEDIR', 'REEVE_POISON'}
            check(names <= allowed, f'{what} knows {names - allowed}')
            equal(os.readlink(f'/proc/{pid}/cwd'), guest.directory, f'directory of {what}')


@case
def open_files(server, one, two):
    """Files that the guest has, its own log, and what has no name; nothing of the other's."""
    for guest, images in ((one, {'one.img'}), (two, {'two.img'})):
        log = f'{server.directory}/log/{guest.name}.log'
        for what, pid in guest.both():
            for number, (target, flags) in descriptors(pid).items():
                plain = re.match(r'(socket|pipe|anon_inode):|/dev/(null|ptmx|pts/\d+|kvm)$|/memfd:', target)
                own = target == log or os.path.basename(target) in images
                check(plain or own, f'{what} of {guest.name} holds {number} -> {target}')
                check(number < 3 or flags & O_CLOEXEC or what == 'the hypervisor',
                      f'{what} would hand on {number} -> {target}')
                if what == 'the worker':
                    check(os.path.basename(target) not in images, f'the worker keeps {target} open')
                if target == log:
                    check(flags & os.O_APPEND, 'a log that can be written anew')
    engine = {target for target, _ in descriptors(server.pid).values()}
    check(not any(target.endswith('.img') for target in engine), f'the engine holds {engine}')


@case
def mounts(server, one, two):
    """None is made for a guest, so none is left behind either."""
    for guest in (one, two):
        equal(read(guest.qemu, 'mountinfo'), read('self', 'mountinfo'), 'mounts')
        equal(os.readlink(f'/proc/{guest.qemu}/root'), '/', 'root')


def reach(guest, paths):
    done = subprocess.run([sys.executable, '-c', PROBE, *paths], user=guest.uid, group=guest.gid, extra_groups=[],
                          capture_output=True, text=True, check=True, cwd='/')
    return done.stdout.split('\n')[:-1]


@case
def what_it_reaches(server, one, two):
    own, others = [], []
    for where, folders, files in os.walk(server.directory):
        for path in [os.path.join(where, name) for name in folders + files]:
            (own if path.startswith(one.directory) else others).append(path)
    check(any(path.startswith(two.directory + '/') for path in others), 'the other guest has files')
    check(any(path.endswith('reeve.db') for path in others), 'the engine has a database')
    got = [path for path in reach(one, others) if not path.endswith(('/sock-ro', '/run', '/run/vm', '/run/net'))]
    equal(got, [], 'within reach of another user')
    check(reach(one, own), 'what is its own')


@case
def sockets_of_the_daemon(server, one, two):
    """Everybody may connect to the read-only socket, but a guest is told nothing there."""
    mine, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(one.gid, one.gid, one.gid)
            os.setresuid(one.uid, one.uid, one.uid)
            theirs.sendall(ask(server).encode())
        finally:
            os._exit(0)
    theirs.close()
    said = b''
    while more := mine.recv(4096):
        said += more
    os.waitpid(child, 0)
    equal(said.decode(), 'rw PermissionError, 66 0, 70 refused, 1 refused, 59 refused')


def ask(server):
    said = []
    try:
        Wire(server.socket)
        said.append('rw connected')
    except OSError as error:
        said.append(f'rw {type(error).__name__}')
    with Wire(server.socket_ro) as wire:
        for number, payload in ((66, b''), (70, b''), (1, b'\0\0\0\0\0\0\0\1'), (59, b'')):
            reply = wire.call(number, payload)
            said.append(f'{number} ' + ('refused' if reply.status == ERROR else '0'))
    return ', '.join(said)


def disk(path):
    return (f"<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{path}'/>"
            "<target dev='vda' bus='virtio'/></disk><interface type='user'><model type='virtio'/></interface>"
            "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>")


if __name__ == '__main__':
    if STOCK:
        skip('about our confinement')
    if os.geteuid() != 0:
        skip('guests have users of their own only under root')
    with Reeved() as running:
        guests = [Guest(running, name, disk(disk_image(f'{name}.img', form='raw'))) for name in ('one', 'two')]
        sys.exit(run_cases(running, *guests))
