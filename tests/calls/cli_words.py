#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the command line says when it cannot do what was asked, and that what it says to programs and to
people holds in another language."""
import json
import os
import re
import sys
import unicodedata

from reeve_test import BUILD, Reeved, case, check, command, contains, equal, guest_xml, run_cases

REEVE = os.path.join(BUILD, 'tools', 'reeve')
NOBODY = 'test+unix:///default?socket=/nonexistent/sock'
LENIENT = """<domain type='test'><name>%s</name><uuid>5bd91ba7-1e1f-44b2-a5f4-1b7ef77b9d2e</uuid><memroy>1</memroy><memory>65536</memory><vcpu>1</vcpu>
<os><type>hvm</type></os></domain>"""
PLAIN = LENIENT.replace('<memroy>1</memroy>', '')


def japanese():
    """The environment of a Japanese user. glibc's C.UTF-8 is always there, and $LANGUAGE counts in it."""
    names = ('LC_ALL', 'LC_MESSAGES', 'REEVE_LOCALEDIR')
    return {**{key: value for key, value in os.environ.items() if key not in names}, 'LANG': 'C.UTF-8', 'LANGUAGE': 'ja'}


def fails(*words, uri=NOBODY, env=None):
    done = command(REEVE, '-c', uri, *words, check_status=False, env=env)
    equal(done.status, 1, ' '.join(words))
    return done.err


@case
def mistyped_command():
    contains(fails('strat'), r"unknown command: 'strat' \(did you mean 'start'\?\)")
    contains(fails('dumpxm'), r"did you mean 'dumpxml'\?")
    check('did you mean' not in fails('xyzzyplugh'), 'nothing is like xyzzyplugh')


@case
def mistyped_option():
    contains(fails('list', '--al'), r"command 'list' doesn't support option --al \(did you mean --all\?\)")
    check('did you mean' not in fails('list', '--frobnicate'), 'nothing is like --frobnicate')


@case
def what_virsh_has():
    """Names that virsh 9 has, by its own help; each is a command of ours or is known not to be supported."""
    names = re.findall(r'^    ([a-z][a-z0-9-]+) ', command('virsh', 'help').out, re.M)
    check(len(names) > 200, f'virsh help names {len(names)} commands')
    ours = {row['name'] for row in json.loads(command(REEVE, 'help', '--json').out)}
    for name in names:
        if name not in ours:
            contains(fails(name), rf"error: '{name}' is not supported yet")
    contains(fails('migrate'), r'not supported yet; shut the domain down, copy')
    contains(fails('help', 'blockcommit'), r'not supported yet; use qemu-img commit')


@case
def what_does_not_work_yet():
    """What help marks fails in words; what it does not mark is not answered by 'unknown procedure'."""
    rows = {row['name']: row for row in json.loads(command(REEVE, 'help', '--json').out)}
    text = command(REEVE, 'help').out
    arguments = {'net-start': ['n'], 'net-create': ['n.xml'], 'iface-begin': [], 'nwfilter-binding-list': [],
                 'memtune': ['d'], 'pool-capabilities': [], 'iothreadinfo': ['d'], 'managedsave': ['d'],
                 'domifaddr': ['d'], 'schedinfo': ['d']}
    with Reeved('marks') as server:
        with open('n.xml', 'w', encoding='utf-8') as out:
            out.write("<network><name>n</name></network>")
        with open('d.xml', 'w', encoding='utf-8') as out:
            out.write(PLAIN % 'd')
        server.reeve('net-define', 'n.xml', driver='test')
        server.reeve('define', 'd.xml', driver='test')
        server.reeve('start', 'd', driver='test')
        done = command(REEVE, '-c', server.uri('test'), 'ttyconsole', 'd', check_status=False)
        equal((done.status, done.out, done.err), (1, '\n', ''), 'a failure that has no words')
        for name, words in arguments.items():
            marked = not rows[name]['supported']
            equal(bool(re.search(rf'^    {name} .*\(not supported yet\)$', text, re.M)), marked, name)
            done = command(REEVE, '-c', server.uri('test'), name, *words, check_status=False)
            check('unknown procedure' not in done.err, done.err)
            equal(f"'{name}' is not supported yet" in done.err, marked, done.err)


@case
def nobody_listens():
    error = fails('list')
    contains(error, r'^error: failed to connect to the hypervisor\n')
    check('Failed to list' not in error, error)
    contains(error, r'nobody listens on /nonexistent/sock; start the daemon of this socket, or give another URI')
    for words in (['net-list'], ['pool-list'], ['dominfo', 'x'], ['define', '/dev/null'], ['capabilities']):
        contains(fails(*words), r'^error: failed to connect to the hypervisor\n')


@case
def unknown_scheme():
    for uri in ('foo://bar', 'foo:///system', 'qmeu:///system'):
        error = fails('list', uri=uri)
        contains(error, rf"URI '{uri}' has the scheme '{uri.split(':')[0]}', which is not known")
        contains(error, r'qemu:///system')


@case
def read_only():
    with Reeved('ro') as server:
        with open('r.xml', 'w', encoding='utf-8') as out:
            out.write(PLAIN % 'r')
        server.reeve('define', 'r.xml', driver='test')
        for words in (['start', 'r'], ['undefine', 'r'], ['define', 'r.xml'], ['dumpxml', 'r', '--security-info']):
            error = fails('-r', *words, uri=server.uri('test', read_only=True))
            contains(error, rf"error: '{words[0]}' is not allowed on a read-only connection; connect without --readonly")


@case
def another_refusal():
    """What the helper refuses has the same code as what a reader may not, and is another thing."""
    if os.geteuid() != 0:
        return  # there is no helper
    disk = "<disk type='file'><driver name='qemu' type='raw'/><source file='/etc/passwd'/><target dev='vda' bus='virtio'/></disk>"
    with Reeved('refused') as server:
        with open('d.xml', 'w', encoding='utf-8') as out:
            out.write(guest_xml('d', boot=False, devices=disk))
        server.reeve('define', 'd.xml')
        error = fails('start', 'd', uri=server.uri('qemu'))
        contains(error, "'/etc/passwd' is refused: '/etc/passwd' is not in a directory that priv.conf names")
        check('read-only' not in error, error)


@case
def lenient_warns():
    with Reeved('lenient') as server:
        with open('a.xml', 'w', encoding='utf-8') as out:
            out.write(LENIENT % 'a')
        done = server.reeve('define', '--lenient', 'a.xml', driver='test')
        contains(done.out, r"Domain 'a' defined")
        contains(done.err, r"^a\.xml:1:\d+: warning: /domain/memroy: .*\(did you mean 'memory'\?\)$")
        deed = json.loads(server.reeve('define', '--lenient', 'a.xml', '--json', driver='test').out)
        equal([(row['severity'], row['nearest']) for row in deed['warnings']], [('warning', 'memory')])
        with open('b.xml', 'w', encoding='utf-8') as out:
            out.write(PLAIN % 'a')
        equal(server.reeve('define', '--lenient', 'b.xml', driver='test').err, '')


@case
def checkout_is_translated():
    environment = japanese()
    contains(command(REEVE, 'help', 'list', env=environment).out, r'ドメイン')
    contains(fails('list', env=environment), r'エラー')


@case
def json_in_every_locale():
    environment = japanese()
    with Reeved('json') as server:
        for name in ('c', 'd'):
            with open('c.xml', 'w', encoding='utf-8') as out:
                out.write((PLAIN % 'c').replace('65536', '65536' if name == 'c' else '131072'))
            server.reeve('define', 'c.xml', driver='test')
        for words in (['diff', 'c'], ['list', '--all'], ['domstate', 'c', '--reason'], ['dominfo', 'c'], ['nodeinfo'],
                      ['help'], ['dominfo', 'nobody'], ['list', '--nothing'], ['vcpucount', 'c'], ['check', 'c.xml']):
            plain, translated = (command(REEVE, '-c', server.uri('test'), '--json', *words, check_status=False, env=env)
                                 for env in ({**os.environ, 'LC_ALL': 'C'}, environment))
            equal(translated, plain, ' '.join(words))
        differences = json.loads(server.reeve('diff', 'c', '--json', driver='test', env=environment).out)
        check(differences['guest'], 'the guest sees that its memory is another')


def columns(text):
    return sum(2 if unicodedata.east_asian_width(letter) in 'WF' else 1 for letter in text)


@case
def values_stand_below_each_other():
    """Where the titles are wide letters, values begin in one column of the terminal all the same."""
    environment = japanese()
    with Reeved('width') as server:
        with open('e.xml', 'w', encoding='utf-8') as out:
            out.write(PLAIN % 'e')
        server.reeve('define', 'e.xml', driver='test')
        for words in (['nodecpumap'], ['nodeinfo'], ['dominfo', 'e']):
            lines = server.reeve(*words, driver='test', env=environment).out.strip('\n').split('\n')
            found = [re.match(r'(.*?: *)(?=[^ ])', line) for line in lines]
            check(any(not line.isascii() for line in lines), f'{words}: not translated: {lines}')
            equal(len({columns(match[1]) for match in found if match}), 1, f'{words}: {lines}')


if __name__ == '__main__':
    sys.exit(run_cases())
