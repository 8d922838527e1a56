# SPDX-License-Identifier: LGPL-2.1-or-later
"""A day's work in virsh's words, for any client that takes them and any daemon that serves them."""
import os
import re
import time

from reeve_test import SLOW, Failed, command, contains, disk_image, guest_xml

NOTHING = r'\A\s*\Z'  # what a command says that has no more to say than that it worked

# (words, what the output must have); {name} and others are filled in. A leading '!' means: must fail; '?':
# is asked until it says so. What says
# nothing is followed by a row that asks for what it did, where that can be asked for.
BEFORE = [
    ('version', 'QEMU'),
    ('version --daemon', r'\d+\.\d+\.\d+'),
    ('uri', r'qemu\+?\w*:///?'),
    ('hostname', r'\S+'),
    ('nodeinfo', r'CPU\(s\):\s+\d+'),
    ('nodememstats', r'total\s*:\s+\d+ KiB'),
    ('nodecpustats', r'user:\s+\d+'),
    ('nodecpumap', r'CPUs present:\s+\d+'),
    ('freecell', r'\d+ KiB'),
    ('freecell --all', r'Total'),
    ('maxvcpus', r'^\d+'),
    ('capabilities', r'<host>'),
    ('domcapabilities', r'<domainCapabilities>'),
    ('domcapabilities --virttype qemu --machine q35', r'pc-q35'),
    ('cpu-models x86_64', r'qemu64|Penryn|Nehalem'),
    ('freepages --all', r'Pages|KiB'),
    ('iface-list --all', r'Name\s+State\s+MAC'),
    ('nodedev-list', NOTHING + r'|^computer$'),
    ('net-list --all', r'Name\s+State\s+Autostart'),
    ('pool-list --all', r'Name\s+State\s+Autostart'),
    ('secret-list', r'UUID\s+Usage'),
    ('nwfilter-list', r'UUID\s+Name'),
    ('list', r'Id\s+Name\s+State'),
    ('define {xml}', r"Domain '{name}' defined"),
    ('list --all', r'{name}\s+shut off'),
    ('list --inactive --name', r'^{name}$'),
    ('list --all --uuid', r'^[0-9a-f-]{{36}}$'),
    ('list --all --title', r'Title'),
    ('list --all --persistent --no-autostart --without-managed-save', r'{name}'),
    ('list --all --with-snapshot', r'Id\s+Name\s+State'),
    ('domstate {name}', r'shut off'),
    ('domstate {name} --reason', r'shut off \(unknown\)'),
    ('domid {name}', r'^-$'),
    ('domuuid {name}', r'[0-9a-f-]{{36}}'),
    ('dominfo {name}', r'Persistent:\s+yes'),
    ('autostart {name}', r"'{name}' marked as autostarted"),
    ('list --all --autostart', r'{name}'),
    ('autostart {name} --disable', r'unmarked as autostarted'),
    ('dumpxml {name}', r'<name>{name}</name>'),
    ('dumpxml {name} --inactive', r'<domain type='),
    ('dumpxml {name} --security-info', r'<devices>'),
    ('dumpxml {name} --migratable', r'<devices>'),
    ('desc {name} --title --config --new-desc Titel', r'title updated|Domain title'),
    ('desc {name} --title', r'Titel'),
    ('metadata {name} http://example.org/x --key x --set <x/> --config', r'Metadata modified'),
    ('metadata {name} http://example.org/x --config', r'<x'),
    ('setmaxmem {name} 262144 --config', NOTHING),
    ('dominfo {name}', r'Max memory:\s+262144 KiB'),
    ('setmem {name} 131072 --config', NOTHING),
    ('dominfo {name}', r'Used memory:\s+131072 KiB'),
    ('setvcpus {name} 2 --config --maximum', NOTHING),
    ('vcpucount {name}', r'maximum\s+config\s+2'),
    ('domblklist {name}', r'vda\s+\S+disk\.qcow2'),
    ('domblklist {name} --details', r'file\s+disk\s+vda'),
    ('domiflist {name}', r'Interface\s+Type\s+Source'),
    ('domxml-to-native qemu-argv --domain {name}', r'qemu-system-x86_64'),
    ('snapshot-list {name}', r'Name\s+Creation Time\s+State'),
    ('attach-disk {name} {disk2} vdb --config --subdriver raw', r'attached successfully'),
    ('detach-disk {name} vdb --config', r'detached successfully'),
    ('attach-interface {name} bridge br-none --model virtio --mac 52:54:00:11:22:33 --config', r'attached successfully'),
    ('domif-getlink {name} 52:54:00:11:22:33 --config', r'up'),
    ('detach-interface {name} bridge --mac 52:54:00:11:22:33 --config', r'detached successfully'),
    ('attach-device {name} {device} --config', r'attached successfully'),
    ('detach-device {name} {device} --config', r'detached successfully'),
    ('edit {name}', r'not changed'),
    ('echo --xml <a>', r'&lt;a&gt;'),
    ('pwd', r'/'),
    ('help list', r'list domains|NAME'),
    ('!start nobody', r"nobody"),
    ('!suspend {name}', r'not running|not valid'),
]
RUNNING = [
    ('start {name} --paused', r"'{name}' started"),
    ('domstate {name} --reason', r'paused'),
    ('resume {name}', r"'{name}' resumed"),
    ('!start {name}', r'already'),
    ('list', r'{name}\s+running'),
    ('list --state-running --name', r'^{name}$'),
    ('domid {name}', r'^\d+$'),
    ('domstate {name} --reason', r'running \((unpaused|booted)\)'),
    ('dominfo {name}', r'State:\s+running'),
    ('domcontrol {name}', r'ok'),
    ('dumpxml {name}', r"<domain type='qemu' id='\d+'>"),
    ('dumpxml {name}', r"<source path='/dev/pts/\d+'/>"),
    ('dumpxml {name} --migratable', r'<devices>'),
    ('ttyconsole {name}', r'/dev/pts/\d+'),
    ('vncdisplay {name}', r'127\.0\.0\.1:\d+|localhost:\d+'),
    ('domdisplay {name}', r'vnc://'),
    ('vcpuinfo {name}', r'State:\s+running'),
    ('vcpucount {name} --current --live', r'^\d+'),
    ('dommemstat {name}', r'actual \d+'),
    ('domblkstat {name} vda', r'vda rd_req \d+'),
    ('domblkinfo {name} vda', r'Capacity:\s+67108864\s+Allocation:\s+[1-9]'),
    ('!domhostname {name} --source agent', r'agent'),
    ('domstats {name}', r'state\.state=1'),
    ('domstats {name} --cpu-total --balloon --vcpu --interface --block', r'block\.0\.name=vda'),
    ('domstats --list-active --state', r"Domain: '{name}'"),
    ('domstats --raw {name} --block --backing', r'block\.count=\d'),
    ('domdirtyrate-calc {name} --seconds 1', r'^Start to calculate domain.s memory dirty rate successfully|is being measured'),
    ('?domstats {name} --dirtyrate', r'dirtyrate\.calc_status=2(?s:.*)dirtyrate\.megabytes_per_second=\d+'),
    ('send-key {name} KEY_A', NOTHING),
    ('send-key {name} --codeset linux 30 31', NOTHING),
    ('inject-nmi {name}', NOTHING),
    ('screenshot {name} {shot}', r'Screenshot saved'),
    ('suspend {name}', r"'{name}' suspended"),
    ('list --state-paused --name', r'^{name}$'),
    ('domstate {name} --reason', r'paused \(user\)'),
    ('resume {name}', r'resumed'),
    ('reset {name}', r"'{name}' was reset"),
    ('qemu-monitor-command {name} --hmp info~status', r'running'),
    ('qemu-monitor-command {name} {{"execute":"query-status"}}', r'"running"'),
    ('event --list', r'lifecycle'),
    ('reboot {name} --mode acpi', r"'{name}' is being rebooted"),
    ('shutdown {name} --mode acpi', r"'{name}' is being shut"),
    ('setmem {name} 120000 --live', NOTHING),
    ('destroy {name}', r"'{name}' destroyed"),
    ('domstate {name} --reason', r'shut off \(destroyed\)'),
]
AFTER = [
    ('domrename {name} {name}2', r'successfully renamed|Domain .*renamed'),
    ('domrename {name}2 {name}', r'renamed'),
    ('create {transient}', r"'{name}-t' created"),
    ('list --transient', r'{name}-t'),
    ('destroy {name}-t --graceful', r'destroyed'),
    ('!dominfo {name}-t', r'{name}-t'),
    ('undefine {name}', r"'{name}' has been undefined|'{name}'"),
    ('!domstate {name}', r'{name}'),
]
SCRIPT = BEFORE + RUNNING + AFTER


def documents(name='script'):
    """Writes what the script reads into the working directory."""
    disk = disk_image('disk.qcow2')
    devices = f"""<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{disk}'/>
      <target dev='vda' bus='virtio'/></disk>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/><video><model type='vga'/></video>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"""
    text = guest_xml(name, memory=128, devices=devices).replace("<memballoon model='none'/>",
                                                                "<memballoon model='virtio'/>")
    device = ("<disk type='file' device='cdrom'><target dev='sdz' bus='sata'/><readonly/></disk>")
    os.environ['EDITOR'] = os.environ['VISUAL'] = 'true'
    for path, document in (('guest.xml', text), ('device.xml', device), ('transient.xml', guest_xml(name + '-t', boot=False))):
        with open(path, 'w', encoding='utf-8') as out:
            out.write(document)
    return {'name': name, 'xml': os.path.realpath('guest.xml'), 'transient': os.path.realpath('transient.xml'),
            'shot': os.path.realpath('shot.img'), 'device': os.path.realpath('device.xml'),
            'disk2': disk_image('disk2.img', form='raw')}


def failure_of(client, words, fails, pattern, values):
    """Runs one command; returns what is wrong with what it does and says."""
    try:
        done = command(*client, *words, check_status=False)
        text = done.out + done.err
        if (done.status != 0) != fails:
            raise Failed(f'exit status {done.status}: {text.strip()[-400:]}')
        contains(text, pattern.format(**{key: re.escape(value) for key, value in values.items()}), 'output')
    except Failed as failure:
        return failure
    return None


def run_script(client, left_out=(), script=None):
    """Runs each line with @client (a list of words); returns what went wrong."""
    values, wrong = documents(), []
    for line, pattern in script or SCRIPT:
        fails, again, line = line.startswith('!'), line.startswith('?'), line.lstrip('!?')
        words = [word.format(**values).replace('~', ' ') for word in line.split()]
        if line in left_out or words[0] in left_out:
            continue
        deadline = time.monotonic() + (60 * SLOW if again else 0)
        while (failure := failure_of(client, words, fails, pattern, values)) and time.monotonic() < deadline:
            pass
        if failure:
            wrong.append(f'{" ".join(words)}\n    {failure}')
    print(f'{len(script or SCRIPT)} commands, {len(wrong)} wrong')
    for text in wrong:
        print(f'  {text}')
    return wrong
