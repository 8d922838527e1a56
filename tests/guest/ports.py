#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ports of displays that are chosen at start: what others have is left out, two daemons that choose at the
same moment do not choose the same, and a start that is overtaken all the same tries another."""
import contextlib
import os
import re
import socket
import sys
import threading

import libvirt

from reeve_test import SLOW, STOCK, Failed, case, case_of_ours, check, contains, daemon, equal, guest_xml, run_cases

L = libvirt
VNC = "<graphics type='vnc' port='-1' autoport='yes'/>"
WRAPPER = '''#!/usr/bin/python3
import os, socket, sys
if '-vnc' in sys.argv:
    with socket.create_connection(('127.0.0.1', {port})) as asked:
        asked.sendall(sys.argv[sys.argv.index('-vnc') + 1].encode())
        asked.shutdown(socket.SHUT_WR)
        asked.recv(1)
os.execv('/usr/bin/qemu-system-x86_64', ['/usr/bin/qemu-system-x86_64'] + sys.argv[1:])
'''


def listen(port, address='127.0.0.1', shared=True):
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, shared)
    taken.bind((address, port))
    taken.listen()
    return taken


def start(connection, name, graphics=VNC, xml=lambda text: text):
    return connection.createXML(xml(guest_xml(name, boot=False, devices=graphics)), 0)


def port_of(domain):
    return int(re.search(r"<graphics type='vnc' port='(\d+)'", domain.XMLDesc()).group(1))


def greets(port):
    """A display answers there."""
    with socket.create_connection(('127.0.0.1', port), timeout=20 * SLOW) as viewer:
        contains(viewer.recv(12).decode(), r'^RFB 003\.00')


@case
def others_ports_are_left_alone(server):
    with contextlib.ExitStack() as stack, server.connect() as connection:
        for taken in (listen(5900), listen(5901, shared=False), listen(5902, '0.0.0.0'), listen(5903)):
            stack.enter_context(taken)
        domains = [start(connection, f'p{number}') for number in range(2)]
        equal(sorted(port_of(domain) for domain in domains), [5904, 5905], 'ports')
        for domain in domains:
            greets(port_of(domain))
            domain.destroy()


@case_of_ours
def a_port_that_is_free_again_is_used_again(server):
    """Neither a guest that has ended nor a start that failed keeps one."""
    with server.connect() as connection:
        first = start(connection, 'again')
        port = port_of(first)
        first.destroy()
        with contextlib.suppress(L.libvirtError):
            start(connection, 'fails', VNC + "<interface type='bridge'><source bridge='nosuch'/></interface>").destroy()
        second = start(connection, 'again')
        equal(port_of(second), port)
        second.destroy()


@case_of_ours
def one_that_is_demanded_is_refused_in_words(server):
    with server.connect() as connection, listen(5950):
        try:
            start(connection, 'fixed', "<graphics type='vnc' port='5950' autoport='no'/>").destroy()
        except L.libvirtError as error:
            contains(str(error), "port 5950 of address '127.0.0.1'.*in use")
            equal(error.get_error_code(), L.VIR_ERR_OPERATION_FAILED)
        else:
            raise Failed('a port that somebody has was taken')
    with server.connect() as connection:
        domain = start(connection, 'fixed', "<graphics type='vnc' port='5950' autoport='no' websocket='-1'/>")
        greets(5950)
        websocket = int(re.search(r"websocket='(\d+)'", domain.XMLDesc()).group(1))
        socket.create_connection(('127.0.0.1', websocket), timeout=20 * SLOW).close()
        domain.destroy()


def overtake(control, taken, times):
    """Takes the ports of the first starts just before their hypervisor would."""
    for _ in range(times):
        asked = control.accept()[0]
        with asked, asked.makefile('rb') as said:
            number = int(re.search(rb':(\d+)', said.read()).group(1))
            if len(taken) < times - 1:
                taken.append(listen(5900 + number))
            asked.sendall(b'.')


@case_of_ours
def a_start_that_is_overtaken_tries_again(server):
    control = listen(0)
    with open('wrapper', 'w', encoding='utf-8') as wrapper:
        wrapper.write(WRAPPER.format(port=control.getsockname()[1]))
    os.chmod('wrapper', 0o755)
    emulator = os.path.realpath('wrapper')
    taken = []
    thief = threading.Thread(target=overtake, args=(control, taken, 3), daemon=True)
    thief.start()
    with control, server.connect() as connection:
        domain = start(connection, 'overtaken', xml=lambda text: text.replace('/usr/bin/qemu-system-x86_64', emulator))
        thief.join(20 * SLOW)
        ports = [other.getsockname()[1] for other in taken]
        equal(len(ports), 2, 'starts that were overtaken')
        check(port_of(domain) not in ports, f'{port_of(domain)} is one of {ports}')
        greets(port_of(domain))
        domain.destroy()
        for other in taken:
            other.close()


@case_of_ours
def two_daemons_at_once(server):
    """All get a port, and no two the same."""
    failures, ports, each = [], [], 4
    gate = threading.Barrier(2 * each)

    def one(host, name):
        try:
            with host.connect() as connection:
                gate.wait(60 * SLOW)
                domain = start(connection, name)
                ports.append(port_of(domain))
        except (L.libvirtError, threading.BrokenBarrierError) as error:
            failures.append(f'{name}: {error}')

    with daemon('second') as other:
        threads = [threading.Thread(target=one, args=(host, f'{where}{number}'))
                   for where, host in (('a', server), ('b', other)) for number in range(each)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(failures, [], 'starts that failed')
        equal(len(set(ports)), 2 * each, f'different ports of {sorted(ports)}')
        for port in ports:
            greets(port)
    server.stop_guests()


if __name__ == '__main__':
    if STOCK and os.geteuid() != 0:
        sys.exit(77)
    with daemon() as running:
        sys.exit(run_cases(running))
