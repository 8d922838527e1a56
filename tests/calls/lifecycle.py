#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lifecycle on the test driver as python3-libvirt sees it: states, reasons, ids, error codes."""
import sys
import uuid

import libvirt

from reeve_test import Watch, case, case_of_ours, check, contains, daemon, equal, raises, run_cases

XML = """<domain type='test'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>64</memory>
  <vcpu>2</vcpu>
  <os><type>hvm</type></os>
</domain>"""
RUNNING, PAUSED, OFF = libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_SHUTOFF


def document(name, identity=None):
    return XML.format(name=name, uuid=identity or uuid.uuid4())


@case
def ready_objects(server):
    with server.connect('test') as connection:
        equal([d.name() for d in connection.listAllDomains()], ['test'])
        domain = connection.lookupByName('test')
        equal(domain.state()[0], RUNNING, 'state of the ready domain')
        equal(domain.ID(), connection.lookupByUUIDString(domain.UUIDString()).ID())
        equal(domain.maxMemory(), 8388608)
        equal(domain.maxVcpus(), 2)
        check(domain.OSType() in ('linux', 'hvm'), domain.OSType())


@case
def define_start_stop(server):
    with server.connect('test') as connection:
        domain = connection.defineXML(document('a'))
        equal(domain.state(), [OFF, libvirt.VIR_DOMAIN_SHUTOFF_UNKNOWN])
        equal(domain.ID(), -1)
        check(domain.isPersistent() and not domain.isActive(), 'defined, not running')
        domain.create()
        equal(domain.state(), [RUNNING, libvirt.VIR_DOMAIN_RUNNING_BOOTED])
        check(domain.ID() > 0, 'a running domain has an id')
        with raises(libvirt.VIR_ERR_OPERATION_INVALID, stock=libvirt.VIR_ERR_INTERNAL_ERROR):
            domain.create()
        domain.suspend()
        equal(domain.state(), [PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER])
        domain.resume()
        equal(domain.state(), [RUNNING, libvirt.VIR_DOMAIN_RUNNING_UNPAUSED])
        domain.shutdown()
        equal(domain.state(), [OFF, libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN])
        domain.create()
        domain.destroy()
        equal(domain.state(), [OFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED])
        with raises(libvirt.VIR_ERR_OPERATION_INVALID):
            domain.destroy()
        domain.undefine()
        with raises(libvirt.VIR_ERR_NO_DOMAIN):
            connection.lookupByName('a')
        with raises(libvirt.VIR_ERR_NO_DOMAIN):
            domain.create()


@case_of_ours
def transient(server):
    with server.connect('test') as connection:
        domain = connection.createXML(document('t'))
        check(not domain.isPersistent(), 'created, not defined')
        with raises(libvirt.VIR_ERR_OPERATION_INVALID):
            domain.undefine()
        domain.destroy()
        with raises(libvirt.VIR_ERR_NO_DOMAIN):
            connection.lookupByName('t')


@case_of_ours
def create_paused(server):
    with server.connect('test') as connection:
        domain = connection.createXML(document('p'), libvirt.VIR_DOMAIN_START_PAUSED)
        equal(domain.state()[0], PAUSED)
        domain.resume()
        equal(domain.state()[0], RUNNING)
        domain.destroy()


@case
def undefine_while_running(server):
    with server.connect('test') as connection:
        domain = connection.defineXML(document('u'))
        domain.create()
        domain.undefine()
        check(domain.isActive() and not domain.isPersistent(), 'it runs on as a transient one')
        domain.destroy()
        with raises(libvirt.VIR_ERR_NO_DOMAIN):
            connection.lookupByName('u')


@case_of_ours
def autodestroy(server):
    watch, first = Watch(server, 'test'), server.connect('test')
    first.createXML(document('auto'), libvirt.VIR_DOMAIN_START_AUTODESTROY)
    watch.connection.lookupByName('auto')
    first.close()
    watch.wait('auto', libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_DESTROYED)
    with raises(libvirt.VIR_ERR_NO_DOMAIN):
        watch.connection.lookupByName('auto')
    watch.close()


@case
def redefine(server):
    with server.connect('test') as connection:
        identity = str(uuid.uuid4())
        connection.defineXML(document('r', identity))
        domain = connection.defineXML(document('r', identity).replace('<vcpu>2', '<vcpu>3'))
        contains(domain.XMLDesc(), '<vcpu[^>]*>3</vcpu>')
        with raises(libvirt.VIR_ERR_OPERATION_FAILED):
            connection.defineXML(document('r'))
        with raises(libvirt.VIR_ERR_OPERATION_FAILED):
            connection.defineXML(document('other', identity))
        domain.undefine()


@case
def autostart(server):
    with server.connect('test') as connection:
        domain = connection.defineXML(document('s'))
        equal(domain.autostart(), 0)
        domain.setAutostart(1)
        equal(domain.autostart(), 1)
        names = [d.name() for d in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART)]
        equal(names, ['s'])
        domain.setAutostart(0)
        domain.undefine()


@case
def reboot_and_reset(server):
    with server.connect('test') as connection:
        domain = connection.defineXML(document('b'))
        with raises(libvirt.VIR_ERR_OPERATION_INVALID):
            domain.reboot()
        domain.create()
        domain.reboot()
        equal(domain.state()[0], RUNNING)
        domain.destroy()
        domain.undefine()


if __name__ == '__main__':
    with daemon() as running:
        sys.exit(run_cases(running))
