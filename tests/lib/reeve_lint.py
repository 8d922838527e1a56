# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lints share: the files of the source tree, and one way to report."""
import os
import re
import sys

from reeve_test import SOURCE

ROOMS = ('base', 'conf', 'rpc', 'drivers', 'worker', 'daemon', 'tools')
LEFT_OUT = re.compile(r'^(\.git|_build|_inst|m4|autom4te\.cache|build(-.*)?|__pycache__|reeve-\d.*)$')
MADE = re.compile(r'(^|/)(configure~?|aclocal\.m4|Makefile\.in|config\.h\.in|ABOUT-NLS|LICENSE)$')

faults = []


def files(pattern, folders=None):
    """Names below the source tree that match the regular expression."""
    found = []
    for top, below, names in os.walk(SOURCE):
        below[:] = sorted(name for name in below if not LEFT_OUT.match(name))
        for name in sorted(names):
            path = os.path.relpath(os.path.join(top, name), SOURCE)
            if re.search(pattern, path) and not MADE.search(path):
                if folders is None or path.split('/')[0] in folders:
                    found.append(path)
    return found


def read(path):
    with open(os.path.join(SOURCE, path), encoding='utf-8') as text:
        return text.read()


def fault(path, line, text):
    faults.append(f'{path}:{line}: {text}')


def finish(what):
    print('\n'.join(faults))
    print(f'{what}: {len(faults)} faults')
    sys.exit(1 if faults else 0)
