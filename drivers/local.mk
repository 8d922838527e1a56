# Definition halves are linked into the engine, live halves into the worker; what both need, such as
# the builder of QEMU's command line, is in both lists.
QEMU_COMMAND = \
	drivers/qemu/argv/command.c \
	drivers/qemu/argv/command.h \
	drivers/qemu/argv/command_address.c \
	drivers/qemu/device/command_block.c \
	drivers/qemu/argv/command_build.h \
	drivers/qemu/argv/props.c \
	drivers/qemu/argv/props.h \
	drivers/qemu/device/command_chardev.c \
	drivers/qemu/device/command_controller.c \
	drivers/qemu/machine/command_cpu.c \
	drivers/qemu/device/command_disk.c \
	drivers/qemu/machine/command_firmware.c \
	drivers/qemu/device/command_graphics.c \
	drivers/qemu/device/command_hostdev.c \
	drivers/qemu/machine/command_machine.c \
	drivers/qemu/machine/command_memory.c \
	drivers/qemu/device/command_misc.c \
	drivers/qemu/device/command_net.c

QEMU_DEFINITION = \
	drivers/qemu/address/address.h \
	drivers/qemu/address/bus.c \
	drivers/qemu/address/drive.c \
	drivers/qemu/address/pci.c \
	drivers/qemu/address/pci.h \
	drivers/qemu/address/pci_connect.c \
	drivers/qemu/address/pci_map.c \
	drivers/qemu/address/usb.c \
	drivers/qemu/define/capabilities_xml.c \
	drivers/qemu/caps/caps.c \
	drivers/qemu/caps/caps.h \
	drivers/qemu/caps/caps_read.c \
	drivers/qemu/define/check.c \
	drivers/qemu/machine/check.h \
	drivers/qemu/device/check_chardev.c \
	drivers/qemu/device/check_controller.c \
	drivers/qemu/device/check_disk.c \
	drivers/qemu/device/check_display.c \
	drivers/qemu/device/check_hostdev.c \
	drivers/qemu/device/check_interface.c \
	drivers/qemu/machine/check_memory.c \
	drivers/qemu/machine/check_platform.c \
	drivers/qemu/device/check_small.c \
	drivers/qemu/define/complete.c \
	drivers/qemu/machine/complete.h \
	drivers/qemu/device/complete_controllers.c \
	drivers/qemu/device/complete_devices.c \
	drivers/qemu/define/definition.h \
	drivers/qemu/define/domcaps_xml.c \
	drivers/qemu/define/driver_def.c \
	drivers/qemu/machine/firmware.c \
	drivers/qemu/machine/firmware.h \
	drivers/qemu/caps/host.c \
	drivers/qemu/caps/host.h \
	drivers/qemu/machine/machine.c \
	drivers/qemu/machine/machine.h \
	drivers/qemu/define/native.c \
	drivers/qemu/define/prepare.c \
	drivers/qemu/define/prepare.h \
	drivers/qemu/define/prepare_alias.c \
	drivers/qemu/define/prepare_choice.c \
	drivers/qemu/define/prepare_display.c \
	drivers/qemu/caps/probe.h \
	drivers/qemu/define/resources.c

noinst_LIBRARIES += drivers/libdrivers_def.a drivers/libdrivers_live.a

drivers_libdrivers_def_a_SOURCES = \
	$(QEMU_COMMAND) \
	$(QEMU_DEFINITION) \
	drivers/driver.c \
	drivers/driver.h \
	drivers/guest.h \
	drivers/test/def.c

drivers_libdrivers_live_a_SOURCES = \
	$(QEMU_COMMAND) \
	drivers/driver.h \
	drivers/guest.c \
	drivers/guest.h \
	drivers/live.c \
	drivers/stats.c \
	drivers/stats.h \
	drivers/qemu/monitor/agent.c \
	drivers/qemu/monitor/agent.h \
	drivers/qemu/monitor/json_peer.c \
	drivers/qemu/monitor/json_peer.h \
	drivers/qemu/monitor/keycode.c \
	drivers/qemu/monitor/keycode.def \
	drivers/qemu/monitor/keycode.h \
	drivers/qemu/live/live.h \
	drivers/qemu/live/agent.c \
	drivers/qemu/live/console.c \
	drivers/qemu/live/dirty_rate.c \
	drivers/qemu/live/disk.c \
	drivers/qemu/live/event.c \
	drivers/qemu/live/files.c \
	drivers/qemu/live/net.c \
	drivers/qemu/live/power.c \
	drivers/qemu/live/proc.c \
	drivers/qemu/live/qemu.c \
	drivers/qemu/live/sample.c \
	drivers/qemu/live/spawn.c \
	drivers/qemu/live/start.c \
	drivers/qemu/live/stats.c \
	drivers/qemu/live/tune.c \
	drivers/qemu/caps/probe.c \
	drivers/qemu/caps/probe.h \
	drivers/qemu/caps/probe_kvm.c \
	drivers/qemu/caps/probe_kvm.h \
	drivers/qemu/caps/probe_qemu.c \
	drivers/qemu/monitor/qmp.c \
	drivers/qemu/monitor/qmp.h \
	drivers/test/behave.c \
	drivers/test/live.c \
	drivers/test/live_console.c \
	drivers/test/live_private.h \
	drivers/test/live_stats.c
