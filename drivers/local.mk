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

noinst_LIBRARIES += drivers/libdrivers_def.a drivers/libdrivers_live.a

drivers_libdrivers_def_a_SOURCES = \
	$(QEMU_COMMAND) \
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
	drivers/qemu/live_event.c \
	drivers/qemu/live_files.c \
	drivers/qemu/live_power.c \
	drivers/qemu/live_proc.c \
	drivers/qemu/live_qemu.c \
	drivers/qemu/live_sample.c \
	drivers/qemu/live_spawn.c \
	drivers/qemu/live_start.c \
	drivers/qemu/live_stats.c \
	drivers/qemu/live_tune.c \
	drivers/qemu/qmp.c \
	drivers/qemu/qmp.h \
	drivers/test/behave.c \
	drivers/test/live.c \
	drivers/test/live_console.c \
	drivers/test/live_private.h \
	drivers/test/live_stats.c
