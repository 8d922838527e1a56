#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices come to a guest that runs, and go: its own shell tells that they did. On both of the PC's
machines; and a guest that cannot answer is told as such."""
import sys

import libvirt

from reeve_plug import ADDED, LIVE, MORE, REMOVED, Told, alias_of, device_of, disk, gone, peripherals
from reeve_test import SLOW, STOCK, Console, Failed, case, check, contains, daemon, disk_image, equal, guest_xml, raises, run_cases

L = libvirt
ROUNDS = 6


class Shell:
    """The guest's own, on its serial console."""

    def __init__(self, server, name):
        self.console = Console('virsh', '-c', server.uri(), 'console', name, '--force')
        self.console.wait("Escape character is")
        self.console.talk("ready")
        self.number = 0

    def until(self, condition):
        """Waits in the guest. A line that is lost is typed again; answers to it count once."""
        self.number += 1
        word = f'yes{self.number}.'
        for attempt in range(4 * SLOW):
            self.console.type(f'\rwhile ! {condition}; do sleep 0.1 || sleep 1; done; echo y""es{self.number}.\r')
            try:
                self.console.wait(word, 30 / SLOW)
                return
            except Failed:
                self.console.type('\x03')
                if attempt == 4 * SLOW - 1:
                    raise

    def close(self):
        self.console.close()


def rounds(server, told, name, machine, devices):
    xml = guest_xml(name, memory=160, devices=devices).replace("machine='q35'", f"machine='{machine}'")
    image = disk_image(f'{name}.qcow2')
    with server.connect() as connection:
        domain = connection.createXML(xml)
        shell = Shell(server, name)
        before = domain.XMLDesc()
        for _ in range(ROUNDS):
            domain.attachDevice(disk(image))
            alias = alias_of(device_of(domain, 'disk', "dev='vdb'"))
            told.wait(name, ADDED, alias)
            shell.until('test -d /sys/block/vda')
            domain.detachDevice(disk(image))
            told.wait(name, REMOVED, alias)
            check(alias not in peripherals(domain), 'QEMU gave it back')
            shell.until('test ! -d /sys/block/vda')
            equal(domain.XMLDesc(), before)
            if not STOCK:
                gone(domain, image)
        card = "<interface type='user'><mac address='52:54:00:0a:0b:0c'/><model type='virtio'/></interface>"
        domain.attachDevice(card)
        shell.until('grep -q 52:54:00:0a:0b:0c /sys/class/net/*/address')
        domain.updateDeviceFlags(device_of(domain, 'interface', '0a:0b:0c').replace('</interface>', "<link state='down'/></interface>"), LIVE)
        shell.until('{ ip link set eth0 up; grep -q 0 /sys/class/net/eth0/carrier; }')
        domain.detachDevice(card)
        shell.until('test ! -e /sys/class/net/eth0')
        random = "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
        domain.attachDevice(random)
        shell.until('grep -q virtio /sys/class/misc/hw_random/rng_available')
        domain.detachDevice(device_of(domain, 'rng', 'urandom'))
        shell.until('test -z "$(grep virtio /sys/class/misc/hw_random/rng_available)"')
        equal(domain.XMLDesc(), before)
        shell.close()
        domain.destroy()
    told.seen.clear()


@case
def on_q35(server, told):
    rounds(server, told, 'rounds-q35', 'q35', MORE)


@case
def on_pc(server, told):
    rounds(server, told, 'rounds-pc', 'pc', '')


@case
def ports(server, told):
    """A channel, and its controller, whose going the guest sees."""
    xml = guest_xml('ports', devices=MORE)
    channel = "<channel type='unix'><target type='virtio' name='org.reeve.port'/></channel>"
    with server.connect() as connection:
        domain = connection.createXML(xml)
        shell = Shell(server, 'ports')
        domain.attachDevice(channel)
        shell.until('grep -q org.reeve.port /sys/class/virtio-ports/*/name')
        contains(domain.XMLDesc(), "<controller type='virtio-serial'")
        live = device_of(domain, 'channel', 'org.reeve.port')
        alias = alias_of(live)
        domain.detachDevice(live)
        told.wait('ports', REMOVED, alias)
        shell.until('test -z "$(grep org.reeve.port /sys/class/virtio-ports/*/name)"')
        shell.close()
        domain.destroy()
    told.seen.clear()


@case
def without_acpi(server, told):
    """A machine that has no way to tell its guest: nothing is plugged, and nothing of it is left."""
    xml = guest_xml('deaf', boot=False).replace("machine='q35'", "machine='pc'").replace('<features><acpi/></features>', '')
    image = disk_image('deaf.qcow2')
    with server.connect() as connection:
        domain = connection.createXML(xml)
        before = domain.XMLDesc()
        with raises(L.VIR_ERR_OPERATION_FAILED, L.VIR_ERR_INTERNAL_ERROR):
            domain.attachDevice(disk(image))
        equal(domain.XMLDesc(), before)
        if not STOCK:
            gone(domain, image)
        domain.destroy()
    equal(told.seen, [], 'what was told')


with daemon() as server:
    status = run_cases(server, Told(server))
sys.exit(status)
