#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is tuned of a running guest, of its definition, and of both: what is set is read back, the other one stays as
it was, and QEMU and /proc tell that it is true. The guest is paused: it has nothing to do with it."""
import contextlib
import json
import os
import re
import sys
import uuid

import libvirt
import libvirt_qemu

from reeve_test import STOCK, case, case_of_ours, check, contains, daemon, disk_image, equal, guest_xml, processes, \
    raises, run_cases, until

L = libvirt
LIVE, CONFIG, BOTH, CURRENT = L.VIR_DOMAIN_AFFECT_LIVE, L.VIR_DOMAIN_AFFECT_CONFIG, 3, 0
NAME, MAC = 'tuned', '52:54:00:ab:cd:01'
INVALID, BAD, LATER = L.VIR_ERR_OPERATION_INVALID, L.VIR_ERR_INVALID_ARG, L.VIR_ERR_CONFIG_UNSUPPORTED
MIB = 1 << 20


class Guest:
    def __init__(self, server):
        self.connection = server.connect()
        text = guest_xml(NAME, vcpus=4, boot=False, devices=f'''
            <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{disk_image("a.img", form="raw")}'/>
            <target dev='vda' bus='virtio'/></disk>
            <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{disk_image("b.img", form="raw")}'/>
            <target dev='vdb' bus='virtio'/></disk>
            <interface type='user'><mac address='{MAC}'/><model type='virtio'/></interface>''').replace(
                '<vcpu>4</vcpu>', "<vcpu current='2'>4</vcpu><iothreads>1</iothreads>").replace(
                    "<memballoon model='none'/>", "<memballoon model='virtio'/>")
        self.xml = text.replace('</name>', f'</name><uuid>{uuid.uuid4()}</uuid>')
        self.domain = self.connection.defineXML(self.xml)

    def start(self):
        if self.domain.isActive():
            self.domain.destroy()
        self.domain = self.connection.defineXML(self.xml)
        self.domain.createWithFlags(L.VIR_DOMAIN_START_PAUSED)
        return self.domain

    def qmp(self, command, **arguments):
        answer = libvirt_qemu.qemuMonitorCommand(self.domain, json.dumps({'execute': command, 'arguments': arguments}), 0)
        return json.loads(answer)['return']

    def pid(self):
        return next(pid for pid, line in processes('qemu-system').items() if f'guest={NAME}' in line or NAME in line)

    def cpus(self, thread):
        with open(f'/proc/{self.pid()}/task/{thread}/status', encoding='ascii') as text:
            return re.search(r'^Cpus_allowed_list:\s*(\S+)', text.read(), re.M).group(1)

    def threads(self):
        return {cpu['cpu-index']: cpu['thread-id'] for cpu in self.qmp('query-cpus-fast')}

    def throttle(self, disk):
        for entry in self.qmp('query-block'):
            if disk in entry.get('qdev', '') or disk in entry.get('device', ''):
                return entry['inserted']
        raise AssertionError(f'no {disk}')


def stored(domain):
    return domain.XMLDesc(L.VIR_DOMAIN_XML_INACTIVE)


@case
def limits_of_a_disk(server, guest):
    domain = guest.start()
    equal(len(domain.blockIoTune('vda', LIVE)), 20, 'parameters')
    domain.setBlockIoTune('vda', {'total_bytes_sec': 4 * MIB, 'total_iops_sec': 100}, LIVE)
    state = guest.throttle('virtio-disk0')
    equal((state['bps'], state['iops']), (4 * MIB, 100), 'QEMU')
    equal(domain.blockIoTune('vda', LIVE)['total_bytes_sec'], 4 * MIB, 'live')
    equal(domain.blockIoTune('vda', CONFIG)['total_bytes_sec'], 0, 'stored')
    for flags in (LIVE, CONFIG):  # of both at once python's binding knows nothing
        domain.setBlockIoTune('vda', {'read_bytes_sec': MIB, 'read_bytes_sec_max': 2 * MIB}, flags)
    live = domain.blockIoTune('vda', LIVE)
    equal((live['total_bytes_sec'], live['read_bytes_sec'], live['read_bytes_sec_max'], live['total_iops_sec']),
          (0, MIB, 2 * MIB, 100), 'a limit is replaced as a whole, others stay')
    contains(stored(domain), '<read_bytes_sec>1048576</read_bytes_sec>')
    state = guest.throttle('virtio-disk0')
    equal((state['bps'], state['bps_rd'], state['bps_rd_max'], state['iops']), (0, MIB, 2 * MIB, 100), 'QEMU')
    domain.setBlockIoTune('vda', {'total_bytes_sec': 0, 'total_iops_sec': 0, 'read_bytes_sec_max': 0}, LIVE)
    equal(guest.throttle('virtio-disk0').get('bps_rd', 0), 0, 'lifted')


@case
def limits_that_cannot_be(server, guest):
    domain = guest.start()
    before = domain.XMLDesc(), stored(domain)
    for params, code in (({'total_bytes_sec': 1, 'read_bytes_sec': 1}, BAD),
                         ({'total_bytes_sec_max': 5}, LATER), ({'total_bytes_sec': 5, 'total_bytes_sec_max': 4}, LATER),
                         ({'total_bytes_sec': 10 ** 15 + 1}, L.VIR_ERR_ARGUMENT_UNSUPPORTED)):
        for flags in (LIVE,) if STOCK else (LIVE, CONFIG):  # libvirtd stores what it then cannot start
            with raises(code):
                domain.setBlockIoTune('vda', params, flags)
    with raises(BAD):
        domain.setBlockIoTune('vdx', {'total_bytes_sec': 1}, LIVE)
    equal((domain.XMLDesc(), stored(domain)), before, 'nothing is changed')


@case
def disks_of_a_group(server, guest):
    domain = guest.start()
    for disk in ('vda', 'vdb'):
        domain.setBlockIoTune(disk, {'total_bytes_sec': MIB, 'group_name': 'slow'}, LIVE)
    domain.setBlockIoTune('vdb', {'total_bytes_sec': 3 * MIB}, LIVE)
    for disk in ('vda', 'vdb'):
        read = domain.blockIoTune(disk, LIVE)
        equal((read['total_bytes_sec'], read['group_name']), (3 * MIB, 'slow'), disk)
    equal(guest.throttle('virtio-disk0')['bps'], 3 * MIB, 'QEMU')


@case
def places_of_vcpus(server, guest):
    domain = guest.start()
    cpus = os.cpu_count()
    only = tuple(cpu == cpus - 1 for cpu in range(cpus))
    everywhere = tuple([True] * cpus)
    equal(set(domain.vcpuPinInfo(CONFIG)), {everywhere}, 'no pins')
    domain.pinVcpuFlags(1, only, LIVE)
    equal(guest.cpus(guest.threads()[1]), str(cpus - 1), '/proc')
    equal(domain.vcpuPinInfo(LIVE)[1], only, 'live')
    equal(domain.vcpuPinInfo(CONFIG)[1], everywhere, 'stored')
    domain.pinVcpuFlags(3, only, BOTH)
    contains(stored(domain), f"<vcpupin vcpu='3' cpuset='{cpus - 1}'/>")
    equal(domain.vcpus()[1][1], only, 'vcpuinfo')
    for vcpu, cpumap in ((9, only), (0, (False,) * cpus)):
        with raises(BAD):
            domain.pinVcpuFlags(vcpu, cpumap, LIVE)


@case
def places_of_other_threads(server, guest):
    domain = guest.start()
    cpus = os.cpu_count()
    only = tuple(cpu == 0 for cpu in range(cpus))
    before = guest.cpus(guest.threads()[0])
    domain.pinEmulator(only, LIVE)
    equal(domain.emulatorPinInfo(LIVE), only)
    equal(domain.emulatorPinInfo(CONFIG), (True,) * cpus)
    equal(guest.cpus(guest.pid()), '0', '/proc')
    equal(guest.cpus(guest.threads()[0]), before, 'a vCPU stays')
    domain.pinIOThread(1, only, BOTH)
    equal(guest.cpus(guest.qmp('query-iothreads')[0]['thread-id']), '0', '/proc of the I/O thread')
    equal(domain.ioThreadInfo(LIVE), [(1, list(only))])
    contains(stored(domain), "<iothreadpin iothread='1' cpuset='0'/>")


@case
def io_threads(server, guest):
    domain = guest.start()
    domain.addIOThread(5, BOTH)
    equal({thread['id'] for thread in guest.qmp('query-iothreads')}, {'iothread1', 'iothread5'}, 'QEMU')
    equal([thread[0] for thread in domain.ioThreadInfo(CONFIG)], [1, 5], 'stored')
    for number in (0, 5):
        with raises(BAD):
            domain.addIOThread(number, LIVE)
    domain.setIOThreadParams(5, {'poll_max_ns': 20000, 'poll_grow': 4, 'poll_shrink': 2}, LIVE)
    thread = next(thread for thread in guest.qmp('query-iothreads') if thread['id'] == 'iothread5')
    equal((thread['poll-max-ns'], thread['poll-grow'], thread['poll-shrink']), (20000, 4, 2), 'QEMU')
    with raises(L.VIR_ERR_OPERATION_UNSUPPORTED):
        domain.setIOThreadParams(5, {'poll_max_ns': 20000}, CONFIG)
    domain.delIOThread(5, LIVE)
    equal([thread['id'] for thread in guest.qmp('query-iothreads')], ['iothread1'], 'QEMU')
    equal([thread[0] for thread in domain.ioThreadInfo(CONFIG)], [1, 5], 'stored')
    with raises(BAD):
        domain.delIOThread(5, LIVE)


@case
def vcpus_come(server, guest):
    """They go too, but only a guest that runs can give one up."""
    domain = guest.start()
    equal(domain.vcpusFlags(LIVE), 2)
    domain.setVcpusFlags(3, LIVE)
    equal((domain.vcpusFlags(LIVE), domain.vcpusFlags(CONFIG), domain.vcpusFlags(LIVE | L.VIR_DOMAIN_VCPU_MAXIMUM)), (3, 2, 4))
    equal(sorted(guest.threads()), [0, 1, 2], 'QEMU')
    contains(domain.XMLDesc(), r"<vcpu id='2' enabled='yes' hotpluggable='yes'")
    contains(domain.XMLDesc(), r"<vcpu placement='static' current='3'>4</vcpu>")
    domain.setVcpu('3', 1, LIVE)
    equal(sorted(guest.threads()), [0, 1, 2, 3], 'QEMU')
    for count in (0, 5):
        with raises(BAD):
            domain.setVcpusFlags(count, LIVE)
    with raises(LATER):
        domain.setVcpusFlags(1, LIVE)
    with raises(BAD):
        domain.setVcpu('3', 1, LIVE)
    for vcpu in '01':
        with raises(L.VIR_ERR_OPERATION_UNSUPPORTED):
            domain.setVcpu(vcpu, 0, LIVE)
    equal(domain.vcpusFlags(LIVE), 4, 'nothing is changed')


@case
def vcpus_of_the_definition(server, guest):
    domain = guest.start()
    domain.destroy()
    domain.setVcpusFlags(8, CONFIG | L.VIR_DOMAIN_VCPU_MAXIMUM)
    domain.setVcpusFlags(3, CONFIG)
    contains(stored(domain), r"current='3'>8</vcpu>")
    domain.setVcpu('5', 1, CONFIG)
    equal(domain.vcpusFlags(CONFIG), 4)
    domain.createWithFlags(L.VIR_DOMAIN_START_PAUSED)
    equal(sorted(guest.threads().keys())[:3], [0, 1, 2], 'those that stay')
    equal(len(guest.threads()), 4, 'QEMU')


@case_of_ours
def parameters_of_the_definition(server, guest):
    """Whether the host has what it takes does not matter to what is stored; libvirtd asks for it all the same."""
    domain = guest.start()
    domain.setMemoryParameters({'hard_limit': 1 << 20, 'swap_hard_limit': 1 << 21}, CONFIG)
    read = domain.memoryParameters(CONFIG)
    equal((read['hard_limit'], read['swap_hard_limit'], read['soft_limit']), (1 << 20, 1 << 21, 9007199254740991))
    with raises(BAD):
        domain.setMemoryParameters({'hard_limit': 1 << 22}, CONFIG)
    domain.setSchedulerParametersFlags({'cpu_shares': 512, 'vcpu_period': 50000, 'vcpu_quota': -1}, CONFIG)
    read = domain.schedulerParametersFlags(CONFIG)
    equal((read['cpu_shares'], read['vcpu_period'], read['vcpu_quota']), (512, 50000, -1))
    for params in ({'vcpu_period': 999}, {'vcpu_quota': 10}, {'global_period': 1000001}):
        with raises(BAD):
            domain.setSchedulerParametersFlags(params, CONFIG)
    domain.setBlkioParameters({'weight': 300, 'device_read_bytes_sec': '/dev/sda,1000,/dev/sdb,2000'}, CONFIG)
    domain.setBlkioParameters({'device_read_bytes_sec': '/dev/sda,0'}, CONFIG)
    read = domain.blkioParameters(CONFIG)
    equal((read['weight'], read['device_read_bytes_sec']), (300, '/dev/sdb,2000'))
    domain.setNumaParameters({'numa_nodeset': '0', 'numa_mode': 1}, CONFIG)
    equal(domain.numaParameters(CONFIG), {'numa_nodeset': '0', 'numa_mode': 1})
    domain.setInterfaceParameters(MAC, {'inbound.average': 1000, 'inbound.peak': 2000}, CONFIG)
    read = domain.interfaceParameters(MAC, CONFIG)
    equal((read['inbound.average'], read['inbound.peak'], read['outbound.average']), (1000, 2000, 0))
    domain.setInterfaceParameters(MAC, {'inbound.average': 0}, CONFIG)
    check('<bandwidth' not in stored(domain), 'lifted')
    domain.setPerfEvents({'page_faults': True}, CONFIG)
    equal([name for name, on in domain.perfEvents(CONFIG).items() if on], ['page_faults'])


@case
def what_an_end_leads_to(server, guest):
    domain = guest.start()
    domain.setLifecycleAction(L.VIR_DOMAIN_LIFECYCLE_REBOOT, L.VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY, BOTH)
    contains(domain.XMLDesc(), '<on_reboot>destroy</on_reboot>')
    contains(stored(domain), '<on_reboot>destroy</on_reboot>')
    before = domain.XMLDesc()
    domain.setLifecycleAction(L.VIR_DOMAIN_LIFECYCLE_CRASH, L.VIR_DOMAIN_LIFECYCLE_ACTION_PRESERVE, CONFIG)
    contains(stored(domain), '<on_crash>preserve</on_crash>')
    equal(domain.XMLDesc(), before, 'the one that runs')
    with raises(LATER):
        domain.setLifecycleAction(L.VIR_DOMAIN_LIFECYCLE_POWEROFF, L.VIR_DOMAIN_LIFECYCLE_ACTION_RESTART_RENAME, CONFIG)


@case
def one_that_does_not_run(server, guest):
    domain = guest.start()
    domain.destroy()
    for what in (lambda: domain.setBlockIoTune('vda', {'total_iops_sec': 1}, LIVE), lambda: domain.pinVcpuFlags(0, (True,), LIVE),
                 lambda: domain.addIOThread(9, LIVE), lambda: domain.setVcpusFlags(3, LIVE), lambda: domain.blockIoTune('vda', LIVE),
                 lambda: domain.setVcpus(3)):
        with raises(INVALID):
            what()
    domain.setBlockIoTune('vda', {'total_iops_sec': 77}, CURRENT)
    equal(domain.blockIoTune('vda', CURRENT)['total_iops_sec'], 77)


def group_file(pid, controller, old, new):
    """What the kernel says of the control group that the process is in; None where the host has none."""
    with open(f'/proc/{pid}/cgroup', encoding='ascii') as text:
        groups = {line.split(':')[1]: line.strip().split(':', 2)[2] for line in text}
    for key, top, file in ((controller, f'/sys/fs/cgroup/{controller}', old), ('', '/sys/fs/cgroup', new)):
        path = f'{top}{groups.get(key, "")}/{file}'
        if key in groups and os.path.exists(path):
            with open(path, encoding='ascii') as text:
                return path, text.read().split()[0]
    return None


@case_of_ours
def limits_by_control_groups(server, guest):
    """Where the host has them: in the kernel's files, and gone with the guest."""
    domain = guest.start()
    if not group_file(guest.pid(), 'memory', 'memory.limit_in_bytes', 'memory.max'):
        with raises(INVALID):
            domain.setMemoryParameters({'hard_limit': 1 << 20}, LIVE)
        return
    for flags in (LIVE, CONFIG):
        domain.setMemoryParameters({'hard_limit': 1 << 20}, flags)
    path, value = group_file(guest.pid(), 'memory', 'memory.limit_in_bytes', 'memory.max')
    equal(value, str(1 << 30), path)
    contains(path, 'reeve-guest-')
    equal(domain.memoryParameters(LIVE)['hard_limit'], 1 << 20)
    domain.setSchedulerParametersFlags({'cpu_shares': 512, 'global_quota': 50000}, LIVE)
    if 'memory.limit' in path:
        equal(group_file(guest.pid(), 'cpu', 'cpu.shares', 'cpu.weight')[1], '512')
        equal(group_file(guest.pid(), 'cpu', 'cpu.cfs_quota_us', 'cpu.max')[1], '50000')
    for params in ({'vcpu_quota': 50000}, {'emulator_period': 5000}):
        with raises(L.VIR_ERR_OPERATION_UNSUPPORTED):
            domain.setSchedulerParametersFlags(params, LIVE)
    with raises(INVALID):
        domain.setBlkioParameters({'device_read_bytes_sec': '/dev/null,1000'}, LIVE)
    domain.destroy()
    until(lambda: not os.path.exists(path), f'{path} goes with the guest')
    domain.createWithFlags(L.VIR_DOMAIN_START_PAUSED)
    equal(group_file(guest.pid(), 'memory', 'memory.limit_in_bytes', 'memory.max')[1], str(1 << 30), 'from the definition')


@case_of_ours
def merging_of_pages(server, guest):
    """The host's own: what is read is what the kernel says; setting it to what it is changes nothing."""
    if not os.path.exists('/sys/kernel/mm/ksm/sleep_millisecs'):
        with raises(L.VIR_ERR_OPERATION_UNSUPPORTED):
            guest.connection.getMemoryParameters()
        return
    with open('/sys/kernel/mm/ksm/sleep_millisecs', encoding='ascii') as text:
        now = int(text.read())
    equal(guest.connection.getMemoryParameters()['shm_sleep_millisecs'], now)
    guest.connection.setMemoryParameters({'shm_sleep_millisecs': now}, 0)
    with raises(BAD):
        guest.connection.setMemoryParameters({'shm_full_scans': 1}, 0)


if __name__ == '__main__':
    L.registerErrorHandler(lambda *_: None, None)
    with daemon() as server:
        guest = Guest(server)
        try:
            status = run_cases(server, guest)
        finally:
            with contextlib.suppress(L.libvirtError):
                guest.domain.destroy()
    sys.exit(status)
