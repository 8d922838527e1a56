#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the call tables say of permissions is what the list says that is kept by hand: tests/lib/permissions.tsv."""
import re

from reeve_lint import fault, finish, read
from reeve_wire import calls_table, permissions

TABLES = {'remote': 'calls.def', 'qemu': 'qemu_calls.def', 'reeve': 'reeve_calls.def'}
HERE = 'rpc/tables/'
OF_CHANGES = {'VIR_DOMAIN_AFFECT_CONFIG', '!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE',
              'VIR_NETWORK_UPDATE_AFFECT_CONFIG', '!VIR_NETWORK_UPDATE_AFFECT_CONFIG|VIR_NETWORK_UPDATE_AFFECT_LIVE'}


def listed(needs):
    """Permissions that are always needed, and those with a condition: words of it -> permissions."""
    always, sometimes = set(), set()
    for need in needs.split():
        if need == 'none':
            continue
        kind, permission, *condition = need.split(':', 2)
        if not condition:
            always.add((kind.upper(), permission.upper()))
        elif condition[0] in OF_CHANGES:
            sometimes.add(('saves', permission.upper()))
        else:
            sometimes.add((condition[0].split(':')[-1], permission.upper()))
    return always, {(word, permission) for word, permission in sometimes if permission not in {name for _, name in always}}


def in_table(row):
    names = re.findall(r'MAY\((\w+)\)', row['permissions'])
    return {(row['object'], name) for name in names}


def conditions():
    """(program, name) -> words of the condition and permissions, from the rows of calls_when.def."""
    found = {}
    for program, name, condition, needs in re.findall(r'^WHEN\((\w+), (\w+), (.*), ([^,]*)\)$', read(HERE + 'calls_when.def'), re.M):
        words = ['saves'] if 'saves(' in condition else re.findall(r'VIR_\w+|\b1\b', condition)
        pairs = {(word, need) for word in words for need in re.findall(r'MAY\((\w+)\)', needs)}
        found.setdefault((program, name), set()).update(pairs)
    return found


def compare(program, row, wanted, sometimes):
    name = row['name']
    always, when = listed(wanted['needs'])
    if row['number'] != wanted['number']:
        fault(HERE + TABLES[program], 0, f"{name} has number {row['number']}, listed with {wanted['number']}")
    if row['read_only'] != wanted['read_only'].upper():
        fault(HERE + TABLES[program], 0, f"{name}: read-only {row['read_only']}, listed as {wanted['read_only']}")
    if in_table(row) != always:
        fault(HERE + TABLES[program], 0, f"{name} needs {sorted(in_table(row))}, listed with {sorted(always)}")
    if sometimes != when:
        fault(HERE + 'calls_when.def', 0, f'{name} needs {sorted(sometimes)}, listed with {sorted(when)}')


rules, when_rows, seen = permissions(), conditions(), set()
for program, table in TABLES.items():
    for row in calls_table(table):
        if row['kind'] == 'EVENT':
            continue
        seen.add((program, row['name']))
        if (program, row['name']) not in rules:
            fault('tests/lib/permissions.tsv', 0, f"{program} {row['name']} is not listed: who may make this call?")
            continue
        compare(program, row, rules[program, row['name']], when_rows.get((program, row['name']), set()))
for program, name in sorted(set(rules) - seen):
    fault(HERE + TABLES[program], 0, f'{name} is listed, but no call')

finish('permissions')
