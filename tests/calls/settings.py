#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Settings: wrong ones end the start with a sentence, right ones count, the table is the manual."""
import os
import re
import socket
import stat
import subprocess
import sys

from reeve_test import BUILD, SOURCE, STOCK, Failed, Output, Reeved, case, check, command, contains, equal, run_cases, skip
from reeve_wire import Wire

REEVED = os.path.join(BUILD, 'daemon', 'reeved')


def table():
    with open(os.path.join(SOURCE, 'daemon', 'core', 'settings.def'), encoding='utf-8') as text:
        return re.findall(r'^SETTING\((\w+), (\w+), "([^"]*)", "([^"]*)"', text.read(), re.M)


def refused(*words):
    done = command(REEVED, '--dir', os.path.realpath('r'), *words, check_status=False)
    check(done.status not in (0, None) and done.status > 0, f'{words}: exit status {done.status}')
    return done.err


@case
def unknown_and_wrong():
    contains(refused('-o', 'nonsense=1'), 'nonsense')
    contains(refused('-o', 'max_clients=many'), 'max_clients')
    contains(refused('-o', 'max_clients=0'), 'max_clients')
    contains(refused('-o', 'log_level=loud'), 'log_level')
    contains(refused('-o', 'listen_tls=perhaps'), 'listen_tls')
    contains(refused('-o', 'max_clients'), 'max_clients')
    contains(refused('--nonsense'), 'nonsense')


@case
def a_near_name_is_told():
    contains(refused('-o', 'max_client=5'), 'max_clients')


@case
def each_range_is_kept():
    for name, kind, limits, _ in table():
        if kind == 'INT':
            low, high = (int(part) for part in limits.split('..'))
            for value in (low - 1, high + 1, ''):
                contains(refused('-o', f'{name}={value}'), name)
        elif kind == 'CHOICE':
            contains(refused('-o', f'{name}=no-such-choice'), name)


@case
def a_file():
    with open('reeved.conf', 'w', encoding='utf-8') as conf:
        conf.write('# a comment\n\nmax_clients = 7\nlog_level = debug\nunix_mode = 0600\n')
    os.makedirs('f', exist_ok=True)
    with open('bad.conf', 'w', encoding='utf-8') as conf:
        conf.write('max_clients = 5\nmax_cleints = 7\n')
    error = refused('--config', os.path.realpath('bad.conf'))
    contains(error, r'bad\.conf')
    contains(error, 'max_cleints')
    contains(error, r'\b2\b', 'the line')


@case
def help_lists_all():
    out = command(REEVED, '--help-settings').out
    for name, _, _, preset in table():
        contains(out, rf'\b{name}\b')
    contains(command(REEVED, '--version').out, r'\d+\.\d+')
    contains(command(REEVED, '--help').out, 'Usage|usage')


@case
def the_number_of_clients_is_kept():
    with Reeved('c', max_clients=4) as server:
        held = [Wire(server.socket).open() for _ in range(4)]
        fifth = Wire(server.socket)
        try:
            fifth.call(66, seconds=0.5)
        except Exception:  # closed, or left waiting
            pass
        else:
            raise AssertionError('a fifth client was served')
        fifth.close()
        for wire in held:
            wire.close()
        with Wire(server.socket) as wire:
            wire.open()


@case
def plain_tcp_stays_on_loopback():
    """Whoever reaches it may do everything. An address that is meant for TLS does not open it to others."""
    for address in ('0.0.0.0', '::', '::ffff:0.0.0.0'):
        for tls in ('no', 'yes'):
            try:
                Reeved('p', listen_tcp='yes', listen_tls=tls, listen_address=address, tcp_port=0, tls_port=0).start().stop()
            except Failed as error:
                contains(str(error), 'plain TCP.*listen_address', address)
            else:
                raise Failed(f'TCP without authentication listens on {address}')
    for address in ('127.0.0.1', '127.0.0.2', '::1', ''):
        with Reeved('p', listen_tcp='yes', listen_address=address, tcp_port=0):
            pass


@case
def what_the_helper_cannot_use():
    """A list of root's that is wrong, or that is not root's alone, is told, and nothing starts without it."""
    if os.geteuid() != 0:
        return
    os.makedirs('h')
    path = os.path.realpath('h/priv.conf')
    for text, mode, words in (('image_dir = /srv\nimag_dir = /srv\n', 0o600, rf"{path}:2: 'imag_dir'"),
                              ('image_dir = srv\n', 0o600, rf"{path}:1: .*absolute path"),
                              ('image_dir = /srv\n', 0o666, 'belongs to root')):
        with open(path, 'w', encoding='utf-8') as out:
            out.write(text)
        os.chmod(path, mode)
        try:
            Reeved('h').start().stop()
        except Failed as error:
            contains(str(error), words, text)
        else:
            raise Failed(f'started with {text!r}, mode {mode:o}')
    os.unlink(path)
    with Reeved('h'):
        pass


@case
def two_daemons_in_one_directory():
    with Reeved('t') as server:
        second = subprocess.run([os.path.join(SOURCE, 'dev'), 'run', server.directory], capture_output=True,
                                text=True, timeout=60, stdin=subprocess.DEVNULL)
        check(second.returncode > 0, 'a second daemon in the same directory')
        with Wire(server.socket) as wire:
            wire.open()


class Activated(Reeved):
    """Gets its read-write socket as from systemd: descriptor 3, of its own name."""

    def __init__(self, directory, **settings):
        super().__init__(directory, **settings)
        self.own, self.socket = self.socket, os.path.join(self.directory, 'given')

    def start(self, **more):
        self.allow()
        given = socket.socket(socket.AF_UNIX)
        given.bind(self.socket)
        os.chmod(self.socket, 0o600)
        given.listen()
        words = [os.path.join(SOURCE, 'dev'), 'run', self.directory] + [f'{key}={value}' for key, value in self.settings.items()]
        code = 'import os, sys; os.environ["LISTEN_PID"] = str(os.getpid()); os.execv(sys.argv[1], sys.argv[1:])'
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen([sys.executable, '-c', code, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=log, pass_fds=[3], preexec_fn=lambda: os.dup2(given.fileno(), 3),
                                            env={**os.environ, 'REEVE_BUILD': BUILD, 'LISTEN_FDS': '1', 'LISTEN_FDNAMES': 'rw'})
        given.close()
        Output(self.process.stdout.fileno()).wait(r'^ready$', 60)
        return self


@case
def a_socket_of_the_service_manager():
    """What the settings say of sockets holds for one that reeved was given; what they do not say stays as it was."""
    group = os.getegid() if os.geteuid() else 3
    for number, (more, mode, owner) in enumerate((({}, 0o600, os.getegid()), ({'unix_mode': '0666', 'unix_group': group}, 0o666, group))):
        with Activated(f's{number}', **more) as server:
            with Wire(server.socket) as wire:
                wire.open()
            found = os.stat(server.socket)
            equal((stat.S_IMODE(found.st_mode), found.st_gid), (mode, owner), more)
            check(not os.path.exists(server.own), 'no other read-write socket')
    with Activated('s9', unix_socket=os.path.realpath('s9/asked')) as server:
        for name in ('given', 'asked'):
            with Wire(os.path.join(server.directory, name)) as wire:
                wire.open()


@case
def settings_are_in_the_manual():
    path = os.path.join(BUILD, 'docs', 'man', 'reeved.conf.5')
    with open(path, encoding='utf-8') as page:
        text = page.read()
    for name, _, _, preset in table():
        contains(text, re.escape(name), 'reeved.conf(5)')
    equal(text.count('.TP'), len(table()))


if __name__ == '__main__':
    if STOCK:
        skip('about our settings')
    sys.exit(run_cases())
