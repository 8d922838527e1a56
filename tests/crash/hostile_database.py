#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A database whose rows somebody else has written: a backup that passed through other hands, a disk that lies. Values of
all sorts stand in all columns, some of them chosen to hurt. The engine starts or says in one line why not; it answers all
questions and changes, and ends when it is told to. REEVE_DATABASE_SECONDS says how long values are tried by chance."""
# timeout: 600
import contextlib
import json
import os
import random
import shutil
import sqlite3
import sys
import time

from reeve_calls import CHECKPOINT, SNAPSHOT, Calls, domain, domain_xml, moment_xml, rounds
from reeve_test import STOCK, Failed, Reeved, case, check, run_cases, skip
from reeve_wire import Wire, string, word

SECONDS = int(os.environ.get('REEVE_DATABASE_SECONDS') or 20)
VALUES = (None, '', 'x', 0, -1, 1, 2**31, 2**63 - 1, -2**63, 1.5, b'', b'\0', b'\xff' * 16, 'a\nb', '\x01', 'x' * 100000, '[]', '{}',
          '{"parent": "one"}', '<domain/>', '<domain type="test"><name>other</name></domain>', domain_xml(1), '../../../etc', 'test', 'qemu')


def rows_of(database):
    """(table, rowid or key columns) of all that is there."""
    tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    return {table: [row[1] for row in database.execute(f'PRAGMA table_info({table})')] for table in tables}


class Store:
    def __init__(self, server):
        self.server, self.path = server, os.path.join(server.directory, 'state')
        self.owner = os.stat(self.path)

    def keep(self):
        shutil.rmtree('kept', ignore_errors=True)
        shutil.copytree(self.path, 'kept')

    def put_back(self, change):
        """The kept database with @change made to it."""
        for name in os.listdir(self.path):
            if name.startswith('reeve.db'):
                os.unlink(os.path.join(self.path, name))
        for name in os.listdir('kept'):
            if name.startswith('reeve.db'):
                shutil.copy2(os.path.join('kept', name), self.path)
        with contextlib.closing(sqlite3.connect(os.path.join(self.path, 'reeve.db'))) as database:
            change(database)
            database.commit()
        for name in os.listdir(self.path):
            if name.startswith('reeve.db'):
                os.chown(os.path.join(self.path, name), self.owner.st_uid, self.owner.st_gid)


def starts(server):
    """False when it says why it cannot."""
    try:
        server.start()
        return True
    except Failed as failure:
        check('reeved did not start' in str(failure), str(failure))
        last = [line for line in server.log().splitlines() if ' error: ' in line]
        check(last, f'it ended without a word: {server.log()[-2000:]}')
        server.process = None
        return False


def asked(server, calls):
    """Whatever there is, and whatever may be done to it. Any answer will do, also that the connection cannot be opened."""
    with Wire(server.socket) as wire:
        wire.expect(66)
        wire.call(1, word(1) + string('test:///default') + word(0), 60)
        for name in calls.alone():
            calls.ask(wire, name, calls.values(name))
        for title in ('moments', 'networks', 'filters', 'secrets', 'pools', 'configuration', 'devices'):
            for name, values in rounds(1000)[title]:
                calls.ask(wire, name, values)
    check(server.process.poll() is None, 'the engine has ended')


def tried(server, store, calls, change):
    store.put_back(change)
    if starts(server):
        asked(server, calls)
        server.stop()


@case
def circles(server, store, calls):
    """Moments that are each other's parents."""
    def change(database):
        for kind, in database.execute("SELECT DISTINCT kind FROM objects WHERE kind LIKE '%snapshot%' OR kind LIKE '%checkpoint%'").fetchall():
            for name, parent in (('one', 'two'), ('two', 'one')):
                extra = json.loads(database.execute('SELECT extra FROM objects WHERE kind = ? AND name = ?', (kind, name)).fetchone()[0])
                extra['parent'] = parent
                database.execute('UPDATE objects SET extra = ? WHERE kind = ? AND name = ?', (json.dumps(extra), kind, name))

    store.put_back(change)
    check(starts(server), 'it starts')
    with Wire(server.socket).open() as wire:
        for kind, call, flags in (('domainsnapshot', 'domain_snapshot_create_xml', SNAPSHOT),
                                  ('domaincheckpoint', 'domain_checkpoint_create_xml', CHECKPOINT)):
            reply = calls.ask(wire, call, {'dom': domain(1000), 'xml_desc': moment_xml(kind, 'three', 1000, 'one'), 'flags': flags})
            check(reply is not None, 'an answer')
    asked(server, calls)
    server.stop()


@case
def each_column(server, store, calls):
    """By chance: some cells of some rows have other values."""
    seed = int(os.environ.get('REEVE_DATABASE_SEED') or time.time())
    chance, deadline, number = random.Random(seed), time.monotonic() + SECONDS, 0
    print(f'REEVE_DATABASE_SEED={seed}')
    while time.monotonic() < deadline or number < 3:
        said = []

        def change(database):
            for _ in range(chance.choice((1, 1, 2, 5, 30))):
                tables = rows_of(database)
                table = chance.choice(sorted(tables))
                column, value = chance.choice(tables[table]), chance.choice(VALUES)
                keys = database.execute(f'SELECT {", ".join(tables[table])} FROM {table}').fetchall()
                if not keys:
                    continue
                key = chance.choice(keys)
                where = ' AND '.join(f'{name} IS ?' for name in tables[table])
                with contextlib.suppress(sqlite3.IntegrityError):
                    database.execute(f'UPDATE {table} SET {column} = ? WHERE {where}', (value, *key))
                    said.append(f'{table}.{column} = {str(value)[:60]!r} in {str(key)[:100]}')

        try:
            tried(server, store, calls, change)
        except Exception:
            print('\n'.join(said))
            raise
        number += 1
    print(f'{number} databases')


if __name__ == '__main__':
    if STOCK:
        skip('about our database')
    running, table = Reeved('d'), Calls()
    with running:
        table.set_stage(running).close()
        running.connect('test').lookupByName('x1001').destroy()
    kept = Store(running)
    kept.keep()
    sys.exit(run_cases(running, kept, table))
