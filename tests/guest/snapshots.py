#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Snapshots inside of images, of guests that run and that are off: what is told, refused and remembered; and a model
that says what must stand in the disks after any number of moments, ways back and deletions."""
# timeout: 900
import os
import random
import re
import sys
from xml.sax.saxutils import escape, unescape

import libvirt
import libvirt_qemu

from reeve_test import Watch, case, case_of_ours, check, command, contains, daemon, disk_image, equal, guest_xml, \
    raises, run_cases

L = libvirt
STEPS = int(os.environ.get('REEVE_STEPS', 40))
watch = None


def disks(name, count=1, form='qcow2'):
    return ''.join(f"<disk type='file' device='disk'><driver name='qemu' type='{form}'/><source file='"
                   f"{disk_image(f'{name}{number}.{form}', '1M', form=form)}'/>"
                   f"<target dev='vd{'ab'[number]}' bus='virtio'/></disk>" for number in range(count))


def told(connection, name):
    connection.defineXML(guest_xml('mark', boot=False)).undefine()
    watch.wait('mark', L.VIR_DOMAIN_EVENT_UNDEFINED)
    events = [(event, detail) for who, event, detail in watch.seen if who == name]
    watch.seen.clear()
    return events


def define(connection, name, count=1):
    return connection.defineXML(guest_xml(name, boot=False, memory=32, devices=disks(name, count)))


def take(domain, name, flags=0):
    return domain.snapshotCreateXML(f'<domainsnapshot><name>{escape(name)}</name></domainsnapshot>', flags)


DEFINED = (L.VIR_DOMAIN_EVENT_DEFINED, L.VIR_DOMAIN_EVENT_DEFINED_FROM_SNAPSHOT)
PAUSED = (L.VIR_DOMAIN_EVENT_SUSPENDED, L.VIR_DOMAIN_EVENT_SUSPENDED_PAUSED)
RESUMED = (L.VIR_DOMAIN_EVENT_RESUMED, L.VIR_DOMAIN_EVENT_RESUMED_UNPAUSED)
STOPPED = (L.VIR_DOMAIN_EVENT_STOPPED, L.VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT)
STARTED = (L.VIR_DOMAIN_EVENT_STARTED, L.VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT)
RUNS = (L.VIR_DOMAIN_EVENT_RESUMED, L.VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT)
STAYS = (L.VIR_DOMAIN_EVENT_SUSPENDED, L.VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT)


@case
def what_is_told(server):
    with server.connect() as connection:
        domain = define(connection, 'told')
        told(connection, 'told')
        take(domain, 'off')
        equal(told(connection, 'told'), [], 'events of a snapshot while off')
        domain.create()
        told(connection, 'told')
        take(domain, 'on')
        equal(told(connection, 'told'), [PAUSED, RESUMED], 'events of a snapshot while running')
        equal(domain.state(), [L.VIR_DOMAIN_RUNNING, L.VIR_DOMAIN_RUNNING_UNPAUSED])
        on = domain.snapshotLookupByName('on')
        equal((on.getParent().getName(), domain.snapshotCurrent().getName()), ('off', 'on'))
        contains(on.getXMLDesc(), r'<state>running</state>')
        contains(on.getXMLDesc(), r"<memory snapshot='internal'/>")
        contains(on.getXMLDesc(), r"<disk name='vda' snapshot='internal'/>")
        domain.revertToSnapshot(on)
        events = told(connection, 'told')
        equal(events, [STOPPED, STARTED, RUNS, DEFINED], 'events of the way back')
        equal(domain.state(), [L.VIR_DOMAIN_RUNNING, L.VIR_DOMAIN_RUNNING_FROM_SNAPSHOT])
        domain.revertToSnapshot(on, L.VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED)
        equal(told(connection, 'told'), [STOPPED, STARTED, STAYS, DEFINED], 'events of the way back, to be paused')
        equal(domain.state(), [L.VIR_DOMAIN_PAUSED, L.VIR_DOMAIN_PAUSED_FROM_SNAPSHOT])
        domain.revertToSnapshot(domain.snapshotLookupByName('off'))
        equal(told(connection, 'told'), [STOPPED, DEFINED], 'events of the way back to be off')
        equal(domain.state()[0], L.VIR_DOMAIN_SHUTOFF)
        equal(domain.snapshotCurrent().getName(), 'off')
        domain.revertToSnapshot(domain.snapshotLookupByName('off'), L.VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING)
        events = told(connection, 'told')  # that it runs libvirtd tells before that it was started
        equal((STARTED in events, events[-1]), (True, DEFINED), 'events of the way back from off to run')
        take(domain, 'halt', L.VIR_DOMAIN_SNAPSHOT_CREATE_HALT)
        equal(told(connection, 'told')[-1], STOPPED)
        equal(domain.state(), [L.VIR_DOMAIN_SHUTOFF, L.VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT])
        domain.snapshotLookupByName('off').delete(L.VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN)
        equal(domain.snapshotNum(), 0)
        check('TAG' not in command('qemu-img', 'snapshot', '-l', 'told0.qcow2').out, 'data is left')
        domain.undefine()


@case
def what_is_refused(server):
    with server.connect() as connection:
        domain = define(connection, 'no')
        take(domain, 'a')
        with raises(L.VIR_ERR_OPERATION_FAILED):
            take(domain, 'a')
        with raises(L.VIR_ERR_XML_DETAIL):
            take(domain, '.a')
        with raises(L.VIR_ERR_XML_DETAIL):
            take(domain, 'a/b')
        with raises(L.VIR_ERR_CONFIG_UNSUPPORTED):
            domain.snapshotCreateXML("<domainsnapshot><disks><disk name='vdx' snapshot='internal'/></disks></domainsnapshot>")
        with raises(L.VIR_ERR_INVALID_ARG):
            domain.revertToSnapshot(domain.snapshotCurrent(), L.VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING |
                                    L.VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED)
        domain.create()
        with raises(L.VIR_ERR_OPERATION_UNSUPPORTED):
            domain.snapshotCreateXML("<domainsnapshot><memory snapshot='no'/><disks><disk name='vda' snapshot='internal'/>"
                                     "</disks></domainsnapshot>")
        domain.managedSave()
        with raises(L.VIR_ERR_SNAPSHOT_REVERT_RISKY):
            domain.revertToSnapshot(domain.snapshotCurrent())
        domain.revertToSnapshot(domain.snapshotCurrent(), L.VIR_DOMAIN_SNAPSHOT_REVERT_FORCE)
        domain.undefineFlags(L.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | L.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
        raw = connection.defineXML(guest_xml('raw', boot=False, memory=32, devices=disks('raw', form='raw')))
        with raises(L.VIR_ERR_CONFIG_UNSUPPORTED):
            take(raw, 'a')
        equal(raw.snapshotNum(), 0)
        raw.undefine()


class Model:
    """What is known of a domain with two disks: a byte in each, and in each snapshot."""

    def __init__(self, domain):
        self.domain, self.bytes, self.running = domain, [0, 0], False
        self.taken = {}  # name -> parent, bytes, running
        self.current = None

    def write(self, number, value):
        self.io(number, f'write -P {value} 0 64k')
        self.bytes[number] = value

    def io(self, number, words):
        if self.running:  # what it answers it tells to nobody
            device = f'/machine/peripheral/virtio-disk{number}/virtio-backend'
            return libvirt_qemu.qemuMonitorCommand(self.domain, f'qemu-io -d {device} "{words}"',
                                                   libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP)
        return command('qemu-io', '-f', 'qcow2', '-c', words, f'{self.domain.name()}{number}.qcow2', check_status=False).out

    def take(self, name):
        take(self.domain, name)
        self.taken[name] = [self.current, list(self.bytes), self.running]
        self.current = name

    def revert(self, name):
        self.domain.revertToSnapshot(self.domain.snapshotLookupByName(name))
        self.bytes, self.running = list(self.taken[name][1]), self.taken[name][2]
        self.current = name

    def below(self, name):
        found = [child for child, (parent, *_) in self.taken.items() if parent == name]
        return found + [other for child in found for other in self.below(child)]

    def delete(self, name, flags):
        self.domain.snapshotLookupByName(name).delete(flags)
        gone = self.below(name) if flags else []
        if flags != L.VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY:
            gone.append(name)
        above = name if name not in gone else self.taken[name][0]
        if self.current in gone:
            self.current = above
        for child in self.taken:
            if child not in gone and self.taken[child][0] in gone:
                self.taken[child][0] = above
        for other in gone:
            del self.taken[other]

    def toggle(self):
        self.domain.destroy() if self.running else self.domain.create()
        self.running = not self.running

    def agrees(self, what):
        known = {snapshot.getName(): snapshot for snapshot in self.domain.listAllSnapshots()}
        equal(sorted(known), sorted(self.taken), f'{what}: snapshots')
        for name, (parent, *_) in self.taken.items():
            found = re.search(r'<parent>\s*<name>(.*?)</name>', known[name].getXMLDesc())
            equal(unescape(found.group(1)) if found else None, parent, f'{what}: parent of {name}')
        current = self.domain.snapshotCurrent().getName() if self.domain.hasCurrentSnapshot() else None
        equal(current, self.current, f'{what}: current')
        equal(bool(self.domain.isActive()), self.running, f'{what}: running')
        for number, value in enumerate([] if self.running else self.bytes):  # else it is seen when the guest is off
            said = self.io(number, f'read -P {value} 0 64k')
            check('read 65536' in said and 'verification failed' not in said, f'{what}: disk {number} is not {value}: {said}')


@case_of_ours
def a_random_graph(server):
    seed = int(os.environ.get('REEVE_SEED', random.randrange(1 << 30)))
    print(f'REEVE_SEED={seed}')
    dice = random.Random(seed)
    with server.connect() as connection:
        domain = define(connection, 'graph', 2)
    model = Model(domain)
    for step in range(STEPS):
        with server.connect() as connection:
            model.domain = connection.lookupByName('graph')
            names = sorted(model.taken)
            what = dice.choice(['write', 'write', 'take', 'take', 'revert', 'delete', 'toggle'])
            if what == 'write':
                model.write(dice.randrange(2), dice.randrange(1, 256))
            elif what == 'take' and len(names) < 8:
                model.take(f'{dice.choice(["s", "a b", "ü", "q&<"])}{step}')
            elif what == 'revert' and names:
                model.revert(dice.choice(names))
            elif what == 'delete' and names:
                model.delete(dice.choice(names), dice.choice([0, 0, L.VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN,
                                                              L.VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY]))
            elif what == 'toggle':
                model.toggle()
            model.agrees(f'step {step} ({what})')
    with server.connect() as connection:
        model.domain = connection.lookupByName('graph')
        if model.running:
            model.toggle()
        model.agrees('the end')
        model.domain.undefineFlags(L.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA)
    for number in range(2):
        contains(command('qemu-img', 'check', f'graph{number}.qcow2').out, 'No errors')
        kept = command('qemu-img', 'snapshot', '-l', f'graph{number}.qcow2').out.splitlines()[2:]
        equal(len(kept), len(model.taken), f'snapshots in disk {number}')


def main():
    global watch
    with daemon() as server:
        watch = Watch(server)
        status = run_cases(server)
        watch.close()
    return status


sys.exit(main())
