#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The clock of the host is set back by ten years, and forward again, while the daemon runs and while it does
not: nothing ends early, waits longer, or loses its order."""
import os
import select
import shutil
import struct
import sys
import time

import libvirt

from reeve_calls import Calls, domain, domain_xml
from reeve_test import SLOW, STOCK, Reeved, Watch, case, check, command, contains, equal, raises, run_cases, skip
from reeve_wire import Wire

L = libvirt
YEARS = 10 * 365 * 86400
# What every process of the daemon asks instead of the C library; the offset lies in a file that it maps.
SHIM = r'''
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long *offset;

__attribute__((constructor)) static void map(void)
{
	int fd = open(getenv("CLOCK_OFFSET"), O_RDONLY | O_CLOEXEC);
	void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	offset = at == MAP_FAILED ? NULL : at;
	if (fd >= 0)
		close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = (int)syscall(SYS_clock_gettime, clock, ret);

	if (r == 0 && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ret->tv_sec += *offset;
	return r;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	ret->tv_sec = now.tv_sec;
	ret->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}
'''


class Clock:
    def __init__(self):
        with open('shim.c', 'w', encoding='ascii') as text:
            text.write(SHIM)
        command('cc', '-shared', '-fPIC', '-O1', '-o', 'shim.so', 'shim.c')
        self.path = os.path.realpath('offset')
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        os.write(self.fd, b'\0' * 4096)
        os.environ.update(LD_PRELOAD=os.path.realpath('shim.so'), CLOCK_OFFSET=self.path)

    def set(self, seconds):
        os.pwrite(self.fd, struct.pack('l', seconds), 0)


def history(calls, wire, number):
    reply = calls.expect(wire, 'reeve:domain_history', {'dom': domain(number)})
    return [(row['revision'], row['time_usec']) for row in reply['revisions']]


@case
def history_keeps_its_order(server, clock):
    calls = Calls()
    with Wire(server.socket).open() as wire:
        for memory, offset in ((1, 0), (2, -YEARS), (3, 0), (4, YEARS), (5, -YEARS)):
            clock.set(offset)
            calls.expect(wire, 'domain_define_xml', {'xml': domain_xml(1).replace('65536', str(65536 * memory))})
        rows = history(calls, wire, 1)
        equal([revision for revision, _ in rows], [5, 4, 3, 2, 1], 'revisions, the newest first')
        check(rows[0][1] < rows[2][1] < rows[1][1], f'the clock was not set: {rows}')
        newest = calls.expect(wire, 'reeve:domain_history_get', {'dom': domain(1), 'revision': 0})
        contains(newest['xml'], '327680', 'the present text')
        calls.expect(wire, 'domain_undefine', {'dom': domain(1)})
    clock.set(0)


@case
def events_keep_their_order(server, clock):
    watch = Watch(server, 'test')
    with server.connect('test') as connection:
        guest = connection.defineXML(domain_xml(2))
        for offset in (-YEARS, YEARS, 0):
            clock.set(offset)
            guest.create()
            watch.wait('x2', L.VIR_DOMAIN_EVENT_STARTED, seconds=20)
            guest.suspend()
            watch.wait('x2', L.VIR_DOMAIN_EVENT_SUSPENDED, seconds=20)
            guest.destroy()
            watch.wait('x2', L.VIR_DOMAIN_EVENT_STOPPED, seconds=20)
        guest.undefine()
    watch.close()


@case
def who_does_not_log_in(server, clock):
    """Has so long, whatever the clock says."""
    with Wire(server.socket) as wire:
        began = time.monotonic()
        clock.set(-YEARS)
        check(select.select([wire.socket], [], [], 30 * SLOW)[0], 'it stays for ever')
        equal(wire.read(), None, 'what it is told')
        check(time.monotonic() - began > 2, 'it was cut off at once')
    clock.set(0)
    with Wire(server.socket) as wire:
        clock.set(YEARS)
        check(not select.select([wire.socket], [], [], 1)[0], 'ten years later it was cut off at once')
    clock.set(0)


HANG = '<metadata><t:t xmlns:t="urn:reeve:test" hang="suspend"/></metadata>'


@case
def a_guest_that_hangs(server, clock):
    with server.connect('test') as connection:
        guest = connection.createXML(domain_xml(3).replace('<memory>', HANG + '<memory>'))
        clock.set(-YEARS)
        began = time.monotonic()
        with raises(L.VIR_ERR_OPERATION_TIMEOUT):
            guest.suspend()
        spent = time.monotonic() - began
        check(2 < spent < 20 * SLOW, f'the call came back after {spent:.1f} s')
        guest.destroy()
    clock.set(0)


@case
def while_it_does_not_run(server, clock):
    with server.connect('test') as connection:
        guest = connection.defineXML(domain_xml(4))
        guest.create()
        number = guest.ID()
    for offset in (-YEARS, YEARS, 0):
        server.kill()
        server.process = None
        clock.set(offset)
        server.start()
        with server.connect('test') as connection:
            guest = connection.lookupByName('x4')
            equal((guest.ID(), guest.state()[0]), (number, L.VIR_DOMAIN_RUNNING), f'with the clock at {offset}')
            guest.setMetadata(1, f'at {offset}', None, None, L.VIR_DOMAIN_AFFECT_CONFIG)
            equal(guest.metadata(1, None, L.VIR_DOMAIN_AFFECT_CONFIG), f'at {offset}')
    with server.connect('test') as connection:
        guest = connection.lookupByName('x4')
        guest.destroy()
        guest.undefine()


@case
def statistics(server, clock):
    with server.connect('test') as connection:
        guest = connection.createXML(domain_xml(5))
        times = []
        for offset in (0, -YEARS, YEARS, 0):
            clock.set(offset)
            times.append(guest.info()[4])
            check(connection.getAllDomainStats(), 'statistics')
        equal(times, sorted(times), 'the time that a guest ran')
        guest.destroy()
    clock.set(0)


if __name__ == '__main__':
    if STOCK:
        skip('about our engine')
    if not shutil.which('cc'):
        skip('needs a C compiler to make another clock')
    if os.environ.get('REEVE_SANITIZE') or os.environ.get('REEVE_VALGRIND'):
        skip('a library of ours before all others and that of the sanitizers exclude each other')
    hands = Clock()
    with Reeved(auth_unix_rw='uid', login_timeout=3, call_timeout=3) as running:
        sys.exit(run_cases(running, hands))
