#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Unique secrets in every field that is for one, then all that comes out of the daemon searched for them: replies of
every reading call, with every flag on a read-only connection; what reeve says; events; errors; logs at the debug
level; command lines and environments; every file.

Where they may lie: values of secrets nowhere but sealed, with the key beside the database. Passwords of displays are
part of a definition that clients set and read back with VIR_DOMAIN_XML_SECURE: they lie packed, not sealed, in the
database, and of a guest that runs in the state file of its worker. What protects those is their modes, looked at here.
The history of a definition holds the passwords that it had: they go with the revision (setting definition_history)."""
import base64
import json
import os
import secrets
import sqlite3
import stat
import string
import sys
import uuid

import libvirt
import libvirt_qemu

from reeve_ask import Ask, built_rows
from reeve_test import SLOW, STOCK, Failed, Watch, case, check, contains, daemon, equal, \
    guest_xml, raises, run_cases, skip
from reeve_wire import Wire, word

L = libvirt
LETTERS = string.ascii_letters + string.digits
NAME, UUID = 'keeper', uuid.uuid4()
CHANNEL = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
MOMENTS = L.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | L.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
SECRETS = ('PERSISTENT', 'EPHEMERAL', 'PRIVATE')
IDS = {kind: uuid.uuid4() for kind in SECRETS}


def fresh(length=20):
    return ''.join(secrets.choice(LETTERS) for _ in range(length))


# A VNC password has eight characters at most.
PLANTED = {'VNC': fresh(8), 'COOKIE': fresh(), 'SNAPSHOT': fresh(8), 'CHECKPOINT': fresh(8), 'MONITOR': fresh(8),
           'OLD': fresh(8), 'BROKEN': fresh(), 'USER': fresh(), **{kind: fresh() for kind in SECRETS}}
IN_DEFINITIONS = ('VNC', 'COOKIE', 'SNAPSHOT', 'CHECKPOINT', 'OLD')


def forms(text):
    return (text.encode(), base64.b64encode(text.encode()).rstrip(b'=')[:-1], text.encode().hex().encode())


def found(data, but=()):
    return [name for name, text in PLANTED.items() if name not in but and any(form in data for form in forms(text))]


def clean(data, where, but=()):
    data = data if isinstance(data, bytes) else str(data).encode()
    check(not found(data, but), f'{where}: shows {" ".join(found(data, but))}')


def devices(vnc, cookie=None):
    text = f"<graphics type='vnc' port='-1' autoport='yes' passwd='{vnc}'/><video><model type='vga'/></video>"
    if cookie:
        text += ("<disk type='network' device='cdrom'><driver name='qemu' type='raw'/><source protocol='https' name='image'>"
                 "<host name='127.0.0.1' port='1'/><ssl verify='no'/>"
                 f"<cookies><cookie name='session'>{cookie}</cookie></cookies></source>"
                 "<target dev='sda' bus='sata'/><readonly/></disk>")
    return text


def document(name, identity, **secret):
    xml = guest_xml(name, boot=False, devices=devices(**secret))
    return xml.replace('</name>', f'</name><uuid>{identity}</uuid>', 1)


def moment(kind, vnc):
    state = '<state>shutoff</state>' if kind == 'snapshot' else ''
    return (f'<domain{kind}><name>moment</name>{state}<creationTime>1600000000</creationTime>'
            f'{document(NAME, UUID, vnc=vnc)}</domain{kind}>')


def plant_moments(guest):
    guest.snapshotCreateXML(moment('snapshot', PLANTED['SNAPSHOT']), L.VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE)
    guest.checkpointCreateXML(moment('checkpoint', PLANTED['CHECKPOINT']), L.VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE)


def plant(server):
    """Sets each secret. The guest runs, and has a past."""
    with server.connect() as connection:
        connection.defineXML(document(NAME, UUID, vnc=PLANTED['OLD'], cookie=PLANTED['COOKIE']))
        guest = connection.defineXML(document(NAME, UUID, vnc=PLANTED['VNC']))
        plant_moments(guest)
        for kind, identity in IDS.items():
            secret = connection.secretDefineXML(
                f"<secret ephemeral='{'yes' if kind == 'EPHEMERAL' else 'no'}' private='{'yes' if kind == 'PRIVATE' else 'no'}'>"
                f"<uuid>{identity}</uuid><usage type='volume'><volume>/{kind}</volume></usage></secret>")
            secret.setValue(PLANTED[kind].encode())
        guest.create()
        libvirt_qemu.qemuMonitorCommand(guest, json.dumps({'execute': 'set_password', 'arguments': {
            'protocol': 'vnc', 'password': PLANTED['MONITOR']}}), 0)
    refusals(server)


def refusals(server):
    """Errors do not repeat what they refuse."""
    with server.connect() as connection:
        guest = connection.lookupByName(NAME)
        broken = PLANTED['BROKEN']
        graphics = f"<graphics type='vnc' passwd='{broken}'/>"
        for act in (lambda: guest.setUserPassword('root', PLANTED['USER']),
                    lambda: guest.updateDeviceFlags(graphics, L.VIR_DOMAIN_AFFECT_CONFIG),
                    lambda: guest.updateDeviceFlags(graphics, L.VIR_DOMAIN_AFFECT_LIVE),
                    lambda: guest.attachDeviceFlags(graphics.replace('/>', '>'), L.VIR_DOMAIN_AFFECT_CONFIG),
                    lambda: connection.defineXML(document('wrong', uuid.uuid4(), vnc=broken)),
                    lambda: connection.defineXML(document('wrong', uuid.uuid4(), vnc=broken)[:-10]),
                    lambda: connection.defineXML(document('wrong', uuid.uuid4(), vnc=broken).replace('/><video>', '<<')),
                    lambda: connection.defineXMLFlags(document('wrong', uuid.uuid4(), vnc=PLANTED['BROKEN']),
                                                      L.VIR_DOMAIN_DEFINE_VALIDATE)):
            try:
                act()
            except L.libvirtError as error:
                clean(f'{error} {error.get_str1()} {error.get_str2()} {error.get_str3()}', 'an error')
            else:
                raise Failed('what is wrong was accepted')


def handle(server):
    with server.connect() as connection:
        return NAME, UUID.bytes, connection.lookupByName(NAME).ID()


def values(kind='PERSISTENT', revision=0):
    return {'revision': revision, 'secret': {'uuid': IDS[kind].bytes, 'usageType': L.VIR_SECRET_USAGE_TYPE_VOLUME, 'usageID': f'/{kind}'},
            'uuid': IDS[kind].bytes, 'usageType': L.VIR_SECRET_USAGE_TYPE_VOLUME, 'usageID': f'/{kind}',
            'stats': 0}


def reading():
    """Every call that only looks, about the guest or about secrets or about nothing that could have one."""
    for row, program in built_rows():
        if row['read_only'] == 'REFUSED' and not row['name'].startswith('secret_get'):
            continue
        if row['names'] in ('DOMAIN', 'SNAPSHOT', 'CHECKPOINT', 'SECRET') or 'all_domain_stats' in row['name']:
            yield row, program


@case
def read_only_replies(server):
    """Each call that only looks, with each flag there is: nobody who may only look sees a secret."""
    guest = handle(server)
    for row, program in reading():
        with Wire(server.socket_ro) as wire:
            wire.open('qemu:///system', read_only=True)
            for flags in (0, *(1 << bit for bit in range(16)), 0xff, 0xffff):
                ask = Ask(row, program, flags, values(revision=flags & 1))  # 1 is the first, 0 the last
                clean(ask.send(wire, guest).payload, f'{ask.name} on a read-only connection')
                if 'flags' not in ask.members():
                    break


@case
def replies(server):
    """Who may do everything sees secrets where the call or its flags say so, and nowhere else."""
    guest = handle(server)
    for kind in SECRETS:
        for row, program in reading():
            with Wire(server.socket) as wire:
                ask = Ask(row, program, 0, values(kind, revision=SECRETS.index(kind)))
                reply = ask.send(wire.open('qemu:///system'), guest)
                meant = (kind,) if row['name'] == 'secret_get_value' and kind != 'PRIVATE' else ()
                clean(reply.payload, ask.name, meant)
                equal(tuple(found(reply.payload)), meant, f'the secrets in the reply of {ask.name}')


@case
def shown_on_request(server):
    """It is there, and the right flags show it, to who may change things."""
    with server.connect() as connection, server.connect(read_only=True) as reader:
        guest, seen = connection.lookupByName(NAME), reader.lookupByName(NAME)
        contains(guest.XMLDesc(L.VIR_DOMAIN_XML_SECURE), PLANTED['VNC'])
        contains(guest.snapshotLookupByName('moment').getXMLDesc(L.VIR_DOMAIN_SNAPSHOT_XML_SECURE), PLANTED['SNAPSHOT'])
        contains(guest.checkpointLookupByName('moment').getXMLDesc(L.VIR_DOMAIN_CHECKPOINT_XML_SECURE), PLANTED['CHECKPOINT'])
        for act in (lambda: seen.XMLDesc(L.VIR_DOMAIN_XML_SECURE), lambda: seen.XMLDesc(L.VIR_DOMAIN_XML_MIGRATABLE),
                    lambda: seen.snapshotLookupByName('moment').getXMLDesc(L.VIR_DOMAIN_SNAPSHOT_XML_SECURE),
                    lambda: seen.checkpointLookupByName('moment').getXMLDesc(L.VIR_DOMAIN_CHECKPOINT_XML_SECURE),
                    lambda: reader.secretLookupByUUIDString(str(IDS['PERSISTENT'])).value()):
            with raises(L.VIR_ERR_OPERATION_DENIED):
                act()
        with raises(L.VIR_ERR_INVALID_SECRET):
            connection.secretLookupByUUIDString(str(IDS['PRIVATE'])).value()


# Commands of reeve and what they are asked about.
SHOWING = '''dumpxml NAME|dumpxml NAME --inactive|dumpxml NAME --update-cpu|dominfo NAME|domdisplay NAME|domdisplay NAME --all|
vncdisplay NAME|domstate NAME --reason|domstats NAME|domblklist NAME --details|domiflist NAME|domjobinfo NAME|
domcontrol NAME|vcpuinfo NAME|desc NAME|history NAME|diff NAME|diff NAME 1 2|snapshot-list NAME|
snapshot-dumpxml NAME moment|snapshot-info NAME moment|checkpoint-list NAME|checkpoint-dumpxml NAME moment|
checkpoint-info NAME moment|secret-list|secret-dumpxml UUID|list --all|capabilities|check FILE|
domxml-to-native qemu-argv --domain NAME|qemu-monitor-command NAME --hmp info vnc|define BROKEN|set-user-password NAME root USER'''


@case
def what_reeve_says(server):
    with open('document.xml', 'w', encoding='utf-8') as out:
        out.write(document('checked', uuid.uuid4(), vnc=PLANTED['VNC']).replace('passwd=', "pasword='x' passwd="))
    with open('broken.xml', 'w', encoding='utf-8') as out:
        out.write(document('broken', uuid.uuid4(), vnc=PLANTED['BROKEN']))
    shown = 0
    for line in SHOWING.replace('\n', '').split('|'):
        words = [{'NAME': NAME, 'UUID': str(IDS['PERSISTENT']), 'FILE': 'document.xml', 'BROKEN': 'broken.xml',
                  'USER': PLANTED['USER']}.get(word, word) for word in line.split()]
        for more in ((), ('--json',)):
            done = server.reeve(*words, *more, check_status=False)
            clean(done.out + done.err, f'reeve {line} {" ".join(more)}')
            shown += done.status == 0
    check(shown > 50, f'{shown} commands said something')


@case
def events(server):
    """All that is sent to a client which asked for all events, while things change."""
    with Wire(server.socket) as wire, server.connect() as connection:
        wire.open('qemu:///system')
        for number in [value for name, value in vars(L).items() if name.startswith('VIR_DOMAIN_EVENT_ID_')]:
            wire.expect(316, word(number) + word(0))
        guest = connection.lookupByName(NAME)
        guest.suspend()
        guest.resume()
        guest.undefineFlags(MOMENTS)
        connection.defineXML(guest.XMLDesc(L.VIR_DOMAIN_XML_SECURE))
        guest.setMetadata(L.VIR_DOMAIN_METADATA_TITLE, 'news', None, None, L.VIR_DOMAIN_AFFECT_LIVE)
        secret = connection.secretLookupByUUIDString(str(IDS['PERSISTENT']))
        secret.setValue(secret.value())
        wire.expect(60, word(14))
        check(len(wire.events) >= 4, f'{len(wire.events)} events')
        for event in wire.events:
            clean(event.payload, f'event {event.procedure}')


@case
def agent_traffic(server):
    """What goes to a guest's agent is for the agent only; errors do not repeat it."""
    watch, expired = Watch(server), []
    states = []
    watch.connection.domainEventRegisterAny(
        None, L.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, lambda _c, _d, state, _why, _o: states.append(state), None)
    guest = watch.connection.createXML(guest_xml('talks', memory=160, devices=CHANNEL, boot='agent'), 0)
    timer = L.virEventAddTimeout(90000 * SLOW, lambda *_: expired.append(1), None)
    while L.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED not in states:
        check(not expired, 'no agent came')
        L.virEventRunDefaultImpl()
    L.virEventRemoveTimeout(timer)
    coded = base64.b64encode(PLANTED['USER'].encode()).decode()
    for request in ({'execute': 'guest-set-user-password',
                     'arguments': {'username': 'nobody-here', 'password': coded, 'crypted': False}},
                    {'execute': 'guest-set-user-password', 'arguments': {'password': coded}},
                    {'execute': f'guest-{coded}'}, {'no command': coded}):
        try:
            libvirt_qemu.qemuAgentCommand(guest, json.dumps(request), 10, 0)
        except L.libvirtError as error:
            if request.get('execute') != f'guest-{coded}':  # a command has a name, and errors name it
                clean(str(error), 'an error of the agent')
    guest.destroy()
    watch.close()


@case
def processes_and_environments(server):
    for entry in os.listdir('/proc'):
        for file in ('cmdline', 'environ'):
            try:
                with open(f'/proc/{entry}/{file}', 'rb') as text:
                    data = text.read()
            except OSError:
                continue
            clean(data, f'/proc/{entry}/{file}')


def files(top):
    for where, _, names in os.walk(top):
        for name in names:
            path = os.path.join(where, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path, os.path.relpath(path, top)


def only_ours(path, top):
    """Can nobody get at the file but its owner (the engine, or the guest whose password it is) and the engine's group?"""
    group = os.stat(f'{top}/state').st_gid
    while path.startswith(top + '/'):
        found = os.stat(path)
        if found.st_mode & 0o007 == 0 and (found.st_mode & 0o070 == 0 or found.st_gid == group):
            return True
        path = os.path.dirname(path)
    return False


def several(names, what):
    """This finds something. One or the other may be torn by the end of a page or by the packing."""
    check(len(set(names) & set(IN_DEFINITIONS)) >= 3, f'{what}: {names}')


@case
def files_and_logs(server):
    log = server.log()
    clean(log, 'the log')
    check('debug' in log or 'info' in log, 'there is a log')
    kept = set()
    for path, below in files(server.directory):
        with open(path, 'rb') as file:
            data = file.read()
        secret = found(data)
        clean(data, below, IN_DEFINITIONS)
        if secret:
            check(below.startswith('state/reeve.db') or below.endswith('/state'), f'{below} has {secret}')
            check(only_ours(path, server.directory), f'others may read {below}, which has {secret}')
            kept.update(secret)
    several(kept, 'what the definitions have')
    key = f'{server.directory}/state/secret.key'
    equal(oct(stat.S_IMODE(os.stat(key).st_mode)), oct(0o600), 'mode of the key')


def database(server):
    data = b''
    for path, _ in files(server.directory + '/state'):
        with open(path, 'rb') as file:
            data += file.read()
    return data


def sealed_values(server):
    store = sqlite3.connect(f'file:{server.directory}/state/reeve.db?mode=ro', uri=True)
    rows = store.execute("SELECT extra FROM objects WHERE kind = 'secret' AND extra != ''").fetchall()
    store.close()
    return [row[0].encode() for row in rows]


@case
def gone_when_removed(server):
    """A secret that is undefined is in no page any more, sealed or not; a password is there as long as the revision
    that had it, which is the promise of the history."""
    with server.connect() as connection:
        connection.lookupByName(NAME).destroy()
    server.stop()
    sealed = sealed_values(server)
    equal(len(sealed), 2, 'sealed values (one secret is in memory only)')
    pages = database(server)
    check(all(value in pages for value in sealed), 'the sealed values')
    several(found(pages), 'what the database has')
    server.start(definition_history=1)
    with server.connect() as connection:
        for identity in IDS.values():
            connection.secretLookupByUUIDString(str(identity)).undefine()
        guest = connection.defineXML(document(NAME, UUID, vnc=''))
        plant_moments(guest)
        guest.undefineFlags(MOMENTS)
    server.stop()
    pages = database(server)
    clean(pages, 'the database')
    for value in sealed:
        check(value[:32] not in pages, 'a sealed value is left')
    server.start()


if __name__ == '__main__':
    if STOCK:
        skip('about what we write')
    L.virEventRegisterDefaultImpl()
    Watch.registered = True  # it was here, before the first connection
    with daemon(log_level='debug') as server:
        plant(server)
        status = run_cases(server)
    sys.exit(status)
