# SPDX-License-Identifier: LGPL-2.1-or-later
"""reeve-priv by itself: a test in the place of the engine, with requests as rpc/tables/priv.x has them."""
import array
import collections
import ctypes
import os
import re
import socket

from reeve_test import BUILD, SOURCE, Failed, skip
from reeve_wire import word
from reeve_xdr import Types

CLONE_NEWNS, CLONE_NEWNET, MS_REC_PRIVATE = 0x00020000, 0x40000000, 0x4000 | 0x40000
ENGINE, GUESTS, COUNT = 64640, 2147000000, 100
ANSWER_MAX = 1 << 20
WORK = ('volume_create', 'volume_clone', 'volume_wipe')  # come with a socket, see worker/priv/work.h
libc = ctypes.CDLL(None, use_errno=True)

Answer = collections.namedtuple('Answer', 'code message values fds')


class PrivTypes(Types):
    def __init__(self):
        super().__init__()
        with open(os.path.join(SOURCE, 'rpc', 'tables', 'priv.x'), encoding='utf-8') as text:
            self.read(re.sub(r'\bbool ', 'int ', re.sub(r'/\*.*?\*/|^%.*?$', '', text.read(), flags=re.S | re.M)))


def rows():
    """name -> number, type of the arguments, type of the results."""
    with open(os.path.join(SOURCE, 'worker', 'priv', 'priv.def'), encoding='utf-8') as text:
        return {name: (int(number), args, ret) for number, name, args, ret
                in re.findall(r'^PRIV\((\d+), (\w+), (\w+), (\w+),', text.read(), re.M)}


def own_mounts():
    """Mounts and interfaces of this process are its own from here on."""
    if os.geteuid() != 0:
        skip('reeve-priv needs root')
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        skip('no mount namespace of our own')
    if libc.mount(None, b'/', None, MS_REC_PRIVATE, None) != 0:
        raise Failed('the mounts cannot be made private')


def mount_memory(path):
    if libc.mount(b'tmpfs', path.encode(), b'tmpfs', 0, b'mode=755') != 0:
        raise Failed(f'cannot mount at {path}: {os.strerror(ctypes.get_errno())}')


class Priv:
    """A reeve-priv with its directories below @top; @lines are its priv.conf."""

    def __init__(self, top, lines):
        self.top, self.types, self.rows, self.serial = os.path.realpath(top), PrivTypes(), rows(), 0
        for name, mode in (('state', 0o711), ('state/nvram', 0o711), ('run', 0o755), ('run/vm', 0o711), ('log', 0o751)):
            os.makedirs(os.path.join(self.top, name))
            os.chmod(os.path.join(self.top, name), mode)
            os.chown(os.path.join(self.top, name), ENGINE, ENGINE)
        os.makedirs(os.path.join(self.top, 'run/net'))
        self.conf = os.path.join(self.top, 'priv.conf')
        with open(self.conf, 'w', encoding='utf-8') as out:
            out.write(''.join(f'{line}\n' for line in lines))
        os.chmod(self.conf, 0o644)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setsockopt(socket.SOL_SOCKET, 32, 4 << 20)  # SO_SNDBUFFORCE
        program = os.path.join(BUILD, 'worker', 'reeve-priv')
        options = {'vm-dirs': 'run/vm', 'net-dirs': 'run/net', 'log-dir': 'log', 'state-dir': 'state', 'policy': 'priv.conf', 'private': 'run'}
        words = [f'--{name}={self.top}/{path}' for name, path in options.items()]
        words += [f'--private={self.top}/state', f'--vm-binary={BUILD}/worker/reeve-vm', f'--engine-uid={ENGINE}',
                  f'--engine-gid={ENGINE}', f'--guest-uid-base={GUESTS}', f'--guest-uid-count={COUNT}']
        self.pid = os.posix_spawn(program, [program, *words], os.environ,
                                  file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), 3)])
        theirs.close()
        self.socket = ours
        self.socket.settimeout(120)
        self.ready = self.socket.recv(1) == b'\0'  # else it has ended

    def send(self, data, fds=()):
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
        self.socket.sendmsg([data], control)

    def ask(self, name, fds=(), /, **values):
        """One request; the answer's code is a virErrorNumber, 0 for success."""
        number, args, ret = self.rows[name]
        self.serial += 1
        wanted = None
        if name in WORK and not fds:  # we want the result, and say so before we are asked
            wanted, theirs = socket.socketpair()
            wanted.send(b'!')
            fds = [theirs.fileno()]
        self.send(word(self.serial) + word(number) + self.types.pack(args, values), fds)
        if wanted:
            theirs.close()
        while True:
            data, control, _, _ = self.socket.recvmsg(ANSWER_MAX, socket.CMSG_SPACE(4 * 200))
            if not data:
                raise Failed(f'reeve-priv ended at {name} {values}')
            got = array.array('i')
            for level, kind, part in control:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    got.frombytes(part[:len(part) - len(part) % 4])
            serial, code, length = (int.from_bytes(data[at:at + 4], 'big') for at in (0, 4, 8))
            if serial == self.serial:
                break
            for fd in got:
                os.close(fd)
        end = 12 + length + -length % 4
        values = self.types.unpack(ret, data[end:]) if code == 0 else None
        return Answer(code & 0xffff, data[12:12 + length].decode(errors='replace'), values, list(got))

    def stop(self):
        """Its exit status."""
        self.socket.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
