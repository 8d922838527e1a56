#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same script of stock virsh over TLS with mutual certificates."""
import os
import sys

from reeve_pki import Authority, server_directory
from reeve_test import STOCK, Reeved, skip
from virsh_script import run_script

PORT = 17515

if __name__ == '__main__':
    if STOCK:
        skip('about our server')
    authority = Authority('pki', 'ca')
    pair = authority.issue('client', 'client')
    where = os.path.realpath(authority.client_directory('client', *pair))
    os.makedirs('d', exist_ok=True)
    server_directory(authority, 'd/pki')
    system = 'system' if os.geteuid() == 0 else 'session'
    with Reeved(listen_tls='yes', listen_address='127.0.0.1', tls_port=PORT):
        wrong = run_script(['virsh', '-c', f'qemu+tls://localhost:{PORT}/{system}?pkipath={where}'])
    sys.exit(1 if wrong else 0)
