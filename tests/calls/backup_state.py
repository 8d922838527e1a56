#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A copy of the database that `reeve backup-state` makes while reeved runs: whole, private, and enough for another
reeved to know the same definitions."""
import os
import shutil
import sqlite3
import stat
import sys
import threading

from reeve_test import STOCK, Reeved, case, check, contains, daemon, equal, run_cases, skip

XML = """<domain type="qemu"><name>b{0}</name><memory>65536</memory><vcpu>1</vcpu><description>{1}</description>
<os><type arch="x86_64" machine="q35">hvm</type></os></domain>"""


def define(connection, numbers):
    for number in numbers:
        connection.defineXML(XML.format(number, 'x' * 2000))


def names(server):
    return sorted(server.reeve('list', '--all', '--name').out.split())


@case
def is_whole_while_others_write(server):
    """Definitions of before are all there, with their history, whatever is written meanwhile."""
    with server.connect() as connection, server.connect() as other:
        define(connection, range(200))
        writer = threading.Thread(target=define, args=(other, range(1000, 1400)))
        writer.start()
        server.reeve('backup-state', 'copy.db')
        writer.join()
    equal(stat.S_IMODE(os.stat('copy.db').st_mode), 0o600, 'definitions have passwords')
    copy = sqlite3.connect('copy.db')
    equal(copy.execute('PRAGMA integrity_check').fetchall(), [('ok',)])
    stored = {name for name, in copy.execute("SELECT name FROM domains WHERE driver='qemu'")}
    check({f'b{number}' for number in range(200)} <= stored, f'{len(stored)} definitions')
    # One moment: who is stored has a revision, and the other way round.
    revised = copy.execute("SELECT count(DISTINCT key) FROM revisions WHERE kind='domain' AND driver='qemu'").fetchone()[0]
    equal(revised, len(stored))
    copy.close()
    check(not os.path.exists('copy.db.part'), 'nothing is left beside it')
    equal([name for name in os.listdir(os.path.join(server.directory, 'state')) if 'backup' in name], [])


@case
def another_reeved_starts_with_it(server):
    before = names(server)
    server.reeve('backup-state', 'copy.db')
    os.makedirs('second/state')
    shutil.copy('copy.db', 'second/state/reeve.db')
    if os.geteuid() == 0:
        os.chown('second/state/reeve.db', os.stat(os.path.join(server.directory, 'state/reeve.db')).st_uid, -1)
    with Reeved('second') as second:
        equal(names(second), before)
        contains(second.reeve('history', before[0]).out, r'^\s*1\b')


@case
def is_for_those_who_may_change_things(server):
    done = server.reeve('--readonly', 'backup-state', 'no.db', check_status=False)
    equal(done.status, 1)
    contains(done.err, 'read-only')
    equal([name for name in os.listdir('.') if name.startswith('no.db')], [])


@case
def an_old_copy_stays_until_the_new_one_is_there(server):
    with open('kept.db', 'w', encoding='utf-8') as old:
        old.write('old')
    server.reeve('--readonly', 'backup-state', 'kept.db', check_status=False)
    with open('kept.db', encoding='utf-8') as old:
        equal(old.read(), 'old')
    server.reeve('backup-state', 'kept.db')
    equal(sqlite3.connect('kept.db').execute('PRAGMA integrity_check').fetchall(), [('ok',)])


if __name__ == '__main__':
    if STOCK:
        skip('a call of ours')
    with daemon() as running:
        sys.exit(run_cases(running))
