#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An include points to the same room or to one below it, and nothing of ours is linked with libvirt."""
import os
import re

from reeve_lint import ROOMS, fault, files, finish, read
from reeve_test import BUILD, command

USES = {
    'base': {'base'},
    'conf': {'base', 'conf'},
    'rpc': {'base', 'conf', 'rpc'},
    'drivers': {'base', 'conf', 'drivers'},
    'worker': {'base', 'conf', 'rpc', 'drivers', 'worker'},
    'daemon': {'base', 'conf', 'rpc', 'drivers', 'worker', 'daemon'},
    'tools': {'base', 'conf', 'rpc', 'tools'},
}
CONSTANTS = {'libvirt/libvirt.h', 'libvirt/virterror.h', 'libvirt/libvirt-qemu.h'}
PROGRAMS = ('daemon/reeved', 'worker/reeve-priv', 'worker/reeve-vm', 'tools/reeve')

for path in files(r'\.(c|h|x|def)$', ROOMS):
    room = path.split('/')[0]
    for number, line in enumerate(read(path).splitlines(), 1):
        found = re.match(r'\s*%?#\s*include\s*["<]([^">]+)[">]', line)
        if not found:
            continue
        name = found.group(1)
        other = name.split('/')[0]
        if other in ROOMS and other not in USES[room]:
            fault(path, number, f'{room}/ must not use {other}/')
        if name.startswith('libvirt/') and name not in CONSTANTS:
            fault(path, number, f'<{name}> is not a header of public constants')

for program in PROGRAMS:
    path = os.path.join(BUILD, program)
    if os.path.exists(path):
        for found in re.finditer(r'NEEDED.*\[(libvirt[^\]]*)\]', command('readelf', '-d', path).out):
            fault(program, 0, f'is linked with {found.group(1)}')

finish('layers')
