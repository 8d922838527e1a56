#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What guests of the tests boot: the newest kernel that has what they use, and an initramfs made for it."""
import os
import re
import shutil
import sys

from reeve_test import SOURCE, case, check, command, contains, equal, kernel, run_cases

GUEST_FILES = os.path.join(SOURCE, 'tests', 'lib', 'guest-files')
# Newer than whatever is installed, and without what a cloud has no use for.
CLOUD, FULL = '99.1.0-2-cloud-amd64', '99.1.0-1-amd64'


def host(*versions, without='evdev|i6300esb|8139cp'):
    """Directories as /boot and /lib/modules with the installed kernel under these names; a cloud's lacks some modules."""
    shutil.rmtree('host', ignore_errors=True)
    os.makedirs('host/boot')
    image = kernel()[0]
    installed = os.path.basename(image).removeprefix('vmlinuz-')
    for version in versions:
        os.symlink(image, f'host/boot/vmlinuz-{version}')
        there = f'host/modules/{version}'
        os.makedirs(there)
        os.symlink(f'/lib/modules/{installed}/kernel', f'{there}/kernel')
        for name in ('modules.dep', 'modules.builtin'):
            with open(f'/lib/modules/{installed}/{name}', encoding='ascii') as text, open(f'{there}/{name}', 'w', encoding='ascii') as out:
                out.writelines(line for line in text if 'cloud' not in version or not re.search(rf'/({without})\.ko[^/]*(:|$)', line))


def files(*words):
    return command(GUEST_FILES, os.path.realpath('build'), *words, check_status=False,
                   env={'REEVE_BOOT': os.path.realpath('host/boot'), 'REEVE_MODULES': os.path.realpath('host/modules')})


@case
def newest_that_has_all():
    host(CLOUD, FULL, '98.0.0-1-amd64')
    image, initrd = files().out.splitlines()
    equal(os.path.basename(image), f'vmlinuz-{FULL}')
    contains(os.path.basename(initrd), f'^initramfs-{FULL}-')
    packed = command('sh', '-c', f'zcat {initrd} | cpio -t --quiet').out
    for module in ('evdev', 'virtio_blk', 'virtio[-_]rng', 'i6300esb', '8139cp', 'e1000e'):
        contains(packed, rf'^modules/{module}\.ko$')


@case
def only_a_cloud_kernel():
    host(CLOUD)
    done = files()
    equal((done.status, done.out), (77, ''))
    contains(done.err, f'vmlinuz-{CLOUD} has no evdev i6300esb 8139cp .*install linux-image-amd64')


@case
def none_at_all():
    host()
    done = files()
    equal((done.status, done.out), (77, ''))


@case
def made_of_what_it_says():
    """Made again when anything that it was made of changes, and only then."""
    host(FULL)
    first = files().out.splitlines()[1]
    made = os.stat(first)
    equal(files().out.splitlines()[1], first)
    equal(os.stat(first), made, 'it is made once')
    with open(f'host/modules/{FULL}/modules.dep', 'a', encoding='ascii') as text:
        text.write('\n')
    second = files().out.splitlines()[1]
    check(second != first, 'other modules, another initramfs')
    os.makedirs('bin', exist_ok=True)
    shutil.copy(shutil.which('busybox'), 'bin/busybox')
    with open('bin/busybox', 'ab') as program:
        program.write(b'newer')
    os.environ['PATH'] = os.path.realpath('bin') + ':' + os.environ['PATH']
    check(files().out.splitlines()[1] not in (first, second), 'another busybox, another initramfs')


if __name__ == '__main__':
    sys.exit(run_cases())
