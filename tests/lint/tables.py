#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each table is walked: rows are unique, in order and make sense. That each has its
function is proved by the linker."""
import re

from reeve_lint import fault, files, finish, read
from reeve_wire import calls_table


def sources(folder):
    return '\n'.join(read(path) for path in files(r'\.c$', {folder}))


def calls():
    for table in ('calls.def', 'qemu_calls.def', 'reeve_calls.def'):
        numbers = []
        for row in calls_table(table):
            where, name = row['where'], row['name']
            numbers.append(int(row['number']))
            if where not in ('NONE', 'ENGINE', 'WORKER', 'BOTH', 'PLANNED'):
                fault(f'rpc/tables/{table}', 0, f'{name}: where is {where}?')
        if numbers != sorted(set(numbers)):
            fault(f'rpc/tables/{table}', 0, 'numbers are not unique and in order')


def commands():
    rows = [(path, row) for path in files(r'^tools/cli/commands.*\.def$')
            for row in re.findall(r'^(?:COMMAND|ACTION)\("([\w-]+)", (\w+),', read(path), re.M)]
    names = set()
    for path, (name, _) in rows:
        if name in names:
            fault(path, 0, f'{name} stands twice')
        names.add(name)
    for word, name in re.findall(r'^(NEEDS|MISSING)\("([\w-]+)"', read('tools/cli/needs.def'), re.M):
        if (name in names) != (word == 'NEEDS'):
            fault('tools/cli/needs.def', 0, f'{name} is {"no" if word == "NEEDS" else "a"} command')
    if len(rows) < 60:
        fault('tools/cli/commands.def', 0, f'only {len(rows)} commands were found')


def settings():
    rows = re.findall(r'^SETTING\((\w+), (\w+), "([^"]*)", "([^"]*)", (true|false)', read('daemon/core/settings.def'), re.M)
    code = sources('daemon')
    names = [row[0] for row in rows]
    for name in names:
        if names.count(name) > 1:
            fault('daemon/core/settings.def', 0, f'{name} stands twice')
        if not re.search(rf'(->|\.){name}\b', code):
            fault('daemon/core/settings.def', 0, f'{name} is read by nobody')
    for name, kind, limits, preset, _ in rows:
        if kind == 'INT':
            low, high = (int(part) for part in limits.split('..'))
            if not low <= int(preset) <= high:
                fault('daemon/core/settings.def', 0, f'{name}: its preset is out of its range')
        if kind == 'CHOICE' and preset not in limits.split('|'):
            fault('daemon/core/settings.def', 0, f'{name}: its preset is none of its choices')


def privileged():
    numbers = [int(number) for number in re.findall(r'^PRIV\((\d+), \w+,', read('worker/priv/priv.def'), re.M)]
    if numbers != list(range(1, len(numbers) + 1)):
        fault('worker/priv/priv.def', 0, 'numbers are not unique and in order')


for walk in (calls, commands, settings, privileged):
    walk()
finish('tables')
