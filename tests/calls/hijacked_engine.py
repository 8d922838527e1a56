#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody has taken over the engine and asks reeve-priv for all that root has: hundreds of requests, each of
them well-formed. What must be refused is what the engine's own user could not do by itself and no guest needs.
In mounts of our own with made-up secrets: each is looked at afterwards, byte and mode."""
# timeout: 900
import contextlib
import hashlib
import os
import shutil
import signal
import socket
import stat
import struct
import sys
import threading
import uuid

from reeve_priv import ENGINE, GUESTS, Priv, mount_memory, own_mounts
from reeve_test import STOCK, case, check, equal, run_cases, skip

IMAGE, READ, APPEND, WRITE, NVRAM, DEVICE, TAP, LISTEN = range(8)
BAIT = b'made-up secret of the host ' * 40
VARIABLES = b'\0' * 40 + b'_FVH' + b'\0' * 200  # what firmware variables look like
HOME = os.path.join('/home', 'alice')
SAVED = b'LibvirtQemudSave' + struct.pack('=5I56x', 2, 4096, 1, 0, 0) + b'<domain type="qemu"/>'.ljust(4096, b'\0')
EXISTING = ('/etc/shadow', '/etc/crontab', '/root/.ssh/authorized_keys', '/root/.bashrc', '/var/spool/cron/crontabs/root',
            '/usr/local/sbin/tool', '/usr/lib/systemd/system/sshd.service', f'{HOME}/.ssh/authorized_keys',
            '/usr/share/private', '/boot/grub.cfg')
MISSING = ('/etc/cron.d/new', '/etc/systemd/system/new.service', '/etc/ld.so.preload', '/usr/local/bin/new',
           '/root/.ssh/rc', '/usr/share/new', f'{HOME}/new', '/run/systemd/system/new.service', '/tmp-new')
SHIELDED = ('/etc', '/root', '/usr/local', '/usr/lib/systemd/system', '/usr/share', '/boot', '/var/spool', '/home',
            '/run')
GUEST, OTHER = uuid.UUID(int=0x1111), uuid.UUID(int=0x2222)


class Host:
    """The made-up host, and what it looked like."""

    def __init__(self, priv):
        self.priv = priv
        self.images = os.path.join(os.getcwd(), 'images')
        self.own = [os.path.join(priv.top, name) for name in ('state/reeve.db', 'state/secret.key', 'priv.conf')]
        self.before = self.look()

    def look(self):
        found = {}
        for top in (*SHIELDED, 'outside', 'alice', self.priv.top):
            for where, folders, files in os.walk(top):
                for path in [os.path.join(where, name) for name in folders + files]:
                    entry = os.lstat(path)
                    data = b''
                    if stat.S_ISREG(entry.st_mode):
                        with open(path, 'rb') as text:
                            data = text.read()
                    found[path] = (oct(entry.st_mode), entry.st_uid, entry.st_gid, entry.st_nlink,
                                   hashlib.sha256(data).hexdigest())
        return found

    def clean(self):
        """What a case has left among the images, and looks anew at the rest."""
        for name in os.listdir('images'):
            path = f'images/{name}'
            if name not in ('disk', 'template'):
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
        self.before = self.look()

    def unchanged(self, what):
        now = self.look()
        changed = {path for path in {*now, *self.before} if now.get(path) != self.before.get(path)}
        check(not changed, f'{what} changed {sorted(changed)[:5]}')


def make_host():
    shutil.copytree('/etc', 'etc.copy', symlinks=True, ignore=lambda *_: ['ssl', 'alternatives'])
    for place in SHIELDED:
        os.makedirs(place, exist_ok=True)
        mount_memory(place)
    shutil.copytree('etc.copy', '/etc', symlinks=True, dirs_exist_ok=True)
    for path in EXISTING:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as out:
            out.write(BAIT)
        os.chmod(path, 0o600)
    for path in MISSING:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    os.chmod('/root', 0o700)
    for name, owner in (('images', 0), ('outside', 0), ('alice', 1000)):
        os.makedirs(name)
        os.chown(name, owner, owner)
    for name, data in (('outside/disk', BAIT), ('outside/variables', VARIABLES), ('images/disk', BAIT),
                       ('images/template', VARIABLES)):
        with open(name, 'wb') as out:
            out.write(data)
        os.chmod(name, 0o600)


def refused(priv, what, name, fds=(), /, **values):
    answer = priv.ask(name, fds, **values)
    for fd in answer.fds:
        os.close(fd)
    check(answer.code != 0 and not answer.fds, f'{what}: reeve-priv did {name} {values}')
    return answer


def edit_saved(priv, path, xml):
    fd = os.memfd_create('definition')
    os.write(fd, xml)
    answer = priv.ask('save_edit', [fd], path=path, running=1)
    os.close(fd)
    return answer


def opening(kind, path, **more):
    return {'kind': kind, 'key': 'k', 'what': 'file', 'path': path, 'uid': GUESTS + 1, **more}


def requests_for(host, path):
    """All requests that could touch the file @path."""
    folder, name = os.path.split(path)
    for read_only in (0, 1):
        for form in ('raw', 'qcow2'):
            yield 'open', opening(IMAGE, path, read_only=read_only, format=form)
        yield 'open', opening(DEVICE, path, read_only=read_only)
    for kind in (READ, APPEND, WRITE):
        yield 'open', opening(kind, path)
    for reset in (0, 1):
        yield 'open', opening(NVRAM, path, template=f'{host.images}/template', reset=reset)
    yield 'open', opening(NVRAM, f'{host.images}/made-of-it', template=path)
    yield 'open', opening(LISTEN, path)
    yield 'remove_nvram', {'path': path}
    for way in (0, 1, 2):
        yield 'image_snapshot', {'way': way, 'name': 'x', 'disks': [{'path': path, 'format': 'qcow2'}]}
    for request in ('save_create', 'save_commit', 'save_discard', 'save_open', 'save_remove'):
        yield request, {'path': path}
    for request in ('pool_build', 'pool_delete', 'pool_scan'):
        yield request, {'pool': path, 'permissions': {'owner': -1, 'group': -1}}
    volume = {'pool': folder, 'name': name}
    for form in ('raw', 'qcow2', 'dir', 'vmdk'):
        yield 'volume_create', {**volume, 'format': form, 'capacity': 1 << 20, 'permissions': {'owner': -1, 'group': -1}}
    for form in ('raw', 'qcow2'):
        yield 'volume_resize', {**volume, 'format': form, 'capacity': 1 << 20}
        yield 'volume_clone', {**volume, 'format': form, 'made': {'pool': host.images, 'name': 'copied', 'format': 'raw',
                                                                  'capacity': 1, 'permissions': {'owner': -1, 'group': -1}}}
        yield 'volume_clone', {'pool': host.images, 'name': 'disk', 'format': 'raw',
                               'made': {**volume, 'format': form, 'capacity': 1 << 20, 'permissions': {'owner': -1, 'group': -1}}}
    yield 'volume_wipe', {**volume, 'algorithm': 0}
    yield 'volume_delete', volume
    yield 'volume_look', volume
    for write in (0, 1):
        yield 'volume_open', {**volume, 'write': write}
        yield 'volume_stream', {**volume, 'write': write}


@case
def what_is_allowed_is_done(priv, host):
    """Else nothing below would tell anything."""
    host.clean()
    answer = priv.ask('open', **opening(IMAGE, f'{host.images}/disk'))
    equal((answer.code, len(answer.fds)), (0, 1), answer.message)
    equal(os.pread(answer.fds[0], len(BAIT), 0), BAIT, 'the image')
    os.close(answer.fds[0])
    for form in ('raw', 'qcow2', 'dir'):
        made = priv.ask('volume_create', pool=host.images, name='made', format=form, capacity=1 << 20,
                        permissions={'has_mode': 1, 'mode': 0o640, 'owner': 1000, 'group': 1000})
        equal(made.code, 0, made.message)
        entry = os.lstat(f'{host.images}/made')
        equal((entry.st_mode & 0o7777, entry.st_uid, entry.st_gid), (0o640, 1000, 1000), f'owner and mode of a {form}')
        equal(priv.ask('volume_delete', pool=host.images, name='made').code, 0)
    path = f'{host.images}/saved'
    made = priv.ask('save_create', path=path)
    equal(made.code, 0, made.message)
    os.write(made.fds[0], SAVED)
    os.close(made.fds[0])
    equal(priv.ask('save_commit', path=path).code, 0)
    equal(edit_saved(priv, path, b'<domain/>').code, 0)
    found = priv.ask('save_open', path=path)
    equal((found.code, found.values['xml'], len(found.fds)), (0, '<domain/>', 1), found.message)
    os.close(found.fds[0])
    equal(priv.ask('save_remove', path=path).code, 0)
    equal(sorted(os.listdir(host.images)), ['disk', 'template'], 'what is left in the pool')


@case
def definitions_of_saved_guests(priv, host):
    host.clean()
    for path in (*EXISTING, *MISSING, *host.own, os.path.realpath('outside/disk'), f'{host.images}/disk'):
        answer = edit_saved(priv, path, b'<domain/>')
        check(answer.code != 0, f'reeve-priv wrote to {path}')
        host.unchanged(path)


@case
def files_of_the_host(priv, host):
    host.clean()
    asked = 0
    for path in (*EXISTING, *MISSING, *host.own, os.path.realpath('outside/disk'), os.path.realpath('outside/variables')):
        for name, values in requests_for(host, path):
            refused(priv, path, name, **values)
            asked += 1
        host.unchanged(path)
    check(asked > 500, f'only {asked} requests')


@case
def by_other_names(priv, host):
    """The same files by links, climbing, and the kernel's own names."""
    host.clean()
    target = '/root/.ssh/authorized_keys'
    os.symlink(target, 'images/link')
    os.symlink('/root/.ssh', 'images/folder')
    os.symlink(os.path.realpath('outside'), 'images/out')
    os.symlink('../outside/disk', 'images/relative')
    os.symlink('/proc/self/root/root/.ssh', 'images/magic')
    os.symlink(f'{priv.top}/state', 'images/state')
    fd = os.open('/etc/shadow', os.O_RDONLY)
    ways = [f'{host.images}/{name}' for name in ('link', 'folder/authorized_keys', 'out/disk', 'out/new', 'relative', 'state/new',
                                                 'magic/authorized_keys', '../outside/disk', '../../etc/shadow',
                                                 './../outside/new', 'folder/../../outside/disk')]
    ways += [f'/proc/{os.getpid()}/root{target}', f'/proc/self/root{target}', f'/proc/{os.getpid()}/fd/{fd}',
             f'/proc/{os.getpid()}/cwd/outside/disk', '/proc/self/environ', '/proc/self/mem', '/proc/1/environ', '/proc/kcore',
             '/proc/sysrq-trigger', '/proc/sys/kernel/core_pattern', '/sys/kernel/uevent_helper', '/sys/power/state',
             f'//{target}', f'/usr/../{target}', f'/etc/./shadow', 'etc/shadow', '', '/', '.', '..', '/etc/shadow\n']
    for path in ways:
        for name, values in requests_for(host, path):
            if name == 'volume_delete' and os.path.islink(path):
                continue  # a link in a pool may be removed: the link, that is
            refused(priv, path, name, **values)
        host.unchanged(path)
    os.close(fd)


@case
def names_of_volumes(priv, host):
    host.clean()
    permissions = {'owner': -1, 'group': -1}
    for name in ('..', '.', '', '/', '../outside/disk', '../outside/new', '/etc/shadow', 'a/b', 'x' * 256, './x', 'disk/'):
        volume = {'pool': host.images, 'name': name}
        for form in ('raw', 'qcow2', 'dir'):
            refused(priv, name, 'volume_create', **volume, format=form, capacity=1, permissions=permissions)
        for request in ('volume_delete', 'volume_look', 'volume_open', 'volume_stream'):
            refused(priv, name, request, **volume)
        refused(priv, name, 'volume_resize', **volume, format='raw', capacity=1)
    host.unchanged('names')


@case
def hard_links(priv, host):
    """Where somebody else may write, a second name of a file of root's is not one."""
    host.clean()
    for name in ('alice', 'shared'):
        os.makedirs(f'images/{name}')
        os.link('outside/disk', f'images/{name}/disk')
    os.chown('images/alice', 1000, 1000)
    os.chmod('images/shared', 0o1777)
    host.before = host.look()
    for folder in ('alice', 'shared'):
        path = f'{host.images}/{folder}/disk'
        for name, values in requests_for(host, path):
            # Not the file's content: that a name is there, and its removal, are the directory's.
            if name not in ('volume_delete', 'volume_look'):
                refused(priv, path, name, **values)


@case
def fifos_sockets_and_devices(priv, host):
    """Answered at once, and not by opening them."""
    host.clean()
    os.mkfifo('images/fifo')
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind('images/socket')
    nodes = {'mem': (stat.S_IFCHR, 1, 1), 'port': (stat.S_IFCHR, 1, 4), 'kmsg': (stat.S_IFCHR, 1, 11), 'zero': (stat.S_IFCHR, 1, 5),
             'console': (stat.S_IFCHR, 5, 1), 'screen': (stat.S_IFCHR, 4, 1), 'pty': (stat.S_IFCHR, 136, 0),
             'keys': (stat.S_IFCHR, 13, 64), 'raw': (stat.S_IFCHR, 21, 0), 'uinput': (stat.S_IFCHR, 10, 223),
             'sda': (stat.S_IFBLK, 8, 0), 'sda1': (stat.S_IFBLK, 8, 1), 'vda': (stat.S_IFBLK, 254, 0), 'dm': (stat.S_IFBLK, 253, 0),
             'loop': (stat.S_IFBLK, 7, 0), 'nvme': (stat.S_IFBLK, 259, 0)}
    for name, (kind, major, minor) in nodes.items():
        os.mknod(f'images/{name}', kind | 0o600, os.makedev(major, minor))
    for name in (*nodes, 'fifo', 'socket'):
        path = f'{host.images}/{name}'
        for request, values in requests_for(host, path):
            if request == 'open' and values['kind'] == LISTEN and name == 'socket':
                continue  # a dead socket is replaced
            refused(priv, path, request, **values)
        check(not stat.S_ISREG(os.lstat(path).st_mode), f'{name} was replaced')
        os.unlink(path)
    for path in ('/dev/mem', '/dev/kmsg', '/dev/port', '/dev/tty', '/dev/console', '/dev/ptmx', '/dev/vda', '/dev/sda'):
        for request, values in requests_for(host, path):
            refused(priv, path, request, **values)
    host.unchanged('special files')


@case
def owners_and_modes(priv, host):
    host.clean()
    wrong = [{'has_mode': 1, 'mode': mode} for mode in (0o4755, 0o2755, 0o1777, 0o6777, 0o104755, 0xffffffff)]
    wrong += [{'owner': uid, 'group': -1} for uid in (GUESTS, GUESTS + 1, GUESTS + 99, -2, 1 << 32, (1 << 32) - 1, 1 << 62)]
    wrong += [{'owner': -1, 'group': gid} for gid in (GUESTS + 1, -2, 1 << 33)]
    for more in wrong:
        permissions = {'owner': -1, 'group': -1, **more}
        for form in ('raw', 'qcow2', 'dir'):
            refused(priv, more, 'volume_create', pool=host.images, name='wrong', format=form, capacity=1 << 20,
                    permissions=permissions)
        refused(priv, more, 'pool_build', pool=f'{host.images}/wrong', permissions=permissions)
        check(not os.path.lexists('images/wrong'), f'{more}: something is left')
    equal(sorted(os.listdir(host.images)), ['disk', 'template'], 'what is left in the pool')


@case
def users_of_sockets(priv, host):
    """A socket belongs to a guest, in a directory that is root's or its own."""
    host.clean()
    for guest in (GUEST, OTHER):
        check(priv.ask('make_vm_dir', uuid=guest.bytes).code == 0, 'no directory for a guest')
    theirs = os.path.join(priv.top, 'run/vm', str(OTHER))
    host.before = host.look()
    owner = os.stat(theirs).st_uid
    for uid in (0, 1000, ENGINE, GUESTS, GUESTS - 1, GUESTS + 100, GUESTS + 99, 0xffffffff):
        refused(priv, uid, 'open', **opening(LISTEN, f'{host.images}/sock', uid=uid))
    for path in (f'{theirs}/sock', f'{theirs}/qmp', f'{priv.top}/run/vm/sock', f'{priv.top}/run/sock', f'{priv.top}/sock',
                 '/run/systemd/notify', '/run/dbus', '/etc/sock', f'{priv.top}/state/sock', f'{priv.top}/log/sock'):
        refused(priv, path, 'open', **opening(LISTEN, path, uid=owner - 1))
    for path in (f'{theirs}/state', f'{priv.top}/run/vm/{GUEST}/state', f'{theirs}/../{GUEST}/x'):
        for name, values in requests_for(host, path):
            refused(priv, path, name, **{**values, 'uid': owner - 1 if path.startswith(theirs) else owner})
    host.unchanged('sockets')


@case
def directories_of_guests(priv, host):
    """Made by reeve-priv only: one that the engine made, or links, is no guest's."""
    host.clean()
    fake = [uuid.UUID(int=0x3333), uuid.UUID(int=0x4444), uuid.UUID(int=0x5555)]
    places = [os.path.join(priv.top, 'run/vm', str(guest)) for guest in fake]
    os.mkdir(places[0])
    os.chown(places[0], ENGINE, ENGINE)
    os.symlink(os.path.join(priv.top, 'run/vm', str(OTHER)), places[1])
    os.symlink('/root', places[2])
    with open('err', 'wb') as err:
        for guest in (*fake, uuid.UUID(int=0x6666)):
            for name in ('x', '--probe', '--session', '', '-h', 'a' * 4095):
                refused(priv, guest, 'spawn_vm', [err.fileno()], uuid=guest.bytes, name=name)
        for fds in ([], [err.fileno()] * 2, [err.fileno()] * 50):
            refused(priv, fds, 'spawn_vm', fds, uuid=GUEST.bytes, name='x')
        refused(priv, 'make_vm_dir', 'make_vm_dir', uuid=GUEST.bytes)
        refused(priv, 'a link as a directory', 'remove_vm_dir', uuid=fake[2].bytes)
    check(os.path.exists('/root/.bashrc'), '/root')
    for place in places:
        os.rmdir(place) if place == places[0] else os.unlink(place)
    host.unchanged('directories of guests')


@case
def signals(priv, host):
    """To processes of that guest only, and no others than end it."""
    host.clean()
    us = os.pidfd_open(os.getpid())
    child = os.fork()
    if child == 0:
        os.setresgid(GUESTS + 2, GUESTS + 2, GUESTS + 2)
        os.setresuid(GUESTS + 2, GUESTS + 2, GUESTS + 2)
        signal.pause()
    other = os.pidfd_open(child)
    init = os.pidfd_open(1)
    for fd in (us, init, other):
        for number in (0, signal.SIGSTOP, signal.SIGHUP, signal.SIGSEGV, 64, -1):
            refused(priv, number, 'kill', [fd], uuid=GUEST.bytes, signal=number)
    for fd in (us, init):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGCONT):
            refused(priv, number, 'kill', [fd], uuid=GUEST.bytes, signal=number)
    refused(priv, 'nobody', 'kill', [us], uuid=uuid.UUID(int=0x7777).bytes, signal=signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for fd in (us, other, init):
        os.close(fd)


@case
def network(priv, host):
    host.clean()
    for more in ({'name': 'lo', 'existing': 1}, {'name': '../x'}, {'name': 'a/b'}, {'name': 'x' * 16}, {'name': 'a b'},
                 {'name': ''}, {'name': '.'}, {'bridge': 'lo'}, {'bridge': '../../x'}, {'bridge': 'nothere'}, {'mac': 'x'},
                 {'mac': '52:54:00:00:00:00:00'}, {'queues': 0xffffffff}, {'queues': 33}, {'mtu': 0xffffffff}, {'name': 'e%d%s'}):
        refused(priv, more, 'open', **opening(TAP, '', **more))
    equal(sorted(os.listdir('/sys/class/net')) if os.path.isdir('/sys/class/net/lo/../lo') else ['lo'],
          sorted(os.listdir('/sys/class/net')), 'interfaces')


def network_asked(priv, **more):
    """A request for a network of its own bridge, with @more in it."""
    data = priv.types.pack('priv_network', {'name': 'n', 'bridge': 'hijack0', 'mac': bytes(6), **more})
    fd = os.memfd_create('network')
    os.write(fd, data)
    return [fd], {'uuid': GUEST.bytes, 'size': len(data)}


@case
def virtual_networks(priv, host):
    """Nothing of the host's own becomes part of one, and no word is more than a word."""
    host.clean()
    before = socket.if_nameindex()
    server = {'options': []}
    for more in (*({'bridge': name} for name in ('lo', '', '.', '..', 'a/b', 'x' * 16, 'a b', 'x";drop', '%d', 'a\nb')),
                 {'out_dev': 'eth0" accept; '}, {'out_dev': '../x'}, {'mac': b'\1' + bytes(5)}, {'mtu': 1}, {'mtu': 1 << 31},
                 {'mode': 4}, {'mode': -1}, {'delay': 1 << 31}, {'ips': [{'address': '10.0.0.1; flush ruleset', 'prefix': 8}]},
                 {'ips': [{'address': '10.0.0.1', 'prefix': 33}]}, {'ips': [{'address': 'fd00::1', 'prefix': 129}]},
                 {'nat': {'first': '1.2.3.4', 'last': 'x'}}, {'nat': {'first_port': 9, 'last_port': 8}},
                 {'nat': {'first_port': 1, 'last_port': 65536}},
                 {'routes': [{'destination': '10.0.0.0', 'prefix': 8, 'gateway': 'fd00::1'}]},
                 *({'dnsmasq': {**server, 'options': [option]}} for option in
                   ('dhcp-script=/bin/sh', 'conf-file=/etc/shadow', 'user=root', 'interface=lo', 'listen-address=127.0.0.1',
                    'pid-file=/etc/new', 'log-facility=/etc/new', 'enable-dbus', 'dhcp-leasefile=/etc/new', 'tftp-root=/',
                    'log-queries\nuser=root', ' user = root', 'dhcp-luascript=/x', 'ipset=/x/y', 'nftset=/x/y', 'dumpfile=/etc/new')),
                 {'dnsmasq': {'domain': 'x\nuser=root'}}, {'dnsmasq': {'tftp_root': '/etc'}}, {'dnsmasq': {'tftp_root': '/root'}},
                 {'dnsmasq': {'boot_file': 'x,y\nz'}}, {'dnsmasq': {'hosts': [{'mac': '52:54:00:00:00:01,ignore'}]}},
                 {'dnsmasq': {'hosts': [{'mac': '', 'name': 'a,b'}]}}, {'dnsmasq': {'names': [{'ip': '10.0.0.1', 'names': ['a\tb']}]}},
                 {'dnsmasq': {'txts': [{'name': 'x', 'value': 'a\nuser=root'}]}},
                 {'dnsmasq': {'srvs': [{'service': 'a,b', 'protocol': 'tcp'}]}},
                 {'dnsmasq': {'forwarders': [{'domain': '', 'address': '1.1.1.1#53@lo'}]}},
                 {'dnsmasq': {'ranges': [{'first': '10.0.0.1', 'last': '10.0.0.2,static'}]}}):
        fds, values = network_asked(priv, **more)
        refused(priv, more, 'network_apply', fds, **values)
        os.close(fds[0])
        equal(socket.if_nameindex(), before, f'interfaces after {more}')
        equal(os.listdir(f'{priv.top}/run/net'), [], f'directories after {more}')
    fds, values = network_asked(priv)
    for size in (0, 1, values['size'] - 1, 1 << 31):
        refused(priv, size, 'network_apply', fds, uuid=GUEST.bytes, size=size)
    os.close(fds[0])
    equal(priv.ask('network_remove', uuid=GUEST.bytes).code, 0, 'what is not there is removed')
    equal(socket.if_nameindex(), before, 'interfaces')
    host.unchanged('networks')


@case
def options_of_images(priv, host):
    """Words that are put into an option, or into a header, carry no second one."""
    host.clean()
    volume = {'pool': host.images, 'name': 'v', 'capacity': 1 << 20, 'permissions': {'owner': -1, 'group': -1}}
    evil = '1.1,data_file=/etc/new'
    for more in ({'compat': evil}, {'compat': '1.1,data_file_raw=on'}, {'compat': ''}, {'compat': '2'},
                 {'backing_path': 'x', 'backing_format': 'raw,data_file=/etc/new'}, {'backing_path': 'x', 'backing_format': 'file'},
                 {'backing_path': 'x', 'backing_format': ''}, {'backing_path': 'nbd:unix:/run/x'},
                 {'backing_path': 'json:{"driver":"file","filename":"/etc/shadow"}'}, {'backing_path': 'fat:rw:/etc'},
                 {'backing_path': 'file:/etc/shadow'}, {'backing_path': ''}, {'backing_path': '/x\ny'}, {'cluster_size': 1},
                 {'cluster_size': 3 << 20}, {'cluster_size': 65537}, {'cluster_size': 1 << 40}, {'capacity': (1 << 63)},
                 {'capacity': (1 << 62) + 1}, {'format': 'nbd'}, {'format': 'vvfat'}, {'format': 'raw,file.filename=/etc/new'},
                 {'format': ''}, {'format': '--help'}, {'format': 'host_device'}, {'format': 'blkdebug'}):
        refused(priv, more, 'volume_create', **{**volume, 'format': 'qcow2', **more})
        check(not os.path.lexists('images/v'), f'{more}: something was made')
    for form in ('nbd', 'vvfat', 'raw,x=y', '', 'host_device', 'qcow2,file.filename=/etc/shadow', 'luks', 'vmdk'):
        refused(priv, form, 'volume_resize', pool=host.images, name='disk', format=form, capacity=1 << 20)
    host.unchanged('options')
    equal(sorted(os.listdir(host.images)), ['disk', 'template'], 'what is left in the pool')


class Swapper(threading.Thread):
    """Makes a name mean one thing, then another, without a pause."""

    def __init__(self, name, one, two):
        super().__init__(daemon=True)
        self.name_, self.pair, self.over = name, (one, two), False

    def run(self):
        exchange, at = 2, -100  # RENAME_EXCHANGE, AT_FDCWD
        from reeve_priv import libc
        while not self.over:
            libc.renameat2(at, self.pair[0].encode(), at, self.pair[1].encode(), exchange)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.join()


@case
def races(priv, host):
    """What is opened is what was checked, whatever its name means by then."""
    host.clean()
    os.makedirs('images/real')
    with open('images/real/authorized_keys', 'wb') as out:
        out.write(b'image')
    os.symlink('/root/.ssh', 'images/false')
    os.symlink('/root/.ssh/authorized_keys', 'images/to-file')
    with open('images/file', 'wb') as out:
        out.write(b'image')
    allowed = {os.stat(path).st_ino for path in ('images/real/authorized_keys', 'images/file')}
    secrets = {os.stat(path).st_ino for path in EXISTING}
    opened = denied = 0
    with Swapper('folder', 'images/real', 'images/false'), Swapper('file', 'images/file', 'images/to-file'):
        for turn in range(400):
            path = f'{host.images}/real/authorized_keys' if turn % 2 else f'{host.images}/file'
            kind = (IMAGE, APPEND, WRITE, READ)[turn // 2 % 4]
            answer = priv.ask('open', **opening(kind, path))
            if answer.code:
                denied += 1
                continue
            opened += 1
            entry = os.fstat(answer.fds[0])
            os.close(answer.fds[0])
            check(entry.st_ino not in secrets or entry.st_ino in allowed, f'{path}: another file was opened')
            if turn % 2 == 0:
                answer = priv.ask('volume_open', pool=host.images, name='file', write=1)
                for fd in answer.fds:
                    check(os.fstat(fd).st_ino not in secrets, 'a volume is another file')
                    os.close(fd)
    check(opened and denied, f'the race was never on: {opened} opened, {denied} refused')
    host.unchanged('races')


@case
def nonsense(priv, host):
    """Packets that are none; reeve-priv goes on."""
    host.clean()
    for data in (b'', b'\0', b'\0' * 8, b'\xff' * 8, b'\xff' * 65536, bytes(range(256)) * 16, b'\0\0\0\7\0\0\0\1' + b'\xff' * 100,
                 *(bytes([0, 0, 0, 9, 0, 0, 0, number]) + os.urandom(40) for number in (0, *range(3, 20)))):
        with contextlib.suppress(OSError):
            if data:
                priv.send(data)
    with open('/etc/passwd', 'rb') as some:
        priv.send(b'\0' * 8, [some.fileno()] * 200)
    equal(priv.ask('open', **opening(IMAGE, '/etc/shadow')).code != 0, True)
    host.unchanged('nonsense')


if __name__ == '__main__':
    if STOCK:
        skip('about our helper')
    own_mounts()
    make_host()
    helper = Priv('d', [f'image_dir = {os.getcwd()}/images', 'read_dir = /usr/share', 'read_dir = /boot'])
    for own in ('state/reeve.db', 'state/secret.key'):
        with open(os.path.join('d', own), 'wb') as out:
            out.write(BAIT)
        os.chown(os.path.join('d', own), ENGINE, ENGINE)
    status = run_cases(helper, Host(helper))
    equal(helper.stop(), 0, 'exit status of reeve-priv')
    sys.exit(status)
