#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests on volumes: a disk that is said to be one is found in its pool, virt-install and virt-clone make them, and
what a guest runs on is not taken away from it. What is right is what QEMU has open, and qemu-img."""
import os
import sys

import libvirt

from reeve_test import case, case_of_ours, check, command, contains, daemon, equal, guest_xml, processes, raises, run_cases, skip

MIB = 1 << 20
PLACE = os.path.realpath('pool')


def volume(pool, name, form='raw', more=''):
    return pool.createXML(f'<volume><name>{name}</name><capacity>{8 * MIB}</capacity><allocation>0</allocation>{more}'
                          f'<target><format type="{form}"/></target></volume>')


def disk(name, form=None, pool='p', more=''):
    driver = f"<driver name='qemu' type='{form}'/>" if form else ''
    return (f"<disk type='volume' device='disk'>{driver}<source pool='{pool}' volume='{name}'{more}/>"
            "<target dev='vda' bus='virtio'/></disk>")


def opened():
    """The files below the pool that the hypervisors have open."""
    found = set()
    for pid in processes('qemu-system-x86'):
        for fd in os.listdir(f'/proc/{pid}/fd'):
            path = os.readlink(f'/proc/{pid}/fd/{fd}')
            if path.startswith(PLACE):
                found.add(os.path.basename(path))
    return found


@case
def found_in_its_pool(server, connection, pool):
    for form in ('raw', 'qcow2'):
        vol = volume(pool, f'disk-{form}', form)
        guest = connection.defineXML(guest_xml('g', boot=False, devices=disk(vol.name(), form)))
        contains(guest.XMLDesc(), f"pool='p' volume='disk-{form}'", 'the definition')
        guest.create()
        equal(opened(), {f'disk-{form}'}, 'what QEMU has open')
        guest.destroy()
        contains(guest.XMLDesc(), f"pool='p' volume='disk-{form}'", 'the definition afterwards')
        guest.undefine()
        vol.delete()


@case_of_ours
def shown(server, connection, pool):
    """What runs names the file; the format is the pool's where the disk says none."""
    vol = volume(pool, 'shown', 'qcow2')
    guest = connection.createXML(guest_xml('g', boot=False, devices=disk('shown')))
    contains(guest.XMLDesc(), f"file='{vol.path()}'")
    contains(guest.XMLDesc(), r"<driver name='qemu' type='qcow2'")
    guest.destroy()
    vol.delete()


@case
def what_is_not_there(server, connection, pool):
    vol = volume(pool, 'there')
    for text, code in ((disk('missing'), libvirt.VIR_ERR_NO_STORAGE_VOL), (disk('there', pool='none'), libvirt.VIR_ERR_NO_STORAGE_POOL)):
        guest = connection.defineXML(guest_xml('g', boot=False, devices=text))
        with raises(code):
            guest.create()
        equal(guest.isActive(), 0)
        guest.undefine()
    pool.destroy()
    guest = connection.defineXML(guest_xml('g', boot=False, devices=disk('there')))
    with raises(libvirt.VIR_ERR_OPERATION_INVALID, stock=libvirt.VIR_ERR_CONFIG_UNSUPPORTED):
        guest.create()
    pool.create()
    guest.create()
    guest.destroy()
    guest.undefine()
    vol.delete()


@case_of_ours
def not_taken_from_a_guest(server, connection, pool):
    """Neither the disk nor what backs it. libvirtd does as it is told."""
    base = volume(pool, 'base')
    more = f'<backingStore><path>{base.path()}</path><format type="raw"/></backingStore>'
    top = volume(pool, 'top', 'qcow2', more)
    guest = connection.createXML(guest_xml('busy', boot=False, devices=disk('top', 'qcow2')))
    for vol in (top, base):
        for what in (vol.delete, vol.wipe, lambda v=vol: v.resize(16 * MIB), lambda v=vol: v.upload(connection.newStream(), 0, 0)):
            try:
                what()
            except libvirt.libvirtError as error:
                equal(error.get_error_code(), libvirt.VIR_ERR_OPERATION_INVALID, str(error))
                contains(str(error), "'busy'", 'who uses it')
            else:
                check(False, f'{what} of {vol.name()} while a guest runs on it')
    guest.destroy()
    top.wipe()
    top.delete()
    base.delete()


@case
def installed_and_cloned(server, connection, pool):
    command('virt-install', '--connect', server.uri(), '--name', 'installed', '--virt-type', 'qemu', '--memory', '64', '--vcpus', '1',
            '--osinfo', 'generic', '--network', 'none', '--graphics', 'none', '--noautoconsole', '--wait', '0', '--import',
            '--disk', 'size=1,pool=p,format=qcow2,bus=virtio', timeout=180)
    names = pool.listVolumes()
    equal(len(names), 1, f'volumes {names}')
    contains(command('qemu-img', 'info', '-U', f'{PLACE}/{names[0]}').out, r'virtual size: 1 GiB')
    equal(opened(), set(names), 'what QEMU has open')
    connection.lookupByName('installed').destroy()
    command('qemu-io', '-f', 'qcow2', '-c', 'write -P 77 100M 1M', f'{PLACE}/{names[0]}')
    command('virt-clone', '--connect', server.uri(), '--original', 'installed', '--name', 'second', '--auto-clone', timeout=180)
    pool.refresh()
    copies = sorted(set(pool.listVolumes()) - set(names))
    equal(len(copies), 1, f'volumes {copies}')
    command('qemu-img', 'compare', f'{PLACE}/{names[0]}', f'{PLACE}/{copies[0]}')
    for name in ('installed', 'second'):
        server.virsh('undefine', name, '--remove-all-storage')
    equal(pool.listVolumes(), [], 'volumes that are left')


if os.geteuid() != 0:
    skip('pools need root')
if __name__ == '__main__':
    # virt-install keeps a log below the home directory: the test's own.
    os.environ['XDG_CACHE_HOME'] = os.path.realpath('cache')
    with daemon() as running:
        os.makedirs(PLACE)
        client = running.connect()
        store = client.storagePoolDefineXML(f'<pool type="dir"><name>p</name><target><path>{PLACE}</path></target></pool>')
        store.create()
        sys.exit(run_cases(running, client, store))
