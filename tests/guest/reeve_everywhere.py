#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""reeve takes virsh's words: the same script with our client on our daemon and on a real libvirtd."""
import os
import sys

from reeve_test import BUILD, Libvirtd, Reeved
from virsh_script import run_script

REEVE = os.path.join(BUILD, 'tools', 'reeve')


def on(server):
    with server:
        here = os.path.basename(server.directory)
        print(f'on {here}')
        os.makedirs(f'files-{here}', exist_ok=True)
        os.chdir(f'files-{here}')
        wrong = run_script([REEVE, '-c', server.uri()])
        os.chdir('..')
        return len(wrong)


if __name__ == '__main__':
    sys.exit(1 if sum([on(Reeved('reeved')), on(Libvirtd('libvirtd'))]) else 0)
