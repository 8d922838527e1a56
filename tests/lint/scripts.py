#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scripts are at least well-formed in their languages."""
import os

from reeve_lint import fault, files, finish, read
from reeve_test import SOURCE, command

for path in files(r'(\.(py|sh)|/run|^dev|tests/lib/[\w-]+)$'):
    full = os.path.join(SOURCE, path)
    first = read(path).split('\n', 1)[0]
    if path.endswith('.py') or 'python' in first:
        try:
            compile(read(path), path, 'exec')
        except SyntaxError as error:
            fault(path, error.lineno, str(error))
    elif 'sh' in first:
        done = command('bash', '-n', full, check_status=False)
        if done.status != 0:
            fault(path, 0, done.err.strip())
    else:
        fault(path, 1, 'says no interpreter')
    if first.startswith('#!') and not os.access(full, os.X_OK):
        fault(path, 1, 'has an interpreter but is not executable')

finish('scripts')
