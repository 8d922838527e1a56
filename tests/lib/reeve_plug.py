# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of devices share that come to running guests and go: events, guests, what QEMU and the kernel know."""
import contextlib
import json
import os
import re
import threading

import libvirt
import libvirt_qemu

from reeve_test import SLOW, check, equal, guest_xml, processes

L = libvirt
LIVE, CONFIG = L.VIR_DOMAIN_AFFECT_LIVE, L.VIR_DOMAIN_AFFECT_CONFIG
ADDED, REMOVED, FAILED = (L.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, L.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
                          L.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED)
PORTS = "<controller type='pci' model='pcie-root-port'/>" * 5
MORE = PORTS + "<controller type='usb' model='qemu-xhci' ports='8'/>"


class Told:
    """Notes what is told of devices, in a thread that runs libvirt's event loop as long as the test does."""

    loop = None

    def __init__(self, server):
        self.seen, self.news = [], threading.Condition()
        if not Told.loop:
            L.virEventRegisterDefaultImpl()
            Told.loop = threading.Thread(target=self.turn, daemon=True)
            Told.loop.start()
        self.connection = server.connect()
        for event in (ADDED, REMOVED, FAILED):
            self.connection.domainEventRegisterAny(None, event, self.note, event)

    @staticmethod
    def turn():
        while True:
            L.virEventRunDefaultImpl()

    def note(self, connection, domain, alias, event):
        with self.news:
            self.seen.append((domain.name(), event, alias))
            self.news.notify_all()

    def wait(self, name, event, alias, seconds=60):
        with self.news:
            check(self.news.wait_for(lambda: (name, event, alias) in self.seen, seconds * SLOW),
                  f'event {event} of {alias} did not come, but {self.seen}')
            self.seen.remove((name, event, alias))


@contextlib.contextmanager
def guest(server, name, devices=MORE, machine='q35', stored=False, **options):
    """A guest with nothing but its firmware, which answers no request."""
    xml = guest_xml(name, boot=False, devices=devices, **options).replace("machine='q35'", f"machine='{machine}'")
    connection = server.connect()
    if stored:
        domain = connection.defineXML(xml)
        domain.create()
    else:
        domain = connection.createXML(xml)
    try:
        yield domain
    finally:
        with contextlib.suppress(L.libvirtError):
            domain.destroy()
        if stored:
            domain.undefine()
        connection.close()


def qemu(domain, command, **arguments):
    text = json.dumps({'execute': command, 'arguments': arguments})
    return json.loads(libvirt_qemu.qemuMonitorCommand(domain, text, 0))['return']


def peripherals(domain):
    return {item['name'] for item in qemu(domain, 'qom-list', path='/machine/peripheral')}


def disk(path, target='vdb', bus='virtio', form='qcow2', more=''):
    return (f"<disk type='file' device='disk'><driver name='qemu' type='{form}'/><source file='{path}'/>"
            f"<target dev='{target}' bus='{bus}'/>{more}</disk>")


def device_of(domain, element, pattern, flags=0):
    """The text of the first <element> of the live definition with @pattern in it; None without one."""
    for text in re.findall(rf'<{element}[ >].*?</{element}>', domain.XMLDesc(flags), re.S):
        if re.search(pattern, text, re.S):
            return text
    return None


def alias_of(text):
    return re.search(r"<alias name='([^']+)'", text).group(1)


def holders(path):
    """Names of the processes of this test that have @path open."""
    found = []
    for comm in ('qemu-system-x86_64', 'reeve-vm', 'reeved', 'reeve-priv'):
        for pid in processes(comm):
            with contextlib.suppress(OSError):
                for fd in os.listdir(f'/proc/{pid}/fd'):
                    with contextlib.suppress(OSError):
                        if os.readlink(f'/proc/{pid}/fd/{fd}') == path:
                            found.append(comm)
    return found


def gone(domain, path):
    equal(holders(path), [], f'who has {path} open')
    nodes = json.dumps(qemu(domain, 'query-named-block-nodes')) + json.dumps(qemu(domain, 'query-fdsets'))
    check(os.path.basename(path) not in nodes, nodes)
