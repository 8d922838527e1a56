#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Volumes made out of others, and wiped: what is right is what qemu-img and qemu-io find in the files. Work that
fails or that nobody waits for any more leaves nothing."""
import os
import random
import subprocess
import sys

import libvirt

from reeve_test import case, case_of_ours, check, command, daemon, equal, raises, run_cases, skip, until

MIB = 1 << 20
PLACES = {'a': os.path.realpath('a'), 'b': os.path.realpath('b')}
REFLINK, PREALLOC = libvirt.VIR_STORAGE_VOL_CREATE_REFLINK, libvirt.VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA
SECRET = '1f4c1e4e-5f5f-4a0e-8d5e-3f3b3a1c2d4e'
PASSPHRASE = b'open sesame'


def volume_xml(name, form='raw', capacity=4 * MIB, more='', inside=''):
    return (f'<volume><name>{name}</name><capacity>{capacity}</capacity><allocation>0</allocation>{more}'
            f'<target><format type="{form}"/>{inside}</target></volume>')


def fill(path, form):
    """Some data with holes between; returns what a guest sees as a raw file."""
    command('qemu-io', '-f', form, '-c', 'write -P 17 0 64k', '-c', 'write -P 34 1M 192k', '-c', 'write -P 51 3M 1M', path)
    command('qemu-img', 'convert', '-f', form, '-O', 'raw', path, 'seen.raw')
    return 'seen.raw'


def same(path, form, seen='seen.raw'):
    command('qemu-img', 'check', '-q', '-f', form, path) if form == 'qcow2' else None
    command('qemu-img', 'compare', '-f', form, '-F', 'raw', path, seen)


def names(place):
    return sorted(os.listdir(PLACES[place]))


@case
def every_format_from_every(pools):
    for source in ('raw', 'qcow2'):
        original = pools['a'].createXML(volume_xml(f'from-{source}', source))
        fill(original.path(), source)
        for form in ('raw', 'qcow2', 'vdi'):
            for place in 'ab':
                name = f'{source}-to-{form}'
                copy = pools[place].createXMLFrom(volume_xml(name, form), original)
                equal((copy.name(), copy.path(), copy.key()), (name, f'{PLACES[place]}/{name}', f'{PLACES[place]}/{name}'))
                same(copy.path(), form)
                equal(copy.info()[1], 4 * MIB, f'capacity of {name}')
                # vdi has blocks of 1 MiB.
                check(form == 'vdi' or os.stat(copy.path()).st_blocks * 512 < 3 * MIB, f'{name}: holes became data')
                copy.delete()
        original.delete()


@case
def larger_and_smaller(pools):
    """A copy is at least as large as its original; what is more reads as zeros."""
    original = pools['a'].createXML(volume_xml('sizes', 'qcow2'))
    fill(original.path(), 'qcow2')
    for form in ('raw', 'qcow2'):
        for wanted in (MIB, 9 * MIB):
            copy = pools['b'].createXMLFrom(volume_xml('sized', form, wanted), original)
            equal(copy.info()[1], max(wanted, 4 * MIB), f'{form} of {wanted}')
            command('qemu-img', 'compare', '-f', form, '-F', 'raw', copy.path(), 'seen.raw')
            copy.delete()
    original.delete()


@case
def with_a_backing_store(pools):
    base = pools['a'].createXML(volume_xml('base', 'raw'))
    fill(base.path(), 'raw')
    more = f'<backingStore><path>{base.path()}</path><format type="raw"/></backingStore>'
    overlay = pools['a'].createXML(volume_xml('overlay', 'qcow2', more=more))
    command('qemu-io', '-f', 'qcow2', '-c', 'write -P 99 2M 64k', '-c', 'write -z 0 64k', overlay.path())
    command('qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', overlay.path(), 'seen.raw')
    alone = pools['b'].createXMLFrom(volume_xml('alone', 'qcow2'), overlay)
    same(alone.path(), 'qcow2')
    check('backing file' not in command('qemu-img', 'info', alone.path()).out, 'a copy without a backing store has one')
    upon = pools['b'].createXMLFrom(volume_xml('upon', 'qcow2', more=more), overlay)
    same(upon.path(), 'qcow2')
    check(f'backing file: {base.path()}' in command('qemu-img', 'info', upon.path()).out, 'the backing store of a copy')
    for one in (alone, upon, overlay, base):
        one.delete()


@case
def by_stock_virsh(pools):
    original = pools['a'].createXML(volume_xml('first', 'qcow2'))
    fill(original.path(), 'qcow2')
    server.virsh('vol-clone', 'first', 'second', '--pool', 'a')
    same(f'{PLACES["a"]}/second', 'qcow2')
    with open('third.xml', 'w', encoding='utf-8') as file:
        file.write(volume_xml('third', 'raw'))
    server.virsh('vol-create-from', 'b', 'third.xml', 'first', '--inputpool', 'a')
    same(f'{PLACES["b"]}/third', 'raw')
    server.virsh('vol-wipe', 'third', '--pool', 'b')
    with open(f'{PLACES["b"]}/third', 'rb') as file:
        check(not any(file.read()), 'a wiped volume')
    for place, name in (('a', 'first'), ('a', 'second'), ('b', 'third')):
        server.virsh('vol-delete', name, '--pool', place)


@case_of_ours
def encrypted(pools):
    """What needs a passphrase on either side; libvirtd wants more of the machine for this."""
    connection = pools['connection']
    secret = connection.secretDefineXML(f'<secret><uuid>{SECRET}</uuid><usage type="volume"><volume>/x</volume></usage></secret>')
    secret.setValue(PASSPHRASE)
    with open('key', 'wb') as file:
        file.write(PASSPHRASE)
    inside = f'<encryption format="luks"><secret type="passphrase" uuid="{SECRET}"/></encryption>'
    plain = pools['a'].createXML(volume_xml('plain'))
    fill(plain.path(), 'raw')
    locked = pools['a'].createXMLFrom(volume_xml('locked', 'raw', inside=inside), plain)
    opened = f'driver=luks,key-secret=k,file.filename={locked.path()}'
    command('qemu-img', 'convert', '--object', 'secret,id=k,file=key', '--image-opts', opened, '-O', 'raw', 'opened.raw')
    command('cmp', 'opened.raw', plain.path())
    with open(locked.path(), 'rb') as file:
        check(bytes([51]) * 4096 not in file.read(), 'the data stands there in clear')
    again = pools['b'].createXMLFrom(volume_xml('again', 'qcow2'), locked)
    same(again.path(), 'qcow2', plain.path())
    for one in (plain, locked, again):
        one.delete()


@case
def what_is_refused(pools):
    original = pools['a'].createXML(volume_xml('there'))
    for xml in (volume_xml('there'), volume_xml('x/y')):
        with raises(libvirt.VIR_ERR_STORAGE_VOL_EXIST if 'there' in xml else libvirt.VIR_ERR_XML_ERROR,
                    stock=libvirt.VIR_ERR_INTERNAL_ERROR if 'there' in xml else libvirt.VIR_ERR_XML_ERROR):
            pools['a'].createXMLFrom(xml, original)
    with raises(libvirt.VIR_ERR_INVALID_ARG):
        pools['b'].createXMLFrom(volume_xml('new'), original, 1 << 10)
    with raises(libvirt.VIR_ERR_INVALID_ARG):
        original.wipePattern(99, 0)
    equal(names('b'), [], 'what is left')
    original.delete()
    with raises(libvirt.VIR_ERR_NO_STORAGE_VOL):
        pools['b'].createXMLFrom(volume_xml('new'), original)


@case_of_ours
def sharing_blocks_or_not_at_all(pools):
    """The file system of the test may share blocks or not: there is a whole copy, or none."""
    original = pools['a'].createXML(volume_xml('shared'))
    seen = fill(original.path(), 'raw')
    try:
        copy = pools['a'].createXMLFrom(volume_xml('clone'), original, REFLINK)
    except libvirt.libvirtError as error:
        check('reflink' in str(error), str(error))
        equal(names('a'), ['shared'], 'what is left')
    else:
        same(copy.path(), 'raw', seen)
        copy.delete()
    with raises(libvirt.VIR_ERR_CONFIG_UNSUPPORTED):
        pools['a'].createXMLFrom(volume_xml('clone', 'qcow2'), original, REFLINK)
    original.delete()


@case_of_ours
def wiped_by_each_algorithm(pools):
    """Nothing of what was there is left, and the holes are holes."""
    for algorithm in range(libvirt.VIR_STORAGE_VOL_WIPE_ALG_TRIM + 1):
        wiped = pools['a'].createXML(volume_xml('wiped', capacity=MIB))
        command('qemu-io', '-f', 'raw', '-c', 'write -P 85 64k 64k', wiped.path())
        wiped.wipePattern(algorithm, 0)
        with open(wiped.path(), 'rb') as file:
            data = file.read()
        equal(len(data), MIB, f'size after algorithm {algorithm}')
        part = data[65536:131072]
        check(part[:4096] != b'\x55' * 4096, f'algorithm {algorithm} left the data')
        if algorithm in (libvirt.VIR_STORAGE_VOL_WIPE_ALG_ZERO, libvirt.VIR_STORAGE_VOL_WIPE_ALG_NNSA,
                         libvirt.VIR_STORAGE_VOL_WIPE_ALG_TRIM):
            check(not any(part), f'algorithm {algorithm} ends with zeros')
        check(not any(data[:65536]) and not any(data[131072:]), f'algorithm {algorithm} wrote into holes')
        wiped.delete()


@case_of_ours
def nobody_waits(pools):
    """The engine is killed amid a copy: nothing of it is left when a new one has looked at the pool."""
    original = pools['a'].createXML(volume_xml('large', capacity=400 * MIB))
    with open(original.path(), 'r+b') as file:
        noise = random.randbytes(MIB)
        for _ in range(400):
            file.write(noise)
    script = ('import libvirt\n'
              f'c = libvirt.open({server.uri()!r})\n'
              'v = c.storagePoolLookupByName("a").storageVolLookupByName("large")\n'
              f'c.storagePoolLookupByName("b").createXMLFrom({volume_xml("half", "qcow2")!r}, v)\n')
    client = subprocess.Popen([sys.executable, '-c', script], stderr=subprocess.DEVNULL)
    until(lambda: any(name.startswith('.reeve-new-') for name in names('b')), 'the copy has begun')
    if names('b') == ['half']:
        skip('the copy was too fast')
    server.kill()
    client.wait()
    server.start()
    pools['connection'] = server.connect()
    for name in 'ab':
        pools[name] = pools['connection'].storagePoolLookupByName(name)
        until(pools[name].isActive, 'the pool is started again')
    until(lambda: (pools['b'].refresh(0), names('b'))[1] == [], 'nothing is left')
    equal(pools['b'].listVolumes(), [], 'volumes')
    pools['a'].storageVolLookupByName('large').delete()


if os.geteuid() != 0:
    skip('pools need root')
server = daemon()
server.start()
try:
    objects = {'connection': server.connect()}
    for pool_name, place in PLACES.items():
        os.makedirs(place)
        xml = f'<pool type="dir"><name>{pool_name}</name><target><path>{place}</path></target></pool>'
        objects[pool_name] = objects['connection'].storagePoolDefineXML(xml)
        objects[pool_name].create()
    sys.exit(run_cases(objects))
finally:
    server.stop()
