# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kinds of objects that calls change: which changing calls of the table there are about each, how one is
made ready, and a model of what becomes of it. A new changing call belongs to its kind the day it gets its row;
one whose arguments are not known (reeve_calls.py) fails every test that walks these."""
import os
import re
from xml.etree import ElementTree

import libvirt

from reeve_calls import (ALONE, domain, domain_xml, filter_xml, identity, moment_xml, named, network_xml, pool_xml,
                         rounds, secret, secret_xml)
from reeve_test import Failed, check, equal
from reeve_xdr import types

L = libvirt
METADATA = L.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | L.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
# Changing calls about no object of these kinds (those of saved guests are about files), and those that begin streams,
# which have tests of their own.
OTHERS = ('domain_open_console', 'domain_screenshot', 'domain_restore', 'domain_restore_flags', 'domain_restore_params',
          'domain_save_image_get_xml_desc', 'domain_save_image_define_xml')


MARKS = {
    'network': ('</network>', '<domain name="mark{}"/></network>'),
    'filter': ('</filter>', '<rule action="drop" direction="in" priority="{}"/></filter>'),
    'secret': ('<usage', '<description>mark{}</description><usage'),
    'pool': ('</path>', '</path><permissions><mode>07{:02}</mode></permissions>'),
    'volume': ('', ''),
    'domain': ('<memory>', '<title>mark{}</title><memory>'),
    'domainsnapshot': ('</name>', '</name><description>mark{}</description>'),
    'domaincheckpoint': ('</name>', '</name><description>mark{}</description>'),
}


def marked(xml, number):
    """The document with something in it by which this call's version is told from the others."""
    root = xml[1:].replace('>', ' ').split(' ', 1)[0]
    if root in ('disk', 'interface'):
        return xml
    old, new = MARKS[root]
    return xml.replace(old, new.format(number), 1) if old else xml


def varied(values, number):
    changed = dict(values)
    for key in ('xml', 'xml_desc'):
        if key in changed:
            changed[key] = marked(changed[key], number)
    if 'autostart' in changed:
        changed['autostart'] = number % 2
    if 'value' in changed:
        changed['value'] = b'value %d' % number
    if 'metadata' in changed:
        changed['metadata'] = f'mark{number}'
    if 'capacity' in changed:
        changed['capacity'] = (number + 2) << 20
    return changed


class Kind:
    """Objects of one kind: which changing calls there are, how one is made ready, what becomes of it. state is
    a dictionary; model[name](state, values) says whether the call succeeds and changes it."""
    handles = ()
    rounds = ()
    model = {}
    start = None

    def __init__(self, calls):
        self.calls = calls

    def handle(self, lane):
        """Members that name the object of @lane."""
        raise NotImplementedError

    def ready(self, lane):
        """Calls, in this order, that may fail: after them the object is as start() says."""
        raise NotImplementedError

    def known(self, lane):
        """Arguments by name of the call."""
        found = {name: values for title, calls in rounds(lane).items() if title in self.rounds
                 for name, values in calls if self.changes(name)}
        for name in self.mine():
            if name not in found:
                found[name] = self.guessed(name, lane)
        return found

    def changes(self, name):
        row = self.calls.rows[name]
        return row['read_only'] == 'REFUSED' and row['kind'] != 'EVENT' and name not in OTHERS

    def mine(self):
        """The changing calls whose first argument is such an object."""
        return [name for name, row in self.calls.rows.items() if self.changes(name) and row['names'] in self.handles]

    def is_modelled(self, name):
        return name in self.model

    def steps(self, state, made):
        """What may be there after the call @made (name, values, error), if it found @state and answered so."""
        name, values, error = made
        after = dict(state)
        if bool(self.model[name](after, values)) == (error is None):
            yield after

    def meanwhile(self, state):
        """What may become of @state by itself."""
        yield state

    def guessed(self, name, lane):
        """Of a call that stands in no round: its handle, and what ALONE says of the rest."""
        plain = name.split(':')[-1]
        handle = {key: value for key, value in self.handle(lane).items()
                  if key in {member.name for member in types().structs[self.calls.rows[name]['args']]}}
        rest = {member.name for member in types().structs[self.calls.rows[name]['args']]} - set(handle) - {'flags'}
        needed = {key for key in rest if key in ('xml', 'name', 'value')}
        if not handle or (needed and plain not in ALONE):
            raise Failed(f'{name} changes something, and its arguments are not known: give it a line in reeve_calls.py')
        return {**{key: value for key, value in ALONE.get(plain, {}).items() if key != 'dom'}, **handle}


def outcome(state, good, **changes):
    if good:
        state.update(changes)
    return good


def defined(state, values):
    return outcome(state, True, there=True, xml=values.get('xml') or values['xml_desc'])


def undefined(state, _):
    return outcome(state, state['there'] and not state.get('active'), there=False, xml=None, autostart=0, value=None)


def autostarted(state, values):
    return outcome(state, state['there'], autostart=values['autostart'])


class Networks(Kind):
    handles, rounds = ('NETWORK',), ('networks', 'networks that start', 'transient networks')
    model = {'network_define_xml': defined, 'network_define_xml_flags': defined, 'network_undefine': undefined,
             'network_set_autostart': autostarted}

    def handle(self, lane):
        return {'net': named('net', lane)}

    def ready(self, lane):
        return [('network_undefine', self.handle(lane)), ('network_define_xml', {'xml': network_xml(lane)})]

    def start(self, lane):
        return {'there': True, 'xml': network_xml(lane), 'autostart': 0}

    def look(self, connection, lane):
        try:
            found = connection.networkLookupByUUID(identity('n', lane).bytes)
            return {'there': True, 'xml': found.XMLDesc(0), 'autostart': found.autostart()}
        except L.libvirtError:
            return {'there': False, 'xml': None, 'autostart': 0}


class Filters(Kind):
    handles, rounds = ('NWFILTER',), ('filters',)
    model = {'nwfilter_define_xml': defined, 'nwfilter_define_xml_flags': defined, 'nwfilter_undefine': undefined}

    def handle(self, lane):
        return {'nwfilter': named('filter', lane)}

    def ready(self, lane):
        return [('nwfilter_undefine', self.handle(lane)), ('nwfilter_define_xml', {'xml': filter_xml(lane)})]

    def start(self, lane):
        return {'there': True, 'xml': filter_xml(lane)}

    def look(self, connection, lane):
        try:
            return {'there': True, 'xml': connection.nwfilterLookupByUUID(identity('f', lane).bytes).XMLDesc(0)}
        except L.libvirtError:
            return {'there': False, 'xml': None}


class Secrets(Kind):
    handles, rounds = ('SECRET',), ('secrets',)
    model = {'secret_define_xml': defined, 'secret_undefine': undefined,
             'secret_set_value': lambda state, values: outcome(state, state['there'], value=values['value']),
             'secret_get_value': lambda state, _: state['there'] and state['value'] is not None}

    def handle(self, lane):
        return {'secret': secret(lane)}

    def ready(self, lane):
        return [('secret_undefine', self.handle(lane)), ('secret_define_xml', {'xml': secret_xml(lane)}),
                ('secret_set_value', {**self.handle(lane), 'value': b'at first'})]

    def start(self, lane):
        return {'there': True, 'xml': secret_xml(lane), 'value': b'at first'}

    def look(self, connection, lane):
        try:
            found = connection.secretLookupByUUID(identity('s', lane).bytes)
        except L.libvirtError:
            return {'there': False, 'xml': None, 'value': None}
        try:
            value = found.value()
        except L.libvirtError:
            value = None
        return {'there': True, 'xml': found.XMLDesc(0), 'value': value}


def pool_ends(state):
    state.update(active=False, **({} if state['there'] else {'xml': None}))


def pool_started(state, _):
    return outcome(state, state['there'] and not state['active'] and state['dir'], active=True, seen=state['file'])


def pool_created(state, values):
    if state['active']:
        return False
    if not state['there']:
        state['xml'] = values['xml']
    return outcome(state, True, active=True, dir=True, seen=state['file'])


def pool_destroyed(state, _):
    if not state['active']:
        return False
    pool_ends(state)
    return True


def pool_built(state, _):
    return outcome(state, state['there'] and not state['active'], dir=True)


def pool_deleted(state, _):
    return outcome(state, state['there'] and not state['active'] and state['dir'] and not state['file'], dir=False)


def volume_made(state, _):
    return outcome(state, state['active'] and not state['file'], file=True, seen=True, size=1 << 20)


def volume_resized(state, values):
    """It does not shrink unless a flag allows it."""
    return outcome(state, state['active'] and state['seen'] and values['capacity'] >= state.get('size', 1 << 20), size=values['capacity'])


class Pools(Kind):
    """Each with a volume, whose changes are the pool's too."""
    handles, rounds = ('STORAGE_POOL', 'STORAGE_VOL'), ('pools', 'transient pools', 'volumes')
    model = {'storage_pool_define_xml': defined, 'storage_pool_undefine': undefined,
             'storage_pool_set_autostart': autostarted, 'storage_pool_create': pool_started,
             'storage_pool_create_xml': pool_created, 'storage_pool_destroy': pool_destroyed,
             'storage_pool_build': pool_built, 'storage_pool_delete': pool_deleted,
             'storage_pool_refresh': lambda state, _: outcome(state, state['active'], seen=state['file']),
             'storage_vol_create_xml': volume_made,
             'storage_vol_delete': lambda state, _: outcome(state, state['active'] and state['seen'], file=False, seen=False),
             'storage_vol_resize': volume_resized}
    running = False

    def handle(self, lane):
        path = f'{os.getcwd()}/pools/pool{lane + 1}/vol{lane}.img'
        return {'pool': named('pool', lane + 1), 'vol': {'pool': f'pool{lane + 1}', 'name': f'vol{lane}.img', 'key': path}}

    def known(self, lane):
        return {name: {**values, **{key: value for key, value in self.handle(lane).items() if key in values}}
                for name, values in super().known(lane).items()}

    def ready(self, lane):
        pool, vol = {'pool': self.handle(lane)['pool']}, {'vol': self.handle(lane)['vol']}
        calls = [('storage_pool_define_xml', {'xml': pool_xml(lane + 1)}), ('storage_pool_build', pool),
                 ('storage_pool_create', pool), ('storage_pool_refresh', pool), ('storage_vol_delete', vol)]
        if self.running:
            return calls + [('storage_vol_create_xml', self.known(lane)['storage_vol_create_xml']),
                            ('storage_pool_set_autostart', {**pool, 'autostart': 0})]
        return calls + [('storage_pool_destroy', pool), ('storage_pool_undefine', pool),
                        ('storage_pool_define_xml', {'xml': pool_xml(lane + 1)})]

    def start(self, lane):
        return {'there': True, 'xml': pool_xml(lane + 1), 'autostart': 0, 'active': self.running, 'dir': True,
                'file': self.running, 'seen': self.running}

    def look(self, connection, lane):
        folder = f'pools/pool{lane + 1}'
        state = {'there': False, 'xml': None, 'autostart': 0, 'active': False, 'dir': os.path.isdir(folder),
                 'file': os.path.exists(f'{folder}/vol{lane}.img')}
        try:
            found = connection.storagePoolLookupByUUID(identity('p', lane + 1).bytes)
        except L.libvirtError:
            return state
        state.update(there=bool(found.isPersistent()), xml=found.XMLDesc(L.VIR_STORAGE_XML_INACTIVE),
                     autostart=found.autostart(), active=bool(found.isActive()))
        if state['active']:
            equal(found.listVolumes(), [f'vol{lane}.img'] if state['file'] else [], 'the volumes of an active pool')
        return state


class RunningPools(Pools):
    running = True


def moment_define(which):
    def define(state, values):
        return outcome(state, state['there'], **{which: values['xml_desc']})
    return define


def moment_delete(which):
    def delete(state, _):
        return outcome(state, state['there'] and state[which] is not None, **{which: None})
    return delete


def domain_gone(state, values):
    if not values.get('flags') and (state['snap'] or state['point']):
        return False
    return outcome(state, state['there'], there=False, snap=None, point=None, xml=None)


class Moments(Kind):
    """A domain that is off, with a snapshot and a checkpoint."""
    handles, rounds = ('SNAPSHOT', 'CHECKPOINT'), ('moments', 'define by flags')
    model = {'domain_snapshot_create_xml': moment_define('snap'), 'domain_snapshot_delete': moment_delete('snap'),
             'domain_checkpoint_create_xml': moment_define('point'), 'domain_checkpoint_delete': moment_delete('point'),
             'domain_define_xml': defined, 'domain_define_xml_flags': defined,
             'domain_undefine': domain_gone, 'domain_undefine_flags': domain_gone}

    def handle(self, lane):
        return {'dom': domain(lane), 'snap': {'name': 's', 'dom': domain(lane)},
                'checkpoint': {'name': 'c', 'dom': domain(lane)}}

    def known(self, lane):
        found = super().known(lane)
        found['domain_undefine_flags'] = {'dom': domain(lane), 'flags': METADATA}
        found['domain_snapshot_create_xml']['flags'] |= L.VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT
        return found

    def ready(self, lane):
        found = self.known(lane)
        return [('domain_destroy', {'dom': domain(lane)})] + [(name, found[name]) for name in (
            'domain_undefine_flags', 'domain_define_xml', 'domain_snapshot_create_xml', 'domain_checkpoint_create_xml')]

    def start(self, lane):
        return {'there': True, 'xml': domain_xml(lane), 'snap': moment_xml('domainsnapshot', 's', lane),
                'point': moment_xml('domaincheckpoint', 'c', lane)}

    def look(self, connection, lane):
        try:
            found = connection.lookupByUUID(identity('d', lane).bytes)
        except L.libvirtError:
            return {'there': False, 'xml': None, 'snap': None, 'point': None}
        snaps, points = found.listAllSnapshots(), found.listAllCheckpoints()
        check(len(snaps) < 2 and len(points) < 2, f'lane {lane}: {len(snaps)} snapshots, {len(points)} checkpoints')
        return {'there': True, 'xml': found.XMLDesc(L.VIR_DOMAIN_XML_INACTIVE),
                'snap': snaps[0].getXMLDesc() if snaps else None, 'point': points[0].getXMLDesc() if points else None}


# ---- Domains: a dictionary tells what is stored (None: nothing) and whether a guest runs or is about to end ----

EITHER = None  # a model does not know whether the call succeeds
ABORTED = L.VIR_ERR_OPERATION_ABORTED  # of a guest that was destroyed while it started


def config_of(name, xml):
    return {'name': name, 'title': xml, 'description': '', 'vcpus': 2, 'memory': 65536, 'disk': '<disk' in xml}


def domain_exists(state):
    return state['stored'] is not None or state['active']


def domain_changed(state, **changes):
    """Of what is stored."""
    if state['stored'] is None:
        return False
    state['stored'] = {**state['stored'], **changes}
    return True


def domain_defined(state, values):
    name = re.search('<name>(.*?)</name>', values['xml']).group(1)
    if domain_exists(state) and state['name'] != name:
        return False
    return outcome(state, True, stored=config_of(name, values['xml']), name=name)


def domain_forgotten(state):
    """When neither a definition nor a guest is left."""
    state.update(autostart=0, **({} if state['active'] else {'snap': None, 'point': None}))


def domain_undefined(state, values):
    moments = (state['snap'] or state['point']) and not values.get('flags') and not state['active']
    if state['stored'] is None or moments:
        return False
    state['stored'] = None
    domain_forgotten(state)
    return True


def domain_renamed(state, values):
    new = values['new_name']
    if state['active'] or state['point'] or state['name'] == new:
        return False
    return domain_changed(state, name=new) and outcome(state, True, name=new)


def domain_ended(state):
    state.update(active=False, ending=False)
    if state['stored'] is None:
        domain_forgotten(state)


def domain_destroyed(state, _):
    if not state['active']:
        return False
    if state['ending'] != ABORTED:  # that one has several causes
        domain_ended(state)
    return True


def domain_created(state, _):
    return outcome(state, state['stored'] is not None and not state['active'], active=True, ending=False)


def domain_made(state, values):
    """A guest without a definition, or with other contents than the stored one's."""
    name = re.search('<name>(.*?)</name>', values['xml_desc']).group(1)
    if state['active'] or (domain_exists(state) and state['name'] != name):
        return False
    return outcome(state, True, active=True, ending=False, name=name)


def domain_shut_down(state, _):
    return outcome(state, state['active'], ending=True)


def domain_disk(wanted):
    def change(state, _):
        return state['stored'] is not None and state['stored']['disk'] != wanted and domain_changed(state, disk=wanted)
    return change


def domain_moment(which, content):
    """What a domain without a definition may have is another test's question."""
    def change(state, values):
        good = domain_exists(state) and (content or state[which] is not None)
        state[which] = values['xml_desc'] if content and good else None if good else state[which]
        return EITHER if good and state['stored'] is None else good
    return change


class Domains(Kind):
    """All that changes a domain. Its model knows several outcomes of one order, and is for pairs only; pairs with calls
    that are not in it show that the engine survives."""
    handles = ('DOMAIN',)
    rounds = ('define', 'define by flags', 'configuration', 'devices', 'moments', 'lifecycle', 'transient')
    orders = {'domain_define_xml': domain_defined, 'domain_define_xml_flags': domain_defined,
              'domain_undefine': domain_undefined, 'domain_undefine_flags': domain_undefined,
              'domain_rename': domain_renamed, 'domain_create': domain_created, 'domain_create_with_flags': domain_created,
              'domain_create_xml': domain_made, 'domain_destroy': domain_destroyed, 'domain_destroy_flags': domain_destroyed,
              'domain_shutdown': domain_shut_down, 'domain_shutdown_flags': domain_shut_down,
              'domain_reset': lambda state, _: state['active'], 'domain_reboot': lambda state, _: state['active'],
              'domain_set_autostart': lambda state, values: outcome(state, state['stored'] is not None, autostart=values['autostart']),
              'domain_set_metadata': lambda state, values: domain_changed(state, description=values['metadata']),
              'domain_set_vcpus_flags': lambda state, values: domain_changed(state, vcpus=values['nvcpus']),
              'domain_set_memory_flags': lambda state, values: domain_changed(state, memory=values['memory']),
              'domain_attach_device_flags': domain_disk(True), 'domain_detach_device_flags': domain_disk(False),
              'domain_snapshot_create_xml': domain_moment('snap', True), 'domain_snapshot_delete': domain_moment('snap', False),
              'domain_checkpoint_create_xml': domain_moment('point', True),
              'domain_checkpoint_delete': domain_moment('point', False)}

    def is_modelled(self, name):
        return name in self.orders

    def handle(self, lane):
        return {'dom': domain(lane)}

    def known(self, lane):
        found = super().known(lane)
        found['domain_undefine_flags'] = {'dom': domain(lane), 'flags': METADATA}
        return found

    def ready(self, lane):
        return [('domain_destroy', self.handle(lane)),
                ('domain_undefine_flags', {'dom': domain(lane), 'flags': METADATA}),
                ('domain_define_xml', {'xml': domain_xml(lane)}), ('domain_set_autostart', {**self.handle(lane), 'autostart': 0})]

    def start(self, lane):
        return {'stored': config_of(f'x{lane}', domain_xml(lane)), 'name': f'x{lane}', 'active': False, 'ending': False,
                'autostart': 0, 'snap': None, 'point': None}

    def steps(self, state, made):
        name, values, error = made
        for before in self.meanwhile(state):
            after = dict(before)
            good = self.orders[name](after, values)
            if good and error and error[0] == ABORTED:
                yield {**after, 'ending': ABORTED}
            if good is EITHER:
                yield before if error else after
            elif bool(good) == (error is None):
                yield after if good else before

    def meanwhile(self, state):
        yield state
        if state['ending']:
            ended = dict(state)
            domain_ended(ended)
            yield ended

    def look(self, connection, lane):
        try:
            return self.describe(connection.lookupByUUID(identity('d', lane).bytes))
        except L.libvirtError as error:
            equal(error.get_error_code(), L.VIR_ERR_NO_DOMAIN, f'error of a look at lane {lane}: "{error}"')
            return {'stored': None, 'active': False, 'there': False}

    def describe(self, found):
        active, stored = bool(found.isActive()), None
        if found.isPersistent():
            xml = found.XMLDesc(L.VIR_DOMAIN_XML_INACTIVE)
            root = ElementTree.fromstring(xml)
            vcpu = root.find('vcpu')
            stored = {'name': root.findtext('name'), 'title': root.findtext('title', ''),
                      'description': root.findtext('description', ''), 'vcpus': int(vcpu.get('current', vcpu.text)),
                      'memory': int(root.findtext('currentMemory')), 'disk': root.find('devices/disk') is not None}
        snaps, points = found.listAllSnapshots(), found.listAllCheckpoints()
        check(len(snaps) < 2 and len(points) < 2, f'{found.name()}: {len(snaps)} snapshots, {len(points)} checkpoints')
        return {'stored': stored, 'active': active, 'there': stored is not None,
                **({'autostart': found.autostart()} if stored else {}),
                'snap': snaps[0].getXMLDesc() if snaps else None, 'point': points[0].getXMLDesc() if points else None}


KINDS = (Networks, Filters, Secrets, Pools, RunningPools, Moments, Domains)


def normal(value):
    """What of a document tells the versions apart that varied() makes."""
    if isinstance(value, dict):
        return {key: normal(f'<{text}') if key in ('title', 'description') else text for key, text in value.items()}
    if isinstance(value, str) and value.startswith('<'):
        return re.findall(r'mark(1\d)|priority=.(1\d)|<mode>07(1\d)', value)
    return value
