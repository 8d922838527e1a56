#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Interfaces of guests that are plugged into the host: taps in bridges and on their own, real traffic
through them, what is counted, and that nothing of them is left whichever way the guest ends."""
import contextlib
import json
import os
import re
import select
import signal
import socket
import sys
import time

import libvirt

from reeve_test import SLOW, STOCK, Failed, Shell, Watch, case, check, command, contains, daemon, equal, \
    guest_xml, processes, run_cases, skip

L = libvirt
RTMGRP_LINK = 1
ONE, TWO = '52:54:00:64:00:02', '52:54:00:64:00:03'
THEIRS = "<target dev='theirs' managed='no'/>"


def ip(*words):
    return command('ip', *words).out


def interfaces():
    return {name for _, name in socket.if_nameindex()}


def link(name):
    return json.loads(ip('-j', '-d', 'link', 'show', 'dev', name))[0]


def ports(bridge):
    return {entry['ifname'] for entry in json.loads(ip('-j', 'link', 'show', 'master', bridge) or '[]')}


def gone(*names, seconds=20):
    """Waits until there are no such interfaces, by the kernel's own messages."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as news:
        news.bind((0, RTMGRP_LINK))
        deadline = time.monotonic() + seconds * SLOW
        while interfaces() & set(names):
            left = deadline - time.monotonic()
            check(left > 0 and select.select([news], [], [], left)[0], f'{names} are still there')
            news.recv(65536)


def set_up():
    """Two bridges and a tap that somebody else has made. The runner gives us a network of our own."""
    if os.geteuid() != 0 or interfaces() != {'lo'}:
        skip('needs root and a network namespace of its own, as tests/run gives it')
    if command('ip', 'link', 'add', 'br0', 'type', 'bridge', check_status=False).status != 0:
        skip('this kernel has no bridges')
    if not os.path.exists('/dev/net/tun'):
        skip('this kernel has no taps')
    ip('link', 'add', 'br1', 'type', 'bridge')
    ip('tuntap', 'add', 'theirs', 'mode', 'tap')
    for name, address in ('br0', '10.64.0.1/24'), ('br1', '10.65.0.1/24'), ('theirs', '10.66.0.1/24'):
        ip('address', 'add', address, 'dev', name)
        ip('link', 'set', name, 'up')


def interface(source, model='virtio', mac='', more='', kind='bridge'):
    mac = f"<mac address='{mac}'/>" if mac else ''
    source = f"<source bridge='{source}'/>" if source else ''
    return f"<interface type='{kind}'>{mac}{source}<model type='{model}'/>{more}</interface>"


def ethernet(more=''):
    return interface('', kind='ethernet', more=more)


def hypervisor(name):
    """The process of that guest's QEMU."""
    found = [pid for pid, line in processes('qemu-system-x86').items() if f'guest={name}' in line]
    equal(len(found), 1, f'hypervisors of {name}')
    return found[0]


def ping(address):
    command('busybox', 'ping', '-c', '2', '-W', '10', address)


def stats(domain, device):
    return dict(zip(('rx_bytes', 'rx_packets', 'rx_errs', 'rx_drop', 'tx_bytes', 'tx_packets', 'tx_errs', 'tx_drop'),
                    domain.interfaceStats(device)))


def shout(address, count=40, size=1200):
    """Traffic in one direction: the guest may say at most that nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        for _ in range(count):
            mouth.sendto(bytes(size), (address, 9))
    return count, count * size


def first_tap(domain):
    """The name that was made up for it."""
    return re.search(r"<target dev='(vnet\d+)'/>", domain.XMLDesc()).group(1)


def counted(connection, shell):
    """Counters have the guest's point of view: what the host sends it is received."""
    domain = connection.lookupByName('one')
    tap = first_tap(domain)
    before = stats(domain, tap)
    packets, size = shout('10.64.0.2')
    shell.ping('10.64.0.1')  # what was sent before has passed
    after = stats(domain, tap)
    grown = {key: after[key] - before[key] for key in after}
    check(grown['rx_packets'] >= packets and grown['rx_bytes'] >= size, f'not received: {grown}')
    check(0 < grown['tx_bytes'] < size, f'a guest that hardly sends: {grown}')
    equal(stats(domain, ONE), stats(domain, tap), 'by MAC address')
    total = connection.domainListGetStats([domain], L.VIR_DOMAIN_STATS_INTERFACE)[0][1]
    equal(total['net.0.name'], tap)
    check(total['net.0.rx.bytes'] >= after['rx_bytes'] and total['net.0.tx.bytes'] >= after['tx_bytes'], f'{total}')


def described(server, connection):
    """The live definition and the commands that tell of it."""
    text = connection.lookupByName('one').XMLDesc()
    tap = first_tap(connection.lookupByName('one'))
    for wanted in (rf"<mac address='{ONE}'/>\s+<source bridge='br0'/>\s+<target dev='{tap}'/>\s+<model type='virtio'/>",
                   r"<source bridge='br1'/>\s+<target dev='mytap0'/>\s+<model type='e1000e'/>",
                   r"<link state='down'/>"):
        contains(text, wanted, 'the live definition')
    stored = connection.lookupByName('one').XMLDesc(L.VIR_DOMAIN_XML_INACTIVE)
    check('vnet' not in stored and 'mytap0' in stored, 'names made up for a run are not in the definition')
    contains(connection.lookupByName('two').XMLDesc(), r"<mtu size='1400'/>")
    for ask in server.virsh, server.reeve:
        contains(ask('domiflist', 'one').out, rf'^ {tap} +bridge +br0 +virtio +{ONE}$')
        contains(ask('domiflist', 'one').out, r'^ mytap0 +bridge +br1 +e1000e ')
        contains(ask('domifstat', 'one', tap).out, rf'^{tap} rx_bytes [1-9]')
        contains(ask('domif-getlink', 'one', 'mytap0').out, r'^mytap0 up')
        contains(ask('domif-getlink', 'one', 'unplugged').out, r'^unplugged down')


def plugged(first, second):
    equal(ports('br0'), {first, second, 'unplugged'}, 'ports of the bridge')
    equal(ports('br1'), {'mytap0'}, 'ports of the other bridge')
    tap = link(first)
    equal(tap['address'], 'fe' + ONE[2:], "the host's end")
    equal(tap['linkinfo']['info_data']['type'], 'tap')
    check('UP' in tap['flags'], f'up: {tap}')
    equal(link(second)['mtu'], 1400)
    check(link(second)['linkinfo']['info_data'].get('multi_queue'), 'two queues')


def brief(connection, *cards, name='brief'):
    """A guest that never boots has its taps all the same."""
    with contextlib.suppress(L.libvirtError):  # left by a case that failed
        connection.lookupByName(name).destroy()
    return connection.createXML(guest_xml(name, boot=False, devices=''.join(cards)), 0)


@case
def taps_end_with_their_guest(server):
    card = interface('br0', more="<target dev='end0'/>")
    with server.connect() as connection:
        brief(connection, card).destroy()
        gone('end0')
        domain = brief(connection, card)
        for worker, line in processes('reeve-vm').items():
            if 'brief' in line:
                os.kill(worker, signal.SIGKILL)
        equal(ports('br0'), {'end0'}, 'ports while the worker is replaced')
        with contextlib.suppress(L.libvirtError):  # told to try again, where the end was not yet noticed
            stats(domain, 'end0')
        equal(stats(domain, 'end0')['rx_errs'], 0)
        domain.destroy()
        gone('end0')
        brief(connection, card)
        pid = hypervisor('brief')
    server.kill()
    server.process = None
    os.kill(pid, signal.SIGKILL)
    gone('end0')
    server.start()
    with server.connect() as connection:
        equal(connection.listAllDomains(L.VIR_CONNECT_LIST_DOMAINS_ACTIVE), [])
        brief(connection, card).destroy()


@case
def taps_of_their_own(server):
    """Type ethernet: a tap that we make and nobody plugs in, and one of somebody else as it was."""
    with server.connect() as connection:
        before = interfaces()
        domain = brief(connection, ethernet(), ethernet("<target dev='alone0'/>"), ethernet(THEIRS))
        made = interfaces() - before
        equal(len(made), 2, f'taps of ours: {made}')
        check('alone0' in made, f'the one that has a name: {made}')
        for tap in made:
            check('master' not in link(tap) and 'UP' in link(tap)['flags'], f'{link(tap)}')
        check('LOWER_UP' in link('theirs')['flags'], 'somebody has opened it')
        check(not link('theirs')['address'].startswith('fe:54:00'), 'its address is left as it was')
        domain.destroy()
        gone(*made)
        check('theirs' in interfaces(), 'it is left alone')


@case
def cards(server):
    """Every model of card that is offered comes up on a tap."""
    with server.connect() as connection:
        for model in 'virtio', 'virtio-transitional', 'virtio-non-transitional', 'e1000', 'e1000e', 'rtl8139':
            domain = brief(connection, interface('br0', model), interface('br0', model))
            equal(len(ports('br0')), 2, f'taps for {model}')
            contains(domain.XMLDesc(), f"<model type='{model}'/>")
            domain.destroy()
        domain = brief(connection, "<interface type='user'><model type='virtio'/></interface>")
        equal(ports('br0'), set(), 'no tap where QEMU is the network')
        with_user = domain.XMLDesc()
        check('<target dev=' not in with_user, with_user)
        domain.destroy()


def traces(server):
    """What there is of guests on the host."""
    return interfaces() | set(os.listdir(os.path.join(server.directory, 'run', 'vm'))) | set(processes('reeve-vm')) | \
        set(processes('qemu-system-x86'))


def refused(server, connection, cards, code, pattern):
    before = traces(server)
    try:
        brief(connection, *cards).destroy()
    except L.libvirtError as error:
        contains(str(error), pattern, 'the reason')
        equal(error.get_error_code(), code, f'code of "{error}"')
    else:
        raise Failed(f'{cards} were taken, {pattern!r} was due')
    check(traces(server) <= before, f'left behind after "{pattern}": {traces(server) - before}')


FAILED, UNSUPPORTED = L.VIR_ERR_OPERATION_FAILED, L.VIR_ERR_CONFIG_UNSUPPORTED
REFUSED = [  # cards after one that could be had, code, reason
    (interface('nosuch'), FAILED, "no bridge 'nosuch'"),
    (interface('theirs'), FAILED, "'theirs' is no bridge"),
    (interface('br0', more="<target dev='theirs'/>"), FAILED, "'theirs' exists already"),
    (interface('br0', more="<target dev='br1'/>"), FAILED, "'br1' exists already"),
    (interface('br0', more="<target dev='twice0'/>"), FAILED, "'twice0' exists already"),
    (interface('br0', more="<target dev='a-name-that-is-too-long'/>"), UNSUPPORTED, '1 to 15'),
    (interface('br0', more="<target dev='a/b'/>"), UNSUPPORTED, "'a/b' cannot be"),
    (interface('br0', more="<driver queues='64'/>"), UNSUPPORTED, '64 queues'),
    (interface('br0', more=THEIRS), UNSUPPORTED, "type 'ethernet'"),
    (ethernet("<target managed='no'/>"), UNSUPPORTED, "in 'dev'"),
    (ethernet("<target dev='nosuch' managed='no'/>"), FAILED, "no tap device 'nosuch'"),
    (ethernet("<target dev='br1' managed='no'/>"), UNSUPPORTED, "'br1' is no tap"),
    (ethernet(THEIRS + "<driver queues='2'/>"), UNSUPPORTED, 'multi_queue'),
]


@case
def refusals(server):
    """Each says what, and leaves nothing behind."""
    table = list(REFUSED)
    if not os.path.exists('/dev/vhost-net'):
        table.append((interface('br0', more="<driver name='vhost'/>"), L.VIR_ERR_SYSTEM_ERROR, '/dev/vhost-net'))
    with server.connect() as connection:
        other = brief(connection, interface('br0', more="<target dev='twice0'/>"), name='other')
        for card, code, pattern in table:
            refused(server, connection, [interface('br0'), card], code, pattern)
        check(other.isActive() and ports('br0') == {'twice0'}, 'the other guest is unharmed')
        other.destroy()
        gone('twice0')


@case
def traffic(server):
    """Two guests on a bridge reach each other and the host, over every kind of card and tap."""
    one = interface('br0', mac=ONE) + interface('br1', 'e1000e', more="<target dev='mytap0'/>") + \
        interface('br0', more="<target dev='unplugged'/><link state='down'/>")
    two = interface('br0', mac=TWO, more="<driver name='qemu' queues='2'/><mtu size='1400'/>") + \
        ethernet(THEIRS)
    with server.connect() as connection:
        connection.defineXML(guest_xml('one', devices=one, words='reeve.load=e1000e reeve.ip=eth0=10.64.0.2/24 '
                                       'reeve.ip=eth2=10.65.0.2/24 reeve.ip=eth1=10.67.0.2/24')).create()
        connection.defineXML(guest_xml('two', vcpus=2, devices=two,
                                       words='reeve.ip=eth0=10.64.0.3/24 reeve.ip=eth1=10.66.0.3/24')).create()
        taps = [first_tap(connection.lookupByName(name)) for name in ('one', 'two')]
        plugged(*taps)
        first, second = Shell(server, 'one'), Shell(server, 'two')
        equal(first.wait(r'guest: eth0 (.* mtu \d+)\s').group(1), f'{ONE} mtu 1500')
        first.wait('guest# ')
        equal(second.wait(r'guest: eth0 (.* mtu \d+)\s').group(1), f'{TWO} mtu 1400')
        second.wait('guest# ')
        for address in '10.64.0.1', '10.64.0.3', '10.65.0.1':
            first.ping(address)
        for address in '10.64.0.2', '10.66.0.1':
            second.ping(address)
        for address in '10.64.0.2', '10.64.0.3', '10.65.0.2', '10.66.0.3':
            ping(address)
        equal(first.run('cat /sys/class/net/eth1/carrier')[1].split()[-1], '0', 'the cable that is not plugged in')
        counted(connection, first)
        described(server, connection)
    server.kill()
    server.process = None
    server.start()
    ping('10.64.0.2')
    with server.connect() as connection:
        counted(connection, Shell(server, 'one'))
    shell = Shell(server, 'two')
    shell.run('true')
    watch = Watch(server)  # who does not look at its connection for long is cut off
    shell.console.type('poweroff -f\r')
    watch.wait('two', L.VIR_DOMAIN_EVENT_STOPPED, L.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN)
    gone(taps[1])
    check('theirs' in interfaces(), 'a tap of somebody else is left alone')
    os.kill(hypervisor('one'), signal.SIGKILL)
    watch.wait('one', L.VIR_DOMAIN_EVENT_STOPPED)
    gone(taps[0], 'mytap0', 'unplugged')
    watch.close()


if __name__ == '__main__':
    if STOCK:
        skip('about our taps')
    set_up()
    with daemon() as running:
        sys.exit(run_cases(running))
