# Definition halves are linked into the engine, live halves into the worker; what both need, such as
# the builder of QEMU's command line, is in both lists.
noinst_LIBRARIES += drivers/libdrivers_def.a drivers/libdrivers_live.a

drivers_libdrivers_def_a_SOURCES = \
	drivers/driver.c \
	drivers/driver.h \
	drivers/guest.h

drivers_libdrivers_live_a_SOURCES = \
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
	drivers/qemu/qmp.c \
	drivers/qemu/qmp.h
