#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A console as a stream: virsh console with --force and --safe, a second one, the guest's own end."""
import os
import re
import sys

from reeve_test import BUILD, STOCK, Console, Failed, Watch, case, check, daemon, equal, guest_xml, run_cases

STOPPED = 5  # VIR_DOMAIN_EVENT_STOPPED


def boot(server, name):
    with open(f'{name}.xml', 'w', encoding='utf-8') as out:
        out.write(guest_xml(name))
    server.virsh('create', f'{name}.xml')


def attach(server, *options, client=('virsh',)):
    """What is typed before the client has set its terminal up would be lost."""
    console = Console(*client, '-c', server.uri(), 'console', 'c1', *options)
    console.wait('Escape character is')
    return console


@case
def typed_and_read(server):
    boot(server, 'c1')
    console = attach(server)
    console.wait('guest# ', 90)
    console.talk('hello')
    console.type('cat /proc/version\r')
    console.wait('Linux version 6')
    equal(console.close(), 0)


@case
def large_output(server):
    console = attach(server)
    console.talk('before')
    console.type('seq 1 20000; echo do""ne\r')
    console.wait('done', 120)
    numbers = [int(n) for n in re.findall(r'^(\d+)\r*$', console.output.text, re.M)]
    check(numbers[-20000:] == list(range(1, 20001)), f'{len(numbers)} of 20000 lines came in order')
    equal(console.close(), 0)


@case
def the_second_waits_for_force(server):
    first = attach(server, '--safe')
    first.talk('first')
    second = Console('virsh', '-c', server.uri(), 'console', 'c1', '--safe')
    second.wait('error:')
    second.close()
    third = attach(server, '--force')
    third.talk('third')
    third.close()
    first.close()


@case
def our_own_client(server):
    if STOCK:
        return
    console = attach(server, client=(os.path.join(BUILD, 'tools', 'reeve'),))
    console.talk('ours')
    equal(console.close(), 0)


@case
def the_guest_ends(server):
    watch = Watch(server)
    console = attach(server)
    console.talk('last')
    console.type('poweroff -f\r')
    try:
        console.wait(r'\Z(?!)', 60)
    except Failed as end:
        check('ended before' in str(end), str(end))
    os.waitpid(console.pid, 0)
    watch.wait('c1', STOPPED)
    watch.close()


@case
def from_the_first_byte(server):
    with open('c2.xml', 'w', encoding='utf-8') as out:
        out.write(guest_xml('c2', words='reeve.do=poweroff'))
    console = Console('virsh', '-c', server.uri(), 'create', 'c2.xml', '--console')
    console.wait('guest: kernel .* is up', 120)
    try:
        console.wait(r'\Z(?!)', 60)
    except Failed:
        pass
    os.waitpid(console.pid, 0)


if __name__ == '__main__':
    with daemon() as running:
        sys.exit(run_cases(running))
