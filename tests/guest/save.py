#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests are saved to files and go on from them: what they did, in which order that is told, what stands in the
file, and who else can read it."""
# timeout: 900
import os
import signal
import struct
import subprocess
import sys

import libvirt

from reeve_test import STOCK, Console, Libvirtd, Watch, case, case_of_ours, check, command, contains, daemon, disk_image, \
    equal, guest_xml, processes, raises, run_cases, until

L = libvirt
HEADER = struct.Struct('=16s5I56x')
watch = None


def path(name):
    return os.path.join(os.getcwd(), name)


def header(name):
    with open(path(name), 'rb') as image:
        magic, version, length, running, packed, cookie = HEADER.unpack(image.read(92))
        text = image.read(length)
        memory = image.read(16)
    xml = text[:text.index(b'\0')].decode()
    extra = text[cookie:text.index(b'\0', cookie)].decode() if cookie else None
    return magic, version, running, packed, xml, extra, memory


def told(connection, name):
    """What was told of the guest since the last question."""
    connection.defineXML(guest_xml('mark', boot=False)).undefine()
    watch.wait('mark', L.VIR_DOMAIN_EVENT_UNDEFINED)
    events = [(event, detail) for who, event, detail in watch.seen if who == name]
    watch.seen.clear()
    return events


def define(connection, name, **options):
    domain = connection.defineXML(guest_xml(name, boot=False, **options))
    domain.create()
    told(connection, name)
    return domain


SAVED = (L.VIR_DOMAIN_EVENT_STOPPED, L.VIR_DOMAIN_EVENT_STOPPED_SAVED)
PAUSED = (L.VIR_DOMAIN_EVENT_SUSPENDED, L.VIR_DOMAIN_EVENT_SUSPENDED_PAUSED)
RESTORED = (L.VIR_DOMAIN_EVENT_STARTED, L.VIR_DOMAIN_EVENT_STARTED_RESTORED)
RESUMED = (L.VIR_DOMAIN_EVENT_RESUMED, L.VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT)
STAYS = (L.VIR_DOMAIN_EVENT_SUSPENDED, L.VIR_DOMAIN_EVENT_SUSPENDED_RESTORED)
RUNNING = [L.VIR_DOMAIN_RUNNING, L.VIR_DOMAIN_RUNNING_RESTORED]


@case
def running_and_paused(server):
    with server.connect() as connection:
        domain = define(connection, 'rp')
        domain.save(path('rp'))
        equal(told(connection, 'rp'), [PAUSED, SAVED], 'events of a save')
        equal(domain.state(), [L.VIR_DOMAIN_SHUTOFF, L.VIR_DOMAIN_SHUTOFF_SAVED])
        magic, version, running, packed, xml, extra, memory = header('rp')
        equal((magic, version, running, packed), (b'LibvirtQemudSave', 2, 1, 0))
        contains(xml, r'<domain type=.qemu.>')
        contains(extra, r'^<cookie>')
        equal(memory[:4], b'QEVM', 'what QEMU writes first')
        connection.restore(path('rp'))
        equal(told(connection, 'rp'), [RESTORED, RESUMED], 'events of a restore')
        equal(domain.state(), RUNNING)
        domain.suspend()
        told(connection, 'rp')
        domain.save(path('rp'))
        equal(told(connection, 'rp'), [SAVED], 'events of a save while paused')
        equal(header('rp')[2], 0, 'it did not run')
        connection.restore(path('rp'))
        equal(told(connection, 'rp'), [RESTORED, STAYS], 'events of a restore that stays paused')
        equal(domain.state()[0], L.VIR_DOMAIN_PAUSED)
        domain.saveFlags(path('rp'), None, L.VIR_DOMAIN_SAVE_RUNNING)
        equal(header('rp')[2], 1, 'it is to run')
        told(connection, 'rp')
        connection.restoreFlags(path('rp'), None, L.VIR_DOMAIN_SAVE_PAUSED)
        equal(told(connection, 'rp'), [RESTORED, STAYS], 'events of a restore to be paused')
        domain.destroy()
        domain.undefine()


@case
def refusals(server):
    both = L.VIR_DOMAIN_SAVE_RUNNING | L.VIR_DOMAIN_SAVE_PAUSED
    with server.connect() as connection:
        domain = define(connection, 'no')
        with raises(L.VIR_ERR_INVALID_ARG):
            domain.saveFlags(path('no'), None, both)
        with raises(L.VIR_ERR_SYSTEM_ERROR):
            connection.restore(path('missing'))
        disk_image(path('disk.raw'), form='raw')
        with raises(L.VIR_ERR_OPERATION_FAILED):
            connection.restore(path('disk.raw'))
        with open(path('short'), 'wb') as image:
            image.write(b'LibvirtQemudSave')
        with raises(L.VIR_ERR_OPERATION_FAILED):
            connection.restore(path('short'))
        domain.save(path('no'))
        with open(path('no'), 'r+b') as image:
            image.write(b'LibvirtQemudPart')
        with raises(L.VIR_ERR_OPERATION_FAILED):
            connection.restore(path('no'))
        with raises(L.VIR_ERR_OPERATION_FAILED):
            connection.saveImageGetXMLDesc(path('no'))
        with raises(L.VIR_ERR_OPERATION_INVALID):
            domain.save(path('no'))
        domain.undefine()


@case_of_ours
def other_files_are_not_replaced(server):
    with server.connect() as connection:
        domain = define(connection, 'other')
        disk_image(path('disk.qcow2'))
        with open(path('disk.qcow2'), 'rb') as image:
            before = image.read()
        with raises(L.VIR_ERR_OPERATION_FAILED):
            domain.save(path('disk.qcow2'))
        equal(domain.state()[0], L.VIR_DOMAIN_RUNNING)
        with open(path('disk.qcow2'), 'rb') as image:
            equal(image.read(), before)
        equal([name for name in os.listdir('.') if 'saving' in name], [], 'what is left behind')
        domain.destroy()
        domain.undefine()


@case
def the_definition_in_the_file(server):
    with server.connect() as connection:
        domain = define(connection, 'xml', devices="<graphics type='vnc' passwd='geheim' port='-1' autoport='yes'/>")
        domain.save(path('xml'))
        text = connection.saveImageGetXMLDesc(path('xml'))
        check('geheim' not in text, 'a secret is shown')
        text = connection.saveImageGetXMLDesc(path('xml'), L.VIR_DOMAIN_SAVE_IMAGE_XML_SECURE)
        contains(text, 'geheim')
        connection.saveImageDefineXML(path('xml'), text.replace('<name>xml</name>', '<name>xml</name><title>new</title>'),
                                      L.VIR_DOMAIN_SAVE_PAUSED)
        contains(connection.saveImageGetXMLDesc(path('xml')), '<title>new</title>')
        equal(header('xml')[2], 0)
        with raises(L.VIR_ERR_CONFIG_UNSUPPORTED):
            connection.saveImageDefineXML(path('xml'), text.replace('<vcpu placement=\'static\'>1<', '<vcpu>2<'))
        connection.restore(path('xml'))
        contains(domain.XMLDesc(), '<title>new</title>')
        equal(domain.state()[0], L.VIR_DOMAIN_PAUSED)
        domain.destroy()
        domain.undefine()


@case
def managed(server):
    with server.connect() as connection:
        domain = define(connection, 'm')
        equal(domain.hasManagedSaveImage(), 0)
        domain.managedSave()
        equal(told(connection, 'm'), [PAUSED, SAVED], 'events of a managed save')
        equal(domain.hasManagedSaveImage(), 1)
        contains(domain.managedSaveGetXMLDesc(), '<name>m</name>')
        with raises(L.VIR_ERR_OPERATION_INVALID):
            domain.undefine()
        domain.create()
        equal(told(connection, 'm'), [RESTORED, RESUMED], 'events of a start from it')
        equal((domain.hasManagedSaveImage(), domain.state()), (0, RUNNING))
        domain.managedSave(L.VIR_DOMAIN_SAVE_PAUSED)
        told(connection, 'm')
        domain.create()
        equal(told(connection, 'm'), [RESTORED, STAYS])
        domain.managedSave()
        domain.createWithFlags(L.VIR_DOMAIN_START_FORCE_BOOT)
        equal((domain.hasManagedSaveImage(), domain.state()[1]), (0, L.VIR_DOMAIN_RUNNING_BOOTED))
        domain.managedSave()
        domain.managedSaveRemove()
        equal(domain.hasManagedSaveImage(), 0)
        domain.create()
        equal(domain.state()[1], L.VIR_DOMAIN_RUNNING_BOOTED)
        domain.managedSave()
        domain.undefineFlags(L.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
        transient = connection.createXML(guest_xml('t', boot=False))
        with raises(L.VIR_ERR_OPERATION_INVALID):
            transient.managedSave()
        told(connection, 't')
        transient.save(path('t'))
        equal(told(connection, 't'), [PAUSED, SAVED])
        connection.restore(path('t'))
        connection.lookupByName('t').destroy()


def beat(server, name, least=0):
    """The guest's next count that is not below @least. No connection may be open meanwhile: none answers."""
    console = Console('virsh', '-c', server.uri(), 'console', name, '--force')
    count = -1
    while count < least:
        count = int(console.wait(r'guest: beat (\d+)\s', 120).group(1))
    console.close()
    return count


@case
def memory_goes_on(server):
    """The guest counts: after a save and a restore from where it was, not from one."""
    with server.connect() as connection:
        connection.defineXML(guest_xml('beat', words='reeve.beat')).create()
    before = beat(server, 'beat', 3)
    with server.connect() as connection:
        connection.lookupByName('beat').save(path('beat'))
        connection.restoreFlags(path('beat'), None, L.VIR_DOMAIN_SAVE_BYPASS_CACHE)
    after = beat(server, 'beat')
    check(before <= after < before + 60, f'it counted {after} after {before}')
    with server.connect() as connection:
        connection.lookupByName('beat').destroy()
        connection.lookupByName('beat').undefine()


@case_of_ours
def packed(_):
    """Each format is what its own program unpacks to what QEMU wrote."""
    programs = {'gzip': 1, 'bzip2': 2, 'xz': 3, 'lzop': 4, 'zstd': 5}
    for name, number in programs.items():
        if command('which', name, check_status=False).status != 0:
            print(f'{name} is not installed')
            continue
        with daemon('packed', save_image_format=name) as server, server.connect() as connection:
            domain = connection.createXML(guest_xml('pack', boot=False, memory=32))
            domain.saveFlags(path(name), None, L.VIR_DOMAIN_SAVE_BYPASS_CACHE if name == 'gzip' else 0)
            equal(header(name)[3], number, name)
            with open(path(name), 'rb') as image:
                image.seek(92 + HEADER.unpack(image.read(92))[2])
                done = subprocess.run([name, '-dc'], input=image.read(), capture_output=True, check=True)
            equal(done.stdout[:4], b'QEVM', name)
            connection.restore(path(name))
            equal(connection.lookupByName('pack').state(), RUNNING)


@case_of_ours
def jobs(_):
    """A save that takes long is seen, and can be called off: the guest runs on. It goes on without the engine."""
    with daemon('jobs', save_image_format='gzip') as server:
        job_seen_and_aborted(server)
        job_outlives_engine(server)


def job_seen_and_aborted(server):
    with server.connect() as connection:
        domain = connection.defineXML(guest_xml('job', words='reeve.beat'))
        domain.create()
        equal(domain.jobInfo()[0], L.VIR_DOMAIN_JOB_NONE)
        equal(domain.jobStats(), {'type': L.VIR_DOMAIN_JOB_NONE})
        with raises(L.VIR_ERR_OPERATION_INVALID):
            domain.abortJob()
    beat(server, 'job')
    stopped, save = slow_save(server)
    contains(server.virsh('domjobinfo', 'job').out, r'Operation: +Save')
    with server.connect() as connection:
        domain = connection.lookupByName('job')
        info = until(lambda: domain.jobStats() if 'memory_total' in domain.jobStats() else None, 'numbers of the job')
        equal((info['type'], info['operation']), (L.VIR_DOMAIN_JOB_UNBOUNDED, L.VIR_DOMAIN_JOB_OPERATION_SAVE))
        check(96 << 20 <= info['memory_total'] < 200 << 20, f'total memory {info["memory_total"]}')
        domain.abortJob()
    os.kill(stopped, signal.SIGCONT)
    equal(save.wait(60 * 20), 1, 'exit status of virsh save')
    with server.connect() as connection:
        domain = connection.lookupByName('job')
        equal(domain.state(), [L.VIR_DOMAIN_RUNNING, L.VIR_DOMAIN_RUNNING_SAVE_CANCELED])
        equal([name for name in os.listdir('.') if 'saving' in name or name == 'slow'], [], 'what is left behind')
        stats = domain.jobStats(L.VIR_DOMAIN_JOB_STATS_COMPLETED)
        equal((stats['type'], stats['operation']), (L.VIR_DOMAIN_JOB_CANCELLED, L.VIR_DOMAIN_JOB_OPERATION_SAVE))
    beat(server, 'job')


def job_outlives_engine(server):
    stopped, save = slow_save(server)
    server.kill()
    server.process = None
    save.wait(60 * 20)
    server.start()
    with server.connect() as connection:
        domain = connection.lookupByName('job')
        equal(domain.jobInfo()[0], L.VIR_DOMAIN_JOB_UNBOUNDED, 'the job goes on')
        os.kill(stopped, signal.SIGCONT)
        until(lambda: not domain.isActive(), 'the end of the save', 300)
        equal(domain.state(), [L.VIR_DOMAIN_SHUTOFF, L.VIR_DOMAIN_SHUTOFF_SAVED])
        equal(header('slow')[0], b'LibvirtQemudSave')
        keep = L.VIR_DOMAIN_JOB_STATS_COMPLETED | L.VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED
        for flags in (keep, L.VIR_DOMAIN_JOB_STATS_COMPLETED):
            equal(domain.jobStats(flags)['operation'], L.VIR_DOMAIN_JOB_OPERATION_SAVE)
        equal(domain.jobStats(flags), {'type': L.VIR_DOMAIN_JOB_NONE}, 'it is forgotten')
        connection.restore(path('slow'))
        equal(domain.state(), RUNNING)
        domain.destroy()
        domain.undefine()


def slow_save(server):
    """Starts one whose gzip is stopped: its pid, and the virsh that waits."""
    save = subprocess.Popen(['virsh', '-c', server.uri(), 'save', 'job', path('slow')], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    stopped = until(lambda: list(processes('gzip')), 'gzip')[0]
    os.kill(stopped, signal.SIGSTOP)
    return stopped, save


@case_of_ours
def from_libvirtd_and_back(server):
    """What libvirtd has saved goes on here, and the other way round."""
    with Libvirtd() as stock:
        for one, other in ((stock, server), (server, stock)):
            with one.connect() as connection:
                connection.createXML(guest_xml('cross', boot=False, devices="<controller type='usb' model='qemu-xhci'/>"
                                               "<input type='tablet' bus='usb'/><rng model='virtio'><backend model='random'>"
                                               "/dev/urandom</backend></rng>")).save(path('cross'))
            with other.connect() as connection:
                connection.restore(path('cross'))
                domain = connection.lookupByName('cross')
                equal(domain.state(), RUNNING)
                domain.destroy()


@case
def dumps(server):
    with server.connect() as connection:
        domain = define(connection, 'd')
        domain.coreDump(path('dump'), L.VIR_DUMP_MEMORY_ONLY)
        equal(told(connection, 'd'), [PAUSED, (L.VIR_DOMAIN_EVENT_RESUMED, L.VIR_DOMAIN_EVENT_RESUMED_UNPAUSED)])
        with open(path('dump'), 'rb') as dump:
            equal(dump.read(4), b'\x7fELF')
        check(os.stat(path('dump')).st_size > 96 << 20, 'all of the memory is there')
        equal(domain.state(), [L.VIR_DOMAIN_RUNNING, L.VIR_DOMAIN_RUNNING_UNPAUSED])
        domain.coreDumpWithFormat(path('kdump'), L.VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB, L.VIR_DUMP_MEMORY_ONLY)
        with open(path('kdump'), 'rb') as dump:
            equal(dump.read(12), b'makedumpfile')
        domain.coreDump(path('stream'), 0)
        with open(path('stream'), 'rb') as dump:
            equal(dump.read(4), b'QEVM')
        equal(domain.state()[0], L.VIR_DOMAIN_RUNNING)
        with raises(L.VIR_ERR_INVALID_ARG):
            domain.coreDump(path('x'), L.VIR_DUMP_CRASH | L.VIR_DUMP_LIVE)
        with raises(L.VIR_ERR_OPERATION_UNSUPPORTED):
            domain.coreDumpWithFormat(path('x'), L.VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB, 0)
        told(connection, 'd')
        domain.coreDump(path('crash'), L.VIR_DUMP_CRASH | L.VIR_DUMP_MEMORY_ONLY)
        equal(told(connection, 'd'), [PAUSED, (L.VIR_DOMAIN_EVENT_STOPPED, L.VIR_DOMAIN_EVENT_STOPPED_CRASHED)])
        equal(domain.state(), [L.VIR_DOMAIN_SHUTOFF, L.VIR_DOMAIN_SHUTOFF_CRASHED])
        domain.undefine()


def main():
    global watch
    with daemon() as server:
        watch = Watch(server)
        status = run_cases(server)
        watch.close()
    return status


sys.exit(main())
