#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disk images reach the hypervisor as descriptors: chains that only root may read, nothing chowned; and
an image that is missing, of the wrong format, or no file at all is refused in words."""
import os
import stat
import sys

import libvirt

from reeve_test import STOCK, Console, Failed, case, case_of_ours, contains, daemon, disk_image, equal, \
    command, guest_xml, raises, run_cases


def disk(path, form='qcow2', more=''):
    return (f"<disk type='file' device='disk'><driver name='qemu' type='{form}'/><source file='{path}'/>"
            f"<target dev='vda' bus='virtio'/>{more}</disk>")


def start(server, name, devices, **options):
    with server.connect() as connection:
        connection.createXML(guest_xml(name, devices=devices, **options), 0)


def stop(server, name):
    server.virsh('destroy', name)


def refused(server, name, path, *words, form='qcow2'):
    try:
        start(server, name, disk(path, form), boot=False)
    except libvirt.libvirtError as error:
        for word in words:
            contains(str(error), word)
        return
    stop(server, name)
    raise Failed(f'{path} was taken as {form}')


@case
def chain_of_root_only(server):
    os.makedirs('vault', exist_ok=True)
    base = disk_image('vault/base.qcow2')
    middle = disk_image('vault/middle.qcow2', backing=(base, 'qcow2'))
    top = disk_image('vault/top.qcow2', backing=('middle.qcow2', 'qcow2'))
    del middle
    for entry in os.listdir('vault'):
        os.chmod(f'vault/{entry}', 0o600)
    os.chmod('vault', 0o700)
    before = {entry: os.stat(f'vault/{entry}') for entry in os.listdir('vault')}
    start(server, 'chain', disk(top))
    console = Console('virsh', '-c', server.uri(), 'console', 'chain', '--force')
    console.wait('Escape character is')
    for last in (False, False, True):
        console.type('\rdd if=/dev/zero of=/dev/vda bs=512 count=8 && sync && echo wri""tten\r')
        try:
            console.wait('written', 40)
            break
        except Failed:
            if last:
                raise
    console.close()
    out = server.virsh('domstats', 'chain', '--block', '--backing').out
    contains(out, r'block\.count=[13]')
    stop(server, 'chain')
    if not STOCK:
        for entry, old in before.items():
            now = os.stat(f'vault/{entry}')
            equal((now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)), (old.st_uid, old.st_gid, 0o600), entry)


@case
def missing(server):
    refused(server, 'missing', os.path.realpath('no-such.qcow2'), 'no-such.qcow2')


@case
def wrong_format(server):
    disk_image('plain.img', form='raw')
    refused(server, 'wrong', os.path.realpath('plain.img'), 'plain.img|qcow2|format')


@case_of_ours
def never_guessed(server):
    """A raw image whose guest wrote a qcow2 header with a foreign backing file stays raw."""
    evil = disk_image('evil.img', backing=('/etc/hostname', 'raw'))
    start(server, 'raw', disk(evil, form='raw'), boot=False)
    sectors = -(-os.path.getsize(evil) // 512)
    contains(server.virsh('domblkinfo', 'raw', 'vda').out, rf'Capacity:\s+({os.path.getsize(evil)}|{sectors * 512})')
    stop(server, 'raw')


@case
def of_a_guest_that_is_off(server):
    """What its images tell; a raw one, whatever the guest wrote into it, has the size of its file."""
    image = disk_image('off.qcow2')
    with server.connect() as connection:
        for form, capacity in (('qcow2', 64 << 20), ('raw', os.path.getsize(image))):
            domain = connection.defineXML(guest_xml('off', boot=False, devices=disk(image, form=form)))
            for name in ('vda', image):
                found = domain.blockInfo(name)
                equal((found[0], found[2]), (capacity, os.path.getsize(image)), f'{form} {name}')
                equal(found[1], os.stat(image).st_blocks * 512, 'allocation')
            with raises(libvirt.VIR_ERR_INVALID_ARG):
                domain.blockInfo('vdx')
            domain.undefine()
        domain = connection.defineXML(guest_xml('off', boot=False, devices=disk('/nonexistent/image')))
        try:
            domain.blockInfo('vda')
        except libvirt.libvirtError as error:
            contains(str(error), '/nonexistent')
        else:
            raise Failed('there is no image')
        domain.undefine()


@case_of_ours
def missing_below(server):
    base = disk_image('gone.qcow2')
    top = disk_image('above.qcow2', backing=(base, 'qcow2'))
    os.unlink(base)
    refused(server, 'below', top, 'gone.qcow2')


@case_of_ours
def no_file_at_all(server):
    os.mkfifo('fifo')
    refused(server, 'fifo', os.path.realpath('fifo'), 'fifo', form='raw')
    os.mkdir('folder')
    refused(server, 'folder', os.path.realpath('folder'), 'folder', form='raw')
    refused(server, 'device', '/dev/null', '/dev/null', form='raw')


@case_of_ours
def a_chain_in_a_circle(server):
    one = disk_image('one.qcow2')
    two = disk_image('two.qcow2', backing=(one, 'qcow2'))
    command('qemu-img', 'rebase', '-u', '-b', two, '-F', 'qcow2', one)
    refused(server, 'circle', one, 'one.qcow2|two.qcow2')


@case
def cdrom_and_read_only(server):
    disc = disk_image('disc.iso', form='raw')
    text = (f"<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='{disc}'/>"
            "<target dev='sda' bus='sata'/><readonly/></disk>")
    os.chmod(disc, 0o400)
    start(server, 'cd', text + disk(disk_image('rw.qcow2'), more='<serial>abc123</serial>'), boot=False)
    stop(server, 'cd')


@case_of_ours
def nvram_belongs_to_the_guest(server):
    code, variables = '/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'
    if not os.path.exists(code):
        return
    text = guest_xml('uefi', boot=False, memory=128,
                     os_extra=f"<loader readonly='yes' type='pflash'>{code}</loader><nvram template='{variables}'/>")
    with server.connect() as connection:
        domain = connection.defineXML(text)
        domain.create()
        domain.destroy()
        try:
            domain.undefine()
        except libvirt.libvirtError as error:
            equal(error.get_error_code(), libvirt.VIR_ERR_OPERATION_INVALID)
        else:
            raise Failed('undefined, though it has NVRAM and no flag says what becomes of it')
        domain.createWithFlags(libvirt.VIR_DOMAIN_START_RESET_NVRAM)
        domain.destroy()
        domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)


if __name__ == '__main__':
    libvirt.registerErrorHandler(lambda *_: None, None)
    with daemon() as running:
        sys.exit(run_cases(running))
