#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Session mode: an ordinary user runs the daemon and a guest, without any privileged helper; what needs
root is refused in words."""
import os
import shutil
import socket
import subprocess
import sys

from reeve_test import BUILD, SOURCE, STOCK, kernel, skip

USER = 64641
TAP = 'own0'


def own_tap(connection):
    """A tap that root has made for this user can be used; that there is none other is said."""
    import libvirt
    from reeve_test import contains, guest_xml
    xml = guest_xml('tapped', boot=False, devices=f"<interface type='ethernet'><target dev='{TAP}' managed='no'/></interface>")
    domain = connection.createXML(xml, 0)
    domain.interfaceStats(TAP)
    domain.destroy()
    try:
        connection.createXML(xml.replace(TAP, 'lo'), 0)
    except libvirt.libvirtError as error:
        contains(str(error), "'lo' is no tap|cannot open the tap device 'lo'|'lo' belongs to another")
    else:
        raise AssertionError('lo as a tap')


def inner():
    """Here we are that user."""
    import libvirt
    from reeve_test import Reeved, check, contains, disk_image, equal, guest_xml
    libvirt.registerErrorHandler(lambda *_: None, None)
    with Reeved('d') as server:
        helpers = subprocess.run(['pgrep', '-u', str(USER), '-x', 'reeve-priv'], capture_output=True, check=False)
        equal(helpers.stdout, b'', 'a privileged helper')
        disk = disk_image('disk.qcow2')
        with server.connect() as connection:
            contains(connection.getURI(), 'session')
            domain = connection.defineXML(guest_xml('mine', devices=f"""<disk type='file' device='disk'>
                <driver name='qemu' type='qcow2'/><source file='{disk}'/><target dev='vda' bus='virtio'/></disk>
                <interface type='user'><model type='virtio'/></interface>"""))
            domain.create()
            equal(domain.state()[0], libvirt.VIR_DOMAIN_RUNNING)
            domain.suspend()
            domain.resume()
            domain.destroy()
            domain.undefine()
            bridged = guest_xml('bridged', boot=False, devices="<interface type='bridge'><source bridge='br0'/></interface>")
            try:
                connection.createXML(bridged, 0)
            except libvirt.libvirtError as error:
                contains(str(error), "'bridge' needs root")
            else:
                raise AssertionError('a bridge without root')
            if TAP in [name for _, name in socket.if_nameindex()]:
                own_tap(connection)
    return 0


def interfaces_are_ours():
    """The runner gives a test a network of its own where it can."""
    return [name for _, name in socket.if_nameindex()] == ['lo']


def main():
    if STOCK:
        skip('about our daemon')
    if os.geteuid() != 0:
        return inner()
    if interfaces_are_ours():
        subprocess.run(['ip', 'tuntap', 'add', TAP, 'mode', 'tap', 'user', str(USER)], check=False)
    # The user may not reach the checkout: what is run is copied to where he may.
    kernel()
    home = os.path.realpath('home')
    for name in ('daemon/reeved', 'worker/reeve-vm', 'worker/reeve-priv', 'tools/reeve'):
        os.makedirs(os.path.dirname(f'{home}/build/{name}'), exist_ok=True)
        shutil.copy(os.path.join(BUILD, name), f'{home}/build/{name}')
    shutil.copytree(os.path.join(BUILD, 'guest'), f'{home}/build/guest', dirs_exist_ok=True)
    os.makedirs(f'{home}/tests/guest')
    shutil.copy(os.path.join(SOURCE, 'dev'), f'{home}/dev')
    shutil.copytree(os.path.join(SOURCE, 'tests', 'lib'), f'{home}/tests/lib')
    shutil.copy(os.path.realpath(__file__), f'{home}/tests/guest/session.py')
    for where, folders, files in os.walk(home):
        for name in [where] + [os.path.join(where, entry) for entry in folders + files]:
            os.chown(name, USER, USER)
    environment = {**os.environ, 'HOME': home, 'XDG_RUNTIME_DIR': home, 'TMPDIR': home, 'REEVE_BUILD': f'{home}/build',
                   'REEVE_SOURCE': home, 'PYTHONPATH': f'{home}/tests/lib'}
    return subprocess.run(['setpriv', f'--reuid={USER}', f'--regid={USER}', '--clear-groups', '/usr/bin/python3',
                           f'{home}/tests/guest/session.py'], cwd=home, env=environment, check=False).returncode


if __name__ == '__main__':
    sys.exit(main())
