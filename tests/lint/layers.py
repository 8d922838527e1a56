#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An include points to the same room or to one below it; neither folders nor files include each other
in a circle; folders stay small enough to be taken in; nothing of ours is linked with libvirt."""
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
FOLDER_FILES = 30
CONSTANTS = {'libvirt/libvirt.h', 'libvirt/virterror.h', 'libvirt/libvirt-qemu.h'}
PROGRAMS = ('daemon/reeved', 'worker/reeve-priv', 'worker/reeve-vm', 'tools/reeve')


def includes(path):
    """Yields (line number, name) of each include."""
    for number, line in enumerate(read(path).splitlines(), 1):
        found = re.match(r'\s*%?#\s*include\s*["<]([^">]+)[">]', line)
        if found:
            yield number, found.group(1)


def circles(graph):
    """Sets of nodes that reach each other (Tarjan's components of more than one node)."""
    order, low, stack, found = {}, {}, [], []

    def visit(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in order:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], order[other])
        if low[node] == order[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return found


def arrows_of_rooms(sources):
    of_files, of_folders = {}, {}
    for path in sources:
        room, folder = path.split('/')[0], os.path.dirname(path)
        for number, name in includes(path):
            other = name.split('/')[0]
            if name.startswith('libvirt/') and name not in CONSTANTS:
                fault(path, number, f'<{name}> is not a header of public constants')
            if other not in ROOMS or '/' not in name:
                continue
            if other not in USES[room]:
                fault(path, number, f'{room}/ must not use {other}/')
            of_files.setdefault(path, set()).add(name)
            if os.path.dirname(name) != folder:
                of_folders.setdefault(folder, {}).setdefault(os.path.dirname(name), path)
    return of_files, of_folders


def circles_of(of_files, of_folders):
    for members in circles(of_files):
        fault(members[0], 0, f'files include each other in a circle: {", ".join(members)}')
    for members in circles(of_folders):
        for folder in members:
            for other, example in sorted(of_folders[folder].items()):
                if other in members:
                    fault(example, 0, f'folders use each other in a circle: {folder}/ -> {other}/')


def crowded(sources):
    count = {}
    for path in sources:
        folder = os.path.dirname(path)
        count[folder] = count.get(folder, 0) + 1
    for folder, number in sorted(count.items()):
        if number > FOLDER_FILES:
            fault(folder, 0, f'{number} files, more than {FOLDER_FILES}: give them subfolders')


def linked():
    for program in PROGRAMS:
        path = os.path.join(BUILD, program)
        if os.path.exists(path):
            for found in re.finditer(r'NEEDED.*\[(libvirt[^\]]*)\]', command('readelf', '-d', path).out):
                fault(program, 0, f'is linked with {found.group(1)}')


everything = files(r'\.(c|h|x|def)$', ROOMS)
circles_of(*arrows_of_rooms(everything))
crowded(everything)
linked()
finish('layers')
