#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# timeout: 900
"""Made from the call tables: every call about a guest, in every state that a guest can be in. It works, or
fails for a reason that a client can make something of; what was refused or only looked has changed nothing;
nothing hangs and no connection is lost. What libvirtd answers is asked for where that is certain."""
import contextlib
import os
import re
import signal
import sys
import uuid

import libvirt

from reeve_ask import VALUES, Ask, built_rows
from reeve_test import SLOW, SOURCE, STOCK, Watch, case, case_of_ours, check, contains, daemon, disk_image, \
    equal, guest_xml, processes, raises, run_cases
from reeve_wire import ERROR, QEMU, REEVE, REPLY, REPLY_FDS, Wire

L = libvirt
NAME, UUID, MAC = 'guest', uuid.uuid4(), VALUES['device']
INVALID, GONE = L.VIR_ERR_OPERATION_INVALID, L.VIR_ERR_NO_DOMAIN
SENSIBLE = {
    INVALID, L.VIR_ERR_NO_SUPPORT, L.VIR_ERR_OPERATION_UNSUPPORTED, L.VIR_ERR_CONFIG_UNSUPPORTED,
    L.VIR_ERR_ARGUMENT_UNSUPPORTED, L.VIR_ERR_DEVICE_MISSING, L.VIR_ERR_NO_DOMAIN_SNAPSHOT,
    L.VIR_ERR_NO_DOMAIN_CHECKPOINT, L.VIR_ERR_NO_DOMAIN_METADATA, L.VIR_ERR_AGENT_UNRESPONSIVE,
}
DEVICES = f'''<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%s'/>
    <target dev='vda' bus='virtio'/></disk>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/><video><model type='vga'/></video>
    <interface type='user'><mac address='{MAC}'/><model type='virtio'/></interface>'''

# What libvirtd 9.0 answers, and so do we: the error codes of a guest that is off, that runs, that is paused (0: it
# works), and the calls, after a colon with the flags that they get. Left out are calls whose answer depends on the
# host or on what is not built, and those where libvirtd says "internal error" or refuses what can be answered.
TITLE, SNAPSHOT = L.VIR_ERR_NO_DOMAIN_METADATA, L.VIR_ERR_NO_DOMAIN_SNAPSHOT
CHECKPOINT, NO_AGENT, MISSING = L.VIR_ERR_NO_DOMAIN_CHECKPOINT, L.VIR_ERR_ARGUMENT_UNSUPPORTED, L.VIR_ERR_DEVICE_MISSING
CERTAIN = {
    (0, 0, 0): 'attach_device_flags:2 get_autostart get_block_info get_info get_max_memory get_messages get_os_type get_security_label '
               'get_state get_vcpus_flags get_xml_desc has_current_snapshot has_managed_save_image is_active '
               'is_persistent is_updated list_all_checkpoints list_all_snapshots set_autostart set_memory_flags:2 '
               'set_metadata set_metadata:2 set_vcpus_flags:2 snapshot_list_names snapshot_num undefine undefine_flags',
    (0, INVALID, INVALID): 'create create_with_flags rename set_max_memory set_memory_flags',
    (INVALID, 0, 0): 'block_stats block_stats_flags destroy destroy_flags get_control_info get_disk_errors get_job_info '
                     'get_job_stats get_vcpus inject_nmi memory_stats monitor_command open_console open_graphics_fd '
                     'reboot reset screenshot send_key set_metadata:1 suspend',
    (INVALID, 0, INVALID): 'shutdown shutdown_flags',
    (INVALID, INVALID, 0): 'resume',
    (INVALID, INVALID, INVALID): 'set_memory set_memory_flags:1',
    (INVALID, NO_AGENT, INVALID): 'agent_command get_hostname',
    (SNAPSHOT, SNAPSHOT, SNAPSHOT): 'snapshot_current snapshot_delete snapshot_get_parent snapshot_get_xml_desc '
                                    'snapshot_has_metadata snapshot_is_current snapshot_list_all_children '
                                    'snapshot_list_children_names snapshot_lookup_by_name snapshot_num_children',
    (CHECKPOINT, CHECKPOINT, CHECKPOINT): 'checkpoint_get_parent checkpoint_get_xml_desc '
                                          'checkpoint_list_all_children checkpoint_lookup_by_name',
    (TITLE, TITLE, TITLE): 'get_metadata',
    (MISSING, MISSING, MISSING): 'detach_device_flags:2',
}
# One that runs without a stored definition answers as one that runs, but:
NEEDS_DEFINITION = {f'domain_{call}' for call in (
    'attach_device_flags:2 detach_device_flags:2 update_device_flags:2 detach_device_alias:2 set_autostart '
    'set_memory_flags:2 set_memory_stats_period:2 set_metadata:2 set_vcpus_flags:2 undefine undefine_flags').split()}
KNOWN = {f'domain_{call}': codes for codes, calls in CERTAIN.items() for call in calls.split()}


def affects():
    """The calls whose flags choose between the guest and its definition."""
    with open(os.path.join(SOURCE, 'rpc', 'tables', 'calls_when.def'), encoding='utf-8') as rules:
        return set(re.findall(r'^WHEN\(remote, (\w+), saves', rules.read(), re.M))


def all_asks():
    both = affects()
    for row, program in built_rows():
        if row['names'] in ('DOMAIN', 'SNAPSHOT', 'CHECKPOINT'):
            for flags in (0, 1, 2) if row['name'] in both else (0,):
                yield Ask(row, program, flags)


class Guest:
    """The guest, put into a state as often as needed."""

    def __init__(self, server, driver='qemu', more=''):
        self.server, self.driver, self.more = server, driver, more
        self.path = {'qemu': 'qemu:///system', 'test': 'test:///default'}[driver]
        self.connection = server.connect(driver)

    def xml(self):
        more, disk = f'<uuid>{UUID}</uuid>{self.more}', os.path.join(os.getcwd(), 'disk.qcow2')
        if not os.path.exists(disk):
            disk_image(disk)
        threads = "<vcpu current='1'>2</vcpu><iothreads>1</iothreads>"
        if self.driver == 'test':
            return (f"<domain type='test'><name>{NAME}</name>{more}<memory>65536</memory>{threads}<os><type>hvm</type></os>"
                    f'<devices><console type="pty"/><disk type="file" device="disk"><source file="{disk}"/>'
                    f'<target dev="vda"/></disk><interface type="user"><mac address="{MAC}"/></interface></devices></domain>')
        xml = guest_xml(NAME, boot=False, devices=DEVICES % disk)
        return xml.replace('</name>', '</name>' + more, 1).replace('<vcpu>1</vcpu>', threads)

    def find(self):
        try:
            return self.connection.lookupByUUID(UUID.bytes)
        except L.libvirtError as error:
            equal(error.get_error_code(), GONE, 'looking the guest up')
            return None

    def clear(self):
        """Whatever it is now, it is gone afterwards."""
        domain = self.find()
        if domain and domain.isActive():
            domain.destroy()
            domain = self.find()
        if domain:
            domain.undefineFlags(L.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | L.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA |
                                 L.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
        check(not self.find(), 'the guest is gone')
        if os.path.exists('disk.qcow2'):
            os.unlink('disk.qcow2')  # with the snapshots in it

    def make(self, state):
        self.clear()
        if state in ('transient', 'gone'):
            domain = self.connection.createXML(self.xml(), 0)
            if state == 'gone':
                domain.destroy()
            return
        domain = self.connection.defineXML(self.xml())
        if state in ('running', 'paused', 'killed', 'crashed'):
            domain.create()
        if state == 'paused':
            domain.suspend()
        elif state == 'killed':
            self.kill(domain)
        elif state == 'crashed':
            self.crash(domain)
        elif state == 'undefined':
            domain.undefine()

    def kill(self, domain):
        """The event comes when the state is there: nobody asks again after it."""
        for pid in processes('qemu-system-x86'):
            os.kill(pid, signal.SIGKILL)
        while domain.isActive():
            self.watch.wait(NAME, L.VIR_DOMAIN_EVENT_STOPPED)
        equal(domain.state(), [L.VIR_DOMAIN_SHUTOFF, L.VIR_DOMAIN_SHUTOFF_CRASHED], 'the state of a guest that died')

    def crash(self, domain):
        while domain.state()[0] != L.VIR_DOMAIN_CRASHED:
            self.watch.wait(NAME, L.VIR_DOMAIN_EVENT_CRASHED)

    watch = None

    def look(self):
        """All that can be seen of the guest."""
        domain = self.find()
        if not domain:
            return None
        persistent = domain.isPersistent()
        return (domain.name(), domain.ID(), domain.state(), persistent, persistent and domain.autostart(),
                domain.XMLDesc(L.VIR_DOMAIN_XML_SECURE), domain.XMLDesc(L.VIR_DOMAIN_XML_INACTIVE), domain.snapshotNum(),
                len(domain.listAllCheckpoints()))

    def handle(self):
        domain = self.find()
        return NAME, UUID.bytes, domain.ID() if domain else -1


def judge(ask, state, reply, allowed=frozenset()):
    """Is this an answer that a client can make something of?"""
    where = f'{ask.name} of a guest that is {state}'
    if reply.status != ERROR:
        check(state not in ('undefined', 'gone') or ask.program == REEVE or STOCK, f'{where} works')
        return
    code, _, message = reply.error()
    where += f': error {code}, "{message}"'
    if STOCK:
        return
    check(message and not re.search(r'internal error|unknown|\(null\)|%', message, re.I), where)
    if state in ('undefined', 'gone'):
        wanted = {GONE} if ask.program != REEVE else {GONE, L.VIR_ERR_INVALID_ARG}  # history outlives its domain
        check(code in wanted, where)
        return
    if ask.program == REEVE:
        allowed |= {L.VIR_ERR_INVALID_ARG}  # a revision that tells of the end has no text
    if ask.row['name'] == 'domain_memory_peek':
        allowed |= {L.VIR_ERR_INVALID_ARG}  # its flags must say what the address is
    if 'to' in ask.members():
        allowed |= {L.VIR_ERR_SYSTEM_ERROR}  # there is no such directory
    check(code in SENSIBLE | allowed, where)
    if code == INVALID:
        check(NAME in message, f'{where} does not name the guest')
    if state in ('off', 'killed') and (ask.row['where'] == 'WORKER' or (ask.row['name'] in affects() and ask.flags == 1)):
        equal(code, INVALID, where)
        contains(message, r'is not running', where)


def judge_known(ask, state, reply):
    column = {'off': 0, 'killed': 0, 'running': 1, 'transient': 1, 'paused': 2}.get(state)
    got = reply.error() if reply.status == ERROR else (0,)
    if state == 'transient' and ask.name in NEEDS_DEFINITION:
        equal(got[0], INVALID, f'{ask.name} of a guest that is {state}: {got}')
    elif ask.name in KNOWN and column is not None:
        wanted = KNOWN[ask.name][column]
        equal(got[0], wanted, f'{ask.name} of a guest that is {state}: {got}')
    if ask.name in KNOWN and state in ('undefined', 'gone'):
        equal(got[0], GONE, f'{ask.name} of a guest that is {state}')


def answers(wire, frames, seconds=20):
    """Sends frames of serials from 1 at once; returns the replies, by serial."""
    wire.send(b''.join(frames))
    found = {}
    while len(found) < len(frames):
        reply = wire.read(seconds)
        check(reply, f'the connection ended, {len(found)} of {len(frames)} calls answered')
        if reply.type in (REPLY, REPLY_FDS):
            found[reply.serial] = reply
    return [found[number + 1] for number in range(len(frames))]


def matrix(guest, state, judges=(judge, judge_known)):
    """Each call on a connection of its own: what a stream of it leaves ends there."""
    guest.make(state)
    before = guest.look()
    for ask in all_asks():
        if (STOCK and ask.program == REEVE) or (guest.driver == 'test' and ask.program == QEMU):
            continue
        with Wire(guest.server.socket) as wire:
            reply = answers(wire.open(guest.path), [ask.frame(guest.handle(), 1)])[0]
        for one in judges:
            one(ask, state, reply)
        after, worked = guest.look(), reply.status != ERROR
        if not (ask.changes and worked):
            equal(after, before, f'the guest after {ask.name} while {state}')
        elif after != before or ask.name.startswith(('domain_shutdown', 'domain_reboot')):  # which take their time
            guest.make(state)
            before = guest.look()
    guest.clear()


@case
def off(server):
    matrix(Guest(server), 'off')


@case
def running(server):
    matrix(Guest(server), 'running')


@case
def transient(server):
    matrix(Guest(server), 'transient')


@case
def paused(server):
    matrix(Guest(server), 'paused')


@contextlib.contextmanager
def watched(server, driver='qemu', more=''):
    """A guest with an eye on its events; a connection whose events nobody reads for long would be closed."""
    guest = Guest(server, driver, more)
    guest.watch = Watch(server, driver)
    yield guest
    guest.watch.close()


@case
def hypervisor_killed(server):
    with watched(server) as guest:
        matrix(guest, 'killed')


@case
def undefined(server):
    matrix(Guest(server), 'undefined')


@case
def transient_and_gone(server):
    matrix(Guest(server), 'gone')


@case_of_ours
def without_a_hypervisor(server):
    guest = Guest(server, 'test')
    for state in ('off', 'running', 'paused', 'transient', 'undefined', 'gone'):
        matrix(guest, state, (judge,))


def behave(words):
    return f"<metadata><t:behave xmlns:t='urn:reeve:test' {words}/></metadata>"


@case_of_ours
def crashed(server):
    """What is kept after a crash is still there to be looked at, and to be destroyed."""
    with watched(server, 'test', behave("crash-ms='1'") + '<on_crash>preserve</on_crash>') as guest:
        matrix(guest, 'crashed', (judge,))


@case_of_ours
def twins(server):
    """Of two guests with one UUID in two drivers, one runs: what belongs to them is told apart by it."""
    one, other = Guest(server), Guest(server, 'test')
    for first, second in ((one, other), (other, one)):
        second.make('off')
        first.make('running')
        before = first.look()
        with raises(L.VIR_ERR_OPERATION_FAILED):
            second.find().create()
        equal(first.look(), before, 'the one that runs')
        first.find().destroy()
        second.find().create()
        first.clear()
        second.clear()


def together(guest, state, asks, codes):
    """All at once, so that the later ones come before the first can be answered."""
    guest.make(state)
    handle = guest.handle()
    with Wire(guest.server.socket) as wire:
        frames = [ask.frame(handle, serial + 1) for serial, ask in enumerate(asks)]
        replies = answers(wire.open(guest.path), frames, 60)
    for ask, reply in zip(asks, replies):
        judge(ask, f'{state}, asked right after {asks[0].name}', reply, frozenset({GONE, *codes}))
    guest.look()
    return replies


def find_ask(name):
    return next(ask for ask in all_asks() if ask.name == name)


def race(guest, state, name, codes=()):
    """Each call that may change something right after that of @name; those that look, ten in a row."""
    first, asks = find_ask(name), [ask for ask in all_asks() if not ask.flags]
    looking = [ask for ask in asks if not ask.changes]
    for some in [looking[at:at + 10] for at in range(0, len(looking), 10)] + [[ask] for ask in asks if ask.changes]:
        together(guest, state, [first, *some], codes)
    guest.clear()


@case_of_ours
def being_undefined(server):
    guest, first = Guest(server), find_ask('domain_undefine')
    for ask in all_asks():
        replies = together(guest, 'off', [first, ask], ())
        if replies[0].status != ERROR:
            check(not guest.find(), f'undefined, then {ask.name}: it is back')
    guest.clear()


@case_of_ours
def being_destroyed(server):
    race(Guest(server), 'running', 'domain_destroy', {L.VIR_ERR_OPERATION_FAILED})


@case_of_ours
def coming_up(server):
    race(Guest(server), 'off', 'domain_create', {L.VIR_ERR_OPERATION_ABORTED})


@case_of_ours
def stuck_in_its_start(server):
    """A start that hangs: nobody waits longer for it than the setting says, and destroying it ends it."""
    guest = Guest(server, 'test', behave("hang='start'"))
    guest.make('off')
    handle, before = guest.handle(), guest.look()
    with Wire(server.socket) as starter:
        starter.open(guest.path).send(find_ask('domain_create').frame(handle, 1))
        asks = [ask for ask in all_asks() if ask.program != QEMU and not ask.row['name'].startswith('domain_destroy')]
        for at in range(0, len(asks), 30):
            some = asks[at:at + 30]
            with Wire(server.socket) as wire:
                frames = [ask.frame(handle, serial + 1) for serial, ask in enumerate(some)]
                replies = answers(wire.open(guest.path), frames, 20 * SLOW)
            for ask, reply in zip(some, replies):
                judge(ask, 'being started', reply, frozenset({L.VIR_ERR_OPERATION_TIMEOUT}))
        with Wire(server.socket) as wire:
            answer = answers(wire.open(guest.path), [find_ask('domain_destroy').frame(handle, 1)])[0]
            check(answer.status != ERROR, f'destroying a guest that hangs in its start: {answer}')
        check(starter.read(20).status == ERROR, 'the start has failed')
    check(not guest.find().isActive(), 'it is off')
    guest.clear()


if __name__ == '__main__':
    L.virEventRegisterDefaultImpl()
    Watch.registered = True  # here, before the first connection
    with daemon(**({} if STOCK else {'call_timeout': 3})) as server:
        status = run_cases(server)
        check(server.process.poll() is None, 'the daemon lives')
    sys.exit(status)
