#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What no file may say: marks of unfinished work, errors that explain nothing, places of one machine."""
import re

from reeve_lint import ROOMS, fault, files, finish, read

# Written in pieces, so that this file does not find itself.
MARKS = re.compile(r'\b(TO' r'DO|FIX' r'ME|X' r'XX|HA' r'CK)\b')
EMPTY = re.compile(r'"[^"]*\b(internal' r' error|unknown' r' error|unknown' r' reason)\b[^"]*"', re.I)
PLACES = re.compile(r'(?<![\w.~])/(wo' r'rk|home/\w+|ro' r'ot/\w|tmp/te' r'am)(/|\b)')
SPDX = 'SPDX-License-Identifier: LGPL-2.1-or-later'

for path in files(r'(\.(c|h|x|def|py|sh|mk|ac|am|md|po|xml)|/run|/?dev|tests/lib/[\w-]+)$'):
    text = read(path)
    if path.endswith(('.c', '.h', '.x', '.def', '.py', '.sh', '.mk')) and SPDX not in text[:300]:
        if not path.endswith('.mk'):
            fault(path, 1, f'no line "{SPDX}"')
    for number, line in enumerate(text.splitlines(), 1):
        if MARKS.search(line):
            fault(path, number, f'a mark of unfinished work: {line.strip()}')
        if EMPTY.search(line) and path.split('/')[0] in ROOMS and '/*' not in line:
            fault(path, number, f'an error that says nothing: {line.strip()}')
        if PLACES.search(line):
            fault(path, number, f'a place of one machine: {line.strip()}')
        if line != line.rstrip() and path.endswith(('.c', '.h', '.py', '.mk', '.x', '.def')):
            fault(path, number, 'blanks at the end of the line')

finish('words')
