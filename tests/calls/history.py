#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every definition keeps its past: history, diff and rollback with reeve, over restarts."""
import json
import sys
import uuid

from reeve_test import STOCK, case, check, contains, daemon, equal, run_cases, skip

IDENTITY = str(uuid.uuid4())


def document(vcpus):
    return (f'<domain type="qemu"><name>h</name><uuid>{IDENTITY}</uuid><memory>65536</memory><vcpu>{vcpus}</vcpu>'
            '<os><type arch="x86_64" machine="q35">hvm</type></os></domain>')


def revisions(server):
    return json.loads(server.reeve('history', 'h', '--json').out)


@case
def grows(server):
    with server.connect() as connection:
        for vcpus in (1, 2, 3):
            connection.defineXML(document(vcpus))
    out = server.reeve('history', 'h').out
    contains(out, r'^\s*3\b')
    contains(out, r'^\s*1\b')


@case
def json_output(server):
    data = revisions(server)
    rows = data if isinstance(data, list) else next(v for v in data.values() if isinstance(v, list))
    equal(sorted(row['revision'] for row in rows), [1, 2, 3])
    check(all(row['action'] for row in rows), 'each revision says what was done')


@case
def differs(server):
    out = server.reeve('diff', 'h', '1', '3').out
    contains(out, r'^-.*1</vcpu>')
    contains(out, r'^\+.*3</vcpu>')


@case
def rolls_back(server):
    server.reeve('rollback', 'h', '1')
    contains(server.reeve('dumpxml', 'h').out, r'<vcpu[^>]*>1</vcpu>')
    contains(server.reeve('history', 'h').out, r'^\s*4\b')


@case
def outlives_the_daemon(server):
    before = server.reeve('history', 'h').out
    server.kill()
    server.process = None
    server.start()
    equal(server.reeve('history', 'h').out, before)


@case
def unknown_revision(server):
    done = server.reeve('rollback', 'h', '99', check_status=False)
    check(done.status == 1 and '99' in done.err, done.err)


@case
def outlives_the_definition(server):
    """What was undefined is listed, can be looked at, and comes back as it was."""
    server.reeve('define', '--lenient', '/dev/stdin', stdin=document(2))
    before = server.reeve('dumpxml', 'h', '--inactive').out
    equal(json.loads(server.reeve('history', '--deleted', '--json').out), [])
    server.reeve('undefine', 'h')
    (row,) = json.loads(server.reeve('history', '--deleted', '--json').out)
    equal((row['name'], row['uuid'], row['action']), ('h', IDENTITY, 'undefine'))
    contains(server.reeve('history', '--deleted').out, rf'^ h +{IDENTITY}')
    contains(server.reeve('history', 'h').out, r'^ \d+ .* undefine')
    server.reeve('undelete', 'h')
    equal(server.reeve('dumpxml', 'h', '--inactive').out, before)
    equal(json.loads(server.reeve('history', '--deleted', '--json').out), [])
    contains(server.reeve('history', 'h').out, r'^ \d+ .* rollback')


@case
def purged(server):
    refused = server.reeve('purge', 'h', check_status=False)
    check(refused.status == 1 and "no domain 'h'" in refused.err, refused.err)
    server.reeve('undefine', 'h')
    server.reeve('purge', IDENTITY)
    equal(json.loads(server.reeve('history', '--deleted', '--json').out), [])
    for words in (('history', 'h'), ('undelete', 'h'), ('purge', 'h')):
        equal(server.reeve(*words, check_status=False).status, 1, words)


@case
def one_name_twice(server):
    """Two that had one name are told apart by their UUIDs."""
    other = str(uuid.uuid4())
    for identity in (IDENTITY, other):
        server.reeve('define', '--lenient', '/dev/stdin', stdin=document(1).replace(IDENTITY, identity))
        server.reeve('undefine', 'h')
    done = server.reeve('undelete', 'h', check_status=False)
    check(done.status == 1 and 'UUID' in done.err, done.err)
    server.reeve('undelete', other)
    contains(server.reeve('domuuid', 'h').out, other)
    taken = server.reeve('undelete', IDENTITY, check_status=False)
    check(taken.status == 1 and "'h'" in taken.err, taken.err)


if __name__ == '__main__':
    if STOCK:
        skip('libvirtd keeps no history')
    with daemon() as running:
        sys.exit(run_cases(running))
