#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files, functions, parameter lists and nesting stay small; lines are not overlong."""
import re

from reeve_lint import ROOMS, fault, files, finish, read

FILE, TABLES, FUNCTION, PARAMETERS, NESTING = 700, 1000, 60, 5, 3
GIVEN = {'on_element'}  # libxml2 says what its SAX callback takes
COLUMNS = 120  # the layout aims at 100; strings for people are not broken to get there


def columns(line):
    return len(line.expandtabs(8))


def parameters(signature):
    inside = signature[signature.index('(') + 1:signature.rindex(')')]
    depth = 0
    count = 1 if inside.strip() not in ('', 'void') else 0
    for letter in inside:
        depth += (letter == '(') - (letter == ')')
        count += letter == ',' and depth == 0
    return count


def functions(lines):
    """Yields (name, signature, first line, body) of each function, found by the layout that we keep."""
    start = None
    for number, line in enumerate(lines):
        if line.startswith('{'):
            first = number
            while first > 0 and lines[first - 1].strip() and not re.search(r'[;}/]\s*$', lines[first - 1]) \
                    and not lines[first - 1].startswith('#'):
                first -= 1
            signature = ' '.join(lines[first:number])
            name = re.search(r'(\w+)\s*\(', signature)
            start = (name.group(1), signature, number) if name and '=' not in signature else None
        elif line.startswith('}') and start:
            yield *start[:2], start[2] + 1, lines[start[2] + 1:number]
            start = None


def nesting(body):
    """Depth of blocks inside the function; a switch counts once with its cases."""
    depth = deepest = 0
    for line in body:
        line = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'|/\*.*?\*/', '', line)
        depth += line.count('{')
        deepest = max(deepest, depth)
        depth -= line.count('}')
    return deepest


for path in files(r'\.(c|h)$', ROOMS + ('bench', 'tests')):
    lines = read(path).splitlines()
    limit = TABLES if path.startswith('conf/') else FILE
    if len(lines) > limit:
        fault(path, len(lines), f'{len(lines)} lines, more than {limit}: split it by noun')
    for number, line in enumerate(lines, 1):
        if columns(line) > COLUMNS:
            fault(path, number, f'{columns(line)} columns, more than {COLUMNS}')
    if not path.endswith('.c'):
        continue
    for name, signature, number, body in functions(lines):
        if len(body) > FUNCTION:
            fault(path, number, f'{name}() has {len(body)} lines, more than {FUNCTION}')
        if parameters(signature) > PARAMETERS and name not in GIVEN:
            fault(path, number, f'{name}() has {parameters(signature)} parameters, more than {PARAMETERS}')
        if nesting(body) > NESTING:
            fault(path, number, f'{name}() is nested {nesting(body)} deep, more than {NESTING}')

finish('sizes')
