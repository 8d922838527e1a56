# SPDX-License-Identifier: LGPL-2.1-or-later
"""Certificates for tests, made by certtool: authorities, servers, clients, good ones and bad ones."""
import os

from reeve_test import command

LAYOUT = {'ca': 'ca\ncert_signing_key\ncrl_signing_key\n',
          'server': 'tls_www_server\nencryption_key\nsigning_key\n',
          'client': 'tls_www_client\nencryption_key\nsigning_key\n'}


class Authority:
    def __init__(self, directory, name):
        os.makedirs(directory, exist_ok=True)
        self.directory, self.name = directory, name
        self.key, self.cert = f'{directory}/{name}-key.pem', f'{directory}/{name}.pem'
        new_key(self.key)
        template = self.template(name, 'ca', f'cn = "{name}"\nexpiration_days = 30\n')
        command('certtool', '--generate-self-signed', '--load-privkey', self.key, '--template', template,
                '--outfile', self.cert)

    def template(self, name, kind, text):
        path = f'{self.directory}/{name}.tmpl'
        with open(path, 'w', encoding='utf-8') as out:
            out.write(LAYOUT[kind] + text)
        return path

    def issue(self, name, kind, names=(), expired=False):
        """A key and a certificate for @name; returns their paths."""
        key, cert = f'{self.directory}/{name}-key.pem', f'{self.directory}/{name}.pem'
        new_key(key)
        text = f'cn = "{name}"\norganization = "reeve test"\n'
        for other in names:
            text += f'ip_address = {other}\n' if other[0].isdigit() else f'dns_name = {other}\n'
        if expired:
            text += 'activation_date = "2001-01-01 00:00:00"\nexpiration_date = "2001-02-01 00:00:00"\n'
        else:
            text += 'expiration_days = 30\n'
        command('certtool', '--generate-certificate', '--load-privkey', key, '--load-ca-privkey', self.key,
                '--load-ca-certificate', self.cert, '--template', self.template(name, kind, text),
                '--outfile', cert)
        return key, cert

    def revoke(self, cert):
        path = f'{self.directory}/crl.pem'
        template = self.template('crl', 'ca', 'crl_next_update = 30\ncrl_number = 1\n')
        command('certtool', '--generate-crl', '--load-ca-privkey', self.key, '--load-ca-certificate', self.cert,
                '--load-certificate', cert, '--template', template, '--outfile', path)
        return path

    def client_directory(self, directory, key, cert, ca=None):
        """The three files where `pkipath` looks for them."""
        os.makedirs(directory, exist_ok=True)
        for name, source in (('cacert.pem', ca or self.cert), ('clientcert.pem', cert), ('clientkey.pem', key)):
            copy(source, f'{directory}/{name}')
        return directory


def new_key(path):
    command('certtool', '--generate-privkey', '--key-type', 'rsa', '--bits', '2048', '--outfile', path)


def copy(source, target):
    with open(source, 'rb') as original, open(target, 'wb') as made:
        made.write(original.read())


def server_directory(authority, directory, names=('localhost', '127.0.0.1'), **options):
    """Puts what a server needs where reeved looks below its directory."""
    os.makedirs(directory, exist_ok=True)
    key, cert = authority.issue('server', 'server', names, **options)
    for name, source in (('cacert.pem', authority.cert), ('servercert.pem', cert), ('serverkey.pem', key)):
        copy(source, f'{directory}/{name}')
        os.chmod(f'{directory}/{name}', 0o644)
    return directory


def copy_server(source, directory):
    """The server's three files for another place."""
    os.makedirs(directory, exist_ok=True)
    for name in ('cacert.pem', 'servercert.pem', 'serverkey.pem'):
        copy(f'{source}/{name}', f'{directory}/{name}')
