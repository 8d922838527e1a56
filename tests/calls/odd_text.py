#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Text that is odd: control characters, newlines, quotes, bytes that are not UTF-8, in every text argument of every
call, every text of every document, in names of files and in headers of images, and in rows of an older database. It is
refused or kept as it is: the daemon lives, whatever it answers is UTF-8, every document in it can be parsed, and
definitions can be read, edited and undefined, also after a restart."""
# timeout: 900
import contextlib
import glob
import os
import re
import shutil
import sqlite3
import struct
import sys
from xml.sax.saxutils import escape

import libvirt
from lxml import etree

from reeve_calls import READY, Calls, domain, domain_xml, named, pool_xml, rounds
from reeve_test import SOURCE, STOCK, Failed, Reeved, case, check, equal, run_cases, skip
from reeve_wire import ERROR, Wire
from reeve_xdr import types

L = libvirt
# What XML can hold, and what it cannot (XML 1.0, rule 2).
GOOD = ['a\nb\tc\n', '\'"<>&]]>', 'a\rb\u2028\x7f\u0085é', ' ']
BAD = [b'a\x01b', b'a\x1b[31mb', b'\xff\xfe', b'\xc3(', b'\xed\xa0\x80', b'\xef\xbf\xbe']
ODD = [text.encode() for text in GOOD] + BAD
PARSER = etree.XMLParser(resolve_entities=False, huge_tree=True)


def parse(text):
    return etree.fromstring(text.encode(), PARSER)


def documents_in(value):
    """Every document in a reply; that all its texts are UTF-8 was seen when it was unpacked."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from documents_in(item)
    elif isinstance(value, str) and value.startswith('<'):
        yield value


def answered(calls, wire, name, values, last=None):
    """None when it is refused."""
    reply = calls.ask(wire, name, values, last)
    if reply.status == ERROR:
        reply.error()  # UTF-8
        return None
    got = types().unpack(calls.rows[name]['ret'], reply.payload)
    for document in documents_in(got):
        try:
            parse(document)
        except etree.XMLSyntaxError as error:
            raise Failed(f'{name} with {values} answers what is not XML: {error}\n{document!r}') from None
    return got


def places(kind, path=()):
    """Where the texts of a struct of arguments are: paths of names, and 0 for an item of a list."""
    if kind == 'NOTHING':
        return
    for member in types().structs[kind]:
        yield from places_of(member, path + (member.name,) + ((0,) if member.many else ()))


def places_of(member, path):
    if member.type in types().aliases:
        yield from places_of(types().aliases[member.type], path + ((0,) if types().aliases[member.type].many else ()))
    elif member.type == 'string':
        yield path
    elif member.type in types().unions:
        yield path + ('union',)
    elif member.type in types().structs:
        yield from places(member.type, path)


def put(values, path, text):
    """A copy of @values with @text at @path; what is not there is made."""
    if not path:
        return text
    if path[0] == 'union':
        return (L.VIR_TYPED_PARAM_STRING, text)
    if path[0] == 0:
        return [put(values[0] if values else {}, path[1:], text), *(values or [])[1:]]
    values = dict(values) if isinstance(values, dict) else {}
    values[path[0]] = put(values.get(path[0]), path[1:], text)
    return values


def look(calls, wire):
    """All that anybody would look at."""
    for name in ('connect_get_all_domain_stats', 'connect_list_all_domains', 'connect_list_all_networks',
                 'connect_list_all_storage_pools', 'connect_list_all_secrets', 'connect_list_all_nwfilters'):
        check(answered(calls, wire, name, {'need_results': 1}) is not None, f'{name} is answered')
    for one in answered(calls, wire, 'connect_list_all_domains', {'need_results': 1})['domains']:
        for flags in (0, L.VIR_DOMAIN_XML_SECURE | L.VIR_DOMAIN_XML_INACTIVE):
            answered(calls, wire, 'domain_get_xml_desc', {'dom': one, 'flags': flags})


def tried(calls, server, name, values, last=None):
    """The call with each of its texts odd."""
    for path in places(calls.rows[name]['args']):
        for text in ODD:
            with Wire(server.socket).open() as wire:  # streams begin on some
                got = answered(calls, wire, name, put(values, path, text), last)
                check(got is None or text not in BAD, f'{name} takes {text!r} as {path}')
        with Wire(server.socket).open() as wire:
            look(calls, wire)


@case
def texts_of_calls(server, calls):
    for name in calls.alone():
        tried(calls, server, name, calls.values(name))


@case
def texts_of_calls_that_change(server, calls):
    for steps in rounds(0).values():
        with Wire(server.socket).open() as wire:
            last = None
            for name, values in steps:
                if 'event' not in name and 'callback' not in name:
                    tried(calls, server, name, values, last)
                last = answered(calls, wire, name, values, last) or last
        clean_up(calls, server)


def clean_up(calls, server):
    """Whatever became of the objects of a round and their names, they can be removed."""
    with Wire(server.socket).open() as wire:
        for one in answered(calls, wire, 'connect_list_all_domains', {'need_results': 1})['domains']:
            if one['uuid'] in (READY['uuid'], domain(1000)['uuid']) or one['name'] == 'test':
                continue
            answered(calls, wire, 'domain_destroy', {'dom': one})
            answered(calls, wire, 'domain_undefine_flags', {'dom': one, 'flags': L.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                                                            L.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA})
            found = answered(calls, wire, 'domain_lookup_by_uuid', {'uuid': one['uuid']})
            check(found is None, f'domain {one["name"]!r} cannot be undefined')


def texts_of(tree):
    """(path, what puts a text there) of each element's text and each attribute."""
    for element in tree.iter(etree.Element):
        path = re.sub(r'\[\d+\]', '', tree.getroottree().getpath(element))
        if len(element) == 0 and (element.text or '').strip():
            yield path, lambda text, element=element: setattr(element, 'text', text)
        for name in element.attrib:
            yield f'{path}/@{name}', lambda text, element=element, name=name: element.set(name, text)


def variants(text, seen):
    """@text with each text in it odd, where that path was not @seen."""
    count = len(list(texts_of(parse(text))))
    for number in range(count):
        path = list(texts_of(parse(text)))[number][0]
        if path in seen:
            continue
        seen.add(path)
        for odd in GOOD:
            tree = parse(text)
            setter = list(texts_of(tree))
            setter[number][1]('x' + odd)
            # Written with references, for a return or a newline in an attribute is another character else.
            yield path, etree.tostring(tree, encoding='unicode').replace('\r', '&#13;')


def kept(calls, wire, path, text, got):
    """What was taken can be read, started where that is built, edited and undefined."""
    one = got['dom']
    xml = answered(calls, wire, 'domain_get_xml_desc', {'dom': one, 'flags': L.VIR_DOMAIN_XML_SECURE})['xml']
    check(answered(calls, wire, 'connect_get_all_domain_stats', {'doms': [one]}) is not None, f'{path}: statistics')
    check(answered(calls, wire, 'domain_define_xml', {'xml': xml}) is not None, f'{path}: {text} can be edited, as {xml}')
    answered(calls, wire, 'domain_create', {'dom': one})
    answered(calls, wire, 'connect_get_all_domain_stats', {'doms': [one]})
    answered(calls, wire, 'domain_get_xml_desc', {'dom': one, 'flags': L.VIR_DOMAIN_XML_SECURE})
    answered(calls, wire, 'domain_destroy', {'dom': one})
    check(answered(calls, wire, 'domain_undefine', {'dom': one}) is not None, f'{path}: {text} can be undefined')


@case
def texts_of_domains(server, calls):
    seen, taken, count = set(), 0, 0
    with Wire(server.socket).open() as wire:
        for name in sorted(glob.glob(os.path.join(SOURCE, 'tests', 'golden', 'domain', '*.xml'))):
            with open(name, encoding='utf-8') as file:
                text = re.sub(r'<domain type=[\'"]\w+[\'"]', '<domain type="test"', file.read())
            for path, odd in variants(text, seen):
                got = answered(calls, wire, 'domain_define_xml', {'xml': odd})
                count += 1
                if got is not None:
                    taken += 1
                    kept(calls, wire, path, odd, got)
    print(f'{taken} of {count} definitions were taken, {len(seen)} places')
    check(taken > count / 20, 'so few say nothing')


DEFINE = {
    'network': ('network_define_xml', 'network_get_xml_desc', 'network_undefine', 'net'),
    'nwfilter': ('nwfilter_define_xml', 'nwfilter_get_xml_desc', 'nwfilter_undefine', 'nwfilter'),
    'pool': ('storage_pool_define_xml', 'storage_pool_get_xml_desc', 'storage_pool_undefine', 'pool'),
    'secret': ('secret_define_xml', 'secret_get_xml_desc', 'secret_undefine', 'secret'),
}


@case
def texts_of_other_documents(server, calls):
    with Wire(server.socket).open() as wire:
        for kind, (define, show, undefine, member) in DEFINE.items():
            seen, taken, count = set(), 0, 0
            for name in sorted(glob.glob(os.path.join(SOURCE, 'tests', 'golden', 'documents', kind, '*.xml'))):
                with open(name, encoding='utf-8') as file:
                    text = file.read()
                for path, odd in variants(text, seen):
                    got = answered(calls, wire, define, {'xml': odd})
                    count += 1
                    if got is None:
                        continue
                    taken += 1
                    xml = answered(calls, wire, show, {member: got[member]})
                    check(xml is not None, f'{kind} {path}: {odd} can be read')
                    check(answered(calls, wire, define, xml) is not None, f'{kind} {path}: {odd} can be edited')
                    check(answered(calls, wire, undefine, {member: got[member]}) is not None, f'{kind} {path}: {odd} can go')
            print(f'{kind}: {taken} of {count}, {len(seen)} places')


@case
def raw_bytes_in_documents(server, calls):
    with Wire(server.socket).open() as wire:
        for bad in [*BAD, b'&#1;', b'&#xFFFE;', b'&#xD800;', b'&#0;']:
            for before, after in ((b'<title>', b'</title>'), (b'<description>', b'</description>'),
                                  (b'<metadata><x xmlns="', b'"/></metadata>')):
                xml = domain_xml(5).encode().replace(b'<memory>', before + bad + after + b'<memory>')
                check(answered(calls, wire, 'domain_define_xml', {'xml': xml}) is None, f'{xml} is taken')


@case
def disks_with_a_newline(server, calls):
    """Their paths were once joined by newlines."""
    with Wire(server.socket).open() as wire:
        source = '/x\ny\tz'
        xml = domain_xml(5, '<disk type="file"><source file="/x&#10;y&#9;z"/><target dev="vdb" bus="virtio"/></disk>')
        calls.expect(wire, 'domain_define_xml', {'xml': xml})
        got = answered(calls, wire, 'connect_get_all_domain_stats', {'doms': [domain(5)]})
        found = {param['field']: param['value'][1] for param in got['retStats'][0]['params']}
        equal((found['block.count'], found['block.0.name'], found['block.0.path']), (1, 'vdb', source))
        calls.expect(wire, 'domain_undefine', {'dom': domain(5)})


@case
def metadata(server, calls):
    """A namespace is called what it is called, and its element is found again."""
    config = {'dom': domain(1000), 'flags': L.VIR_DOMAIN_AFFECT_CONFIG, 'type': L.VIR_DOMAIN_METADATA_ELEMENT}
    with Wire(server.socket).open() as wire:
        for uri in ('http://x/?a=1&b=2', 'a"b\'c', '<', 'a b', 'x\ny', 'é'):
            values = {**config, 'key': 'k', 'uri': uri, 'metadata': '<a>words</a>'}
            if answered(calls, wire, 'domain_set_metadata', values) is not None:
                got = answered(calls, wire, 'domain_get_metadata', {**config, 'uri': uri})
                check(got is not None, f'the element of namespace {uri!r} is there')
                equal(parse(got['metadata']).text, 'words')
            look(calls, wire)
            answered(calls, wire, 'domain_set_metadata', {**config, 'uri': uri})
        for key in ('a b', '1', 'a:b', '<', '"', 'é>', ''):
            answered(calls, wire, 'domain_set_metadata', {**config, 'key': key, 'uri': 'urn:k', 'metadata': '<a/>'})
            look(calls, wire)
        answered(calls, wire, 'domain_set_metadata', {**config, 'uri': 'urn:k'})


def qcow2(path, backing):
    """A header of version 3 and nothing else, as the format's description has it."""
    with open(path, 'wb') as file:
        file.write(struct.pack('>4sIQIIQIIQQIIQQQQII', b'QFI\xfb', 3, 512, len(backing), 16, 1 << 20, 0, 1, 65536, 131072,
                               1, 0, 0, 0, 0, 0, 4, 104).ljust(512, b'\0') + backing)
        file.truncate(4 << 16)


@case
def files_of_pools(server, calls):
    if os.geteuid() != 0:
        return print('pools of a session cannot be started')
    directory = os.path.join(os.getcwd(), 'pools', 'odd')
    os.makedirs(directory)
    for number, text in enumerate(ODD):
        with open(os.path.join(directory.encode(), b'f' + text.replace(b'/', b'')), 'wb') as file:
            file.write(b'x' * 512)
        qcow2(os.path.join(directory, f'q{number}.qcow2'), b'/b' + text)
    with Wire(server.socket).open() as wire:
        pool = named('pool', 9)
        xml = pool_xml(9).replace('/pools/pool9', '/pools/odd')
        calls.expect(wire, 'storage_pool_define_xml', {'xml': xml})
        calls.expect(wire, 'storage_pool_create', {'pool': pool})
        calls.expect(wire, 'storage_pool_refresh', {'pool': pool})
        volumes = calls.expect(wire, 'storage_pool_list_all_volumes', {'pool': pool, 'need_results': 1})['vols']
        check(len(volumes) >= len(ODD), f'{len(volumes)} volumes')
        for volume in volumes:
            check(not re.search(r'[\x00-\x1f]', volume['name']), f'a volume is called {volume["name"]!r}')
            for name in ('storage_vol_get_xml_desc', 'storage_vol_get_info', 'storage_vol_get_path'):
                check(answered(calls, wire, name, {'vol': volume}) is not None, f'{name} of {volume}')
        for text in GOOD:
            escaped = escape(text, {'\r': '&#13;'})
            made = answered(calls, wire, 'storage_vol_create_xml',
                            {'pool': pool, 'xml': f'<volume><name>n{escaped}</name><capacity>1024</capacity></volume>'})
            if made:
                check(answered(calls, wire, 'storage_vol_get_xml_desc', made) is not None, f'{text!r} can be read')
                calls.expect(wire, 'storage_vol_delete', made)
        calls.expect(wire, 'storage_pool_destroy', {'pool': pool})
        calls.expect(wire, 'storage_pool_undefine', {'pool': pool})


def define_some(server, calls):
    """x20 and the following, with odd descriptions."""
    with Wire(server.socket).open() as wire:
        for number, text in enumerate([*GOOD, 'the last']):
            escaped = escape(text, {'\r': '&#13;'})
            xml = domain_xml(20 + number).replace('<memory>', f'<description>{escaped}</description><memory>')
            calls.expect(wire, 'domain_define_xml', {'xml': xml})


@case
def a_restart(server, calls):
    define_some(server, calls)
    server.stop()
    server.start()
    with Wire(server.socket).open() as wire:
        look(calls, wire)
        for number, text in enumerate(GOOD):
            xml = calls.expect(wire, 'domain_get_xml_desc', {'dom': domain(20 + number)})['xml']
            equal((parse(xml).findtext('description') or '').strip(), text.strip())
            calls.expect(wire, 'domain_create', {'dom': domain(20 + number)})
            calls.expect(wire, 'domain_destroy', {'dom': domain(20 + number)})


def spoil(path):
    """What older releases let in, or a hand that mended: the rows of domains 20 and 21 and of objects."""
    with contextlib.closing(sqlite3.connect(path)) as base, base:
        base.execute("UPDATE domains SET disks='vda\t/x\ny\n', title=x'61ff01' WHERE name='x20'")
        base.execute("UPDATE domains SET disks='[1,2,', xml=replace(?, 'FILL', char(1)) WHERE name='x21'",
                     (domain_xml(21).replace('<memory>', '<title>FILL</title><memory>'),))
        base.execute("UPDATE domains SET disks=char(10), xml='' WHERE name='x22'")
        base.execute("UPDATE domains SET disks='[\"vda\"]', xml='<domain' WHERE name='x23'")
        base.execute("UPDATE objects SET xml=replace(xml, '<name>', char(1) || '<name>'), extra='{\"parent\": 7, \"created\": []}'")


@case
def rows_of_an_older_database(server, calls):
    define_some(server, calls)
    server.stop()
    spoil(os.path.join(server.directory, 'reeve.db') if os.path.exists(os.path.join(server.directory, 'reeve.db'))
          else glob.glob(os.path.join(server.directory, '**', 'reeve.db'), recursive=True)[0])
    server.start()
    with Wire(server.socket).open() as wire:
        look(calls, wire)
        names = {one['name'] for one in calls.expect(wire, 'connect_list_all_domains', {'need_results': 1})['domains']}
        check({'x20', 'x21', 'x24', 'x1000'} <= names, f'the others are there: {names}')
        for name in ('x20', 'x21', 'x24'):
            one = calls.expect(wire, 'domain_lookup_by_name', {'name': name})['dom']
            xml = calls.expect(wire, 'domain_get_xml_desc', {'dom': one, 'flags': L.VIR_DOMAIN_XML_SECURE})['xml']
            parse(xml)
            calls.expect(wire, 'domain_create', {'dom': one})
            calls.expect(wire, 'domain_destroy', {'dom': one})
            calls.expect(wire, 'domain_define_xml', {'xml': xml})
        for one in calls.expect(wire, 'connect_list_all_domains', {'need_results': 1})['domains']:
            answered(calls, wire, 'domain_list_all_snapshots', {'dom': one, 'need_results': 1})
            answered(calls, wire, 'domain_get_xml_desc', {'dom': one})
            answered(calls, wire, 'domain_destroy', {'dom': one})
            if one['name'] != 'test':
                calls.expect(wire, 'domain_undefine_flags', {
                    'dom': one, 'flags': L.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                    L.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | L.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE})


def main():
    calls = Calls()
    with Reeved('d', keepalive_interval=-1) as server:
        pid = server.pid
        calls.set_stage(server).close()
        status = run_cases(server, calls)
        print(f'process {pid} at the beginning, {server.pid} at the end')
    shutil.rmtree('pools', ignore_errors=True)
    return status


if __name__ == '__main__':
    if STOCK:
        skip('about our doors')
    sys.exit(main())
