#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What contradicts what in a definition, and what must be taken: tests/golden/rules/*.rules.

A rule is a line of XML and below it what comes of it: "= taken", or "= CODE words" with the code of the error
and all that it says. Lines of a domain's rule are put into a small machine. "- " instead of "= " marks where
libvirtd 9.0 decides otherwise, which its own run ($REEVE_TEST_DAEMON=libvirtd) shows. $REEVE_UPDATE=1 writes
our words, never our decisions."""
import glob
import os
import re
import sys
import xml.etree.ElementTree as tree

import libvirt

from reeve_test import SOURCE, STOCK, Failed, daemon

DEVICES = set('''emulator disk controller lease filesystem interface smartcard serial parallel console channel input tpm
graphics sound audio video hostdev redirdev redirfilter hub watchdog memballoon rng nvram panic shmem iommu vsock
crypto'''.split())
MACHINE = {'name': '<name>rule</name>', 'memory': "<memory unit='MiB'>128</memory>", 'vcpu': '<vcpu>4</vcpu>',
           'os': "<os><type arch='x86_64' machine='q35'>hvm</type></os>"}
QEMU = 'http://libvirt.org/schemas/domain/qemu/1.0'
DOCUMENTS = {'network': 'networkDefineXML', 'pool': 'storagePoolDefineXML', 'secret': 'secretDefineXML',
             'filter': 'nwfilterDefineXML'}
KEPT_FILES = libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM
GONE_FILES = libvirt.VIR_DOMAIN_UNDEFINE_NVRAM


def domain(line):
    """The machine with the elements of @line in it, each in its place."""
    tree.register_namespace('qemu', QEMU)
    parts, devices = dict(MACHINE), []
    for element in tree.fromstring(f"<x xmlns:qemu='{QEMU}'>{line}</x>"):
        text = tree.tostring(element, encoding='unicode')
        if element.tag in DEVICES or (element.tag == 'memory' and element.get('model')):
            devices.append(text)
        else:
            first = parts[element.tag] if element.tag in parts and parts[element.tag] != MACHINE.get(element.tag) else ''
            parts[element.tag] = first + text
    return f"<domain type='qemu'>{''.join(parts.values())}<devices>{''.join(devices)}</devices></domain>"


def outcome(connection, line):
    """(0, '') or the code and words of the refusal."""
    kind = re.match(r'<(\w+)', line).group(1)
    try:
        if kind in DOCUMENTS:
            getattr(connection, DOCUMENTS[kind])(line).undefine()
            return 0, ''
        made = connection.defineXML(domain(line))
    except libvirt.libvirtError as error:
        return error.get_error_code(), error.get_error_message()
    for flags in (GONE_FILES, KEPT_FILES, 0):
        try:
            made.undefineFlags(flags)
            break
        except libvirt.libvirtError:
            pass
    return 0, ''


def steady(words):
    """Without what is drawn by lot, and how far from the left the machine's own text puts it."""
    words = re.sub(r'([0-9a-f]{2}:){5}[0-9a-f]{2}', 'MAC', words)
    return re.sub(r'column \d+', 'column N', words)


def judge(want, got, words):
    if STOCK:
        refused = want[2:] != 'taken'
        return (got != 0) == (refused if want[0] == '=' else not refused)
    return words == want[2:]


def run_file(connection, path):
    failures, out = 0, []
    with open(path, encoding='utf-8') as rules:
        lines = rules.read().splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        out.append(line)
        if not line.startswith('<'):
            continue
        want = lines[at]
        at += 1
        code, message = outcome(connection, line)
        words = f'{code} {steady(message)}' if code else 'taken'
        decided = (want[2:] == 'taken') == (code == 0)
        out.append(want[:2] + words if decided else want)
        if not judge(want, code, words) and not (decided and os.environ.get('REEVE_UPDATE')):
            print(f'{os.path.basename(path)}:{at}: {line}\n  want {want}\n  got  {words}')
            failures += 1
    if os.environ.get('REEVE_UPDATE') and not STOCK:
        with open(path, 'w', encoding='utf-8') as rules:
            rules.write('\n'.join(out) + '\n')
    return failures


def main():
    paths = sorted(glob.glob(os.path.join(SOURCE, 'tests', 'golden', 'rules', '*.rules')))
    if not paths:
        raise Failed('there are no rules')
    with daemon() as server, server.connect() as connection:
        failures = sum(run_file(connection, path) for path in paths)
    print(f'{failures} failures')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
