#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is in volumes goes in and out by streams: byte for byte, from and to any place, holes as holes; and what
does not fit, ends early or leaves does no harm. What is right is what the file on disk holds."""
import hashlib
import json
import os
import random
import subprocess
import sys

import libvirt

from reeve_test import BUILD, Failed, Output, case, case_of_ours, check, command, daemon, equal, raises, run_cases, skip, until

MIB = 1 << 20
UPLOAD_SPARSE, DOWNLOAD_SPARSE = libvirt.VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM, libvirt.VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM
PLACE = os.path.realpath('pool')


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def read(name):
    with open(f'{PLACE}/{name}', 'rb') as file:
        return file.read()


def volume(pool, name, capacity, form='raw', allocation=0):
    return pool.createXML(f'<volume><name>{name}</name><capacity>{capacity}</capacity><allocation>{allocation}</allocation>'
                          f'<target><format type="{form}"/></target></volume>')


def idle(connection, vol, size):
    """The pool is looked at again after an upload; until then it is busy."""
    until(lambda: vol.info()[1] == size, f'{vol.name()} has {size} bytes')


def upload(connection, vol, data, offset=0, length=0):
    stream = connection.newStream()
    vol.upload(stream, offset, length)
    for at in range(0, len(data), 200000):
        part = data[at:at + 200000]
        equal(stream.send(part), len(part), 'sent')
    stream.finish()


def download(connection, vol, offset=0, length=0):
    stream = connection.newStream()
    vol.download(stream, offset, length)
    parts = []
    stream.recvAll(lambda _, part, __: parts.append(part), None)
    stream.finish()
    return b''.join(parts)


class Holes:
    """A file as libvirt's sparse functions want it: counts what is sent as data and as holes."""

    def __init__(self, path, flags):
        self.fd, self.data, self.holes = os.open(path, flags, 0o600), 0, 0

    def receive(self, _, part, __):
        self.data += len(part)
        return os.write(self.fd, part)

    def hole(self, _, length, __):
        self.holes += length
        end = os.lseek(self.fd, length, os.SEEK_CUR)
        os.ftruncate(self.fd, end)
        return 0

    def send(self, _, most, __):
        part = os.read(self.fd, most)
        self.data += len(part)
        return part

    def where(self, _, __):
        here, size = os.lseek(self.fd, 0, os.SEEK_CUR), os.fstat(self.fd).st_size
        if here >= size:
            return [False, 0]
        try:
            data = os.lseek(self.fd, here, os.SEEK_DATA)
        except OSError:
            data = size
        end = os.lseek(self.fd, here, os.SEEK_HOLE) if data == here else data
        os.lseek(self.fd, here, os.SEEK_SET)
        return [data == here, end - here]

    def skip(self, _, length, __):
        self.holes += length
        os.lseek(self.fd, length, os.SEEK_CUR)
        return 0

    def close(self):
        os.close(self.fd)


@case
def whole_volumes(connection, pool):
    data = noise(3 * MIB + 4097)
    vol = volume(pool, 'whole', len(data))
    upload(connection, vol, data)
    equal(hashlib.sha256(read('whole')).digest(), hashlib.sha256(data).digest(), 'the file')
    check(download(connection, vol) == data, 'what was downloaded is not what was uploaded')


@case
def places_within(connection, pool):
    data = bytearray(noise(MIB, 2))
    vol = volume(pool, 'within', len(data))
    upload(connection, vol, bytes(data))
    part = noise(70001, 3)
    upload(connection, vol, part, offset=300003, length=len(part))
    data[300003:300003 + len(part)] = part
    check(read('within') == data, 'a part was written to the wrong place, or more than it')
    for offset, length in ((0, 1), (1, 0), (511, 131073), (MIB - 1, 1), (MIB - 5, 100), (MIB, 0), (MIB + 12345, 10)):
        wanted = data[offset:offset + length] if length else data[offset:]
        check(download(connection, vol, offset, length) == wanted, f'{length} bytes from {offset}')


@case
def shorter_and_longer(connection, pool):
    """Fewer bytes than announced are no error; more are; and without a bound the file grows."""
    vol = volume(pool, 'lengths', 1000)
    upload(connection, vol, b'a' * 10, length=500)
    equal(read('lengths'), b'a' * 10 + bytes(990), 'a short upload')
    stream = connection.newStream()
    vol.upload(stream, 0, 20)
    with raises(libvirt.VIR_ERR_SYSTEM_ERROR):
        stream.send(b'b' * 30)
        stream.finish()
        raise Failed('more than was announced was taken')
    equal(read('lengths'), b'b' * 20 + bytes(980), 'a long upload')
    until(lambda: vol.info() is not None, 'the pool is looked at')
    upload(connection, vol, b'c' * 1500)
    equal(read('lengths'), b'c' * 1500, 'an upload that is longer than the volume')
    idle(connection, vol, 1500)


@case
def sparse(connection, pool):
    """2 GiB with 10 MiB of data: the holes are not sent, nor are they made into data."""
    size, parts = 2 << 30, {0: noise(4 * MIB, 5), 1 << 30: noise(5 * MIB, 6), (2 << 30) - 3 * MIB: noise(MIB, 7)}
    with open('sparse.img', 'wb') as file:
        file.truncate(size)
        for at, data in parts.items():
            file.seek(at)
            file.write(data)
    vol = volume(pool, 'sparse', size)
    source = Holes('sparse.img', os.O_RDONLY)
    stream = connection.newStream()
    vol.upload(stream, 0, size, UPLOAD_SPARSE)
    stream.sparseSendAll(source.send, source.where, source.skip, None)
    stream.finish()
    source.close()
    equal((source.data, source.holes), (10 * MIB, size - 10 * MIB), 'bytes of data and of holes that were sent')
    command('cmp', 'sparse.img', f'{PLACE}/sparse', timeout=600)
    check(os.stat(f'{PLACE}/sparse').st_blocks * 512 <= 12 * MIB, 'holes became data on disk')
    target = Holes('back.img', os.O_WRONLY | os.O_CREAT)
    stream = connection.newStream()
    vol.download(stream, 0, 0, DOWNLOAD_SPARSE)
    stream.sparseRecvAll(target.receive, target.hole, None)
    stream.finish()
    target.close()
    equal(target.data + target.holes, size, 'what came')
    check(target.data <= 12 * MIB, f'{target.data} bytes came as data')
    command('cmp', 'sparse.img', 'back.img', timeout=600)


@case_of_ours
def holes_replace_data(connection, pool):
    """A hole is zeros, whatever was there, and what lies behind it stays, as with data. libvirtd cuts that off."""
    data = noise(MIB, 8)
    vol = volume(pool, 'replaced', len(data))
    upload(connection, vol, data)
    stream = connection.newStream()
    vol.upload(stream, 0, 0, UPLOAD_SPARSE)
    stream.send(b'x' * 4096)
    stream.sendHole(300000)
    stream.finish()
    wanted = b'x' * 4096 + bytes(300000)
    check(read('replaced') == wanted + data[len(wanted):], 'a hole in the midst of data')


@case
def stock_virsh(connection, pool):
    data = noise(2 * MIB + 77, 9)
    with open('source.bin', 'wb') as file:
        file.write(data)
    volume(pool, 'byvirsh', len(data))
    server.virsh('vol-upload', 'byvirsh', 'source.bin', '--pool', 'p')
    check(read('byvirsh') == data, 'uploaded by virsh')
    server.virsh('vol-download', 'byvirsh', 'target.bin', '--pool', 'p', '--sparse')
    command('cmp', 'source.bin', 'target.bin')
    server.virsh('vol-download', 'byvirsh', 'part.bin', '--pool', 'p', '--offset', '100', '--length', '1000')
    with open('part.bin', 'rb') as file:
        check(file.read() == data[100:1100], 'a part by virsh')


@case_of_ours
def by_our_own_command(connection, pool):
    """Holes go both ways, the first one too; how far it is, is told to terminals only."""
    size = 40 * MIB
    with open('ours.img', 'wb') as file:
        file.truncate(size)
        file.seek(20 * MIB)
        file.write(noise(MIB, 12))
    volume(pool, 'ours', size)
    done = server.reeve('vol-upload', 'ours', 'ours.img', '--pool', 'p', '--sparse')
    check('\r' not in done.out + done.err, 'a progress bar in a file')
    command('cmp', 'ours.img', f'{PLACE}/ours')
    server.reeve('vol-download', 'ours', 'ours.back', '--pool', 'p', '--sparse')
    command('cmp', 'ours.img', 'ours.back')
    check(os.stat('ours.back').st_blocks * 512 <= 2 * MIB, 'holes became data')
    equal(json.loads(server.reeve('--json', 'vol-upload', 'ours', 'ours.img', '--pool', 'p').out)['volume'], 'ours')
    terminal, side = os.openpty()
    words = [os.path.join(BUILD, 'tools', 'reeve'), '-c', server.uri(), 'vol-download', 'ours', 'ours.back', '--pool', 'p']
    told = Output(terminal)
    with subprocess.Popen(words, stderr=side, stdout=subprocess.DEVNULL) as process:
        os.close(side)
        told.wait(r'\[#* *\] +\d+ %  [\d.]+ \w+')
        equal(process.wait(), 0, 'its exit status')


@case
def formats_by_what_came(connection, pool):
    """An image that is uploaded is what its header says; it was made as raw."""
    command('qemu-img', 'create', '-q', '-f', 'qcow2', 'small.qcow2', '64M')
    with open('small.qcow2', 'rb') as file:
        data = file.read()
    vol = volume(pool, 'cloud.img', len(data))
    upload(connection, vol, data)
    until(lambda: "<format type='qcow2'/>" in vol.XMLDesc(), 'the volume is known as qcow2')
    equal(vol.info()[1], 64 * MIB, 'its capacity')


@case
def what_cannot_be(connection, pool):
    vol = volume(pool, 'wrong', 1000)
    for flags in (2, 4, 1 << 31):
        with raises(libvirt.VIR_ERR_INVALID_ARG):
            vol.upload(connection.newStream(), 0, 0, flags)
        with raises(libvirt.VIR_ERR_INVALID_ARG):
            vol.download(connection.newStream(), 0, 0, flags)
    os.unlink(f'{PLACE}/wrong')
    with raises(libvirt.VIR_ERR_SYSTEM_ERROR):
        vol.download(connection.newStream(), 0, 0)
    check(read('within'), 'others are as they were')


@case_of_ours
def links_are_not_followed(connection, pool):
    vol = volume(pool, 'replaced-by-link', 1000)
    with open('elsewhere', 'wb') as file:
        file.write(b'mine')
    os.unlink(f'{PLACE}/replaced-by-link')
    os.symlink(os.path.realpath('elsewhere'), f'{PLACE}/replaced-by-link')
    for way in (vol.upload, vol.download):
        with raises(libvirt.VIR_ERR_CONFIG_UNSUPPORTED):
            way(connection.newStream(), 0, 0)
    with open('elsewhere', 'rb') as file:
        equal(file.read(), b'mine', 'the file behind the link')
    os.unlink(f'{PLACE}/replaced-by-link')


@case_of_ours
def alone_while_it_writes(connection, pool):
    vol = volume(pool, 'busy', MIB)
    stream = connection.newStream()
    vol.upload(stream, 0, 0)
    stream.send(b'1' * 1000)
    for way in (lambda: vol.upload(connection.newStream(), 0, 0), lambda: vol.download(connection.newStream(), 0, 0),
                vol.delete, lambda: vol.resize(2 * MIB)):
        with raises(libvirt.VIR_ERR_OPERATION_INVALID):
            way()
    stream.finish()
    streams = [connection.newStream() for _ in range(3)]
    for one in streams:
        vol.download(one, 0, 0)
    with raises(libvirt.VIR_ERR_OPERATION_INVALID):
        vol.delete()
    for one in streams:
        one.abort()
    until(lambda: deleted(vol), 'the volume is free again')


def deleted(vol):
    try:
        return vol.delete() == 0
    except libvirt.libvirtError as error:
        equal(error.get_error_code(), libvirt.VIR_ERR_OPERATION_INVALID, str(error))
        return False


@case
def who_leaves(connection, pool):
    """What came until then is there; nothing stays busy, and no process stays behind."""
    data = noise(MIB, 11)
    volume(pool, 'left', 4 * MIB)
    script = ('import libvirt, os, sys\n'
              f'c = libvirt.open({server.uri()!r})\n'
              'v = c.storagePoolLookupByName("p").storageVolLookupByName("left")\n'
              's = c.newStream()\n'
              'v.upload(s, 0, 0)\n'
              's.send(open("left.bin", "rb").read()[:200000])\n'
              'os.kill(os.getpid(), 9)\n')
    with open('left.bin', 'wb') as file:
        file.write(data)
    subprocess.run([sys.executable, '-c', script], check=False)
    until(lambda: read('left')[:200000] == data[:200000], 'what was sent is there')
    vol = pool.storageVolLookupByName('left')
    until(lambda: deleted(vol), 'the volume is free again')


if os.geteuid() != 0:
    skip('pools need root')
server = daemon()
server.start()
try:
    os.makedirs(PLACE)
    connection = server.connect()
    pool = connection.storagePoolDefineXML(f'<pool type="dir"><name>p</name><target><path>{PLACE}</path></target></pool>')
    pool.create()
    sys.exit(run_cases(connection, pool))
finally:
    server.stop()
