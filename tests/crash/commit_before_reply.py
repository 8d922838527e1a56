#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# timeout: 900
"""What was answered is there after the engine was killed with the last byte of the answer; what was not is
there whole or not at all. Each call of each round of changing calls (reeve_calls.py) is tried, all of them at
once, on a disk on which a commit takes long, and the engine is killed after the first answer, the second, the
third and so on. What a call leaves is learned from an engine that nobody killed. $REEVE_KILLS says how often."""
import os
import random
import re
import shutil
import struct
import sys

import libvirt

from reeve_calls import Calls, identity, named, rounds
from reeve_kinds import OTHERS
from reeve_test import STOCK, Reeved, case, check, command, equal, run_cases, skip
from reeve_wire import ERROR, REPLY, REPLY_FDS, Wire

L = libvirt
KILLS = int(os.environ.get('REEVE_KILLS', '10'))
COMMIT_MS = 150
FIRST = 3000
SHIM = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile unsigned *delay_ms;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("SLOW_DISK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map = fd >= 0 ? mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (fd >= 0)
		close(fd);
	if (map != MAP_FAILED)
		delay_ms = map;
}

static int slowly(const char *name, int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, name);

	if (delay_ms && *delay_ms)
		usleep(*delay_ms * 1000);
	return real(fd);
}

int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
'''


class Disk:
    def __init__(self):
        with open('shim.c', 'w', encoding='ascii') as text:
            text.write(SHIM)
        command('cc', '-shared', '-fPIC', '-O1', '-o', 'shim.so', 'shim.c')
        path = os.path.realpath('delay')
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        os.write(self.fd, b'\0' * 4096)
        os.environ.update(LD_PRELOAD=os.path.realpath('shim.so'), SLOW_DISK=path)

    def set(self, milliseconds):
        os.pwrite(self.fd, struct.pack('I', milliseconds), 0)


class Trial:
    """One call of a round: in its lane the calls before it are made first, then it is tried."""

    def __init__(self, title, number, lane):
        calls = rounds(lane)[title]
        self.title, self.lane, self.number = title, lane, number
        self.before, (self.name, self.values) = calls[:number], calls[number]

    def key(self):
        return self.title, self.number


def trials(calls):
    found, lane = [], FIRST
    for title, made in rounds(FIRST).items():
        for number, (name, _) in enumerate(made):
            row = calls.rows[name]
            if row['read_only'] == 'REFUSED' and row['kind'] != 'EVENT' and name not in OTHERS:
                found.append(Trial(title, number, lane))
                lane += 2
    return found


def attempt(look):
    try:
        return look()
    except L.libvirtError:
        return None


def domain_of(connection, lane):
    domain = connection.lookupByUUID(identity('d', lane).bytes)
    if not domain.isPersistent():
        return {'name': domain.name(), 'active': domain.isActive()}
    return {'name': domain.name(), 'active': domain.isActive(), 'autostart': domain.autostart(),
            'xml': domain.XMLDesc(L.VIR_DOMAIN_XML_INACTIVE | L.VIR_DOMAIN_XML_SECURE),
            'snapshots': [(one.getXMLDesc(), one.isCurrent()) for one in domain.listAllSnapshots()],
            'checkpoints': [one.getXMLDesc() for one in domain.listAllCheckpoints()]}


def network_of(connection, lane):
    network = connection.networkLookupByUUID(identity('n', lane).bytes)
    return {'xml': network.XMLDesc(0), 'autostart': network.autostart()}


def filter_of(connection, lane):
    return connection.nwfilterLookupByUUID(identity('f', lane).bytes).XMLDesc(0)


def secret_of(connection, lane):
    secret = connection.secretLookupByUUID(identity('s', lane).bytes)
    return {'xml': secret.XMLDesc(0), 'value': attempt(secret.value)}


def pool_of(connection, lane):
    pool = connection.storagePoolLookupByUUID(named('pool', lane + 1)['uuid'])
    return {'xml': pool.XMLDesc(L.VIR_STORAGE_XML_INACTIVE), 'autostart': pool.autostart(), 'persistent': pool.isPersistent()}


def volume_of(connection, lane):
    pool = connection.storagePoolLookupByName('pool0')
    pool.refresh()
    return pool.storageVolLookupByName(f'vol{lane}.img').info()[:2]


def apart(value, lane):
    """@value without what tells the lanes apart, and without what is drawn."""
    if isinstance(value, dict):
        return {key: apart(item, lane) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [apart(item, lane) for item in value]
    if not isinstance(value, str):
        return value
    for kind in 'dnfs':
        value = value.replace(str(identity(kind, lane)), f'UUID-{kind}')
    value = re.sub('52:54:00(:[0-9a-f]{2}){3}', 'MAC', value)
    return value.replace(str(identity('p', lane + 1)), 'UUID-p').replace(f'pool{lane + 1}', 'pool').replace(str(lane), 'LANE')


def look(connection, trial):
    """All that lasts of the objects of a lane; None stands for what is not there."""
    looks = {'domain': domain_of, 'network': network_of, 'filter': filter_of, 'secret': secret_of, 'pool': pool_of,
             'volume': volume_of}
    found = {kind: attempt(lambda one=one: one(connection, trial.lane)) for kind, one in looks.items()}
    # Whether a guest that was asked to end has done so is the guest's affair.
    if found['domain'] and 'shutdown' in trial.name:
        del found['domain']['active']
    return apart(found, trial.lane)


def make_ready(server, calls, tries):
    """Makes the calls before each trial, one step of all lanes at a time."""
    shutil.rmtree('pools', ignore_errors=True)
    wire = calls.set_stage(server)
    for step in range(max(len(trial.before) for trial in tries)):
        sent = {}
        for trial in tries:
            if step < len(trial.before):
                wire.serial += 1
                wire.send(calls.frame(*trial.before[step], wire.serial))
                sent[wire.serial] = trial
        while sent:
            reply = wire.read(120)
            if reply.type in (REPLY, REPLY_FDS):
                trial = sent.pop(reply.serial)
                check(reply.status != ERROR, f'{trial.key()}, step {step}: {reply.status == ERROR and reply.error()}')
    return wire


def send_all(wire, calls, tries):
    sent = {}
    for trial in tries:
        wire.serial += 1
        wire.send(calls.frame(trial.name, trial.values, wire.serial))
        sent[wire.serial] = trial
    return sent


def answered(wire, sent, number):
    """Keys of the trials that were answered well when @number of all answers are there, or all."""
    good = set()
    for _ in range(min(number, len(sent))):
        reply = wire.read(120)
        while reply.type not in (REPLY, REPLY_FDS):
            reply = wire.read(120)
        trial = sent.pop(reply.serial)
        if reply.status != ERROR:
            good.add(trial.key())
    return good


def seen(server, tries):
    connection = server.connect('test')
    found = {trial.key(): look(connection, trial) for trial in tries}
    connection.close()
    return found


def learned(calls, tries):
    """Key -> what is there before the call and after it, of an engine that ends and starts in peace."""
    with Reeved('quiet') as server:
        wire = make_ready(server, calls, tries)
        before = seen(server, tries)
        good = answered(wire, send_all(wire, calls, tries), len(tries))
        equal(sorted(good), sorted(trial.key() for trial in tries), 'calls that work')
        wire.close()
        server.stop(guests=False)
        server.start()
        after = seen(server, tries)
    return {trial.key(): (before[trial.key()], after[trial.key()]) for trial in tries}


def killed(disk, calls, tries, known, number):
    """The engine ends with the last byte of answer @number."""
    with Reeved(f'killed{number}') as server:
        wire = make_ready(server, calls, tries)
        disk.set(COMMIT_MS)
        sent = send_all(wire, calls, tries)
        good = answered(wire, sent, number)
        server.kill()
        disk.set(0)
        wire.close()
        server.start()
        found = seen(server, tries)
    for trial in tries:
        before, after = known[trial.key()]
        if trial.key() in good:
            equal(found[trial.key()], after, f'{trial.key()} {trial.name}, answered before the kill after {number} answers')
        else:
            check(found[trial.key()] in (before, after),
                  f'{trial.key()} {trial.name}, killed after {number} other answers: {found[trial.key()]}\nis neither\n{before}\nnor\n{after}')
    return good


@case
def what_was_answered_is_there(disk):
    calls = Calls()
    tries = trials(calls)
    known = learned(calls, tries)
    changing = [trial.name for trial in tries if known[trial.key()][0] != known[trial.key()][1]]
    print(f'{len(tries)} calls at once, {len(changing)} of them change what lasts')
    check(len(changing) > len(tries) / 2, 'what the others change is not looked at')
    points = [1, 2, 3, 5, 8, 13, 21, 34, len(tries) - 5, len(tries)]
    points += [random.randint(1, len(tries)) for _ in range(len(points), KILLS)]
    proved = set()
    for number in points[:KILLS]:
        random.shuffle(tries)
        proved |= killed(disk, calls, tries, known, number)
    equal(sorted({trial.key() for trial in tries} - proved), [], 'calls that no kill found answered')


if STOCK:
    skip('the changing calls of our table')
if os.geteuid() != 0:
    skip('storage pools need root')
if not shutil.which('cc'):
    skip('needs a C compiler')
sys.exit(run_cases(Disk()))
