#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What guests do is told: virsh event, and libvirt's callbacks, for starts, ends, reboots and crashes."""
import os
import signal
import subprocess
import sys
import time

import libvirt

from reeve_test import SLOW, Failed, Output, Watch, case, check, daemon, equal, guest_xml, run_cases

L = libvirt
watch = None


def define(server, name, **options):
    with server.connect() as connection:
        connection.defineXML(guest_xml(name, **options)).create()


def hypervisor(server, name):
    """The process of a guest, found by the name on its command line."""
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            try:
                with open(f'/proc/{entry}/cmdline', 'rb') as line:
                    words = line.read().split(b'\0')
            except OSError:
                continue
            if words[0].endswith(b'qemu-system-x86_64') and any(
                    word.startswith(f'guest={name},'.encode()) or word == name.encode() for word in words):
                return int(entry)
    raise AssertionError(f'no process of {name}')


@case
def virsh_event_all(server):
    watcher = subprocess.Popen(['stdbuf', '-oL', 'virsh', '-c', server.uri(), 'event', '--all', '--loop',
                                '--timestamp'], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    output = Output(watcher.stdout.fileno())
    with server.connect() as connection:
        # virsh says nothing when it has registered: so define again until it has seen one.
        deadline = time.monotonic() + 60 * SLOW
        while True:
            connection.defineXML(guest_xml('ve', boot=False))
            try:
                output.wait("'lifecycle' for domain '?ve'?: Defined", 0.2 / SLOW)
                break
            except Failed:
                if time.monotonic() > deadline:
                    raise
        domain = connection.lookupByName('ve')
        domain.create()
        output.wait("'lifecycle' for domain '?ve'?: Started Booted")
        domain.suspend()
        output.wait("'lifecycle' for domain '?ve'?: Suspended Paused")
        domain.resume()
        output.wait("'lifecycle' for domain '?ve'?: Resumed")
        domain.reset()
        output.wait("'reboot' for domain '?ve'?")
        domain.destroy()
        output.wait("'lifecycle' for domain '?ve'?: Stopped Destroyed")
        domain.undefine()
        output.wait("'lifecycle' for domain '?ve'?: Undefined Removed")
    watcher.send_signal(signal.SIGINT)
    watcher.wait(20)
    watcher.stdout.close()


@case
def power_off_from_inside(server):
    define(server, 'off', words='reeve.do=poweroff')
    watch.wait('off', L.VIR_DOMAIN_EVENT_STOPPED, L.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN)
    with server.connect() as connection:
        domain = connection.lookupByName('off')
        equal(domain.state(), [L.VIR_DOMAIN_SHUTOFF, L.VIR_DOMAIN_SHUTOFF_SHUTDOWN])
        domain.undefine()


@case
def acpi_shutdown(server):
    define(server, 'acpi')
    with server.connect() as connection:
        domain = connection.lookupByName('acpi')
        stream = connection.newStream()
        domain.openConsole(None, stream, L.VIR_DOMAIN_CONSOLE_FORCE)
        seen = b''
        while b'is up' not in seen:
            seen += stream.recv(4096)
        stream.abort()
        domain.shutdownFlags(L.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN)
        watch.wait('acpi', L.VIR_DOMAIN_EVENT_STOPPED, L.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN)
        domain.undefine()


@case
def killed_hypervisor(server):
    define(server, 'killed', boot=False)
    began = time.monotonic()
    os.kill(hypervisor(server, 'killed'), signal.SIGKILL)
    watch.wait('killed', L.VIR_DOMAIN_EVENT_STOPPED, seconds=10)
    spent = time.monotonic() - began
    check(spent < 1 * SLOW, f'a dead guest was told after {spent:.2f} s')
    with server.connect() as connection:
        domain = connection.lookupByName('killed')
        equal(domain.state()[0], L.VIR_DOMAIN_SHUTOFF)
        domain.create()
        domain.destroy()
        domain.undefine()


@case
def reboot_from_inside(server):
    with server.connect() as connection:
        token = []
        callback = connection.domainEventRegisterAny(None, L.VIR_DOMAIN_EVENT_ID_REBOOT,
                                                     lambda c, d, data: token.append(d.name()), None)
        define(server, 'reboot', words='reeve.do=reboot')
        deadline = time.monotonic() + 90 * SLOW
        while not token and time.monotonic() < deadline:
            L.virEventRunDefaultImpl()
        equal(token[:1], ['reboot'])
        connection.domainEventDeregisterAny(callback)
        domain = connection.lookupByName('reboot')
        equal(domain.state()[0], L.VIR_DOMAIN_RUNNING)
        domain.destroy()
        domain.undefine()


@case
def on_poweroff_restart_and_on_reboot_destroy(server):
    with server.connect() as connection:
        text = guest_xml('again', words='reeve.do=poweroff')
        connection.defineXML(text.replace('<devices>', '<on_poweroff>restart</on_poweroff><devices>', 1)).create()
        with_reset = []
        callback = connection.domainEventRegisterAny(None, L.VIR_DOMAIN_EVENT_ID_REBOOT,
                                                     lambda c, d, data: with_reset.append(d.name()), None)
        deadline = time.monotonic() + 90 * SLOW
        while not with_reset and time.monotonic() < deadline:
            L.virEventRunDefaultImpl()
        check(connection.lookupByName('again').isActive(), 'it was started again')
        connection.lookupByName('again').destroy()
        connection.lookupByName('again').undefine()
        connection.domainEventDeregisterAny(callback)
        text = guest_xml('gone', words='reeve.do=reboot')
        connection.defineXML(text.replace('<devices>', '<on_reboot>destroy</on_reboot><devices>', 1)).create()
        watch.wait('gone', L.VIR_DOMAIN_EVENT_STOPPED, seconds=90)
        connection.lookupByName('gone').undefine()


if __name__ == '__main__':
    with daemon() as running:
        watch = Watch(running)
        status = run_cases(running)
        watch.close()
        sys.exit(status)
