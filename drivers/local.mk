# Definition halves are linked into the engine, live halves into the worker; what both need, such as
# the table of devices and the builder of QEMU's command line, is in both lists.
QEMU_COMMAND = \
	drivers/qemu/argv/command.c \
	drivers/qemu/argv/command.h \
	drivers/qemu/argv/command_address.c \
	drivers/qemu/argv/command_build.h \
	drivers/qemu/argv/parts.c \
	drivers/qemu/argv/parts.h \
	drivers/qemu/argv/props.c \
	drivers/qemu/argv/props.h \
	drivers/qemu/caps/caps.h \
	drivers/qemu/caps/caps_read.c \
	drivers/qemu/caps/probe.h \
	drivers/qemu/define/command.c \
	drivers/qemu/device/block.c \
	drivers/qemu/device/chardev.c \
	drivers/qemu/device/chardev_source.c \
	drivers/qemu/device/controller.c \
	drivers/qemu/device/crypto.c \
	drivers/qemu/device/disk.c \
	drivers/qemu/device/filesystem.c \
	drivers/qemu/device/graphics.c \
	drivers/qemu/device/hostdev.c \
	drivers/qemu/device/hub.c \
	drivers/qemu/device/input.c \
	drivers/qemu/device/interface.c \
	drivers/qemu/device/iommu.c \
	drivers/qemu/device/kind.h \
	drivers/qemu/device/kinds.c \
	drivers/qemu/device/lease.c \
	drivers/qemu/device/memballoon.c \
	drivers/qemu/device/memory.c \
	drivers/qemu/device/nvram.c \
	drivers/qemu/device/panic.c \
	drivers/qemu/device/pstore.c \
	drivers/qemu/device/redirdev.c \
	drivers/qemu/device/rng.c \
	drivers/qemu/device/shmem.c \
	drivers/qemu/device/smartcard.c \
	drivers/qemu/device/sound.c \
	drivers/qemu/device/tpm.c \
	drivers/qemu/device/video.c \
	drivers/qemu/device/vsock.c \
	drivers/qemu/device/watchdog.c \
	drivers/qemu/machine/check.c \
	drivers/qemu/machine/check.h \
	drivers/qemu/machine/command_cpu.c \
	drivers/qemu/machine/command_firmware.c \
	drivers/qemu/machine/command_machine.c \
	drivers/qemu/machine/command_memory.c \
	drivers/qemu/machine/machine.c \
	drivers/qemu/machine/machine.h

QEMU_DEFINITION = \
	drivers/qemu/address/address.h \
	drivers/qemu/address/bus.c \
	drivers/qemu/address/drive.c \
	drivers/qemu/address/pci.c \
	drivers/qemu/address/pci.h \
	drivers/qemu/address/pci_map.c \
	drivers/qemu/address/usb.c \
	drivers/qemu/caps/caps.c \
	drivers/qemu/caps/host.c \
	drivers/qemu/caps/host.h \
	drivers/qemu/define/capabilities_xml.c \
	drivers/qemu/define/check.c \
	drivers/qemu/define/complete.c \
	drivers/qemu/define/complete_controllers.c \
	drivers/qemu/define/complete_devices.c \
	drivers/qemu/define/definition.h \
	drivers/qemu/define/domcaps_xml.c \
	drivers/qemu/define/driver_def.c \
	drivers/qemu/define/native.c \
	drivers/qemu/define/plan.c \
	drivers/qemu/define/prepare.c \
	drivers/qemu/define/prepare.h \
	drivers/qemu/define/prepare_choice.c \
	drivers/qemu/define/prepare_machine.c \
	drivers/qemu/define/resources.c \
	drivers/qemu/machine/check_memory.c \
	drivers/qemu/machine/check_platform.c \
	drivers/qemu/machine/complete.h \
	drivers/qemu/machine/firmware.c \
	drivers/qemu/machine/firmware.h

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
	drivers/job.c \
	drivers/job.h \
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
	drivers/qemu/live/cpu_check.c \
	drivers/qemu/live/dirty_rate.c \
	drivers/qemu/live/disk.c \
	drivers/qemu/live/event.c \
	drivers/qemu/live/files.c \
	drivers/qemu/live/filter.c \
	drivers/qemu/live/memory.c \
	drivers/qemu/live/net.c \
	drivers/qemu/live/peek.c \
	drivers/qemu/live/plug.c \
	drivers/qemu/live/power.c \
	drivers/qemu/live/proc.c \
	drivers/qemu/live/qemu.c \
	drivers/qemu/live/retune.c \
	drivers/qemu/live/sample.c \
	drivers/qemu/live/snapshot.c \
	drivers/qemu/live/spawn.c \
	drivers/qemu/live/start.c \
	drivers/qemu/live/stats.c \
	drivers/qemu/live/tune.c \
	drivers/qemu/live/update.c \
	drivers/qemu/live/vcpu.c \
	drivers/qemu/caps/probe.c \
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
