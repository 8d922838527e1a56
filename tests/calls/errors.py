#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input gets the error code that clients switch on, and a sentence that names the object."""
import sys
import uuid

import libvirt

from reeve_test import STOCK, case, case_of_ours, check, contains, daemon, equal, raises, run_cases
from reeve_wire import Wire, string

L = libvirt


def document(name='x', identity=None, more='', kind='qemu'):
    return (f'<domain type="{kind}"><name>{name}</name><uuid>{identity or uuid.uuid4()}</uuid>'
            f'<memory>65536</memory><os><type arch="x86_64" machine="q35">hvm</type></os>{more}</domain>')


@case
def not_found(server):
    with server.connect() as connection:
        with raises(L.VIR_ERR_NO_DOMAIN):
            connection.lookupByName('nobody')
        with raises(L.VIR_ERR_NO_DOMAIN):
            connection.lookupByUUIDString(str(uuid.uuid4()))
        with raises(L.VIR_ERR_NO_DOMAIN):
            connection.lookupByID(4711)
        with raises(L.VIR_ERR_NO_NETWORK):
            connection.networkLookupByName('nothing')
        with raises(L.VIR_ERR_NO_STORAGE_POOL):
            connection.storagePoolLookupByName('nothing')
        with raises(L.VIR_ERR_NO_SECRET):
            connection.secretLookupByUUIDString(str(uuid.uuid4()))
        with raises(L.VIR_ERR_NO_NWFILTER):
            connection.nwfilterLookupByName('nothing')
        with raises(L.VIR_ERR_NO_NODE_DEVICE):
            connection.nodeDeviceLookupByName('nothing')


@case_of_ours
def messages_name_the_object(server):
    with server.connect() as connection:
        for name in ('nobody', 'ein größerer Name'):
            try:
                connection.lookupByName(name)
            except L.libvirtError as error:
                contains(error.get_error_message(), name)
        identity = str(uuid.uuid4())
        try:
            connection.lookupByUUIDString(identity)
        except L.libvirtError as error:
            contains(error.get_error_message(), identity)


@case
def bad_xml(server):
    with server.connect() as connection:
        crashes_libvirtd = [] if STOCK else [document('x', more='<vcpu>-3</vcpu>')]
        for text in (*crashes_libvirtd, '', 'no xml', '<domain', '<domain/>', '<domain type="qemu"></domain>', '<a></b>', '<network/>',
                     document('x').replace('q35', 'no-such-machine'), document('x').replace('hvm', 'xen'),
                     document('x').replace('65536', 'much'), document('x').replace('65536', '-1'),
                     document('x', more='<vcpu>0</vcpu>'),
                     document('x', identity='not-a-uuid')):
            try:
                connection.defineXML(text)
            except L.libvirtError as error:
                wanted = {L.VIR_ERR_XML_ERROR, L.VIR_ERR_XML_DETAIL, L.VIR_ERR_CONFIG_UNSUPPORTED,
                          L.VIR_ERR_INVALID_ARG, L.VIR_ERR_OS_TYPE, L.VIR_ERR_NO_NAME,
                          L.VIR_ERR_INTERNAL_ERROR}  # what clients of libvirtd know for a wrong UUID
                check(error.get_error_code() in wanted, f'{text[:80]!r}: {error.get_error_code()} {error}')
            else:
                raise AssertionError(f'accepted: {text[:200]!r}')
        equal(connection.listAllDomains(), [])


@case
def names(server):
    with server.connect() as connection:
        for name in ('a/b', '', 'x\ny', '.', '..', '/'):
            if STOCK and name in ('.', '..'):
                continue
            try:
                connection.defineXML(document(name)).undefine()
            except L.libvirtError as error:
                check(error.get_error_code() in (L.VIR_ERR_XML_ERROR, L.VIR_ERR_XML_DETAIL, L.VIR_ERR_INVALID_ARG,
                                                 L.VIR_ERR_CONFIG_UNSUPPORTED, L.VIR_ERR_NO_NAME), f'{name!r}: {error}')
            else:
                raise AssertionError(f'a domain named {name!r} was accepted')
        for name in ('with blank', "it's", 'größe', '日本語', '-dash', 'a&amp;b'):
            domain = connection.defineXML(document(name))
            equal(domain.name(), name.replace('&amp;', '&'))
            connection.lookupByName(name.replace('&amp;', '&')).undefine()


@case
def duplicates(server):
    with server.connect() as connection:
        identity = str(uuid.uuid4())
        domain = connection.defineXML(document('first', identity))
        with raises(L.VIR_ERR_OPERATION_FAILED):
            connection.defineXML(document('first'))
        with raises(L.VIR_ERR_OPERATION_FAILED):
            connection.defineXML(document('second', identity))
        equal([d.name() for d in connection.listAllDomains()], ['first'])
        domain.undefine()


@case
def not_running(server):
    with server.connect() as connection:
        domain = connection.defineXML(document('off'))
        for act in (domain.destroy, domain.shutdown, domain.suspend, domain.resume, domain.reboot, domain.reset,
                    lambda: domain.screenshot(connection.newStream(), 0),
                    lambda: domain.sendKey(0, 0, [30], 1, 0),
                    lambda: domain.openConsole(None, connection.newStream())):
            with raises(L.VIR_ERR_OPERATION_INVALID):
                act()
        domain.undefine()


@case
def metadata_absent(server):
    with server.connect() as connection:
        domain = connection.defineXML(document('meta'))
        for kind, uri in ((L.VIR_DOMAIN_METADATA_TITLE, None), (L.VIR_DOMAIN_METADATA_DESCRIPTION, None),
                          (L.VIR_DOMAIN_METADATA_ELEMENT, 'http://example.org/ns')):
            with raises(L.VIR_ERR_NO_DOMAIN_METADATA):
                domain.metadata(kind, uri)
        domain.undefine()


@case
def unknown_flags(server):
    with server.connect() as connection:
        domain = connection.defineXML(document('flags'))
        with raises(L.VIR_ERR_INVALID_ARG):
            domain.XMLDesc(1 << 20)
        with raises(L.VIR_ERR_INVALID_ARG):
            connection.defineXMLFlags(document('flags2'), 1 << 20)
        with raises(L.VIR_ERR_INVALID_ARG):
            domain.createWithFlags(1 << 20)
        with raises(L.VIR_ERR_INVALID_ARG):
            domain.undefineFlags(1 << 20)
        domain.undefine()


@case
def no_such_hypervisor(server):
    with Wire(server.socket) as wire:
        wire.expect(66)
        reply = wire.call(1, b'\0\0\0\1' + string('nonsense:///system') + b'\0\0\0\0')
        equal(reply.status, 1)
        check(reply.error()[0] in (L.VIR_ERR_NO_CONNECT, L.VIR_ERR_CONFIG_UNSUPPORTED, L.VIR_ERR_INVALID_ARG,
                                   L.VIR_ERR_NO_SUPPORT), reply.error())


@case
def wrong_uuid_right_name(server):
    """The handle's UUID decides, its name does not."""
    with server.connect() as connection, Wire(server.socket) as wire:
        domain = connection.defineXML(document('handle'))
        wire.open('qemu:///system')
        info = string('something else') + domain.UUID() + b'\xff\xff\xff\xff'
        equal(wire.call(16, info).status, 0)
        reply = wire.call(16, string('handle') + uuid.uuid4().bytes + b'\xff\xff\xff\xff')
        equal(reply.error()[0], L.VIR_ERR_NO_DOMAIN)
        domain.undefine()


@case_of_ours
def not_built_names_itself(server):
    with server.connect() as connection:
        domain = connection.defineXML(document('nosup'))
        for act in (lambda: domain.managedSave(), lambda: domain.save('/nonexistent/file')):
            try:
                act()
            except L.libvirtError as error:
                check(error.get_error_code() in (L.VIR_ERR_NO_SUPPORT, L.VIR_ERR_OPERATION_INVALID,
                                                 L.VIR_ERR_OPERATION_UNSUPPORTED), str(error))
        domain.undefine()


@case_of_ours
def deep_and_large_documents(server):
    with server.connect() as connection:
        deep = '<metadata>' + '<a>' * 2000 + '</a>' * 2000 + '</metadata>'
        bombs = [document('deep', more=deep),
                 document('wide', more='<metadata>' + '<b/>' * 300000 + '</metadata>'),
                 '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
                 + document('bomb', more='<description>&b;</description>'),
                 '<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
                 + document('xxe', more='<description>&f;</description>')]
        for text in bombs:
            try:
                domain = connection.defineXML(text)
            except L.libvirtError as error:
                check(error.get_error_code() in (L.VIR_ERR_XML_ERROR, L.VIR_ERR_XML_DETAIL, L.VIR_ERR_RPC,
                                                 L.VIR_ERR_INVALID_ARG), f'{text[:40]}: {error}')
            else:
                check('root:' not in domain.XMLDesc(), 'a file of the host came into a definition')
                domain.undefine()


if __name__ == '__main__':
    with daemon() as running:
        sys.exit(run_cases(running))
