#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices come to a running guest, change and go. The guests here run nothing: what they have is asked
of QEMU, what is left open of the kernel. Guests that see it themselves are in hotplug.py."""
import contextlib
import json
import os
import re
import subprocess
import sys

import libvirt

from reeve_plug import ADDED, CONFIG, LIVE, MORE, PORTS, REMOVED, Told, alias_of, device_of, disk, gone, guest, holders, \
    peripherals, qemu
from reeve_test import STOCK, Failed, case, case_of_ours, check, contains, daemon, disk_image, equal, processes, raises, run_cases, until

L = libvirt


# ---- Coming and going

@case
def usb_disk(server, told):
    base = disk_image('usb-base.qcow2')
    image = disk_image('usb.qcow2', backing=(base, 'qcow2'))
    with guest(server, 'usb') as domain:
        before = domain.XMLDesc()
        for round_number in range(3):
            domain.attachDeviceFlags(disk(image, 'sda', 'usb'), LIVE)
            text = device_of(domain, 'disk', "dev='sda'")
            contains(text, re.escape(image))
            contains(text, r'<backingStore[\s\S]*' + re.escape(base))
            alias = alias_of(text)
            told.wait('usb', ADDED, alias)
            check(alias in peripherals(domain), 'QEMU has it')
            check('qemu-system-x86_64' in holders(image) and 'qemu-system-x86_64' in holders(base), 'it is open')
            if not STOCK:
                equal(set(holders(image)), {'qemu-system-x86_64'}, 'nobody else keeps it open')
            if round_number == 1:
                domain.detachDeviceFlags(text, LIVE)
            else:
                domain.detachDevice(disk(image, 'sda', 'usb'))
            told.wait('usb', REMOVED, alias)
            equal(device_of(domain, 'disk', "dev='sda'"), None)
            if STOCK:
                continue  # which keeps descriptors of the chain for a while
            gone(domain, image)
            gone(domain, base)
        equal(domain.XMLDesc(), before)


def attached(domain, text):
    """False while a worker that has died is replaced."""
    try:
        domain.attachDevice(text)
    except L.libvirtError as error:
        check('try again' in str(error), str(error))
        return False
    return True


@case_of_ours
def aliases_are_not_given_again(server, told):
    image = disk_image('again.qcow2')
    seen = []
    with guest(server, 'again') as domain:
        for again in range(3):
            until(lambda: attached(domain, disk(image, 'sda', 'usb')), 'the next worker', 60)
            seen.append(alias_of(device_of(domain, 'disk', "dev='sda'")))
            domain.detachDevice(disk(image, 'sda', 'usb'))
            if again == 1:
                for pid in processes('reeve-vm'):  # whoever comes after it knows
                    os.kill(pid, 9)
    equal(len(set(seen)), 3, str(seen))
    told.seen.clear()


@case
def pending(server, told):
    """Nobody in the guest answers; a reset does."""
    image = disk_image('pending.qcow2')
    for machine, devices in (('q35', MORE), ('pc', '')):
        name = f'pending-{machine}'
        with guest(server, name, devices=devices, machine=machine) as domain:
            domain.attachDeviceFlags(disk(image), LIVE)
            text = device_of(domain, 'disk', "dev='vdb'")
            alias = alias_of(text)
            told.wait(name, ADDED, alias)
            check(alias in peripherals(domain), 'QEMU has it')
            if STOCK:
                domain.detachDeviceFlags(text, LIVE)  # says that it is done
            else:
                with raises(L.VIR_ERR_OPERATION_TIMEOUT):
                    domain.detachDeviceFlags(text, LIVE)
            equal(device_of(domain, 'disk', "dev='vdb'"), text)
            check(holders(image), 'it is still open')
            if not STOCK:
                server.kill()
                server.process = None
                server.start()
                told.__init__(server)
                with server.connect() as connection:
                    equal(device_of(connection.lookupByName(name), 'disk', "dev='vdb'"), text, 'after a restart')
            with server.connect() as connection:
                domain = connection.lookupByName(name)
                domain.reset()
                told.wait(name, REMOVED, alias)
                equal(device_of(domain, 'disk', "dev='vdb'"), None)
                if not STOCK:
                    gone(domain, image)
                domain.destroy()


@case
def by_alias(server, told):
    image = disk_image('alias.qcow2')
    with guest(server, 'alias') as domain:
        domain.attachDevice(disk(image, 'sda', 'usb', more="<alias name='ua-mine'/>"))
        told.wait('alias', ADDED, 'ua-mine')
        with raises(L.VIR_ERR_DEVICE_MISSING, L.VIR_ERR_INTERNAL_ERROR):
            domain.detachDeviceAlias('ua-other', LIVE)
        domain.detachDeviceAlias('ua-mine', LIVE)
        told.wait('alias', REMOVED, 'ua-mine')
        equal(device_of(domain, 'disk', "dev='sda'"), None)


OTHERS = (
    ('rng', "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>", None, False),
    ('rng', "<rng model='virtio'><backend model='builtin'/></rng>", None, False),
    ('channel', "<channel type='pty'><target type='virtio' name='org.reeve.one'/></channel>", 'org.reeve.one', True),
    ('channel', "<channel type='unix'><source mode='bind' path='{cwd}/two.sock'/><target type='virtio' name='org.reeve.two'/></channel>",
     'org.reeve.two', True),
    ('channel', "<channel type='tcp'><source mode='bind' host='127.0.0.1' service='7771'/><protocol type='raw'/>"
     "<target type='virtio' name='org.reeve.tcp'/></channel>", 'org.reeve.tcp', True),
    ('channel', "<channel type='udp'><source mode='connect' host='127.0.0.1' service='7772'/>"
     "<target type='virtio' name='org.reeve.udp'/></channel>", 'org.reeve.udp', True),
    ('channel', "<channel type='file'><source path='{cwd}/out.log'/><log file='{cwd}/more.log' append='on'/>"
     "<target type='virtio' name='org.reeve.file'/></channel>", 'org.reeve.file', True),
    ('controller', "<controller type='scsi' index='0' model='virtio-scsi'/>", 'virtio-scsi', False),
    ('interface', "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>",
     '52:54:00:00:00:01', False),
    ('interface', "<interface type='ethernet'><mac address='52:54:00:00:00:02'/><model type='virtio'/></interface>",
     '52:54:00:00:00:02', False),
    ('interface', "<interface type='bridge'><mac address='52:54:00:00:00:03'/><source bridge='br-plug'/>"
     "<model type='e1000e'/></interface>", '52:54:00:00:00:03', False),
    ('interface', "<interface type='server'><mac address='52:54:00:00:00:04'/><source address='127.0.0.1' port='7773'/>"
     "<model type='virtio'/></interface>", '52:54:00:00:00:04', False),
    ('input', "<input type='tablet' bus='usb'/>", 'tablet', True),
    ('hub', "<hub type='usb'/>", None, True),
    ('shmem', "<shmem name='{shared}'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>", None, False),
    ('memory', "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>", None, False),
)


@case_of_ours
def all_kinds(server, told):
    """Those that need no guest's consent go at once, the others with the guest."""
    subprocess.run(['ip', 'link', 'add', 'br-plug', 'type', 'bridge'], check=True)
    more = PORTS + PORTS + "<controller type='pci' model='pcie-to-pci-bridge'/><controller type='usb' model='qemu-xhci'/>"
    with guest(server, 'kinds', devices=more) as plain:
        xml = plain.XMLDesc(L.VIR_DOMAIN_XML_INACTIVE)
        plain.destroy()
        xml, shared = re.sub('<uuid>.*?</uuid>', '', xml), f'reeve-{plain.UUIDString()}'
        xml = xml.replace('<vcpu', "<maxMemory slots='4' unit='MiB'>1024</maxMemory><vcpu", 1)
        xml = re.sub(r'</features>', "</features><cpu><numa><cell id='0' cpus='0' memory='96' unit='MiB'/></numa></cpu>",
                     re.sub('<cpu .*?</cpu>', '', xml, flags=re.S), count=1)
        with server.connect() as connection:
            domain = connection.createXML(xml)
            try:
                for element, text, pattern, at_once in OTHERS:
                    kind(domain, told, (element, text.format(cwd=os.getcwd(), shared=shared), pattern or 'alias', at_once))
            finally:
                domain.destroy()
                with contextlib.suppress(FileNotFoundError):  # QEMU leaves it there
                    os.unlink(f'/dev/shm/{shared}')
    equal(links(), {'lo', 'br-plug'}, 'interfaces of the host')
    subprocess.run(['ip', 'link', 'del', 'br-plug'], check=True)


def links():
    return {line.split(':')[1].strip().split('@')[0] for line in
            subprocess.run(['ip', '-o', 'link'], capture_output=True, text=True, check=True).stdout.splitlines()
            if not re.match(r'\d+: (tunl|gre|sit|erspan|ip|dummy|ifb|bond|teql)', line)}


def kind(domain, told, row):
    element, text, pattern, at_once = row
    before = peripherals(domain)
    found = set(re.findall("<alias name='([^']+)'", domain.XMLDesc()))
    try:
        domain.attachDevice(text)
    except L.libvirtError as error:
        raise Failed(f'{text}: {error}') from None
    new = set(re.findall("<alias name='([^']+)'", domain.XMLDesc())) - found
    check(new, f'{text}: in the definition')
    for alias in new:
        told.wait('kinds', ADDED, alias)
    check(peripherals(domain) - before, f'{text}: QEMU has it')
    mine = [alias for alias in new if device_of(domain, element, f"{re.escape(pattern)}.*<alias name='{alias}'|"
                                                f"<alias name='{alias}'")]
    check(mine, f'{element} {pattern} in {domain.XMLDesc()}')
    if at_once:
        live = next(device_of(domain, element, f"<alias name='{alias}'") for alias in mine)
        domain.detachDevice(live)
        told.wait('kinds', REMOVED, mine[0])
        check(mine[0] not in peripherals(domain), f'{text}: QEMU does not have it')
        left = json.dumps([qemu(domain, 'query-chardev'), qemu(domain, 'query-fdsets')])
        check(mine[0] not in left, left)


# ---- Both or neither, and what is refused

def both(domain):
    return domain.XMLDesc(), domain.XMLDesc(L.VIR_DOMAIN_XML_INACTIVE)


@contextlib.contextmanager
def refused(domain, code, stock=None):
    before = both(domain)
    with raises(code, stock):
        yield
    equal(both(domain), before, 'both definitions')


@case
def live_and_config(server, told):
    image, other = disk_image('both.qcow2'), disk_image('other.qcow2')
    usb = disk(image, 'sda', 'usb')
    with guest(server, 'both', stored=True) as domain:
        domain.attachDeviceFlags(usb, LIVE | CONFIG)
        for text in both(domain):
            contains(text, re.escape(image))
        with refused(domain, L.VIR_ERR_OPERATION_INVALID, L.VIR_ERR_OPERATION_FAILED):
            domain.attachDeviceFlags(disk(other, 'sda', 'usb'), LIVE | CONFIG)
        domain.detachDeviceFlags(usb, CONFIG)
        check(image in both(domain)[0] and image not in both(domain)[1], 'config only')
        with refused(domain, L.VIR_ERR_DEVICE_MISSING):  # of the stored one
            domain.detachDeviceFlags(usb, LIVE | CONFIG)
        domain.detachDeviceFlags(usb, 0)
        check(image not in both(domain)[0], 'current is live')
        domain.attachDeviceFlags(usb, CONFIG)
        with refused(domain, L.VIR_ERR_DEVICE_MISSING):
            domain.detachDeviceFlags(usb, LIVE)
        with refused(domain, L.VIR_ERR_OPERATION_INVALID, L.VIR_ERR_OPERATION_FAILED):  # taken there
            domain.attachDeviceFlags(disk(other, 'sda', 'usb'), LIVE | CONFIG)
        card = "<interface type='user'><model type='virtio'/></interface>"
        domain.attachDeviceFlags(card, LIVE | CONFIG)
        macs = [re.findall(r"<mac address='(.*?)'", text) for text in both(domain)]
        equal(macs[0], macs[1], 'a card has one address')
    told.seen.clear()


@case
def bad(server, told):
    image = disk_image('bad.qcow2')
    missing = os.path.realpath('nowhere.qcow2')
    with guest(server, 'bad', stored=True, devices=PORTS) as domain:
        domain.attachDevice(disk(image, 'vda'))
        with refused(domain, L.VIR_ERR_OPERATION_INVALID, L.VIR_ERR_OPERATION_FAILED):
            domain.attachDevice(disk(image, 'vda'))
        with refused(domain, L.VIR_ERR_SYSTEM_ERROR, L.VIR_ERR_INTERNAL_ERROR):
            domain.attachDeviceFlags(disk(missing), LIVE | CONFIG)
        with refused(domain, L.VIR_ERR_DEVICE_MISSING):
            domain.detachDevice(disk(image, 'vdx'))
        with refused(domain, L.VIR_ERR_XML_DETAIL):
            domain.attachDevice(disk(image, 'vdb') + disk(image, 'vdc'))
        with refused(domain, L.VIR_ERR_XML_ERROR):
            domain.attachDevice('<nonsense/>')
        place = re.search(r"<address type='pci'.*?/>", device_of(domain, 'disk', "dev='vda'")).group(0)
        with refused(domain, L.VIR_ERR_XML_ERROR if not STOCK else L.VIR_ERR_XML_ERROR):
            domain.attachDevice(disk(image, 'vdc', more=place))
        with refused(domain, L.VIR_ERR_OPERATION_UNSUPPORTED):
            domain.attachDevice(disk(image, 'sdb', 'sata'))
        with refused(domain, L.VIR_ERR_OPERATION_UNSUPPORTED, L.VIR_ERR_OPERATION_UNSUPPORTED):
            domain.attachDevice("<sound model='ich9'/>")
        second = disk_image('second.qcow2')
        domain.attachDevice(disk(second, 'vdb', more="<alias name='ua-second'/>"))
        for target in 'cdefgh':  # until there is no port left
            try:
                domain.attachDevice(disk(disk_image(f'{target}.qcow2'), f'vd{target}'))
            except L.libvirtError as error:
                equal(error.get_error_code(), L.VIR_ERR_INTERNAL_ERROR if STOCK else L.VIR_ERR_CONFIG_UNSUPPORTED, str(error))
                equal(device_of(domain, 'disk', f"dev='vd{target}'"), None)
                break
        else:
            raise Failed('more disks than ports')
        with raises(L.VIR_ERR_XML_ERROR if STOCK else L.VIR_ERR_OPERATION_INVALID):
            domain.attachDevice("<input type='tablet' bus='usb'><alias name='ua-second'/></input>")
        if not STOCK:
            equal(holders(missing) + holders(os.path.realpath(f'{target}.qcow2')), [], 'what was not plugged')
    told.seen.clear()


# ---- What changes

def cdrom(path, more=''):
    source = f"<source file='{path}'/>" if path else ''
    return (f"<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>{source}"
            f"<target dev='sdc' bus='sata'/><readonly/>{more}</disk>")


def medium(domain):
    return [row for row in qemu(domain, 'query-block') if row.get('qdev', '').endswith('sata0-0-2') or 'cd' in row.get('type', '')
            or 'tray_open' in row][0]


@case
def media(server, told):
    first, second = disk_image('first.iso', form='raw'), disk_image('second.iso', form='raw')
    with guest(server, 'media', devices=MORE + cdrom(first), stored=True) as domain:
        check('inserted' in medium(domain), 'a medium')
        domain.updateDeviceFlags(cdrom(second), LIVE)
        contains(device_of(domain, 'disk', "dev='sdc'"), re.escape(second))
        contains(both(domain)[1], re.escape(first))
        check(medium(domain)['inserted'] and not medium(domain)['tray_open'], str(medium(domain)))
        check(holders(second) and not [who for who in holders(first) if not STOCK], 'what is open')
        with refused(domain, L.VIR_ERR_SYSTEM_ERROR, L.VIR_ERR_INTERNAL_ERROR):
            domain.updateDeviceFlags(cdrom(os.path.realpath('nowhere.iso')), LIVE)
        check(medium(domain)['inserted'], 'the old one is in')
        server.virsh('change-media', 'media', 'sdc', '--eject', '--live', '--config')
        check(first not in both(domain)[1] and second not in both(domain)[0], 'ejected')
        check('inserted' not in medium(domain), 'empty')
        server.virsh('change-media', 'media', 'sdc', first, '--insert', '--live')
        check(medium(domain)['inserted'], 'inserted')
        server.virsh('change-media', 'media', 'sdc', second, '--update', '--force')
        contains(both(domain)[0], re.escape(second))
        server.virsh('detach-disk', 'media', 'sdc', check_status=False)
        with refused(domain, L.VIR_ERR_OPERATION_UNSUPPORTED, L.VIR_ERR_OPERATION_UNSUPPORTED):
            domain.updateDeviceFlags(cdrom(first, '<serial>new</serial>'), LIVE)


@case
def links_and_passwords(server, told):
    card = ("<interface type='user'><mac address='52:54:00:00:00:07'/><model type='virtio'/></interface>"
            "<graphics type='vnc' port='-1' autoport='yes' passwd='first'/>")
    with guest(server, 'links', devices=MORE + card, stored=True) as domain:
        server.virsh('domif-setlink', 'links', '52:54:00:00:00:07', 'down')
        contains(domain.XMLDesc(), "<link state='down'/>")
        contains(server.virsh('domif-getlink', 'links', '52:54:00:00:00:07').out, 'down')
        check("<link state='down'/>" not in both(domain)[1], 'live only')
        server.virsh('domif-setlink', 'links', '52:54:00:00:00:07', 'up')
        server.virsh('domif-setlink', 'links', '52:54:00:00:00:07', 'up', '--config')
        contains(domain.XMLDesc(), "<link state='up'/>")
        contains(both(domain)[1], "<link state='up'/>")
        text = device_of(domain, 'graphics', 'vnc', L.VIR_DOMAIN_XML_SECURE)
        domain.updateDeviceFlags(text.replace('first', 'second'), LIVE)
        contains(device_of(domain, 'graphics', 'vnc', L.VIR_DOMAIN_XML_SECURE), "passwd='second'")
        with refused(domain, L.VIR_ERR_OPERATION_UNSUPPORTED):
            domain.updateDeviceFlags(device_of(domain, 'interface', 'mac').replace("type='virtio'", "type='e1000'"), LIVE)


with daemon() as server:
    status = run_cases(server, Told(server))
sys.exit(status)
