# SPDX-License-Identifier: LGPL-2.1-or-later
"""Any call about a guest with arguments that fit, made from the call tables: a call that gets built is asked without
a further line."""
from reeve_test import Failed
from reeve_wire import CALL_FDS, QEMU, REEVE, REMOTE, calls_table, frame, word
from reeve_xdr import types

TABLES = {'calls.def': REMOTE, 'qemu_calls.def': QEMU, 'reeve_calls.def': REEVE}
# What fits an argument is told by its name, where need be with the call's before it. Optional ones and lists may be
# left out; any other that is not here, as that of a call which is new, is a failure that names it.
VALUES = {
    'xml': "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>",
    'domain_snapshot_create_xml.xml_desc': '<domainsnapshot><name>moment</name></domainsnapshot>',
    'domain_checkpoint_create_xml.xml_desc': '<domaincheckpoint><name>moment</name></domaincheckpoint>',
    'backup_xml': '<domainbackup/>', 'destxml': "<disk type='file'><source file='/nonexistent/disk'/></disk>",
    'domain_agent_command.cmd': '{"execute": "guest-ping"}', 'cmd': '{"execute": "query-status"}',
    'domain_migrate_perform.uri': 'tcp:127.0.0.1', 'to': '/nonexistent/memory', 'metadata': 'a title',
    'domain_managed_save_define_xml.dxml': '<domain/>',
    'path': 'vda', 'disk': 'vda', 'dev': 'vda', 'device': '52:54:00:12:34:56', 'alias': 'virtio-disk0', 'name': 'moment',
    'new_name': 'renamed', 'user': 'root', 'password': 'a password', 'cpumap': '0', 'keycodes': [30],
    **{f'domain_pin_{what}.cpumap': b'\1' for what in ('vcpu', 'vcpu_flags', 'emulator', 'iothread')},
    'domain_add_iothread.iothread_id': 2, 'domain_set_vcpu.cpumap': '1',
    'memory': 65536, 'cacheSize': 65536, 'size': 4096, 'maxnames': 16, 'maxStats': 16, 'maxerrors': 16, 'nparams': 16,
    'maplen': 8, 'maxinfo': 1, 'nvcpus': 1, 'ncpus': 1, 'ncpumaps': 1, 'vcpu': 0, 'start_cpu': -1, 'type': 1,
    'types': 0, 'autostart': 1, 'need_results': 1, 'screen': 0, 'idx': 0, 'period': 5, 'revision': 0, 'codeset': 0,
    'holdtime': 1, 'timeout': 2, 'seconds': 1, 'nseconds': 0, 'duration': 0, 'downtime': 100, 'bandwidth': 0,
    'resource': 0, 'offset': 0, 'minimum': 0, 'threshold': 0, 'target': 0, 'source': 0, 'state': 1, 'action': 0,
    'cancelled': 0, 'dumpformat': 0, 'pid_value': 1, 'signum': 0, 'iothread_id': 1, 'iothreads_id': 1,
}


class Ask:
    """One call with one value of its flags. What @values say goes before VALUES."""

    def __init__(self, row, program, flags=0, values=None):
        self.row, self.program, self.flags, self.values = row, program, flags, {**VALUES, **(values or {})}
        self.name = row['name'] + (f':{flags}' if flags else '')
        self.changes = row['read_only'] == 'REFUSED'

    def frame(self, handle, serial):
        fds = self.row['kind'] in ('FDS_IN', 'FDS_BOTH')
        payload = (word(0) if fds else b'') + self.arguments(handle)
        return frame(int(self.row['number']), payload, serial, self.program, **({'kind': CALL_FDS} if fds else {}))


    def send(self, wire, handle, seconds=20):
        """The reply, on an open connection."""
        wire.serial += 1
        return wire.exchange(self.frame(handle, wire.serial), seconds)

    def members(self):
        kind = self.row['args']
        return {} if kind == 'NOTHING' else {member.name: member for member in types().structs[kind]}

    def arguments(self, handle):
        return types().pack(self.row['args'], {name: self.value(one, handle) for name, one in self.members().items()})

    def value(self, member, handle):
        if member.type == 'remote_nonnull_domain':
            guest = dict(zip(('name', 'uuid', 'id'), handle))
            return [guest] if member.many else guest
        if member.type in ('remote_nonnull_domain_snapshot', 'remote_nonnull_domain_checkpoint'):
            return {'name': 'moment', 'dom': dict(zip(('name', 'uuid', 'id'), handle))}
        if member.name == 'flags':
            return self.flags
        for key in (f'{self.row["name"]}.{member.name}', member.name):
            if key in self.values:
                return self.values[key]
        if member.optional or member.many or member.type == 'remote_optional_string':
            return None
        raise Failed(f'{self.name}: which {member.type} would do for its argument {member.name}? Tell VALUES in tests/lib/reeve_ask.py')


def built_rows():
    """(row, program) of every built call."""
    for name, program in TABLES.items():
        for row in calls_table(name):
            if row['where'] != 'NONE' and row['kind'] != 'EVENT':
                yield row, program
