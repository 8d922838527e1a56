#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kinds of pools: what is said of them, file systems that are mounted as pools with a real loop device, and that
whoever lacks what it needs says so at its start, and is defined all the same."""
import os
import sys
import xml.etree.ElementTree as ElementTree

import libvirt

from reeve_test import STOCK, case, case_of_ours, check, command, contains, daemon, equal, raises, run_cases, skip

MIB = 1 << 20
KINDS = ('dir', 'fs', 'netfs', 'logical', 'disk', 'iscsi', 'scsi', 'mpath', 'rbd', 'sheepdog', 'gluster', 'zfs', 'vstorage',
         'iscsi-direct')
SOURCES = {
    'logical': '<source><name>vg</name></source>', 'disk': '<source><device path="/dev/nosuch"/><format type="dos"/></source>',
    'iscsi': '<source><host name="127.0.0.1"/><device path="iqn.2026-01.org.example:x"/></source>',
    'iscsi-direct': '<source><host name="127.0.0.1"/><device path="iqn.2026-01.org.example:x"/>'
                    '<initiator><iqn name="iqn.2026-01.org.example:i"/></initiator></source>',
    'scsi': '<source><adapter name="host0"/></source>', 'mpath': '', 'rbd': '<source><host name="127.0.0.1"/><name>rbd</name></source>',
    'zfs': '<source><name>tank</name></source>', 'gluster': '<source><host name="127.0.0.1"/><name>vol</name></source>',
}


@case
def capabilities(connection):
    """The formats of each kind; which are run depends on how a daemon was built."""
    tree = ElementTree.fromstring(connection.getStoragePoolCapabilities())
    equal(tree.tag, 'storagepoolCapabilities')
    pools = {pool.get('type'): pool for pool in tree}
    if not STOCK:
        equal(tuple(pools), KINDS)
        equal([kind for kind, pool in pools.items() if pool.get('supported') == 'yes'], ['dir', 'fs', 'netfs'])
    equal(pools['dir'].find('volOptions/defaultFormat').get('type'), 'raw')
    formats = [value.text for value in pools['dir'].findall("volOptions/enum[@name='targetFormatType']/value")]
    equal(formats, 'none raw dir bochs cloop dmg iso vpc vdi fat vhd ploop cow qcow qcow2 qed vmdk'.split())
    equal(pools['netfs'].find('poolOptions/defaultFormat').get('type'), 'auto')
    equal([value.text for value in pools['logical'].findall('poolOptions/enum/value')], ['unknown', 'lvm2'])
    with raises(libvirt.VIR_ERR_INVALID_ARG):
        connection.getStoragePoolCapabilities(1)


class Mounted:
    """A file system on a loop device at @place."""

    def __init__(self, place):
        self.place = os.path.realpath(place)
        os.makedirs(self.place, exist_ok=True)
        with open(f'{place}.img', 'wb') as file:
            file.truncate(64 * MIB)
        command('mkfs.ext4', '-q', f'{place}.img')
        done = command('losetup', '--show', '-f', f'{place}.img', check_status=False)
        if done.status:
            skip(f'no loop device: {done.err}')
        self.device = done.out.strip()

    def __enter__(self):
        return self

    def mount(self):
        command('mount', self.device, self.place)

    def __exit__(self, *_):
        command('umount', self.place, check_status=False)
        command('losetup', '-d', self.device)


@case_of_ours
def a_file_system(connection):
    """libvirtd mounts by itself; here the host does."""
    with Mounted('fs') as fs:
        pool = connection.storagePoolDefineXML(f'<pool type="fs"><name>fs</name><source><device path="{fs.device}"/></source>'
                                               f'<target><path>{fs.place}</path></target></pool>')
        with raises(libvirt.VIR_ERR_OPERATION_INVALID):
            pool.create()
        equal(pool.isActive(), 0)
        for flag in (libvirt.VIR_STORAGE_POOL_BUILD_OVERWRITE, libvirt.VIR_STORAGE_POOL_BUILD_NO_OVERWRITE):
            with raises(libvirt.VIR_ERR_NO_SUPPORT):
                pool.build(flag)
        fs.mount()
        pool.create()
        size = os.statvfs(fs.place)
        equal(pool.info()[1], size.f_blocks * size.f_frsize, 'capacity')
        vol = pool.createXML('<volume><name>v</name><capacity>1048576</capacity></volume>')
        equal(os.stat(f'{fs.place}/v').st_size, MIB)
        check(os.stat(f'{fs.place}/v').st_dev != os.stat('.').st_dev, 'the volume lies on the device')
        vol.delete()
        pool.destroy()
        pool.undefine()
        wrong = connection.storagePoolDefineXML(f'<pool type="netfs"><name>wrong</name><source><host name="server"/>'
                                                f'<dir path="/export"/></source><target><path>{fs.place}</path></target></pool>')
        with raises(libvirt.VIR_ERR_OPERATION_FAILED):
            wrong.create()
        wrong.undefine()


@case_of_ours
def what_cannot_be_run(connection):
    for kind, source in SOURCES.items():
        pool = connection.storagePoolDefineXML(f'<pool type="{kind}"><name>{kind}</name>{source}'
                                               '<target><path>/dev/disk/by-path</path></target></pool>')
        contains(pool.XMLDesc(), f"<pool type='{kind}'")
        try:
            pool.create()
        except libvirt.libvirtError as error:
            equal(error.get_error_code(), libvirt.VIR_ERR_NO_SUPPORT, str(error))
            contains(str(error), f"'{kind}'")
        else:
            check(False, f'a pool of type {kind} started')
        pool.undefine()


if os.geteuid() != 0:
    skip('pools need root')
server = daemon()
server.start()
try:
    sys.exit(run_cases(server.connect()))
finally:
    server.stop()
