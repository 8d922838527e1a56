#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The score of XML fidelity on a corpus that lies beside the checkout, or at $REEVE_XMLBAR."""
# timeout: 1200
import os
import re
import sys

from reeve_test import SLOW, SOURCE, STOCK, command, daemon, skip

# Column of the result's last row -> least percentage; "facts kept" and "identical" are only told.
COLUMNS = ('accepted', 'faithful', 'facts kept', 'stable', 'identical', 'must-refuse', 'same code')
BAR = {'accepted': 99.0, 'faithful': 99.0, 'stable': 100.0, 'must-refuse': 97.0, 'same code': 90.0}


def main():
    folder = os.environ.get('REEVE_XMLBAR') or os.path.join(SOURCE, '..', 'shared', 'xmlbar')
    script = os.path.join(folder, 'xmlbar.py')
    if not os.path.exists(script):
        skip('no corpus: set REEVE_XMLBAR to the folder of xmlbar.py')
    with daemon() as server:
        if not STOCK:
            os.makedirs('vol', exist_ok=True)
        done = command('/usr/bin/python3', script, '--split', 'public', '--top', '40', '--timeout', str(20 * SLOW),
                       '--voldir', os.path.realpath('vol'), server.socket, check_status=False, timeout=1100)
    print(done.out[-8000:], done.err[-2000:])
    return 0 if judge(done.out) else 1


def judge(text):
    row = re.search(r'^ALL .*$', text, re.M)
    if not row:
        print('no result')
        return False
    good = True
    for name, figure in zip(COLUMNS, re.findall(r'([\d.]+)%(?: \((\d+)/(\d+)\))?', row.group(0))):
        value = 100.0 * int(figure[1]) / int(figure[2]) if figure[2] else float(figure[0])
        if name in BAR and value < BAR[name]:
            print(f'{name}: {value:.2f} %, below {BAR[name]} %')
            good = False
    for fault in ('hang', 'crash'):
        if f'{fault}:' in row.group(0):
            print(f'a {fault}')
            good = False
    return good


if __name__ == '__main__':
    sys.exit(main())
