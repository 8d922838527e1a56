#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Definitions of real guests, none of which is started: what is stored, shown, edited, removed."""
import re
import sys
import uuid

import libvirt

from reeve_test import STOCK, case, case_of_ours, check, contains, daemon, equal, raises, run_cases

L = libvirt
XML = """<domain type='qemu'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='GiB'>1</memory>
  <currentMemory unit='MiB'>512</currentMemory>
  <vcpu current='1'>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/nonexistent/disk.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'/>
    <graphics type='vnc' port='-1' passwd='{password}'/>
    <video><model type='vga'/></video>
  </devices>
</domain>"""


def document(name, identity=None, password='geheim'):
    return XML.format(name=name, uuid=identity or uuid.uuid4(), password=password)


@case
def stable(server):
    """What is dumped can be defined again and then dumps the same."""
    with server.connect() as connection:
        domain = connection.defineXML(document('stable'))
        first = domain.XMLDesc(L.VIR_DOMAIN_XML_SECURE | L.VIR_DOMAIN_XML_INACTIVE)
        again = connection.defineXML(first)
        equal(again.XMLDesc(L.VIR_DOMAIN_XML_SECURE | L.VIR_DOMAIN_XML_INACTIVE), first)
        contains(first, r"<memory unit='KiB'>1048576</memory>")
        contains(first, r"<address type='pci'")
        contains(first, r"machine='pc-q35-[\d.]+'")
        contains(first, r"<controller type='pci' index='0' model='pcie-root'/>")
        contains(first, r"<emulator>/")
        contains(first, r"<console type='pty'>")
        domain.undefine()


@case
def passwords_are_hidden(server):
    secret = 'Zq' + uuid.uuid4().hex[:6]
    with server.connect() as connection:
        domain = connection.defineXML(document('hidden', password=secret))
        check(secret not in domain.XMLDesc(), 'the password in a dump')
        check(secret in domain.XMLDesc(L.VIR_DOMAIN_XML_SECURE), 'the password where it was asked for')
        with server.connect(read_only=True) as reader:
            seen = reader.lookupByName('hidden')
            check(secret not in seen.XMLDesc(), 'the password for a reader')
            with raises(L.VIR_ERR_OPERATION_DENIED):
                seen.XMLDesc(L.VIR_DOMAIN_XML_SECURE)
        domain.undefine()


@case
def metadata(server):
    with server.connect() as connection:
        domain = connection.defineXML(document('meta'))
        C = L.VIR_DOMAIN_AFFECT_CONFIG
        domain.setMetadata(L.VIR_DOMAIN_METADATA_TITLE, 'Titel', None, None, C)
        domain.setMetadata(L.VIR_DOMAIN_METADATA_DESCRIPTION, 'viele\nZeilen', None, None, C)
        domain.setMetadata(L.VIR_DOMAIN_METADATA_ELEMENT, '<a x="1"><b/></a>', 'my', 'http://example.org/a', C)
        equal(domain.metadata(L.VIR_DOMAIN_METADATA_TITLE, None, C), 'Titel')
        equal(domain.metadata(L.VIR_DOMAIN_METADATA_DESCRIPTION, None, C), 'viele\nZeilen')
        contains(domain.metadata(L.VIR_DOMAIN_METADATA_ELEMENT, 'http://example.org/a', C), r'<a x="1">|<a x=\'1\'>')
        contains(domain.XMLDesc(), 'xmlns:my="http://example.org/a"')
        with raises(L.VIR_ERR_INVALID_ARG):
            domain.setMetadata(L.VIR_DOMAIN_METADATA_TITLE, 'two\nlines', None, None, C)
        domain.setMetadata(L.VIR_DOMAIN_METADATA_ELEMENT, None, None, 'http://example.org/a', C)
        with raises(L.VIR_ERR_NO_DOMAIN_METADATA):
            domain.metadata(L.VIR_DOMAIN_METADATA_ELEMENT, 'http://example.org/a', C)
        domain.undefine()


@case
def rename(server):
    with server.connect() as connection:
        domain, other = connection.defineXML(document('old-name')), connection.defineXML(document('taken'))
        domain.rename('new-name')
        equal(connection.lookupByUUID(domain.UUID()).name(), 'new-name')
        with raises(L.VIR_ERR_NO_DOMAIN):
            connection.lookupByName('old-name')
        contains(connection.lookupByName('new-name').XMLDesc(), '<name>new-name</name>')
        with raises(L.VIR_ERR_OPERATION_INVALID):
            connection.lookupByName('new-name').rename('taken')
        connection.lookupByName('new-name').undefine()
        other.undefine()


@case
def sizes(server):
    with server.connect() as connection:
        domain = connection.defineXML(document('sizes'))
        C, M = L.VIR_DOMAIN_AFFECT_CONFIG, L.VIR_DOMAIN_MEM_MAXIMUM
        equal(domain.info()[:4], [L.VIR_DOMAIN_SHUTOFF, 1048576, 524288, 1])
        domain.setMemoryFlags(262144, C)
        equal(domain.info()[2], 262144)
        domain.setMemoryFlags(2097152, C | M)
        equal(domain.maxMemory(), 2097152)
        equal(domain.vcpusFlags(C | L.VIR_DOMAIN_VCPU_MAXIMUM), 2)
        domain.setVcpusFlags(4, C | L.VIR_DOMAIN_VCPU_MAXIMUM)
        domain.setVcpusFlags(3, C)
        equal(domain.vcpusFlags(C), 3)
        with raises(L.VIR_ERR_INVALID_ARG):
            domain.setVcpusFlags(5, C)
        with raises(L.VIR_ERR_OPERATION_INVALID):
            domain.setMemoryFlags(262144, L.VIR_DOMAIN_AFFECT_LIVE)
        domain.undefine()


@case
def devices(server):
    with server.connect() as connection:
        domain = connection.defineXML(document('devices'))
        disk = "<disk type='file'><driver name='qemu' type='raw'/><source file='/x.img'/><target dev='vdb'/></disk>"
        domain.attachDeviceFlags(disk, L.VIR_DOMAIN_AFFECT_CONFIG)
        contains(domain.XMLDesc(), r"<target dev='vdb' bus='virtio'/>")
        with raises(L.VIR_ERR_OPERATION_INVALID):
            domain.attachDeviceFlags(disk, L.VIR_DOMAIN_AFFECT_CONFIG)
        domain.updateDeviceFlags(disk.replace('/x.img', '/y.img'), L.VIR_DOMAIN_AFFECT_CONFIG)
        contains(domain.XMLDesc(), '/y.img')
        domain.detachDeviceFlags(disk.replace('/x.img', '/y.img'), L.VIR_DOMAIN_AFFECT_CONFIG)
        check('vdb' not in domain.XMLDesc(), 'the disk is gone')
        domain.undefine()


@case
def validate(server):
    with server.connect() as connection:
        wrong = document('wrong').replace("<target dev='vda'", "<iotun><total_bytes_sec>1</total_bytes_sec></iotun>"
                                                               "<target dev='vda'")
        with raises(L.VIR_ERR_XML_INVALID_SCHEMA):
            connection.defineXMLFlags(wrong, L.VIR_DOMAIN_DEFINE_VALIDATE)
        if not STOCK:
            try:
                connection.defineXMLFlags(wrong, L.VIR_DOMAIN_DEFINE_VALIDATE)
            except L.libvirtError as error:
                contains(str(error), r'iotun.*iotune|iotune.*iotun', 'the nearest name')


@case
def undefine_flags(server):
    with server.connect() as connection:
        domain = connection.defineXML(document('flags'))
        domain.undefineFlags(L.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | L.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
                             | L.VIR_DOMAIN_UNDEFINE_NVRAM | L.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA)
        domain = connection.defineXML(document('flags'))
        with raises(L.VIR_ERR_OPERATION_INVALID):
            domain.undefineFlags(L.VIR_DOMAIN_UNDEFINE_NVRAM | L.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM)
        domain.undefine()


@case
def empty_uuid_and_none(server):
    with server.connect() as connection:
        for text in (document('nouuid').replace('<uuid>', '<!--').replace('</uuid>', '-->'),
                     re.sub('<uuid>.*</uuid>', '<uuid></uuid>', document('nouuid'))):
            try:
                domain = connection.defineXML(text)
            except L.libvirtError as error:
                check(STOCK, str(error))
                continue
            check(domain.UUID() != b'\0' * 16, 'a UUID was made')
            domain.undefine()


@case
def native(server):
    with server.connect() as connection:
        out = connection.domainXMLToNative('qemu-argv', re.sub(r'<graphics.*/>', '', document('native')))
        contains(out, 'qemu-system-x86_64')
        contains(out, r'-m(achine)? ')
        with raises(L.VIR_ERR_INVALID_ARG):
            connection.domainXMLToNative('nonsense', document('native'))


@case
def capabilities(server):
    with server.connect() as connection:
        caps = connection.getCapabilities()
        contains(caps, r"<arch name='x86_64'>")
        contains(caps, r"<domain type='qemu'/?>")
        contains(connection.getDomainCapabilities(None, 'x86_64', 'q35', 'qemu', 0), r'<machine>pc-q35-')
        with raises(L.VIR_ERR_INVALID_ARG):
            connection.getDomainCapabilities(None, 'x86_64', 'no-such', 'qemu', 0)
        check(connection.getVersion() > 7000000, 'version of the hypervisor')
        check('qemu64' in connection.getCPUModelNames('x86_64'), 'cpu models')
        equal(connection.getType(), 'QEMU')


@case_of_ours
def nothing_is_lost_over_a_restart(server):
    with server.connect() as connection:
        domain = connection.defineXML(document('kept'))
        domain.setAutostart(1)
        identity, text = domain.UUIDString(), domain.XMLDesc(L.VIR_DOMAIN_XML_SECURE)
    server.stop()
    server.start()
    with server.connect() as connection:
        domain = connection.lookupByUUIDString(identity)
        equal(domain.XMLDesc(L.VIR_DOMAIN_XML_SECURE), text)
        equal(domain.autostart(), 1)
        domain.setAutostart(0)
        if domain.isActive():
            domain.destroy()
        domain.undefine()


if __name__ == '__main__':
    with daemon() as running:
        sys.exit(run_cases(running))
