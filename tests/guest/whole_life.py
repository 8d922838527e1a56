#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# timeout: 1200
"""The life of a guest as its administrator leads it, with stock virsh, virt-install and virt-clone: its pool and
network, its disk, its start, what is plugged and unplugged and tuned while it runs, snapshots, saves, copies, its
end. What came of each step is told by the guest itself, by QEMU's tools or by the files."""
import hashlib
import json
import os
import re
import sys

from reeve_test import STOCK, Shell, case, case_of_ours, check, command, contains, daemon, equal, guest_xml, kernel, run_cases, skip, until

NETWORK = '''<network><name>yard</name><bridge name='yard0'/><forward mode='nat'/><domain name='yard.test'/>
  <ip address='192.168.77.1' netmask='255.255.255.0'><dhcp><range start='192.168.77.100' end='192.168.77.120'/>
  <host mac='52:54:00:77:00:01' name='gina' ip='192.168.77.10'/></dhcp></ip></network>'''
MAC = '52:54:00:77:00:01'
PLUG, SOURCE = ("type='user'", '') if STOCK else ("type='network'", "<source network='yard'/>")


class Life:
    def __init__(self, server):
        self.server = server

    def virsh(self, *words, fails=False):
        done = command('virsh', '-q', '-c', self.server.uri(), *words, timeout=180, check_status=False, env={'LC_ALL': 'C'})
        check((done.status != 0) == fails, f'virsh {" ".join(words)}: exit status {done.status}\n{done.out}{done.err}')
        return (done.err if fails else done.out).strip()

    def stat(self, words, key):
        """One value of a table of "key: value" or "key value"."""
        text = self.virsh(*words)
        found = re.search(rf'^\s*{key}\s*:?\s+(.*?)\s*$', text, re.M)
        check(found, f'{" ".join(words)} tells no {key}:\n{text}')
        return found.group(1)


def digest(path):
    with open(path, 'rb') as data:
        return hashlib.sha256(data.read()).hexdigest()


@case
def its_place(life):
    """A pool with volumes, whose data are ours byte by byte."""
    os.makedirs('images')
    life.virsh('pool-define-as', 'images', 'dir', '--target', os.path.realpath('images'))
    life.virsh('pool-start', 'images')
    life.virsh('pool-autostart', 'images')
    contains(life.virsh('pool-list', '--details'), 'images')
    with open('data', 'wb') as out:
        out.write(os.urandom(1 << 20) + bytes(6 << 20) + os.urandom(1 << 20))
    life.virsh('vol-create-as', 'images', 'data', '8M', '--format', 'raw')
    life.virsh('vol-upload', 'data', 'data', '--pool', 'images')
    equal(digest('images/data'), digest('data'), 'what was uploaded')
    life.virsh('vol-upload', 'data', 'data', '--pool', 'images', '--sparse')
    life.virsh('vol-download', 'data', 'back', '--pool', 'images', '--sparse')
    equal(digest('back'), digest('data'), 'what was downloaded')
    life.virsh('vol-clone', 'data', 'copy', '--pool', 'images')
    equal(digest('images/copy'), digest('data'), 'the clone')
    life.virsh('vol-wipe', 'copy', '--pool', 'images')
    with open('images/copy', 'rb') as wiped:
        equal(wiped.read().count(0), 8 << 20, 'zeros of a wiped volume')
    life.virsh('vol-delete', 'copy', '--pool', 'images')
    life.virsh('vol-create-as', 'images', 'gina.qcow2', '32M', '--format', 'qcow2')
    life.virsh('vol-resize', 'gina.qcow2', '64M', '--pool', 'images')
    equal(json.loads(command('qemu-img', 'info', '--output=json', 'images/gina.qcow2').out)['virtual-size'], 64 << 20)


@case_of_ours  # libvirtd's networks want iptables, which our machines do not have
def its_network(life):
    with open('yard.xml', 'w', encoding='utf-8') as out:
        out.write(NETWORK)
    life.virsh('net-define', 'yard.xml')
    life.virsh('net-autostart', 'yard')
    life.virsh('net-start', 'yard')
    equal(life.stat(('net-info', 'yard'), 'Active'), 'yes')
    equal(life.stat(('net-info', 'yard'), 'Bridge'), 'yard0')
    contains(command('ip', '-4', 'address', 'show', 'dev', 'yard0').out, 'inet 192.168.77.1/24')


@case
def its_start(life):
    disk = '''<disk type='volume' device='disk'><driver name='qemu' type='qcow2'/><source pool='images' volume='gina.qcow2'/>
        <target dev='vda' bus='virtio'/></disk><disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>'''
    card = f"<interface {PLUG}><mac address='{MAC}'/>{SOURCE}<model type='virtio'/></interface>"
    ports = "<controller type='pci' index='0' model='pcie-root'/>" + ''.join("<controller type='pci' model='pcie-root-port'/>" for _ in range(6))
    xml = guest_xml('gina', memory=192, vcpus=1, devices=disk + card + ports)
    xml = xml.replace('<vcpu>1</vcpu>', "<vcpu current='1'>2</vcpu>").replace("<memballoon model='none'/>", "<memballoon model='virtio'/>")
    with open('gina.xml', 'w', encoding='utf-8') as out:
        out.write(xml)
    life.virsh('define', 'gina.xml')
    life.virsh('start', 'gina')
    life.shell = Shell(life.server, 'gina')
    life.shell.until('test -b /dev/vda')
    equal(life.shell.run('cat /sys/block/vda/size')[1].strip().splitlines()[-1], str(64 * 2048), 'sectors that the guest sees')
    if STOCK:
        return
    contains(life.virsh('dumpxml', 'gina'), "<target dev='vnet")
    life.shell.run('ip link set eth0 up; ip address add 192.168.77.10/24 dev eth0')
    life.shell.ping('192.168.77.1')
    contains(life.virsh('domifaddr', 'gina', '--source', 'arp'), '192.168.77.10')


@case
def a_disk_comes_and_goes(life):
    command('qemu-img', 'create', '-q', '-f', 'qcow2', 'images/more.qcow2', '16M')
    life.virsh('attach-disk', 'gina', os.path.realpath('images/more.qcow2'), 'vdb', '--subdriver', 'qcow2', '--live')
    life.shell.until('test -b /dev/vdb')
    equal(life.shell.run('echo written > /dev/vdb; sync; head -c 8 /dev/vdb')[0], 0)
    contains(life.virsh('domblklist', 'gina'), 'more.qcow2')
    life.virsh('detach-disk', 'gina', 'vdb', '--live')
    life.shell.until('test ! -e /dev/vdb')
    check('vdb' not in life.virsh('domblklist', 'gina'), 'the live definition follows')
    contains(command('qemu-io', '-f', 'qcow2', '-c', 'read -v 0 16', 'images/more.qcow2').out, 'written')


@case_of_ours
def a_card_comes_and_goes(life):
    life.virsh('attach-interface', 'gina', 'network', 'yard', '--model', 'virtio', '--mac', '52:54:00:77:00:02', '--live')
    life.shell.until('grep -q 52:54:00:77:00:02 /sys/class/net/*/address')
    equal(len(json.loads(command('ip', '-j', 'link', 'show', 'master', 'yard0').out)), 2, 'taps in the bridge')
    life.virsh('domif-setlink', 'gina', '52:54:00:77:00:02', 'down')
    equal(life.virsh('domif-getlink', 'gina', '52:54:00:77:00:02').split()[-1], 'down')
    life.virsh('detach-interface', 'gina', 'network', '--mac', '52:54:00:77:00:02', '--live')
    life.shell.until('test ! -e /sys/class/net/eth1')


@case
def a_medium_is_changed(life):
    with open('images/disc.iso', 'wb') as out:
        out.write(b'on a disc'.ljust(1 << 20, b'\0'))
    life.virsh('change-media', 'gina', 'sda', os.path.realpath('images/disc.iso'), '--insert', '--live')
    contains(life.virsh('domblklist', 'gina'), 'disc.iso')
    life.virsh('change-media', 'gina', 'sda', '--eject', '--live')
    check('disc.iso' not in life.virsh('domblklist', 'gina'), 'the drive is empty')


@case
def more_and_less(life):
    life.virsh('setvcpus', 'gina', '2', '--live')
    life.shell.until('test -d /sys/devices/system/cpu/cpu1')
    equal(life.virsh('vcpucount', 'gina', '--current', '--live'), '2')
    life.virsh('setmem', 'gina', '128M', '--live')
    until(lambda: life.stat(('dommemstat', 'gina'), 'actual') == str(128 * 1024), 'the guest gave memory back', 120)
    life.virsh('setmem', 'gina', '192M', '--live')
    life.virsh('blkdeviotune', 'gina', 'vda', '--total-iops-sec', '500', '--live')
    equal(life.stat(('blkdeviotune', 'gina', 'vda'), 'total_iops_sec'), '500')


@case
def moments(life):
    """Each snapshot has the memory of its time: a variable of the guest's shell tells."""
    life.shell.run('when=before')
    life.virsh('snapshot-create-as', 'gina', 'first', 'before the change')
    life.shell.run('when=after')
    contains(life.virsh('snapshot-list', 'gina'), 'first')
    life.virsh('snapshot-revert', 'gina', 'first')
    life.shell.close()
    life.shell = Shell(life.server, 'gina')
    contains(life.shell.run('echo it is $when')[1], 'it is before')
    life.virsh('snapshot-delete', 'gina', 'first')
    equal(life.virsh('snapshot-list', 'gina', '--name'), '')


@case
def sleep_and_wake(life):
    life.shell.run('mood=awake')
    life.virsh('managedsave', 'gina')
    equal(life.virsh('domstate', 'gina'), 'shut off')
    life.virsh('start', 'gina')
    life.shell.close()
    life.shell = Shell(life.server, 'gina')
    contains(life.shell.run('echo it is $mood')[1], 'it is awake')
    life.virsh('save', 'gina', os.path.realpath('gina.save'))
    life.virsh('restore', os.path.realpath('gina.save'))
    life.shell.close()
    life.shell = Shell(life.server, 'gina')
    contains(life.shell.run('echo it is $mood')[1], 'it is awake')


@case_of_ours
def the_daemon_is_replaced(life):
    """The guest does not notice, nor does its network."""
    life.server.kill()
    life.server.start()
    life.shell.close()
    life.shell = Shell(life.server, 'gina')
    contains(life.shell.run('echo it is $mood')[1], 'it is awake')
    equal(life.stat(('net-info', 'yard'), 'Active'), 'yes')
    life.shell.ping('192.168.77.1')


@case
def its_end(life):
    life.virsh('shutdown', 'gina')
    until(lambda: life.virsh('domstate', 'gina') == 'shut off', 'the guest has shut down', 120)
    life.shell.close()
    equal(life.virsh('domstate', 'gina', '--reason'), 'shut off (shutdown)')
    before = digest('images/gina.qcow2')
    done = command('virt-clone', '--connect', life.server.uri(), '-o', 'gina', '-n', 'gretel', '--auto-clone', timeout=180)
    contains(done.out, "successfully")
    clone = life.virsh('dumpxml', 'gretel')
    check(MAC not in clone and life.virsh('domuuid', 'gina') not in clone, 'the clone is another machine')
    equal(command('qemu-img', 'compare', 'images/gina.qcow2', clone_disk(clone)).status, 0)
    equal(digest('images/gina.qcow2'), before, 'the original')
    life.virsh('domrename', 'gretel', 'grete')
    life.virsh('undefine', 'grete', '--remove-all-storage')
    life.virsh('undefine', 'gina')
    if not STOCK:
        life.virsh('net-destroy', 'yard')
        life.virsh('net-undefine', 'yard')
        check('yard0' not in os.listdir('/sys/class/net'), 'the bridge has gone')
    equal(sorted(os.listdir('images')), ['data', 'disc.iso', 'gina.qcow2', 'more.qcow2'], 'volumes that are left')
    life.virsh('pool-destroy', 'images')
    life.virsh('pool-undefine', 'images')


def clone_disk(xml):
    found = re.search(r"<source (?:file|volume|pool='\w+' volume)='([^']+)'", xml)
    return os.path.join('images', os.path.basename(found.group(1)))


if os.geteuid() != 0 or not os.path.isdir('/sys/class/net') or 'yard0' in os.listdir('/sys/class/net'):
    skip('needs root and a network of its own')
kernel()
with daemon() as server:
    status = run_cases(Life(server))
sys.exit(status)
