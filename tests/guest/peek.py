#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a running guest's memory holds, and disks of another size."""
import os
import sys

import libvirt

from reeve_test import case, check, daemon, disk_image, equal, guest_xml, raises, run_cases

L = libvirt
FIRMWARE = '/usr/share/seabios/bios-256k.bin'
MIB = 1 << 20


@case
def memory(server):
    with server.connect() as connection:
        domain = connection.createXML(guest_xml('m', boot=False), L.VIR_DOMAIN_START_PAUSED)
        with open(FIRMWARE, 'rb') as rom:
            last = rom.read()[-16:]
        equal(domain.memoryPeek(0xfffffff0, 16, L.VIR_MEMORY_PHYSICAL), last, 'what the CPU begins with')
        equal(domain.memoryPeek(MIB, 4096, L.VIR_MEMORY_PHYSICAL), bytes(4096), 'memory that nobody has written')
        with raises(L.VIR_ERR_INVALID_ARG):
            domain.memoryPeek(0, 16, L.VIR_MEMORY_PHYSICAL | L.VIR_MEMORY_VIRTUAL)
        domain.destroy()


@case
def sizes(server):
    with server.connect() as connection:
        text = ''.join(f"<disk type='file' device='disk'><driver name='qemu' type='{form}'/><source file='"
                       f"{disk_image(form, '1M', form=form)}'/><target dev='vd{letter}' bus='virtio'/></disk>"
                       for form, letter in (('raw', 'a'), ('qcow2', 'b')))
        domain = connection.createXML(guest_xml('s', boot=False, devices=text))
        domain.blockResize('vda', 2048)
        equal((domain.blockInfo('vda')[0], os.stat('raw').st_size), (2 * MIB, 2 * MIB), 'KiB by the name of the disk')
        domain.blockResize(os.path.realpath('qcow2'), 3 * MIB, L.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
        equal(domain.blockInfo('vdb')[0], 3 * MIB, 'bytes by the path of the image')
        with raises(L.VIR_ERR_INVALID_ARG):
            domain.blockResize('vdx', 2048)
        check(domain.isActive(), 'the guest runs')
        domain.destroy()


def main():
    with daemon() as server:
        return run_cases(server)


sys.exit(main())
