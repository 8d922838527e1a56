#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machine that domxml-to-native shows: each case has what stands on the command line and what does not.
libvirtd 9.0 ($REEVE_TEST_DAEMON=libvirtd) shows the same."""
import re
import sys

import libvirt

from reeve_test import case, case_of_ours, check, daemon, equal, raises, run_cases

L = libvirt
XML = """<domain type='qemu'>
  <name>native</name><uuid>bb508b28-d57b-44bd-9e9c-a134cef24b60</uuid>
  {memory}<vcpu>4</vcpu>
  <os{firmware}><type arch='x86_64' machine='{machine}'>hvm</type>{os}</os>
  {body}<devices>{devices}</devices>
</domain>"""
SERVER = {}


def native(body='', devices='', machine='q35', memory="<memory unit='MiB'>1024</memory>", firmware='', os=''):
    """The command line as words; JSON without its quotes and blanks, underscores as dashes."""
    text = SERVER['connection'].domainXMLToNative('qemu-argv', XML.format(
        body=body, devices=devices, machine=machine, memory=memory, firmware=firmware, os=os), 0)
    return re.sub(r'[\'"{}\\\n]', '', text).replace('_', '-')


def holds(line, *facts):
    for fact in facts:
        check(fact.replace('_', '-') in line, f'{fact} in {line}')


def lacks(line, *facts):
    for fact in facts:
        check(fact.replace('_', '-') not in line, f'{fact} not in {line}')


def cpu_of(line):
    return re.search(r' -cpu (\S+)', line).group(1).split(',')


def cells(*rows):
    return ''.join(f"<cell id='{i}' {row}/>" for i, row in enumerate(rows))


@case
def memory_is_whole_mebibytes(server):
    line = native(memory="<memory unit='KiB'>219100</memory>")
    check(re.search(r' -m (size=)?(214|219136k)\b', line), line)
    numa = '<cpu><numa>' + cells("cpus='0-1' memory='109550'", "cpus='2-3' memory='109550'") + '</numa></cpu>'
    line = native(numa, memory="<memory unit='KiB'>219100</memory>")
    sizes = [int(size) << (10 if kilo else 0) for size, kilo in re.findall(r'ram-node\d,(?:share\S\w+,)?size\S(\d+)(k?)', line)]
    equal(sizes, [107 << 20, 107 << 20])


@case
def old_machines_have_numa_memory_by_size(server):
    numa = '<cpu><numa>' + cells("cpus='0-1' memory='512' unit='MiB'", "cpus='2-3' memory='512' unit='MiB'") + '</numa></cpu>'
    line = native(numa, machine='pc-i440fx-4.2')
    check(re.search(r'nodeid=1,cpus=2-3,mem=512M?\b', line), line)
    lacks(line, 'memdev=')
    holds(native(numa, machine='pc-i440fx-5.1'), 'memdev=ram-node1')
    holds(native('<memoryBacking><access mode="shared"/></memoryBacking>' + numa, machine='pc-i440fx-4.2'), 'memdev=ram-node1')


@case
def memory_without_processors_has_an_initiator(server):
    three = cells("cpus='0-1' memory='512' unit='MiB'", "cpus='2-3' memory='256' unit='MiB'", "memory='256' unit='MiB'")

    def initiator(links):
        line = native(f'<cpu><numa>{three}<interconnects>{links}</interconnects></numa></cpu>')
        holds(line, 'nodeid=0,cpus=0-1,initiator=0', 'nodeid=1,cpus=2-3,initiator=1')
        return re.search(r'nodeid=2,initiator=(\d)', line).group(1)

    latency = "<latency initiator='{}' target='{}' type='access' value='{}'/>"
    bandwidth = "<bandwidth initiator='{}' target='{}' type='access' value='{}'/>"
    equal(initiator(latency.format(0, 2, 9) + latency.format(1, 2, 8) + bandwidth.format(0, 2, 90000)), '1')
    equal(initiator(bandwidth.format(0, 2, 800) + bandwidth.format(1, 2, 90000)), '1')
    equal(initiator(latency.format(0, 0, 5) + latency.format(1, 1, 5)), '0')


@case
def host_nodes_must_be_there(server):
    for mode in ('strict', 'restrictive', 'preferred'):
        with raises(L.VIR_ERR_CONFIG_UNSUPPORTED):
            native(f"<numatune><memory mode='{mode}' nodeset='999'/></numatune>")


@case
def time(server):
    line = native("<clock offset='timezone' timezone='Europe/Paris'/>")
    holds(line, 'TZ=Europe/Paris', 'base=localtime')
    timers = "<clock offset='utc'><timer name='pit' tickpolicy='{}'/></clock>"
    for policy in ('delay', 'discard'):
        holds(native(timers.format(policy)), f'kvm-pit.lost-tick-policy={policy}')
    lacks(native(timers.format('catchup')), 'kvm-pit')


@case
def features_of_kvm_under_emulation(server):
    cpu = cpu_of(native("""<features><acpi/><hyperv><relaxed state='on'/><vapic state='off'/>
        <spinlocks state='on' retries='4096'/></hyperv><kvm><hidden state='on'/><pv-ipi state='on'/></kvm>
        <pvspinlock state='on'/></features>"""))
    for word in ('hv-relaxed=on', 'hv-spinlocks=0x1000', 'kvm=off', 'kvm-pv-unhalt=on'):
        check(word in cpu, f'{word} in {cpu}')
    check(not [word for word in cpu if word.startswith(('hv-vapic', 'kvm-pv-ipi'))], str(cpu))


@case
def optional_features_are_settled(server):
    cpu = cpu_of(native("""<cpu match='exact'><model>Haswell</model><feature policy='optional' name='avx512f'/>
        <feature policy='optional' name='aes'/><feature policy='optional' name='osxsave'/></cpu>"""))
    equal(cpu, ['Haswell', 'avx512f=off', 'aes=on'])


@case
def a_minimum_is_the_host(server):
    cpu = cpu_of(native("<cpu match='minimum'><model>qemu64</model><feature policy='disable' name='vme'/></cpu>"))
    model = re.search(r"<model fallback='\w+'>([^<]+)</model>", SERVER['connection'].getDomainCapabilities(
        None, 'x86_64', 'q35', 'qemu', 0)).group(1)
    equal(cpu[0], model)
    check('vme=off' in cpu, str(cpu))


@case
def flash_is_written_unless_it_is_said(server):
    code = '/srv/own/firmware.fd'
    features = '<features><acpi/></features>'
    line = native(features, os=f"<loader type='pflash'>{code}</loader>")
    check(re.search(r'pflash0-format,read-only:\s?false', line), line)
    lacks(line, 'pflash1=')
    line = native(features, os=f"<loader type='pflash' readonly='yes'>{code}</loader><nvram>/srv/own/vars.fd</nvram>")
    check(re.search(r'pflash0-format,read-only:\s?true', line), line)
    holds(line, 'pflash1=')
    nbd = "<nvram type='network'><source protocol='nbd' name='bar'><host name='example.org' port='6000'/></source></nvram>"
    line = native(features, os=f"<loader type='pflash' readonly='yes'>{code}</loader>{nbd}")
    check(re.search(r'driver:\s?nbd,\s?server:\s?type:\s?inet,\s?host:\s?example.org', line), line)


@case
def firmware_in_the_order_of_the_descriptors(server):
    line = native('<features><acpi/></features>', firmware=" firmware='efi'")
    holds(line, 'OVMF_CODE_4M.ms.fd', 'smm=on', 'property=secure,value=on')
    wish = "<firmware><feature enabled='no' name='secure-boot'/></firmware>"
    line = native('<features><acpi/></features>', firmware=" firmware='efi'", os=wish)
    holds(line, 'OVMF_CODE_4M.fd')
    lacks(line, 'smm=on')


@case_of_ours
def firmware_without_system_management(server):
    """libvirtd 9.0 takes the first image and then refuses it; later ones do as we do."""
    line = native("<features><acpi/><smm state='off'/></features>", firmware=" firmware='efi'")
    holds(line, 'OVMF_CODE_4M.fd', 'smm=off')


@case
def places_for_plugging_and_segments(server):
    root = "<controller type='pci' index='0' model='pci-root'><target hotplug='{}'/></controller>"
    for state in ('on', 'off'):
        holds(native(devices=root.format(state), machine='pc'), f'PIIX4-PM.acpi-root-pci-hotplug={state}')
    for size in ('<tseg>48</tseg>', "<tseg unit='KiB'>49152</tseg>"):
        holds(native(f"<features><acpi/><smm state='on'>{size}</smm></features>"), 'mch.extended-tseg-mbytes=48')


@case
def devices(server):
    screens = "<graphics type='vnc'/><video><model type='qxl' heads='2'/></video><video><model type='qxl' heads='3'/></video>"
    equal(re.findall(r'max-outputs:(\d)', native(devices=screens)), ['2', '3'])
    usb = """<graphics type='spice'/><redirdev bus='usb' type='spicevmc'/><redirfilter>
        <usbdev class='0x08' vendor='0x15E1' product='0x2007' version='1.10' allow='yes'/>
        <usbdev class='-1' vendor='-1' product='-1' version='-1' allow='no'/><usbdev allow='yes'/></redirfilter>"""
    holds(native(devices=usb), 'filter:0x08:0x15E1:0x2007:0x0110:1|-1:-1:-1:-1:0|-1:-1:-1:-1:1')
    disk = "<disk type='block' device='disk'>{}<source dev='/dev/sdz'/><target dev='vda' bus='virtio'/>{}</disk>"
    shared = native(devices=disk.format("<driver name='qemu' type='raw'/>", '<shareable/>'))
    check(re.search(r'direct:\s?true', shared) and 'share-rw:true' in shared, shared)
    kept = native(devices=disk.format("<driver name='qemu' type='raw' cache='writeback'/>", '<shareable/>'))
    check(re.search(r'direct:\s?false', kept), kept)


@case
def backends(server):
    line = native(devices="""<parallel type='dev'><source path='/dev/parport0'/></parallel>
        <serial type='dev'><source path='/dev/ttyS0'/></serial>""")
    check(re.search(r'-chardev parallel,\S+/dev/parport0', line) and re.search(r'-chardev serial,\S+/dev/ttyS0', line), line)
    line = native("<memoryBacking><access mode='shared'/></memoryBacking>", """<disk type='vhostuser'>
        <driver name='qemu' type='raw' packed='on' page_per_vq='on'/><source type='unix' path='/run/disk'/>
        <target dev='vda' bus='virtio'/></disk>""")
    holds(line, 'packed:on' if 'packed:on' in line else 'packed:true', 'vhost-user-blk-pci')
    check(re.search(r'page-per-vq:(on|true)', line), line)


@case
def nothing_of_the_hosts_end(server):
    """What a start makes, or asks others about, is not needed to show what QEMU is given."""
    nics = """<interface type='network'><source network='no-such-network'/><model type='virtio'/></interface>
        <interface type='bridge'><source bridge='br-none'/><bandwidth><inbound average='1000'/></bandwidth></interface>"""
    line = native(devices=nics)
    equal(len(re.findall(r' -netdev \S*tap', line.replace(': ', ':'))), 2)
    lacks(line, 'no-such-network', 'br-none')
    sockets = native(devices="<graphics type='vnc'><listen type='socket'/></graphics>")
    check(re.search(r'-vnc (vnc=)?unix:/\S+vnc.sock', sockets), sockets)


@case
def what_define_refuses(server):
    for os in ("<bootmenu enable='yes' timeout='65536'/>", "<loader type='pflash' stateless='yes'/>"):
        with raises(L.VIR_ERR_CONFIG_UNSUPPORTED if 'menu' in os else L.VIR_ERR_XML_DETAIL):
            native('<features><acpi/></features>', os=os)


@case
def all_of_the_processor(server):
    """check='full': QEMU starts with less than what was asked for, the guest does not."""
    paused = """<domain type='qemu'><name>whole</name><memory unit='MiB'>64</memory>
        <os><type arch='x86_64' machine='q35'>hvm</type></os>
        <cpu match='exact' check='{}'><model>Haswell</model><feature policy='require' name='avx512f'/></cpu></domain>"""
    connection = SERVER['connection']
    try:
        connection.createXML(paused.format('full'), L.VIR_DOMAIN_START_PAUSED)
    except L.libvirtError as error:
        equal(error.get_error_code(), L.VIR_ERR_OPERATION_FAILED)
        check('avx512f' in str(error), str(error))
    else:
        check(False, 'a processor without avx512f was taken for one with it')
    connection.createXML(paused.format('none'), L.VIR_DOMAIN_START_PAUSED).destroy()


if __name__ == '__main__':
    with daemon() as running, running.connect() as SERVER['connection']:
        sys.exit(run_cases(running))
