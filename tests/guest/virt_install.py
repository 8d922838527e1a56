#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virt-install makes and starts guests on our socket: of a disk, and of a kernel; virt-xml edits them."""
import os
import sys

from reeve_test import Console, Failed, case, check, command, contains, daemon, disk_image, kernel, run_cases


def install(server, name, *words):
    return command('virt-install', '--connect', server.uri(), '--name', name, '--virt-type', 'qemu', '--memory', '128',
                   '--vcpus', '1', '--osinfo', 'generic', '--network', 'none', '--graphics', 'none',
                   '--noautoconsole', '--wait', '0', *words, timeout=120)


@case
def of_a_disk(server):
    disk = disk_image('import.qcow2')
    install(server, 'vi-disk', '--import', '--disk', f'path={disk},format=qcow2,bus=virtio')
    contains(server.virsh('domstate', 'vi-disk').out, 'running')
    contains(server.virsh('dumpxml', 'vi-disk').out, disk)
    server.virsh('destroy', 'vi-disk')
    server.virsh('undefine', 'vi-disk')


@case
def of_a_kernel(server):
    image, initrd = kernel()
    install(server, 'vi-kernel', '--import', '--disk', 'none', '--graphics', 'vnc', '--console',
            'pty,target_type=serial', '--channel', 'unix,target.type=virtio,target.name=org.qemu.guest_agent.0',
            '--boot', f'kernel={image},initrd={initrd},kernel_args="console=ttyS0 quiet no_timer_check"')
    console = Console('virsh', '-c', server.uri(), 'console', 'vi-kernel', '--force')
    console.wait('Escape character is')
    for last in (False, False, True):
        console.type('uname -a\r')
        try:
            console.wait('Linux guest', 40)
            break
        except Failed:
            if last:
                raise
    console.close()


@case
def edited(server):
    def edit(*words):
        command('virt-xml', '--connect', server.uri(), 'vi-kernel', *words, timeout=60)
    edit('--edit', '--vcpus', '2', '--define')
    contains(server.virsh('dumpxml', 'vi-kernel', '--inactive').out, r'<vcpu[^>]*>2</vcpu>')
    disk = disk_image('more.qcow2')
    edit('--add-device', '--disk', f'path={disk},format=qcow2,bus=virtio', '--define')
    contains(server.virsh('dumpxml', 'vi-kernel', '--inactive').out, 'more.qcow2')
    edit('--remove-device', '--disk', f'path={disk}', '--define')
    check('more.qcow2' not in server.virsh('dumpxml', 'vi-kernel', '--inactive').out, 'the disk is gone')
    server.virsh('destroy', 'vi-kernel')
    server.virsh('undefine', 'vi-kernel')


if __name__ == '__main__':
    # virt-install keeps a log below the home directory: the test's own.
    os.environ['XDG_CACHE_HOME'] = os.path.realpath('cache')
    with daemon() as running:
        sys.exit(run_cases(running))
