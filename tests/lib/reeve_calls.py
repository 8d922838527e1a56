# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each built call with arguments that it answers well, on a stage of objects of the test driver. Calls
that change something stand in rounds that leave the stage as it was, so that they can be repeated. A
call that gets its row in a call table and is not known here is asked with what fits its types; where
that is not enough, the tests that walk this ask for a line in ROUNDS or ALONE."""
import os
import uuid

import libvirt

from reeve_test import Failed
from reeve_wire import CALL, CALL_FDS, CONTINUE, ERROR, REMOTE, REPLY, REPLY_FDS, STREAM, Wire, calls_table, frame, word
from reeve_xdr import types

PROGRAMS = {'calls.def': REMOTE, 'qemu_calls.def': 0x20008087, 'reeve_calls.def': 0x52565600}
L = libvirt


def identity(kind, number):
    return uuid.UUID(int=(0xfeed << 112) | (ord(kind) << 96) | (4 << 76) | (8 << 60) | number)


def domain(number):
    return {'name': f'x{number}', 'uuid': identity('d', number).bytes, 'id': -1}


def domain_xml(number, more=''):
    return (f'<domain type="test"><name>x{number}</name><uuid>{identity("d", number)}</uuid><memory>65536</memory>'
            f'<vcpu>2</vcpu><os><type arch="x86_64">hvm</type></os><devices>{more}<memballoon model="virtio"/></devices></domain>')


def disk(source='/x'):
    return (f'<disk type="file" device="disk"><driver name="qemu" type="raw"/><source file="{source}"/>'
            '<target dev="vdb" bus="virtio"/><alias name="ua-disk"/></disk>')


def interface(more=''):
    return (f'<interface type="user"><mac address="52:54:00:11:22:33"/><model type="virtio"/>{more}'
            '<alias name="ua-net"/></interface>')


def named(kind, number):
    return {'name': f'{kind}{number}', 'uuid': identity(kind[0], number).bytes}


def network_xml(number):
    return f'<network><name>net{number}</name><uuid>{identity("n", number)}</uuid><bridge name="br{number}"/></network>'


def filter_xml(number):
    return f'<filter name="filter{number}"><uuid>{identity("f", number)}</uuid></filter>'


def pool_xml(number):
    return (f'<pool type="dir"><name>pool{number}</name><uuid>{identity("p", number)}</uuid>'
            f'<target><path>{os.getcwd()}/pools/pool{number}</path></target></pool>')


def volume(number):
    return {'pool': 'pool0', 'name': f'vol{number}.img', 'key': f'{os.getcwd()}/pools/pool0/vol{number}.img'}


def volume_xml(number):
    return (f'<volume><name>vol{number}.img</name><capacity>1048576</capacity><allocation>0</allocation>'
            '<target><format type="raw"/></target></volume>')


def secret(number):
    return {'uuid': identity('s', number).bytes, 'usageType': L.VIR_SECRET_USAGE_TYPE_VOLUME, 'usageID': f'/s{number}'}


def secret_xml(number):
    return f'<secret><uuid>{identity("s", number)}</uuid><usage type="volume"><volume>/s{number}</volume></usage></secret>'


def number(name, value):
    return [{'field': name, 'value': (L.VIR_TYPED_PARAM_ULLONG, value)}]


def text(name, value):
    return [{'field': name, 'value': (L.VIR_TYPED_PARAM_STRING, value)}]


def moment_xml(kind, name, number, parent=None):
    above = f'<parent><name>{parent}</name></parent>' if parent else ''
    state = '<state>shutoff</state>' if kind == 'domainsnapshot' else ''
    return (f'<{kind}><name>{name}</name>{above}{state}<creationTime>1600000000</creationTime>'
            f'{domain_xml(number)}</{kind}>')


SNAPSHOT = L.VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE
CHECKPOINT = L.VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE
CONFIG = L.VIR_DOMAIN_AFFECT_CONFIG
RUNNING = 1001
READY = domain(RUNNING)
LAST = 'the last reply'  # a placeholder for what it says under the same name


def stage():
    """What is made once: domain 1000 is off and has moments, 1001 runs, pool0 has a volume, and there is one
    object of each other kind."""
    off = domain(1000)
    return [
        ('domain_define_xml', {'xml': domain_xml(1000, disk() + interface())}),
        ('domain_set_metadata', {'dom': off, 'type': 1, 'metadata': 'a title', 'flags': CONFIG}),
        ('domain_snapshot_create_xml', {'dom': off, 'xml_desc': moment_xml('domainsnapshot', 'one', 1000), 'flags': SNAPSHOT}),
        ('domain_snapshot_create_xml', {'dom': off, 'xml_desc': moment_xml('domainsnapshot', 'two', 1000, 'one'),
                                        'flags': SNAPSHOT | L.VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT}),
        ('domain_checkpoint_create_xml', {'dom': off, 'xml_desc': moment_xml('domaincheckpoint', 'one', 1000), 'flags': CHECKPOINT}),
        ('domain_checkpoint_create_xml', {'dom': off, 'xml_desc': moment_xml('domaincheckpoint', 'two', 1000, 'one'),
                                          'flags': CHECKPOINT}),
        ('network_define_xml', {'xml': network_xml(1000)}),
        ('nwfilter_define_xml', {'xml': filter_xml(1000)}),
        ('secret_define_xml', {'xml': secret_xml(1000)}),
        ('secret_set_value', {'secret': secret(1000), 'value': b'value'}),
        ('storage_pool_define_xml', {'xml': pool_xml(0)}),
        ('storage_pool_build', {'pool': named('pool', 0)}),
        ('storage_pool_create', {'pool': named('pool', 0)}),
        ('storage_vol_create_xml', {'pool': named('pool', 0), 'xml': volume_xml(1000)}),
        ('domain_define_xml', {'xml': domain_xml(RUNNING, disk() + interface() + '<console type="pty"/>')}),
        ('domain_create', {'dom': domain(RUNNING)}),
    ]


def fitting(kind):
    """What the members of this type are called tells what fits them."""
    off = domain(1000)
    fits = {
        'dom': READY, 'snap': {'name': 'two', 'dom': off}, 'snapshot': {'name': 'one', 'dom': off},
        'checkpoint': {'name': 'two', 'dom': off}, 'net': named('net', 1000), 'nwfilter': named('filter', 1000),
        'pool': named('pool', 0), 'vol': volume(1000), 'secret': secret(1000), 'need_results': 1,
        'maxnames': 64, 'maxids': 64, 'maxuuids': 64, 'nparams': 16, 'maxStats': 16,
    }
    if kind == 'NOTHING':
        return {}
    return {member.name: fits[member.name] for member in types().structs[kind]
            if member.name in fits and not (member.optional or member.many)}


# Arguments of calls that change nothing, where fitting() does not tell.
ALONE = {
    'connect_open': {'name': 'test:///default'},
    'connect_supports_feature': {'feature': 14},
    'connect_get_max_vcpus': {'type': 'test'},
    'connect_get_cpu_model_names': {'arch': 'x86_64', 'need_results': 1},
    'connect_get_all_domain_stats': {'doms': [READY]},
    'domain_block_stats': {'path': 'vdb'},
    'domain_block_stats_flags': {'path': 'vdb'},
    'domain_get_block_info': {'path': 'vdb'},
    'domain_interface_stats': {'device': '52:54:00:11:22:33'},
    'domain_get_vcpus': {'maxinfo': 2, 'maplen': 1},
    'domain_lookup_by_id': {'id': 1},
    'domain_lookup_by_name': {'name': 'test'},
    'domain_lookup_by_uuid': {'uuid': domain(1000)['uuid']},
    'domain_get_metadata': {'dom': domain(1000), 'type': 1, 'flags': CONFIG},
    'domain_snapshot_current': {'dom': domain(1000)},
    'domain_snapshot_lookup_by_name': {'dom': domain(1000), 'name': 'one'},
    'domain_snapshot_list_names': {'dom': domain(1000), 'maxnames': 64},
    'domain_list_all_snapshots': {'dom': domain(1000), 'need_results': 1},
    'domain_checkpoint_get_parent': {'checkpoint': {'name': 'two', 'dom': domain(1000)}},
    'domain_checkpoint_list_all_children': {'checkpoint': {'name': 'one', 'dom': domain(1000)}, 'need_results': 1},
    'domain_checkpoint_lookup_by_name': {'dom': domain(1000), 'name': 'one'},
    'domain_list_all_checkpoints': {'dom': domain(1000), 'need_results': 1},
    'network_lookup_by_name': {'name': 'net1000'},
    'network_lookup_by_uuid': {'uuid': named('net', 1000)['uuid']},
    'nwfilter_lookup_by_name': {'name': 'filter1000'},
    'nwfilter_lookup_by_uuid': {'uuid': named('filter', 1000)['uuid']},
    'secret_lookup_by_uuid': {'uuid': secret(1000)['uuid']},
    'secret_lookup_by_usage': {'usageType': secret(1000)['usageType'], 'usageID': secret(1000)['usageID']},
    'storage_pool_lookup_by_name': {'name': 'pool0'},
    'storage_pool_lookup_by_uuid': {'uuid': named('pool', 0)['uuid']},
    'storage_vol_lookup_by_name': {'pool': named('pool', 0), 'name': 'vol1000.img'},
    'node_get_cells_free_memory': {'startCell': 0, 'maxcells': 1},
    'node_get_free_pages': {'pages': [4], 'cellCount': 1},
    'node_get_cpu_map': {'need_map': 1, 'need_online': 1},
    'node_get_memory_parameters': {'nparams': 16},
    'node_set_memory_parameters': {'params': []},
    'node_alloc_pages': {'pageSizes': [1], 'pageCounts': [0], 'startCell': -1, 'cellCount': 1},
    'node_get_cpu_stats': {'cpuNum': -1, 'nparams': 16},
    'node_get_memory_stats': {'cellNum': -1, 'nparams': 16},
    'domain_attach_device': {'xml': disk()},
    'domain_detach_device': {'xml': disk()},
    'domain_get_vcpu_pin_info': {'ncpumaps': 2, 'maplen': 1},
    'domain_get_emulator_pin_info': {'maplen': 1},
    'domain_get_interface_parameters': {'device': '52:54:00:11:22:33', 'nparams': 16},
    'domain_get_block_io_tune': {'disk': 'vdb', 'nparams': 16},
    'domain_set_user_password': {'user': 'root', 'password': 'a password'},
    'domain_set_guest_vcpus': {'cpumap': '0', 'state': 1},
    'domain_authorized_ssh_keys_get': {'user': 'root'},
    'domain_authorized_ssh_keys_set': {'user': 'root', 'keys': []},
    'domain_agent_set_response_timeout': {'timeout': -1},
    'domain_interface_addresses': {'source': 0},
    'domain_send_key': {'keycodes': [30]},
    'domain_start_dirty_rate_calc': {'seconds': 1},
    'domain_history': {'dom': domain(1000)},
    **dict.fromkeys(('domain_save', 'domain_save_flags', 'domain_core_dump', 'domain_core_dump_with_format'), {'to': '/nonexistent/memory'}),
    **dict.fromkeys(('domain_restore', 'domain_restore_flags'), {'from': '/nonexistent/memory'}),
    'domain_save_image_get_xml_desc': {'file': '/nonexistent/memory'},
    'domain_save_image_define_xml': {'file': '/nonexistent/memory', 'dxml': domain_xml(1000)},
    'domain_managed_save_define_xml': {'dxml': domain_xml(1001)},
    'domain_memory_peek': {'size': 16, 'flags': L.VIR_MEMORY_PHYSICAL},
    'domain_history_get': {'dom': domain(1000), 'revision': 0},
    'domain_history_purge': {'dom': domain(1000)},
    'domain_diagnostics': {'xml': domain_xml(1001)},
}

# What this host, or the test driver, may not have: the errors that these calls may answer. Any may be
# refused with VIR_ERR_NO_SUPPORT, which is the test driver's word for what it cannot do.
REFUSED = {
    **dict.fromkeys(('node_device_lookup_by_name', 'node_device_get_xml_desc', 'node_device_is_active'),
                    L.VIR_ERR_NO_NODE_DEVICE),
    **dict.fromkeys(('interface_lookup_by_name', 'interface_lookup_by_mac_string', 'interface_is_active'),
                    L.VIR_ERR_NO_INTERFACE),
    **dict.fromkeys(('domain_attach_device', 'domain_detach_device'),
                    L.VIR_ERR_OPERATION_UNSUPPORTED),
    'connect_get_sysinfo': L.VIR_ERR_CONFIG_UNSUPPORTED,
    **dict.fromkeys(('domain_abort_job', 'domain_abort_job_flags', 'domain_managed_save_get_xml_desc', 'domain_managed_save_define_xml',
                     'reeve:domain_history_purge'), L.VIR_ERR_OPERATION_INVALID),
    **dict.fromkeys(('domain_save', 'domain_save_flags', 'domain_core_dump', 'domain_core_dump_with_format', 'domain_restore',
                     'domain_restore_flags', 'domain_save_image_get_xml_desc', 'domain_save_image_define_xml'),
                    L.VIR_ERR_SYSTEM_ERROR),  # no such directory
    'domain_restore_params': L.VIR_ERR_INVALID_ARG,
    'domain_revert_to_snapshot': L.VIR_ERR_OPERATION_FAILED,
    'node_get_memory_parameters': L.VIR_ERR_OPERATION_UNSUPPORTED,
    'node_alloc_pages': L.VIR_ERR_OPERATION_FAILED,  # there are no pages of 1 KiB
}
# What makes or ends the connection itself.
OF_CONNECTIONS = ('connect_open', 'connect_close', 'auth_polkit')


def storage_by_path():
    path = volume(1000)['key']
    return {
        'storage_pool_lookup_by_target_path': {'path': os.path.dirname(path)},
        'storage_vol_lookup_by_key': {'key': path},
        'storage_vol_lookup_by_path': {'path': path},
    }


def registrations():
    """Of events: each client can make one of a kind."""
    register, deregister = {'eventID': 0}, {'callbackID': LAST}
    return {
        'oldest registrations': [('connect_domain_event_register', {}), ('connect_domain_event_deregister', {})],
        'old registrations': [('connect_domain_event_register_any', register), ('connect_domain_event_deregister_any', register)],
        'registrations': [('connect_domain_event_callback_register_any', register),
                          ('connect_domain_event_callback_deregister_any', deregister)],
        'network registrations': [('connect_network_event_register_any', register),
                                  ('connect_network_event_deregister_any', deregister)],
        'pool registrations': [('connect_storage_pool_event_register_any', register),
                               ('connect_storage_pool_event_deregister_any', deregister)],
        'device registrations': [('connect_node_device_event_register_any', register),
                                 ('connect_node_device_event_deregister_any', deregister)],
        'secret registrations': [('connect_secret_event_register_any', register),
                                 ('connect_secret_event_deregister_any', deregister)],
        'monitor registrations': [('qemu:connect_domain_monitor_event_register', {}),
                                  ('qemu:connect_domain_monitor_event_deregister', deregister)],
        'close callbacks': [('connect_register_close_callback', {}), ('connect_unregister_close_callback', {})],
    }


def rounds(lane):
    """Name -> calls that all succeed, in this order, and leave nothing behind. @lane keeps those that
    run at the same time apart."""
    dom, define, undefine = domain(lane), ('domain_define_xml', {'xml': domain_xml(lane)}), ('domain_undefine', {'dom': domain(lane)})
    with_disk = ('domain_define_xml', {'xml': domain_xml(lane, disk() + interface())})
    snap, point = {'name': 's', 'dom': dom}, {'name': 'c', 'dom': dom}
    net, pool, vol = named('net', lane), named('pool', lane + 1), volume(lane)
    return {
        'define': [define, undefine],
        'define by flags': [('domain_define_xml_flags', {'xml': domain_xml(lane)}), ('domain_undefine_flags', {'dom': dom})],
        'configuration': [
            define,
            ('domain_set_autostart', {'dom': dom, 'autostart': 1}),
            ('domain_set_autostart', {'dom': dom, 'autostart': 0}),
            ('domain_set_vcpus_flags', {'dom': dom, 'nvcpus': 1, 'flags': CONFIG}),
            ('domain_set_memory_flags', {'dom': dom, 'memory': 32768, 'flags': CONFIG}),
            ('domain_set_memory_stats_period', {'dom': dom, 'period': 1, 'flags': CONFIG}),
            ('domain_set_max_memory', {'dom': dom, 'memory': 131072}),
            ('domain_set_metadata', {'dom': dom, 'type': 0, 'metadata': 'words', 'flags': CONFIG}),
            ('reeve:domain_rollback', {'dom': dom, 'revision': -1}),
            ('domain_rename', {'dom': dom, 'new_name': f'y{lane}'}),
            undefine],
        'tuning': [
            with_disk,
            ('domain_create', {'dom': dom}),
            ('domain_set_vcpus', {'dom': dom, 'nvcpus': 2}),
            ('domain_pin_vcpu', {'dom': dom, 'vcpu': 0, 'cpumap': b'\1'}),
            ('domain_set_scheduler_parameters', {'dom': dom, 'params': number('cpu_shares', 100)}),
            ('domain_destroy', {'dom': dom}),
            ('domain_set_vcpu', {'dom': dom, 'cpumap': '1', 'state': 0, 'flags': CONFIG}),
            ('domain_pin_vcpu_flags', {'dom': dom, 'vcpu': 0, 'cpumap': b'\1', 'flags': CONFIG}),
            ('domain_pin_emulator', {'dom': dom, 'cpumap': b'\1', 'flags': CONFIG}),
            ('domain_add_iothread', {'dom': dom, 'iothread_id': 1, 'flags': CONFIG}),
            ('domain_pin_iothread', {'dom': dom, 'iothreads_id': 1, 'cpumap': b'\1', 'flags': CONFIG}),
            ('domain_set_iothread_params', {'dom': dom, 'iothread_id': 1, 'params': [], 'flags': CONFIG}),
            ('domain_del_iothread', {'dom': dom, 'iothread_id': 1, 'flags': CONFIG}),
            ('domain_set_scheduler_parameters_flags', {'dom': dom, 'params': number('vcpu_period', 5000), 'flags': CONFIG}),
            ('domain_set_memory_parameters', {'dom': dom, 'params': number('hard_limit', 1 << 20), 'flags': CONFIG}),
            ('domain_set_blkio_parameters', {'dom': dom, 'params': text('device_weight', '/dev/sda,100'), 'flags': CONFIG}),
            ('domain_set_numa_parameters', {'dom': dom, 'params': text('numa_nodeset', '0'), 'flags': CONFIG}),
            ('domain_set_block_io_tune', {'dom': dom, 'disk': 'vdb', 'params': number('total_iops_sec', 9), 'flags': CONFIG}),
            ('domain_set_interface_parameters', {'dom': dom, 'device': '52:54:00:11:22:33', 'params': [], 'flags': CONFIG}),
            ('domain_set_perf_events', {'dom': dom, 'params': [], 'flags': CONFIG}),
            ('domain_set_lifecycle_action', {'dom': dom, 'type': 0, 'action': 1, 'flags': CONFIG}),
            undefine],
        'devices': [
            with_disk,
            ('domain_update_device_flags', {'dom': dom, 'xml': interface('<link state="down"/>'), 'flags': CONFIG}),
            ('domain_detach_device_alias', {'dom': dom, 'alias': 'ua-net', 'flags': CONFIG}),
            ('domain_detach_device_flags', {'dom': dom, 'xml': disk(), 'flags': CONFIG}),
            ('domain_attach_device_flags', {'dom': dom, 'xml': disk(), 'flags': CONFIG}),
            undefine],
        'moments': [
            define,
            ('domain_snapshot_create_xml', {'dom': dom, 'xml_desc': moment_xml('domainsnapshot', 's', lane), 'flags': SNAPSHOT}),
            ('domain_checkpoint_create_xml', {'dom': dom, 'xml_desc': moment_xml('domaincheckpoint', 'c', lane), 'flags': CHECKPOINT}),
            ('domain_snapshot_delete', {'snap': snap, 'flags': L.VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY}),
            ('domain_checkpoint_delete', {'checkpoint': point, 'flags': L.VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY}),
            undefine],
        'lifecycle': [
            with_disk,
            ('domain_create', {'dom': dom}),
            ('domain_suspend', {'dom': dom}),
            ('domain_resume', {'dom': dom}),
            ('domain_set_memory', {'dom': dom, 'memory': 32768}),
            ('domain_reboot', {'dom': dom}),
            ('domain_reset', {'dom': dom}),
            ('domain_shutdown', {'dom': dom}),
            ('domain_create_with_flags', {'dom': dom}),
            ('domain_shutdown_flags', {'dom': dom}),
            ('domain_create', {'dom': dom}),
            ('domain_destroy_flags', {'dom': dom}),
            undefine],
        'transient': [('domain_create_xml', {'xml_desc': domain_xml(lane)}), ('domain_destroy', {'dom': dom})],
        'networks': [
            ('network_define_xml', {'xml': network_xml(lane)}),
            ('network_define_xml_flags', {'xml': network_xml(lane)}),
            ('network_set_autostart', {'net': net, 'autostart': 1}),
            ('network_undefine', {'net': net})],
        'networks that start': [
            ('network_define_xml', {'xml': network_xml(lane)}),
            ('network_create', {'net': net}),
            ('network_destroy', {'net': net}),
            ('network_undefine', {'net': net})],
        'transient networks': [
            ('network_create_xml', {'xml': network_xml(lane)}),
            ('network_destroy', {'net': net}),
            ('network_create_xml_flags', {'xml': network_xml(lane)}),
            ('network_destroy', {'net': net})],
        'filters': [
            ('nwfilter_define_xml', {'xml': filter_xml(lane)}),
            ('nwfilter_define_xml_flags', {'xml': filter_xml(lane)}),
            ('nwfilter_undefine', {'nwfilter': named('filter', lane)})],
        'secrets': [
            ('secret_define_xml', {'xml': secret_xml(lane)}),
            ('secret_set_value', {'secret': secret(lane), 'value': b'\0\1value'}),
            ('secret_get_value', {'secret': secret(lane)}),
            ('secret_undefine', {'secret': secret(lane)})],
        'pools': [
            ('storage_pool_define_xml', {'xml': pool_xml(lane + 1)}),
            ('storage_pool_build', {'pool': pool}),
            ('storage_pool_set_autostart', {'pool': pool, 'autostart': 1}),
            ('storage_pool_create', {'pool': pool}),
            ('storage_pool_refresh', {'pool': pool}),
            ('storage_pool_destroy', {'pool': pool}),
            ('storage_pool_delete', {'pool': pool}),
            ('storage_pool_undefine', {'pool': pool})],
        'transient pools': [
            ('storage_pool_create_xml', {'xml': pool_xml(lane + 1), 'flags': L.VIR_STORAGE_POOL_CREATE_WITH_BUILD}),
            ('storage_pool_destroy', {'pool': pool})],
        'volumes': [
            ('storage_vol_create_xml', {'pool': named('pool', 0), 'xml': volume_xml(lane)}),
            ('storage_vol_resize', {'vol': vol, 'capacity': 2097152}),
            ('storage_vol_wipe', {'vol': vol}),
            ('storage_vol_wipe_pattern', {'vol': vol, 'algorithm': L.VIR_STORAGE_VOL_WIPE_ALG_RANDOM}),
            ('storage_vol_create_xml_from', {'pool': named('pool', 0), 'xml': volume_xml(f'{lane}-copy'), 'clonevol': vol}),
            ('storage_vol_delete', {'vol': volume(f'{lane}-copy')}),
            ('storage_vol_delete', {'vol': vol})],
        **(registrations() if lane == 0 else {}),
    }


class Calls:
    """The built calls, by name; those of the smaller programs as qemu:NAME and reeve:NAME."""

    def __init__(self):
        self.rows = {}
        for table, program in PROGRAMS.items():
            prefix = table[:-len('calls.def')].replace('_', ':')
            for row in calls_table(table):
                if row['where'] != 'NONE' and row['kind'] != 'EVENT':
                    self.rows[prefix + row['name']] = {**row, 'program': program}

    def values(self, name):
        """Arguments for a call that stands alone."""
        plain = name.split(':')[-1]
        given = ALONE.get(plain) or storage_by_path().get(plain) or {}
        return {**fitting(self.rows[name]['args']), **given}

    def fill(self, value, last=None):
        if isinstance(value, list):
            return [self.fill(item, last) for item in value]
        if isinstance(value, dict):
            return {key: last.get(key, last.get('ret')) if item is LAST else self.fill(item, last)
                    for key, item in value.items()}
        return value

    def frame(self, name, values, serial=0, last=None):
        row = self.rows[name]
        kind = CALL_FDS if row['kind'] in ('FDS_IN', 'FDS_BOTH') else CALL
        payload = types().pack(row['args'], self.fill(values, last))
        return frame(int(row['number']), (word(0) if kind == CALL_FDS else b'') + payload, serial,
                     program=row['program'], kind=kind)

    def ask(self, wire, name, values, last=None):
        """One call; returns the frame of the reply."""
        wire.serial += 1
        wire.send(self.frame(name, values, wire.serial, last))
        while True:
            reply = wire.read(60)
            if reply is None:
                raise Failed(f'the connection ended at {name}')
            if reply.serial == wire.serial and reply.type in (REPLY, REPLY_FDS):
                break
        if self.rows[name]['kind'].startswith('STREAM') and reply.status != ERROR:
            self.give_up(wire, name)
        return reply

    def give_up(self, wire, name):
        """Ends the stream that the last call has opened; whatever comes on it meanwhile is dropped."""
        row = self.rows[name]
        wire.send(frame(int(row['number']), b'', wire.serial, program=row['program'], kind=STREAM, status=ERROR))
        while True:
            reply = wire.read(60)
            if reply is None:
                raise Failed(f'the connection ended at {name}')
            if reply.serial == wire.serial and reply.type == STREAM and reply.status != CONTINUE:
                return

    def expect(self, wire, name, values, last=None):
        reply = self.ask(wire, name, values, last)
        if reply.status == ERROR:
            raise Failed(f'{name}: {reply.error()}')
        return types().unpack(self.rows[name]['ret'], reply.payload)

    def set_stage(self, server):
        os.makedirs('pools', exist_ok=True)
        wire = Wire(server.socket).open()
        for name, values in stage():
            self.expect(wire, name, values)
        return wire

    def alone(self):
        """Names of the calls that stand in no round."""
        used = {name for calls in rounds(0).values() for name, _ in calls}
        return [name for name in self.rows if name not in used and name not in OF_CONNECTIONS]
