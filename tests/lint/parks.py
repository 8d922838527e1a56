#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A function that may park its fiber has a name that says so: ..._wait, ..._call, ..._commit. Over the graph of calls:
who calls such a one parks too. What begins a fiber, and what a call table runs on a fiber, is called by nobody who
could be surprised; and the worker with the live halves of drivers, where any operation may wait for the one guest,
is left out."""
import os
import re
import sys

from reeve_lint import fault, files, finish, read
from reeve_test import SOURCE

sys.path.insert(0, os.path.join(SOURCE, 'tests', 'mutate'))
from ctokens import Source  # noqa: E402

PARKS = re.compile(r'_(wait|call|commit)$')
# Called so, but they park no fiber: a thread's own waits, and a question.
ELSE = {'sd_event_wait', 'pthread_cond_wait', 'jobs_commit', 'is_call'}
# Rows of tables whose functions run on a fiber of their own, and the main loop.
HANDLERS = re.compile(r'^(serve_|vm_|reeve_vm_|main$)')
OF_WORKERS = re.compile(r'^(worker/|drivers/\w+/(live|monitor)|drivers/test/behave)')
KNOWN = 'tests/lint/parks.known'


class Function:
    def __init__(self, path, source, function):
        self.path, self.name, self.line, self.calls = path, function.name, function.first_line, set()
        begin = source.text.rfind('\n\n', 0, source.tokens[function.first].start)
        self.static = bool(re.search(r'^static\b', source.text[begin:source.tokens[function.first].start], re.M))
        for index in range(function.first, function.last - 1):
            if source.tokens[index].kind == 'name' and source.tokens[index + 1].text == '(':
                self.calls.add(source.tokens[index].text)


def spawned(source):
    """Functions that fibers begin with."""
    for index, token in enumerate(source.tokens):
        if token.text == 'fiber_spawn':
            yield from (one.text for one in source.tokens[index:source.partner.get(index + 1, index)] if one.kind == 'name')


def graph():
    for path in files(r'\.c$', ('base', 'rpc', 'drivers', 'worker', 'daemon')):
        if OF_WORKERS.match(path):
            continue
        source = Source(read(path))
        roots = set(spawned(source))
        for function in source.functions:
            if function.name not in roots and not HANDLERS.match(function.name):
                yield Function(path, source, function)


def silent(functions):
    """Those that park and do not say so -> what they park in; until nobody else calls one of them."""
    found, local, everywhere = {}, set(), set()
    while True:
        before = len(found)
        for one in functions:
            if PARKS.search(one.name) or one in found:
                continue
            parks = [name for name in one.calls if name not in ELSE and
                     (PARKS.search(name) or name in everywhere or (one.path, name) in local)]
            if parks:
                found[one] = min(parks)
                if one.static:
                    local.add((one.path, one.name))
                else:
                    everywhere.add(one.name)
        if len(found) == before:
            return found


known = {line for line in read(KNOWN).splitlines() if line and not line.startswith('#')} if __name__ == '__main__' else set()
seen = set()
for function, name in silent(list(graph())).items():
    seen.add(f'{function.path} {function.name}')
    if f'{function.path} {function.name}' not in known:
        fault(function.path, function.line, f'{function.name}() parks in {name}(), and its name does not say so')
for entry in sorted(known - seen):
    print(f'{KNOWN}: {entry}: may go, it does not park or is not there')

finish('parks')
