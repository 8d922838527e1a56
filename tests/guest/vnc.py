#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The display is reached: an RFB handshake and a whole picture, over TCP, and over the connection with
virDomainOpenGraphicsFD; a screenshot as a stream."""
import re
import socket
import struct
import sys

import libvirt

from reeve_test import SLOW, case, check, daemon, equal, guest_xml, run_cases

VNC = "<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/><video><model type='vga'/></video>"
NEW_SIZE = -223


def take(link, count):
    data = b''
    while len(data) < count:
        more = link.recv(count - len(data))
        check(more, 'the display closed the connection')
        data += more
    return data


def picture(link):
    """Speaks RFB 3.8 without authentication; returns width, height and the pixels of the whole screen."""
    link.settimeout(30 * SLOW)
    equal(take(link, 12)[:4], b'RFB ')
    link.sendall(b'RFB 003.008\n')
    kinds = take(link, take(link, 1)[0])
    check(1 in kinds, f'security types {kinds!r}')
    link.sendall(b'\1')
    equal(take(link, 4), b'\0\0\0\0', 'result of the security handshake')
    link.sendall(b'\1')
    width, height = struct.unpack('>HH', take(link, 4))
    take(link, 16)
    take(link, struct.unpack('>I', take(link, 4))[0])
    # 32 bits a pixel, true colour; raw rectangles, and news of another size of the screen.
    link.sendall(struct.pack('>B3xBBBBHHHBBB3x', 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
    link.sendall(struct.pack('>BxHii', 2, 2, 0, NEW_SIZE))
    pixels = 0
    while pixels < width * height:
        link.sendall(struct.pack('>BBHHHH', 3, 0, 0, 0, width, height))
        equal(take(link, 1), b'\0', 'a framebuffer update')
        for _ in range(struct.unpack('>xH', take(link, 3))[0]):
            _, _, wide, high, encoding = struct.unpack('>HHHHi', take(link, 12))
            if encoding == NEW_SIZE:
                width, height, pixels = wide, high, 0
            else:
                equal(encoding, 0)
                take(link, wide * high * 4)
                pixels += wide * high
    return width, height


def boot(server):
    with server.connect() as connection:
        connection.createXML(guest_xml('screen', devices=VNC, boot=False), 0)


@case
def over_tcp(server):
    boot(server)
    found = re.search(r"<graphics type='vnc' port='(\d+)'", server.virsh('dumpxml', 'screen').out)
    check(found, 'a port')
    with socket.create_connection(('127.0.0.1', int(found.group(1)))) as link:
        width, height = picture(link)
    check(width >= 320 and height >= 200, f'{width} x {height}')


@case
def over_the_connection(server):
    with server.connect() as connection:
        descriptor = connection.lookupByName('screen').openGraphicsFD(0, libvirt.VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH)
    with socket.socket(fileno=descriptor) as link:
        width, height = picture(link)
    check(width >= 320 and height >= 200, f'{width} x {height}')


@case
def screenshot(server):
    with server.connect() as connection:
        stream = connection.newStream()
        kind = connection.lookupByName('screen').screenshot(stream, 0)
        check(kind in ('image/png', 'image/x-portable-pixmap'), kind)
        image = b''
        while True:
            data = stream.recv(65536)
            if not data:
                break
            image += data
        stream.finish()
        check(image.startswith((b'\x89PNG\r\n', b'P6\n')), repr(image[:20]))
        check(len(image) > 1000, f'{len(image)} bytes')


if __name__ == '__main__':
    with daemon() as running:
        sys.exit(run_cases(running))
