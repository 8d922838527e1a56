# Definition halves are linked into the engine, live halves into the worker; what both need, such as
# the builder of QEMU's command line, is in both lists.
QEMU_COMMAND = \
	drivers/qemu/command.c \
	drivers/qemu/command.h \
	drivers/qemu/command_address.c \
	drivers/qemu/command_block.c \
	drivers/qemu/command_build.h \
	drivers/qemu/command_chardev.c \
	drivers/qemu/command_controller.c \
	drivers/qemu/command_cpu.c \
	drivers/qemu/command_disk.c \
	drivers/qemu/command_firmware.c \
	drivers/qemu/command_graphics.c \
	drivers/qemu/command_hostdev.c \
	drivers/qemu/command_machine.c \
	drivers/qemu/command_memory.c \
	drivers/qemu/command_misc.c \
	drivers/qemu/command_net.c

QEMU_DEFINITION = \
	drivers/qemu/address.h \
	drivers/qemu/address_bus.c \
	drivers/qemu/address_drive.c \
	drivers/qemu/address_pci.c \
	drivers/qemu/address_pci.h \
	drivers/qemu/address_pci_connect.c \
	drivers/qemu/address_pci_map.c \
	drivers/qemu/address_usb.c \
	drivers/qemu/capabilities_xml.c \
	drivers/qemu/caps.c \
	drivers/qemu/caps.h \
	drivers/qemu/caps_read.c \
	drivers/qemu/check.c \
	drivers/qemu/check.h \
	drivers/qemu/check_chardev.c \
	drivers/qemu/check_controller.c \
	drivers/qemu/check_disk.c \
	drivers/qemu/check_display.c \
	drivers/qemu/check_hostdev.c \
	drivers/qemu/check_interface.c \
	drivers/qemu/check_memory.c \
	drivers/qemu/check_platform.c \
	drivers/qemu/check_small.c \
	drivers/qemu/complete.c \
	drivers/qemu/complete.h \
	drivers/qemu/complete_controllers.c \
	drivers/qemu/complete_devices.c \
	drivers/qemu/definition.h \
	drivers/qemu/domcaps_xml.c \
	drivers/qemu/driver_def.c \
	drivers/qemu/firmware.c \
	drivers/qemu/firmware.h \
	drivers/qemu/host.c \
	drivers/qemu/host.h \
	drivers/qemu/machine.c \
	drivers/qemu/machine.h \
	drivers/qemu/native.c \
	drivers/qemu/prepare.c \
	drivers/qemu/prepare.h \
	drivers/qemu/prepare_alias.c \
	drivers/qemu/prepare_choice.c \
	drivers/qemu/prepare_display.c \
	drivers/qemu/probe.h \
	drivers/qemu/resources.c

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
	drivers/qemu/agent.c \
	drivers/qemu/agent.h \
	drivers/qemu/json_peer.c \
	drivers/qemu/json_peer.h \
	drivers/qemu/keycode.c \
	drivers/qemu/keycode.def \
	drivers/qemu/keycode.h \
	drivers/qemu/live.h \
	drivers/qemu/live_agent.c \
	drivers/qemu/live_console.c \
	drivers/qemu/live_dirty_rate.c \
	drivers/qemu/live_disk.c \
	drivers/qemu/live_event.c \
	drivers/qemu/live_files.c \
	drivers/qemu/live_net.c \
	drivers/qemu/live_power.c \
	drivers/qemu/live_proc.c \
	drivers/qemu/live_qemu.c \
	drivers/qemu/live_sample.c \
	drivers/qemu/live_spawn.c \
	drivers/qemu/live_start.c \
	drivers/qemu/live_stats.c \
	drivers/qemu/live_tune.c \
	drivers/qemu/probe.c \
	drivers/qemu/probe.h \
	drivers/qemu/probe_kvm.c \
	drivers/qemu/probe_kvm.h \
	drivers/qemu/probe_qemu.c \
	drivers/qemu/qmp.c \
	drivers/qemu/qmp.h \
	drivers/test/behave.c \
	drivers/test/live.c \
	drivers/test/live_console.c \
	drivers/test/live_private.h \
	drivers/test/live_stats.c
