#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest with QEMU's own agent in it: its channel's state is told and survives a killed worker, it is
asked and answers, shuts down and reboots, and a silent one costs its caller a clear error only."""
import json
import os
import signal
import sys
import time

import libvirt
import libvirt_qemu

from reeve_test import SLOW, Console, Watch, case, case_of_ours, check, contains, daemon, equal, guest_xml, \
    processes, raises, run_cases

L = libvirt
NAME = 'talks'
CHANNEL = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
UP, DOWN = L.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED, \
    L.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED


class Port:
    """The guest's agent and lifecycle events."""

    def __init__(self, server):
        self.watch, self.states = Watch(server), []
        self.watch.connection.domainEventRegisterAny(
            None, L.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, lambda _c, _d, state, _why, _o: self.states.append(state), None)
        self.domain = self.watch.connection.lookupByName(NAME)

    def wait(self, state):
        deadline = time.monotonic() + 60 * SLOW
        while state not in self.states:
            check(time.monotonic() < deadline, f'no agent event {state} but {self.states}')
            timer = L.virEventAddTimeout(1000, lambda *_: None, None)
            L.virEventRunDefaultImpl()
            L.virEventRemoveTimeout(timer)
        self.states = []

    def channel(self):
        return 'connected' if "state='connected'" in self.domain.XMLDesc() else 'disconnected'

    def ask(self, command, timeout=10):
        return json.loads(libvirt_qemu.qemuAgentCommand(self.domain, json.dumps({'execute': command}), timeout, 0))

    def up(self):
        """A command of the guest's own start may still be on its way when the port opens."""
        self.wait(UP)
        return self.ask('guest-ping')


@case
def told_and_asked(server, port):
    contains(port.domain.XMLDesc(), r"name='org.qemu.guest_agent.0' state='disconnected'", 'the channel before the start')
    with raises(L.VIR_ERR_AGENT_UNRESPONSIVE):
        port.ask('guest-ping')
    equal(port.up(), {'return': {}})
    equal(port.channel(), 'connected')
    check('guest-info' in [entry['name'] for entry in port.ask('guest-info')['return']['supported_commands']],
          'it lists its commands')
    equal(port.domain.hostname(L.VIR_DOMAIN_GET_HOSTNAME_AGENT), 'guest')
    with raises(L.VIR_ERR_OPERATION_FAILED, stock=L.VIR_ERR_INTERNAL_ERROR):
        port.ask('guest-nonsense')


@case
def its_clock(server, port):
    told = port.domain.getTime()
    equal(sorted(told), ['nseconds', 'seconds'])
    check(abs(told['seconds'] - time.time()) < 3600, f'the time is {told}')
    with raises(L.VIR_ERR_OPERATION_FAILED, stock=L.VIR_ERR_INTERNAL_ERROR):  # the guest has no hwclock
        port.domain.setTime({'seconds': 1700000000, 'nseconds': 0})
    with raises(L.VIR_ERR_INVALID_ARG, stock=L.VIR_ERR_ARGUMENT_UNSUPPORTED):
        port.domain.setTime({'seconds': -1, 'nseconds': 0})


@case
def what_it_tells(server, port):
    names = port.domain.interfaceAddresses(L.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
    check('lo' in names, f'interfaces {names}')
    info = port.domain.guestInfo(0)
    equal(info['hostname'], 'guest')
    equal(info['os.kernel-release'], port.ask('guest-get-osinfo')['return']['kernel-release'])
    check('lo' in [value for name, value in info.items() if name.startswith('if.')], 'the interface lo')
    equal(set(port.domain.guestInfo(L.VIR_DOMAIN_GUEST_INFO_HOSTNAME)), {'hostname'})
    with raises(L.VIR_ERR_INVALID_ARG):
        port.domain.guestInfo(1 << 20)
    equal(port.domain.fsInfo(), [], 'file systems: all are in memory')


@case
def its_vcpus(server, port):
    told = port.domain.guestVcpus()
    equal(told['online'], '0')
    equal(port.domain.vcpusFlags(L.VIR_DOMAIN_AFFECT_LIVE | L.VIR_DOMAIN_VCPU_GUEST), 1)
    with raises(L.VIR_ERR_INVALID_ARG):
        port.domain.setGuestVcpus('7', 1)


@case
def what_it_cannot(server, port):
    with raises(L.VIR_ERR_ARGUMENT_UNSUPPORTED):
        port.domain.fSTrim('/mnt', 0)
    with raises(L.VIR_ERR_OPERATION_FAILED, stock=L.VIR_ERR_INTERNAL_ERROR):
        port.domain.authorizedSSHKeysGet('nobody-of-that-name')
    with raises(L.VIR_ERR_INVALID_ARG, stock=L.VIR_ERR_INVALID_ARG):
        port.domain.agentSetResponseTimeout(-5)
    port.domain.agentSetResponseTimeout(20)


@case_of_ours
def a_killed_worker(server, port):
    """The one that comes after it knows the port's state and reaches the agent."""
    worker = list(processes('reeve-vm'))
    equal(len(worker), 1, 'workers')
    os.kill(worker[0], signal.SIGKILL)
    try:
        port.ask('guest-ping')
    except L.libvirtError as error:  # the call was already with the one that ended
        equal(error.get_error_code(), L.VIR_ERR_OPERATION_FAILED)
        contains(str(error), 'try again')
    equal(port.channel(), 'connected')
    equal(port.ask('guest-ping'), {'return': {}})


def tell_process(server, signal_name):
    """Signals the agent inside of the guest."""
    console = Console('virsh', '-c', server.uri(), 'console', NAME, '--force')
    console.talk('ready')
    console.type(f"kill -{signal_name} $(ps | awk '/[q]emu-ga/ {{print $1}}') && echo di''d-it\r")
    console.wait('did-it')
    console.close()


@case
def silent(server, port):
    """Stopped in the guest, it does not answer: the call ends by its time, other calls are not held up."""
    tell_process(server, 'STOP')
    with raises(L.VIR_ERR_AGENT_UNRESPONSIVE):
        port.ask('guest-ping', 2)
    began = time.monotonic()
    equal(port.domain.state()[0], L.VIR_DOMAIN_RUNNING)
    port.domain.XMLDesc()
    check(time.monotonic() - began < 2 * SLOW, 'calls without the agent are answered at once')
    tell_process(server, 'CONT')
    equal(port.ask('guest-ping', 30), {'return': {}})


@case
def reboots(server, port):
    port.domain.reboot(L.VIR_DOMAIN_REBOOT_GUEST_AGENT)
    port.wait(DOWN)
    equal(port.up(), {'return': {}})
    equal(port.domain.state()[0], L.VIR_DOMAIN_RUNNING)


@case
def shuts_down(server, port):
    port.domain.shutdownFlags(L.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT)
    port.watch.wait(NAME, L.VIR_DOMAIN_EVENT_STOPPED, L.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN)
    equal(port.domain.state(), [L.VIR_DOMAIN_SHUTOFF, L.VIR_DOMAIN_SHUTOFF_SHUTDOWN])
    check("state='" not in port.domain.XMLDesc(), 'the channel of a guest that is off has no state')
    with raises(L.VIR_ERR_OPERATION_INVALID):
        port.ask('guest-ping')


def main():
    L.registerErrorHandler(lambda *_: None, None)
    text = guest_xml(NAME, memory=160, devices=CHANNEL, boot='agent')
    with daemon() as server:
        L.virEventRegisterDefaultImpl()
        Watch.registered = True
        with server.connect() as connection:
            connection.defineXML(text)
        port = Port(server)
        port.domain.create()
        status = run_cases(server, port)
        port.watch.close()
        return status


if __name__ == '__main__':
    sys.exit(main())
