#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Virtual networks with their bridge, dnsmasq and rules, seen by a client of DHCP in a network namespace of its own
behind the bridge (what a guest would be), and by a namespace that plays the world."""
# timeout: 600
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import libvirt

from reeve_test import STOCK, Failed, case, check, command, contains, daemon, equal, guest_xml, processes, \
    raises, run_cases, skip, until

L = libvirt
NAT = '''<network><name>nat</name><forward mode='nat'/><bridge name='nat0' delay='0' stp='on'/>
  <mac address='52:54:00:aa:00:01'/><domain name='home.test' localOnly='yes'/>
  <dns><txt name='about' value='a, &quot;b&quot; c'/><host ip='10.71.0.9'><hostname>nine</hostname><hostname>neuf</hostname></host>
    <srv service='ldap' protocol='tcp' domain='home.test' target='nine.home.test' port='389' priority='3' weight='4'/></dns>
  <ip address='10.71.0.1' netmask='255.255.255.0'><dhcp><range start='10.71.0.100' end='10.71.0.110'/>
    <host mac='52:54:00:00:00:07' name='seven' ip='10.71.0.7'/></dhcp></ip>
  <ip family='ipv6' address='fd00:71::1' prefix='64'/></network>'''
ALONE = '''<network><name>alone</name><uuid>5a0ae26f-1e44-4edf-8af1-cba0e7feedab</uuid><bridge name='alone0'/><ip address='10.72.0.1' prefix='24'>
  <dhcp><range start='10.72.0.100' end='10.72.0.110'/></dhcp></ip></network>'''
ROUTED = '''<network><name>routed</name><forward mode='route'/><bridge name='routed0'/><ip address='10.73.0.1' prefix='24'>
  <dhcp><range start='10.73.0.100' end='10.73.0.110'/></dhcp></ip></network>'''
WORLD = '198.51.100.2'


def ip(*words):
    return command('ip', *words).out


def interfaces():
    return {name for _, name in socket.if_nameindex()}


def link(name):
    return json.loads(ip('-j', '-d', 'link', 'show', 'dev', name))[0]


def tables():
    return set(re.findall(r'^table \w+ (\S+)$', command('nft', 'list', 'tables').out, re.M))


def traces(server):
    """What there is of networks on the host."""
    found = interfaces() | tables() | set(processes('dnsmasq'))
    for place in ('net', 'networks'):
        with contextlib.suppress(FileNotFoundError):
            found |= {name for name in os.listdir(os.path.join(server.directory, 'run', place)) if len(name) == 36}
    return found


class Namespace:
    """A network namespace, held by a process; what runs in it is a guest, or the world."""

    def __init__(self):
        self.holder = subprocess.Popen(['unshare', '--net', 'sh', '-c', 'ip link set lo up; echo; exec sleep 100000'],
                                       stdout=subprocess.PIPE)
        self.holder.stdout.readline()

    def run(self, *words, **options):
        return command('nsenter', '--net', f'--target={self.holder.pid}', *words, **options)

    def plug(self, name, peer, mac, bridge=None):
        """A cable: @name on the host, in the @bridge, and @peer here."""
        ip('link', 'add', 'name', name, 'type', 'veth', 'peer', 'name', peer, 'address', mac, 'netns', str(self.holder.pid))
        if bridge:
            ip('link', 'set', name, 'master', bridge)
        ip('link', 'set', name, 'up')
        self.run('ip', 'link', 'set', peer, 'up')

    def lease(self):
        """Asks by DHCP: the words that were given, as udhcpc has them."""
        script = os.path.abspath('lease.sh')
        with open(script, 'w', encoding='ascii') as out:
            out.write('#!/bin/sh\n[ "$1" = bound ] || exit 0\nip address flush dev $interface scope global\n'
                      'ip address add $ip/$mask dev $interface\n[ -z "$router" ] || ip route replace default via $router\n'
                      'echo "ip=$ip mask=$mask router=$router dns=$dns domain=$domain hostname=$hostname lease=$lease"\n')
        os.chmod(script, 0o755)
        done = self.run('busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-t', '20', '-T', '2', '-s', script, timeout=90)
        found = re.search(r'^ip=.*', done.out, re.M)
        check(found, f'no lease: {done.out}{done.err}')
        return dict(word.split('=', 1) for word in found.group().split() if '=' in word)

    def reaches(self, address):
        return self.run('busybox', 'ping', '-c', '1', '-W', '5', address, check_status=False).status == 0

    def asks(self, name, server, kind='A'):
        done = self.run('busybox', 'nslookup', f'-type={kind}', name, server, check_status=False)
        return done.out

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


@contextlib.contextmanager
def guest(bridge, name='g0', mac='52:54:00:00:00:07'):
    space = Namespace()
    try:
        space.plug(name, 'eth0', mac, bridge)
        yield space
    finally:
        space.close()
        subprocess.run(['ip', 'link', 'delete', name], check=False, capture_output=True)


@contextlib.contextmanager
def world():
    """Behind an interface of the host, without a route back to the guests."""
    space = Namespace()
    try:
        space.plug('out0', 'eth0', '02:00:00:00:00:02')
        ip('address', 'replace', '198.51.100.1/24', 'dev', 'out0')
        space.run('ip', 'address', 'add', f'{WORLD}/24', 'dev', 'eth0')
        yield space
    finally:
        space.close()
        subprocess.run(['ip', 'link', 'delete', 'out0'], check=False, capture_output=True)


@contextlib.contextmanager
def network(connection, xml):
    found = connection.networkCreateXML(xml)
    try:
        yield found
    finally:
        if found.isActive():
            found.destroy()


@case
def life(server):
    """Defined, started, stopped, gone: what clients are told, and what there is on the host."""
    with server.connect() as connection:
        before = traces(server)
        net = connection.networkDefineXML(NAT.replace("name='nat0'", ''))
        equal((net.isActive(), net.isPersistent(), net.bridgeName()), (0, 1, 'virbr0'))
        contains(net.XMLDesc(), r"<bridge name='virbr0' stp='on' delay='0'/>")
        other = connection.networkDefineXML(ALONE.replace("name='alone0'", ''))
        equal(other.bridgeName(), 'virbr1')
        with raises(L.VIR_ERR_INTERNAL_ERROR):
            connection.networkDefineXML(ROUTED.replace('routed0', 'virbr1'))
        other.undefine()
        net.create()
        equal(net.isActive(), 1)
        with raises(L.VIR_ERR_OPERATION_INVALID):
            net.create()
        bridge = link('virbr0')
        equal(bridge['address'], '52:54:00:aa:00:01')
        equal(bridge['linkinfo']['info_data']['stp_state'], 1)
        check('UP' in bridge['flags'], f'{bridge}')
        equal(re.findall(r'inet6? (10\S+|fd\S+)', ip('address', 'show', 'virbr0')), ['10.71.0.1/24', 'fd00:71::1/64'])
        net.undefine()
        equal((net.isActive(), net.isPersistent()), (1, 0))
        net.destroy()
        with raises(L.VIR_ERR_NO_NETWORK):
            connection.networkLookupByName('nat')
        equal(traces(server), before, 'what is left')


@case
def addresses_and_names(server):
    with server.connect() as connection, network(connection, NAT), guest('nat0') as inside, guest('nat0', 'g1', '52:54:00:00:00:08') as other:
        got = inside.lease()
        equal({key: got[key] for key in ('ip', 'mask', 'router', 'dns', 'domain', 'hostname')},
              {'ip': '10.71.0.7', 'mask': '24', 'router': '10.71.0.1', 'dns': '10.71.0.1', 'domain': 'home.test', 'hostname': 'seven'})
        check(100 <= int(other.lease()['ip'].split('.')[3]) <= 110, 'an address of the range')
        check(inside.reaches('10.71.0.1') and other.reaches('10.71.0.7'), 'they reach each other')
        contains(inside.asks('nine', '10.71.0.1'), r'10\.71\.0\.9')
        contains(inside.asks('neuf.home.test', '10.71.0.1'), r'10\.71\.0\.9')
        contains(inside.asks('seven.home.test', '10.71.0.1'), r'10\.71\.0\.7')
        contains(inside.asks('about', '10.71.0.1', 'TXT'), r'a, "b" c|a, \\"b\\" c')
        contains(inside.asks('_ldap._tcp.home.test', '10.71.0.1', 'SRV'), r'3 4 389 nine\.home\.test')
        # A router's advertisement: an address of the prefix, made by the guest itself.
        until(lambda: 'fd00:71:' in inside.run('ip', '-6', 'address', 'show', 'dev', 'eth0').out, 'an address by advertisement')


@case
def who_reaches_whom(server):
    with server.connect() as connection, world() as outside, network(connection, NAT), network(connection, ALONE), \
            network(connection, ROUTED), guest('nat0', 'g0') as nat, guest('alone0', 'g1') as alone, guest('routed0', 'g2') as routed:
        nat.lease()
        isolated = alone.lease()
        equal(isolated['router'], '', 'an isolated network has no router')
        address = routed.lease()['ip']
        check(nat.reaches(WORLD), 'NAT leads out, under the address of the host')
        check(not routed.reaches(WORLD), 'without a route back nothing comes back')
        outside.run('ip', 'route', 'add', '10.0.0.0/8', 'via', '198.51.100.1')
        check(routed.reaches(WORLD) and outside.reaches(address), 'routed: both ways')
        check(not outside.reaches('10.71.0.7'), 'into NAT nothing leads')
        alone.run('ip', 'route', 'add', 'default', 'via', '10.72.0.1')
        check(alone.reaches('10.72.0.1'), 'the host is reached')
        for there in (WORLD, '10.71.0.7', address):
            check(not alone.reaches(there), f'isolated, and reaches {there}')
        check(not nat.reaches(isolated['ip']), 'into an isolated one nothing leads')


@case
def sources_are_translated(server):
    with server.connect() as connection, world() as outside, network(connection, NAT), guest('nat0') as inside:
        inside.lease()
        listener = subprocess.Popen(['nsenter', '--net', f'--target={outside.holder.pid}', sys.executable, '-c',
                                     'import socket; s = socket.create_server(("", 9)); print("on", flush=True); c, a = s.accept(); '
                                     'print(*a); c.close()'], stdout=subprocess.PIPE, text=True)
        listener.stdout.readline()
        inside.run(sys.executable, '-c', f'import socket; s = socket.socket(); s.bind(("", 700)); s.connect(("{WORLD}", 9)); s.recv(1)')
        address, port = listener.stdout.readline().split()
        listener.wait()
        listener.stdout.close()
        equal(address, '198.51.100.1', 'seen from outside')
        check(int(port) >= 1024, f'a guest took port {port} of the host')


@case
def restarts(server):
    """What is up stays up: the daemon ends and comes back, dnsmasq dies; transient ones, too."""
    with server.connect() as connection:
        before = traces(server)
        connection.networkCreateXML(NAT)
        net = connection.networkDefineXML(ALONE)
        net.create()
        connection.networkDefineXML(ALONE.replace('10.72.0.110', '10.72.0.111'))
        running = net.XMLDesc()
        check('10.72.0.110' in running and '10.72.0.111' in net.XMLDesc(L.VIR_NETWORK_XML_INACTIVE), running)
        up = traces(server)
    for end in (server.stop, server.kill):
        end()
        server.process = None
        equal(traces(server), up, 'while no daemon is there')
        server.start()
        with server.connect() as connection:
            equal({net.name(): (net.isActive(), net.isPersistent()) for net in connection.listAllNetworks()},
                  {'nat': (1, 0), 'alone': (1, 1)})
            equal(connection.networkLookupByName('alone').XMLDesc(), running)
            equal(traces(server), up, 'nothing is started anew')
    killed = set(processes('dnsmasq'))
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(set(processes('dnsmasq')) - killed) == 2, 'dnsmasq is started again')
    for name in ('nat', 'alone'):
        until(lambda: f"network '{name}': dnsmasq has ended; it is started again (restart 1)" in server.log(), f'the log tells of {name}')
    with server.connect() as connection:
        for net in connection.listAllNetworks():
            net.destroy()
        connection.networkLookupByName('alone').undefine()
        equal(connection.listAllNetworks(), [])
        equal(traces(server), before, 'what is left')


CARD = "<interface type='network'>{}<source network='{}'{}/><model type='virtio'/></interface>"


@case
def guests_of_networks(server):
    """What an interface of type 'network' really is: on the host, and in the live definition."""
    with server.connect() as connection:
        bridged = "<network><name>theirs</name><forward mode='bridge'/><bridge name='theirs0'/></network>"
        grouped = NAT.replace('</network>', "<portgroup name='plain'/><portgroup name='apart'><vlan><tag id='5'/></vlan>"
                              "<virtualport type='openvswitch'/></portgroup></network>")
        ip('link', 'add', 'name', 'theirs0', 'type', 'bridge')
        with network(connection, grouped), network(connection, bridged):
            cards = CARD.format("<mac address='52:54:00:00:00:07'/>", 'nat', " portgroup='plain'") + CARD.format('', 'theirs', '')
            domain = connection.createXML(guest_xml('carded', boot=False, devices=cards), 0)
            text = domain.XMLDesc()
            contains(text, r"<interface type='network'>\s+<mac address='52:54:00:00:00:07'/>\s+<source network='nat' portgroup='plain' "
                     r"portid='[0-9a-f-]{36}' bridge='nat0'/>\s+<target dev='vnet\d+'/>")
            contains(text, r"<interface type='bridge'>(\s+<mac[^>]*>)\s+<source network='theirs' portid='[0-9a-f-]{36}' bridge='theirs0'/>")
            taps = re.findall(r"<target dev='(vnet\d+)'/>", text)
            equal([link(tap)['master'] for tap in taps], ['nat0', 'theirs0'])
            contains(server.virsh('domiflist', 'carded').out, rf'^ {taps[0]} +network +nat +virtio +52:54:00:00:00:07$')
            domain.destroy()
        ip('link', 'delete', 'theirs0')
        with network(connection, grouped):
            for card, code, words in ((CARD.format('', 'nowhere', ''), L.VIR_ERR_NO_NETWORK, 'nowhere'),
                                      (CARD.format('', 'nat', " portgroup='no'"), L.VIR_ERR_CONFIG_UNSUPPORTED, "'no'"),
                                      (CARD.format('', 'nat', " portgroup='apart'"), L.VIR_ERR_CONFIG_UNSUPPORTED, 'vlan')):
                try:
                    connection.createXML(guest_xml('carded', boot=False, devices=card), 0).destroy()
                except L.libvirtError as error:
                    equal(error.get_error_code(), code, f'{error}')
                    contains(str(error), words)
                else:
                    raise Failed(f'started with {card}')
        connection.networkDefineXML(ALONE)
        try:
            with raises(L.VIR_ERR_OPERATION_INVALID):
                connection.createXML(guest_xml('carded', boot=False, devices=CARD.format('', 'alone', '')), 0).destroy()
        finally:
            connection.networkLookupByName('alone').undefine()


@case
def leases(server):
    """Who has which address, as dnsmasq wrote it, in the words of clients."""
    with server.connect() as connection, network(connection, NAT) as net, guest('nat0') as inside, \
            guest('nat0', 'g1', '52:54:00:00:00:08') as other:
        equal(net.DHCPLeases(), [])
        inside.lease()
        address = other.lease()['ip']
        found = {lease['mac']: lease for lease in net.DHCPLeases()}
        equal({mac: (lease['iface'], lease['type'], lease['ipaddr'], lease['prefix'], lease['hostname'], lease['iaid'])
               for mac, lease in found.items()},
              {'52:54:00:00:00:07': ('nat0', L.VIR_IP_ADDR_TYPE_IPV4, '10.71.0.7', 24, 'seven', None),
               '52:54:00:00:00:08': ('nat0', L.VIR_IP_ADDR_TYPE_IPV4, address, 24, None, None)})
        hour = 3600
        check(abs(found['52:54:00:00:00:07']['expirytime'] - time.time() - hour) < hour / 2, f'{found}')
        equal([lease['ipaddr'] for lease in net.DHCPLeases('52:54:00:00:00:07')], ['10.71.0.7'])
        with raises(L.VIR_ERR_INVALID_MAC):
            net.DHCPLeases('nonsense')
        for ask in server.virsh, server.reeve:
            contains(ask('net-dhcp-leases', 'nat').out, r'52:54:00:00:00:07 +ipv4 +10\.71\.0\.7/24 +seven')


@case
def killed_at_any_moment(server):
    """A daemon that is killed during a start or a stop: the next one completes it or undoes it."""
    with server.connect() as connection:
        before = traces(server)
        connection.networkDefineXML(NAT)
    for turn in range(12):
        client = subprocess.Popen(['virsh', '-c', server.uri(), 'net-start' if turn % 2 == 0 else 'net-destroy', 'nat'],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            client.wait(0.04 * turn)  # at another moment each time: that is the point, nothing is awaited
        server.kill()
        server.process = None
        client.wait()
        server.start()
        with server.connect() as connection:
            net = connection.networkLookupByName('nat')
            until(lambda: 'nat0' in interfaces() and processes('dnsmasq') if net.isActive() else traces(server) == before,
                  f'turn {turn}: active {net.isActive()}, and there are {traces(server) - before}')
            if net.isActive():
                with guest('nat0') as inside:
                    equal(inside.lease()['ip'], '10.71.0.7')
            if net.isActive() != (turn % 2 == 0):
                net.create() if turn % 2 == 0 else net.destroy()
    with server.connect() as connection:
        net = connection.networkLookupByName('nat')
        if net.isActive():
            net.destroy()
        net.undefine()
        equal(traces(server), before, 'what is left')


@case
def refusals(server):
    """Each changes nothing and names the thing."""
    with server.connect() as connection:
        ip('link', 'add', 'name', 'theirs0', 'type', 'bridge')
        ip('link', 'add', 'name', 'used0', 'type', 'bridge')
        ip('address', 'add', '10.90.0.1/16', 'dev', 'used0')
        ip('link', 'set', 'used0', 'up')
        before = traces(server)
        for xml, code, words in (
                (NAT.replace('nat0', 'theirs0'), L.VIR_ERR_OPERATION_FAILED, "'theirs0'"),
                (NAT.replace('10.71.0', '10.90.7'), L.VIR_ERR_INTERNAL_ERROR, "'used0'"),
                (NAT.replace('nat0', 'a-name-that-is-long'), L.VIR_ERR_CONFIG_UNSUPPORTED, 'a-name-that-is-long'),
                (NAT.replace('<network>', "<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>").replace(
                    '</network>', "<dnsmasq:options><dnsmasq:option value='dhcp-script=/bin/sh'/></dnsmasq:options></network>"),
                 L.VIR_ERR_CONFIG_UNSUPPORTED, 'dhcp-script'),
                (NAT.replace("<domain", "<bandwidth><inbound average='1'/></bandwidth><domain"), L.VIR_ERR_CONFIG_UNSUPPORTED,
                 'bandwidth')):
            try:
                connection.networkCreateXML(xml)
            except L.libvirtError as error:
                equal(error.get_error_code(), code, f'{error}')
                contains(str(error), words)
            else:
                raise Failed(f'started: {xml}')
            equal(traces(server), before, f'after {words}')
        ip('link', 'delete', 'theirs0')
        ip('link', 'delete', 'used0')


@case
def confined(server):
    """dnsmasq is nobody's user, can execute nothing, and reads no more than everybody."""
    with server.connect() as connection, network(connection, NAT):
        (pid,) = processes('dnsmasq')
        with open(f'/proc/{pid}/status', encoding='ascii') as text:
            status = text.read()
        uids = set(re.search(r'^Uid:\s+(.*)$', status, re.M).group(1).split())
        equal(len(uids), 1)
        check(int(uids.pop()) > 1000, status)
        contains(status, r'^NoNewPrivs:\s+1$')
        contains(status, r'^Seccomp:\s+2$')
        # net_bind_service, net_admin, net_raw
        for field in ('CapEff', 'CapPrm', 'CapBnd'):
            contains(status, rf'^{field}:\s+0*3400$')



@case
def of_a_fresh_installation(_):
    """The network that everybody expects, active, in a subnet that is free; it does not come back when it was undefined."""
    ip('link', 'add', 'name', 'taken0', 'type', 'bridge')
    ip('address', 'add', '192.168.122.7/24', 'dev', 'taken0')
    ip('link', 'set', 'taken0', 'up')
    with daemon('fresh', default_network='yes') as fresh:
        with fresh.connect() as connection:
            net = connection.networkLookupByName('default')
            until(net.isActive, 'it is started')
            equal((net.autostart(), net.isPersistent()), (1, 1))
            contains(net.XMLDesc(), r"<forward mode='nat'/>")
            contains(net.XMLDesc(), r"<ip address='192\.168\.123\.1' netmask='255\.255\.255\.0'>\s*<dhcp>\s*"
                     r"<range start='192\.168\.123\.2' end='192\.168\.123\.254'/>")
            contains(ip('-4', 'address', 'show', 'dev', net.bridgeName()), r'inet 192\.168\.123\.1/24')
            net.destroy()
            net.undefine()
        fresh.stop()
        fresh.start()
        with fresh.connect() as connection:
            equal(connection.listAllNetworks(), [], 'after a restart')
    ip('link', 'delete', 'taken0')


if __name__ == '__main__':
    if os.geteuid() != 0 or interfaces() != {'lo'}:
        skip('needs root and a network namespace of its own, as tests/run gives it')
    if STOCK:
        skip('libvirtd keeps its rules in the tables of iptables, and its files elsewhere')
    for program in ('dnsmasq', 'nft', 'nsenter'):
        if command('sh', '-c', f'PATH=$PATH:/usr/sbin command -v {program}', check_status=False).status != 0:
            skip(f'there is no {program}')
    if command('ip', 'link', 'add', 'name', 'probe0', 'type', 'bridge', check_status=False).status != 0:
        skip('this kernel has no bridges')
    ip('link', 'delete', 'probe0')
    reeved = daemon(autostart='no').start()
    status = run_cases(reeved)
    reeved.stop()
    sys.exit(status)
