#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A definition again: what identifies the machine stays, what only a running guest has goes."""
import re
import sys
import xml.etree.ElementTree as tree

import libvirt

from reeve_test import case, case_of_ours, check, daemon, equal, raises, run_cases

INACTIVE = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
UUID = '6f1d2c3b-4a59-4e68-9770-8f9eadbccbda'
XML = """<domain type='qemu'>
  <name>{name}</name>
  {top}
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type>{os}</os>
  <devices>{devices}</devices>
</domain>"""
SYSINFO = f"<sysinfo type='smbios'><system><entry name='uuid'>{UUID}</entry></system></sysinfo>"


def document(name, devices='', top='', os=''):
    return XML.format(name=name, devices=devices, top=top, os=os)


def nic(model, mac=None):
    return f"<interface type='user'>{f'<mac address={mac!r}/>' if mac else ''}<model type='{model}'/></interface>"


def macs(domain):
    return [element.get('address') for element in tree.fromstring(domain.XMLDesc(INACTIVE)).iter('mac')]


@case_of_ours
def identity_stays(server):
    with server.connect() as connection:
        text = document('again', nic('virtio') + nic('e1000'))
        first = connection.defineXML(text)
        before, uuid = macs(first), first.UUIDString()
        again = connection.defineXML(text.replace("'MiB'>64", "'MiB'>96"))
        equal(again.UUIDString(), uuid)
        equal(macs(again), before)
        equal(again.maxMemory(), 96 * 1024)
        # Another kind of NIC in the first place is another NIC; the second one is the same.
        other = macs(connection.defineXML(document('again', nic('rtl8139') + nic('e1000'))))
        check(other[0] not in before, 'a new address for a NIC of another model')
        equal(other[1], before[1])
        # An address that the document gives to another is not given twice.
        moved = macs(connection.defineXML(document('again', nic('virtio', other[1]) + nic('e1000'))))
        equal(moved[0], other[1])
        check(moved[1] != other[1], 'one address, one NIC')
        again.undefine()


@case
def given_identity_counts(server):
    with server.connect() as connection:
        domain = connection.defineXML(document('given', nic('virtio', '52:54:00:00:00:01')))
        text = domain.XMLDesc(INACTIVE).replace('52:54:00:00:00:01', '52:54:00:00:00:02')
        equal(macs(connection.defineXML(text)), ['52:54:00:00:00:02'])
        with raises(libvirt.VIR_ERR_OPERATION_FAILED):
            connection.defineXML(document('given', top=f'<uuid>{UUID}</uuid>'))
        domain.undefine()


@case
def uuid_of_smbios(server):
    with server.connect() as connection:
        domain = connection.defineXML(document('smbios', top=SYSINFO, os="<smbios mode='sysinfo'/>"))
        equal(domain.UUIDString(), UUID)
        domain.undefine()
        with raises(libvirt.VIR_ERR_XML_DETAIL):
            connection.defineXML(document('smbios', top='<uuid>00000000-0000-0000-0000-000000000001</uuid>' + SYSINFO))


@case
def values_of_a_running_guest_go(server):
    devices = """
      <channel type='unix'>
        <source mode='bind' path='/var/lib/libvirt/qemu/channel/target/domain-7-live/org.qemu.guest_agent.0'/>
        <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/><alias name='channel0'/>
      </channel>
      <channel type='unix'>
        <source mode='bind' path='/run/mine/channel'/><target type='virtio' name='mine'/><alias name='ua-mine'/>
      </channel>
      <interface type='user'><target dev='vnet7'/><model type='virtio'/><alias name='net0'/></interface>
      <serial type='pty'><source path='/dev/pts/7'/><target port='0'/><alias name='serial0'/></serial>
      <console type='pty' tty='/dev/pts/7'><source path='/dev/pts/7'/><target type='serial' port='0'/></console>
      <graphics type='vnc' port='5907' autoport='yes' websocket='5707' listen='127.0.0.1'/>"""
    seclabel = "<seclabel type='dynamic' model='dac' relabel='yes'><label>+1:+1</label><imagelabel>+1:+1</imagelabel></seclabel>"
    with server.connect() as connection:
        text = document('live', devices).replace("type='qemu'", "type='qemu' id='7'").replace('</devices>', '</devices>' + seclabel)
        domain = connection.defineXML(text)
        stored = domain.XMLDesc(INACTIVE)
        for gone in ('domain-7-live', 'connected', 'channel0', 'vnet7', 'net0', '/dev/pts/7', '5907', '+1:+1', 'id='):
            check(not re.search(r'\b' + re.escape(gone) if gone == 'id=' else re.escape(gone),
                                stored.split('\n', 1)[0] if gone == 'id=' else stored), f'{gone} is kept: {stored}')
        for kept in ('/run/mine/channel', 'ua-mine', "autoport='yes'"):
            check(kept in stored, f'{kept} has gone')
        domain.undefine()


@case_of_ours
def nvram_belongs_to_one(server):
    firmware = ("<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>"
                "<nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'/>")
    text = document('old', os=firmware).replace("machine='pc'", "machine='q35'")
    text = text.replace('</os>', '</os><features><acpi/></features>')
    with server.connect() as connection:
        domain = connection.defineXML(text)
        stored = domain.XMLDesc(INACTIVE)
        path = tree.fromstring(stored).findtext('os/nvram')
        check(path, f'no NVRAM: {stored}')
        equal(tree.fromstring(connection.defineXML(text).XMLDesc(INACTIVE)).findtext('os/nvram'), path)
        domain.rename('new')
        with raises(libvirt.VIR_ERR_CONFIG_UNSUPPORTED):
            connection.defineXML(text)
        equal([one.name() for one in connection.listAllDomains()], ['new'])
        other = connection.defineXML(text.replace("VARS_4M.fd'/>", "VARS_4M.fd'>/tmp/another_VARS.fd</nvram>"))
        other.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM)
        connection.lookupByName('new').undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM)


if __name__ == '__main__':
    with daemon() as running:
        sys.exit(run_cases(running))
