#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images, names and options of strangers in the hands of a program that root started: headers that name other
files, data files, links, FIFOs, options within options. No byte outside of the pool is read or written, nobody
waits, and what a guest wrote into a raw volume does not make it something else. And an ordinary user who owns
a pool's directory swaps names in it while volumes are made, resized, filled and removed."""
# timeout: 900
import hashlib
import itertools
import json
import multiprocessing
import os
import shutil
import stat
import struct
import sys

import libvirt

from reeve_priv import libc
from reeve_test import STOCK, Failed, case, check, command, daemon, equal, guest_xml, run_cases, skip

ALICE = 1000
MIB = 1 << 20
BAIT = b'made-up secret ' * 70000  # longer than what anybody would read of a header


def header(size=MIB, backing=None, form=None, data_file=None, version=3, incompatible=0):
    """The first cluster of a qcow2 image, as somebody may write it."""
    head = bytearray(65536)
    struct.pack_into('>4sIQIIQIIQQIIQ', head, 0, b'QFI\xfb', version, 0, 0, 16, size, 0, 1, 0x30000, 0x10000, 1, 0, 0)
    struct.pack_into('>QQQII', head, 72, incompatible | (4 if data_file else 0), 0, 0, 4, 104)
    at = 104
    for kind, text in ((0xe2792aca, form), (0x44415441, data_file)):
        if text:
            struct.pack_into('>II', head, at, kind, len(text))
            head[at + 8:at + 8 + len(text)] = text.encode()
            at += 8 + len(text) + -len(text) % 8
    if backing:
        struct.pack_into('>QI', head, 8, 1024, len(backing))
        head[1024:1024 + len(backing)] = backing.encode()
    return bytes(head)


def whole(**more):
    """A qcow2 image that QEMU takes, its header changed as said."""
    command('qemu-img', 'create', '-q', '-f', 'qcow2', 'made.qcow2', '1M')
    with open('made.qcow2', 'rb') as text:
        data = bytearray(text.read())
    os.unlink('made.qcow2')
    if more:
        head = header(**more)
        data[8:20] = head[8:20]
        data[72:80] = head[72:80]
        data[104:2048] = head[104:2048]
    return bytes(data)


class Bait:
    def __init__(self):
        os.makedirs('outside')
        self.path = os.path.realpath('outside/disk')
        with open(self.path, 'wb') as out:
            out.write(BAIT)
        os.chmod(self.path, 0o600)
        self.open = os.path.realpath('outside/open')  # one that even a confined program could write
        with open(self.open, 'wb') as out:
            out.write(BAIT)
        os.chmod(self.open, 0o666)
        os.chmod('outside', 0o777)
        self.fifo = os.path.realpath('outside/fifo')
        os.mkfifo(self.fifo)
        self.watch = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        check(libc.inotify_add_watch(self.watch, b'outside', 0x20 | 0x2 | 0x4 | 0x100 | 0x200 | 0x40 | 0x80) >= 0, 'inotify')

    def events(self):
        """Names of files that something happened to. That the directory itself was opened is our own doing."""
        found = []
        while True:
            try:
                data = os.read(self.watch, 65536)
            except BlockingIOError:
                return found
            while data:
                _, mask, _, length = struct.unpack_from('iIII', data)
                if not mask & 0x40000000:  # IN_ISDIR
                    found.append((hex(mask), data[16:16 + length].rstrip(b'\0')))
                data = data[16 + length:]

    def untouched(self, what):
        check(not self.events(), f'{what}: a file outside was touched')
        equal(sorted(os.listdir('outside')), ['disk', 'fifo', 'open'], f'{what}: files outside')

    def whole(self):
        for path in (self.path, self.open):
            with open(path, 'rb') as text:
                equal(hashlib.sha256(text.read()).hexdigest(), hashlib.sha256(BAIT).hexdigest(), path)
        self.events()


def pool(connection, name, owner=0):
    os.makedirs(name)
    os.chown(name, owner, owner)
    os.chmod(name, 0o755)
    made = connection.storagePoolCreateXML(
        f"<pool type='dir'><name>{name}</name><target><path>{os.path.realpath(name)}</path></target></pool>")
    return made


def volume_xml(name, form='raw', more='', capacity=MIB, backing=''):
    return (f"<volume><name>{name}</name><capacity>{capacity}</capacity><allocation>0</allocation>"
            f"<target><format type='{form}'/>{more}</target>{backing}</volume>")


def refused(function, *arguments):
    try:
        function(*arguments)
    except libvirt.libvirtError as error:
        return error
    raise Failed(f'{function.__name__}{arguments} was done')


def allowed_or_not(function, *arguments):
    try:
        return function(*arguments)
    except libvirt.libvirtError:
        return None


def put(path, data):
    with open(path, 'wb') as out:
        out.write(data)


@case
def raw_stays_raw(server, bait):
    """Whatever its guest writes into it, and whoever asks, before and after a restart."""
    with server.connect() as connection:
        place = pool(connection, 'raws')
        volume = place.createXML(volume_xml('v', capacity=4 * MIB))
        path = volume.path()
        for head in (header(size=1 << 40), header(size=1 << 40, backing=bait.path, form='raw'),
                     header(size=1 << 40, data_file=bait.open), whole(size=1 << 40, data_file=bait.open),
                     b'# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 999999 FLAT "' + bait.path.encode() + b'" 0\n'):
            with open(path, 'r+b') as out:
                out.write(head)
            place.refresh()
            volume = place.storageVolLookupByName('v')
            check("type='raw'" in volume.XMLDesc(), 'a header made a raw volume something else')
            equal(volume.info()[1], os.path.getsize(path), 'capacity')
            check(bait.path not in volume.XMLDesc(), 'a header named a backing store')
            size = os.path.getsize(path) + MIB
            volume.resize(size)
            equal(os.path.getsize(path), size, 'size of the file')
            with open(path, 'rb') as text:
                equal(text.read(len(head)), head, 'content after resizing')
            bait.untouched('raw')
    server.stop()
    server.start()
    with server.connect() as connection:
        place = connection.storagePoolCreateXML(
            f"<pool type='dir'><name>raws2</name><target><path>{os.path.realpath('raws')}</path></target></pool>")
        check("type='raw'" in place.storageVolLookupByName('v').XMLDesc(), 'a restart made a raw volume something else')
        place.destroy()
    bait.whole()


@case
def headers_of_strangers(server, bait):
    """Put into the pool by somebody else: shown, but nothing that they name is opened; resized only alone."""
    images = {
        'data-file': whole(data_file=bait.open), 'data-file-2': whole(data_file=f'file:{bait.path}'),
        'backing': whole(backing=bait.path, form='raw'), 'backing-qcow2': whole(backing=bait.open, form='qcow2'),
        'backing-fifo': whole(backing=bait.fifo, form='raw'), 'backing-nothing': whole(backing=bait.open),
        'backing-json': whole(backing='json:{"driver":"file","filename":"' + bait.open + '"}', form='raw'),
        'backing-fat': whole(backing=f'fat:rw:{os.path.realpath("outside")}', form='raw'),
        'backing-climbs': whole(backing='../outside/open', form='raw'), 'backing-nbd': whole(backing='nbd:unix:/run/x', form='raw'),
        'backing-device': whole(backing='/dev/zero', form='raw'), 'backing-self': whole(backing='backing-self', form='qcow2'),
        'backing-link': whole(backing='link', form='raw'), 'backing-proc': whole(backing='/proc/self/environ', form='raw'),
        'short': b'QFI\xfb', 'huge': header(size=(1 << 63) - 1), 'version': header(version=99),
        'features': whole(incompatible=1 << 60), 'vdi': bytes(64) + b'\x7f\x10\xda\xbe' + bytes([255]) * 400,
        'vmdk': b'KDMV' + bytes([255]) * 1000, 'qed': b'QED\0' + bytes([255]) * 1000, 'vpc': b'conectix' + bytes([255]) * 1000,
        'luks': b'LUKS\xba\xbe\0\1' + bytes([255]) * 1000,
        'descriptor': b'# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 2048 FLAT "' + bait.open.encode() + b'" 0\n',
    }
    with server.connect() as connection:
        place = pool(connection, 'strangers')
        for name, data in images.items():
            put(f'strangers/{name}', data)
        os.symlink(bait.path, 'strangers/link')
        place.refresh()
        equal(sorted(volume.name() for volume in place.listAllVolumes()), sorted(images), 'volumes')
        for name in images:
            volume = place.storageVolLookupByName(name)
            volume.XMLDesc()
            volume.info()
            for size, flags in ((2 * MIB, 0), (4 * MIB, libvirt.VIR_STORAGE_VOL_RESIZE_ALLOCATE), (MIB // 2, libvirt.VIR_STORAGE_VOL_RESIZE_SHRINK)):
                done = allowed_or_not(volume.resize, size, flags)
                check(done is None or name in ('descriptor', 'short'), f'{name}: resized with all that it names')
            bait.untouched(name)
            overlay = f'<backingStore><path>{os.path.realpath("strangers")}/{name}</path><format type="qcow2"/></backingStore>'
            if allowed_or_not(place.createXML, volume_xml('overlay', 'qcow2', backing=overlay)):
                place.storageVolLookupByName('overlay').delete()
            bait.untouched(f'{name} as a backing store')
        put('strangers/honest', whole())
        place.refresh()
        place.storageVolLookupByName('honest').resize(3 * MIB)
        equal(place.storageVolLookupByName('honest').info()[1], 3 * MIB, 'one that names nothing is resized')
        place.destroy()
    bait.whole()


@case
def overlays_are_resized(server, bait):
    """With what backs them, when that lies where images may."""
    with server.connect() as connection:
        place = pool(connection, 'overlays')
        place.createXML(volume_xml('base', 'qcow2', capacity=8 * MIB))
        command('qemu-io', '-f', 'qcow2', '-c', 'write -P 7 0 8M', 'overlays/base')
        base = f'<backingStore><path>{os.path.realpath("overlays")}/base</path><format type="qcow2"/></backingStore>'
        top = place.createXML(volume_xml('top', 'qcow2', capacity=2 * MIB, backing=base))
        top.resize(6 * MIB)
        equal(top.info()[1], 6 * MIB, 'capacity')
        # What the base has beyond the old end does not come to light.
        command('qemu-io', '-f', 'qcow2', '-c', 'read -P 7 0 2M', '-c', 'read -P 0 2M 4M', 'overlays/top')
        place.destroy()
    bait.whole()


@case
def options_of_clients(server, bait):
    """One word of an option stays one word; an image gets no other file by its definition."""
    path = bait.open
    with server.connect() as connection:
        place = pool(connection, 'options')
        for more in (f'<compat>1.1,data_file={path}</compat>', f'<compat>1.1,data_file={path},data_file_raw=on</compat>',
                     '<compat>nonsense</compat>', '<clusterSize unit="B">1</clusterSize>', '<clusterSize unit="B">3000000</clusterSize>'):
            refused(place.createXML, volume_xml('v', 'qcow2', more))
        for store in (f'<path>{path}</path><format type="raw,data_file={path}"/>', f'<path>fat:rw:{path}</path><format type="raw"/>',
                      f'<path>json:{{"driver":"file","filename":"{path}"}}</path><format type="raw"/>',
                      '<path>nbd:unix:/run/x</path><format type="raw"/>', '<path>x&#10;y</path><format type="raw"/>'):
            refused(place.createXML, volume_xml('v', 'qcow2', backing=f'<backingStore>{store}</backingStore>'))
        for form in ('nbd', 'vvfat', 'blkdebug', f'raw,file.filename={path}', '--help', 'host_device'):
            refused(place.createXML, volume_xml('v', form))
        for name in (f'nbd:x', 'json:{}', '--object', '-f', 'fat:rw:x', 'x,y=z', 'a b', "it's"):
            volume = allowed_or_not(place.createXML, volume_xml(name, 'qcow2'))
            if volume:
                equal(os.listdir('options'), [name], 'the file is called as it was said')
                volume.resize(2 * MIB)
                volume.delete()
        # A comma in a path is one.
        odd = os.path.realpath('options') + f'/a,data_file={os.path.basename(path)}'
        volume = place.createXML(volume_xml('v', 'qcow2', backing=f'<backingStore><path>{odd}</path><format type="raw"/></backingStore>'))
        told = json.loads(command('qemu-img', 'info', '-U', '--output=json', volume.path()).out)
        equal(told['backing-filename'], odd, 'backing store')
        check('data-file' not in told['format-specific']['data'], 'a data file')
        equal(os.listdir('options'), ['v'], 'what is left in the pool')
        place.destroy()
    bait.untouched('options')
    bait.whole()


@case
def disks_of_guests(server, bait):
    """What a disk's header names is opened only where images may lie, never a FIFO, and nobody waits."""
    os.makedirs('disks')
    bad = {'d1': whole(backing='/etc/shadow', form='raw'), 'd2': whole(data_file=bait.open), 'd3': whole(backing='/dev/zero', form='raw'),
           'd4': whole(backing=bait.fifo, form='raw'), 'd5': whole(backing='link', form='raw'), 'd6': whole(backing='/proc/self/environ', form='raw')}
    os.symlink('/etc/passwd', 'disks/link')
    os.mkfifo('disks/d7')
    os.mknod('disks/d8', stat.S_IFBLK | 0o600, os.makedev(8, 0))
    for name, data in bad.items():
        put(f'disks/{name}', data)
    with server.connect() as connection:
        for name in (*bad, 'd7', 'd8'):
            for form in ('qcow2', 'raw'):
                if form == 'raw' and name in bad:
                    continue
                disk = (f"<disk type='file' device='disk'><driver name='qemu' type='{form}'/>"
                        f"<source file='{os.path.realpath('disks')}/{name}'/><target dev='vda' bus='virtio'/></disk>")
                refused(connection.createXML, guest_xml('hostile', boot=False, devices=disk))
    bait.untouched('disks')


def run_once(connection, name, path, form):
    """A guest that has the image, and no more after it."""
    disk = (f"<disk type='file' device='disk'><driver name='qemu' type='{form}'/><source file='{os.path.realpath(path)}'/>"
            "<target dev='vda' bus='virtio'/></disk>")
    guest = connection.createXML(guest_xml(name, boot=False, devices=disk), libvirt.VIR_DOMAIN_START_PAUSED)
    guest.destroy()


def rebase(image, backing):
    command('qemu-img', 'rebase', '-u', '-f', 'qcow2', *(('-F', 'qcow2') if backing else ()), '-b', backing, image)


@case
def chains_of_guests(server, bait):
    """Who took over a hypervisor writes another guest's disk into the header of its own as what backs it."""
    os.makedirs('chains')
    command('qemu-img', 'create', '-q', '-f', 'qcow2', 'chains/base', '1M')
    command('qemu-img', 'create', '-q', '-f', 'qcow2', 'chains/other', '1M')
    command('qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', 'base', 'chains/middle')
    command('qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', 'middle', 'chains/top')
    here = os.path.realpath('chains')
    with server.connect() as connection:
        run_once(connection, 'chain', 'chains/top', 'qcow2')
        for image, backing in (('top', f'{here}/other'), ('top', 'other'), ('middle', 'other'), ('base', f'{here}/other')):
            before = command('qemu-img', 'info', '-U', '--output=json', f'chains/{image}').out
            rebase(f'chains/{image}', backing)
            error = refused(run_once, connection, 'chain', 'chains/top', 'qcow2')
            check(f"{here}/other' was not among" in str(error), f'{image} backed by {backing}: {error}')
            rebase(f'chains/{image}', json.loads(before).get('backing-filename', ''))
            run_once(connection, 'chain', 'chains/top', 'qcow2')
        # What a block job may leave: a chain that is shorter, a name that is a whole path.
        for backing in (f'{here}/middle', 'base', ''):
            rebase('chains/top', backing)
            run_once(connection, 'chain', 'chains/top', 'qcow2')
        rebase('chains/top', 'middle')
        os.rename('chains', 'moved')
        run_once(connection, 'chain', 'moved/top', 'qcow2')
        rebase('moved/top', 'other')
        refused(run_once, connection, 'chain', 'moved/top', 'qcow2')
        os.removexattr('moved/top', 'user.reeve.backing')  # as the message says
        run_once(connection, 'chain', 'moved/top', 'qcow2')
    bait.whole()


@case
def raw_disks_of_others(server, bait):
    """Made by nobody whom we know, but given to a guest as raw: from then on no header makes it anything else."""
    with server.connect() as connection:
        place = pool(connection, 'given')
        put('given/v', bytes(MIB))
        run_once(connection, 'given', 'given/v', 'raw')
        with open('given/v', 'r+b') as out:
            out.write(header(size=1 << 40, backing=bait.path, form='raw'))
        place.refresh()
        volume = place.storageVolLookupByName('v')
        check("type='raw'" in volume.XMLDesc() and bait.path not in volume.XMLDesc(), volume.XMLDesc())
        equal(volume.info()[1], MIB, 'capacity')
        # Who says that it is something else now is believed.
        put('given/v', whole())
        run_once(connection, 'given', 'given/v', 'qcow2')
        place.refresh()
        check("type='qcow2'" in place.storageVolLookupByName('v').XMLDesc(), 'what the definition says')
        place.destroy()
    bait.whole()


class Alice(multiprocessing.Process):
    """Swaps the names in her directory for links to files of others, and back, for as long as she is let."""

    def __init__(self, folder, names, target):
        super().__init__(daemon=True)
        self.folder, self.names, self.target = folder, names, target
        self.let, self.swaps = multiprocessing.Event(), multiprocessing.Value('L')

    def swap(self, name):
        link, kept = f'{self.folder}/.link', f'{self.folder}/.kept'
        try:
            os.symlink(self.target, link)
            os.rename(f'{self.folder}/{name}', kept)
            os.rename(link, f'{self.folder}/{name}')
            self.swaps.value += 1
            os.rename(kept, f'{self.folder}/{name}')
        except OSError:
            pass
        for left in (link, kept):
            try:
                os.unlink(left)
            except OSError:
                pass

    def run(self):
        while True:
            self.let.wait()
            fresh = [name for name in os.listdir(self.folder) if name.startswith('.reeve')]
            for name in (*self.names, *fresh):
                self.swap(name)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        self.join()


def upload(connection, volume):
    """Where there are uploads."""
    stream = connection.newStream(0)
    volume.upload(stream, 0, 4096, 0)
    stream.send(b'overwritten'.ljust(4096, b'x'))
    stream.finish()


@case
def swapped_links(server, bait):
    """She may spoil her own volumes, and gets nothing of others."""
    before = [os.stat(path) for path in (bait.path, bait.open)]
    mode = '<permissions><mode>0666</mode><owner>1000</owner><group>1000</group></permissions>'
    done = 0
    with server.connect() as connection:
        place = pool(connection, 'alices', ALICE)
        with Alice('alices', ('v', 'w'), bait.path) as alice:
            for turn in itertools.count():
                # However slow the machine is, she is in the way often enough.
                if turn >= 60 and alice.swaps.value > 100 and done > 10:
                    break
                # Without her it works: else nothing would be told by what fails.
                (alice.let.set if turn % 5 else alice.let.clear)()
                for name, form in (('v', 'raw'), ('w', 'qcow2')):
                    if name == 'w' and turn % 4:
                        continue
                    try:
                        volume = place.createXML(volume_xml(name, form, mode))
                        volume.resize(2 * MIB)
                        done += 1
                        allowed_or_not(upload, connection, volume)
                    except libvirt.libvirtError:
                        pass
                    for path, old in zip((bait.path, bait.open), before):
                        now = os.stat(path)
                        equal((now.st_mode, now.st_uid, now.st_gid, now.st_size, now.st_mtime_ns),
                              (old.st_mode, old.st_uid, old.st_gid, old.st_size, old.st_mtime_ns), path)
                    allowed_or_not(place.refresh)
                    found = allowed_or_not(place.storageVolLookupByName, name)
                    if found:
                        allowed_or_not(found.delete)
                    # One that is a link now is no volume any more; she clears it away herself.
                    if os.path.lexists(f'alices/{name}'):
                        try:
                            os.unlink(f'alices/{name}')
                        except FileNotFoundError:
                            pass
                    allowed_or_not(place.refresh)
        place.destroy()
    bait.whole()


@case
def nothing_is_left(server, bait):
    """What a killed helper was making is cleared away by the next look at the pool."""
    with server.connect() as connection:
        place = pool(connection, 'left')
        volume = place.createXML(volume_xml('v', 'qcow2'))
        volume.delete()
        equal(os.listdir('left'), [], 'after a volume came and went')
        with open(os.path.join(server.directory, 'priv.conf'), encoding='utf-8'):
            pass
        uid = tool_uid(server)
        os.mkdir('left/.reeve-new-0123456789abcdef', 0o700)
        put('left/.reeve-new-0123456789abcdef/half', b'x')
        os.chown('left/.reeve-new-0123456789abcdef', uid, uid)
        os.mkdir('left/.reeve-new-fedcba9876543210', 0o700)  # not ours: of root
        put('left/.reeve-new-fedcba9876543210/kept', b'x')
        place.refresh()
        equal(place.listVolumes(), [], 'volumes')
        equal(os.listdir('left'), ['.reeve-new-fedcba9876543210'], 'directories')
        shutil.rmtree('left/.reeve-new-fedcba9876543210')
        place.destroy()
    del bait


def tool_uid(server):
    """From the command line that reeve-priv was started with."""
    with open(f'/proc/{server.pid}/task/{server.pid}/children', encoding='ascii') as text:
        for child in text.read().split():
            with open(f'/proc/{child}/cmdline', 'rb') as line:
                words = dict(word.decode().split('=', 1) for word in line.read().split(b'\0') if b'=' in word)
            if '--guest-uid-base' in words:
                return int(words['--guest-uid-base']) + int(words['--guest-uid-count']) - 2
    raise Failed('no reeve-priv')


if __name__ == '__main__':
    if STOCK:
        skip('about our helper')
    if os.geteuid() != 0:
        skip('storage pools need root')
    os.umask(0o022)
    trap = Bait()
    # Only what lies here is for images: outside/ is beside it.
    here = 'raws', 'strangers', 'overlays', 'options', 'disks', 'chains', 'moved', 'given', 'alices', 'left'
    running = daemon()
    running.directories = [os.path.join(os.getcwd(), name) for name in here]
    with running:
        sys.exit(run_cases(running, trap))
