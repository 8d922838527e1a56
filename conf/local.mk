# XML to structs and back: the binding engine and the tables of each document.

noinst_LIBRARIES += conf/libconf.a
conf_libconf_a_SOURCES = \
	conf/bind/bind.h \
	conf/bind/compare.c \
	conf/bind/copy.c \
	conf/bind/diag.c \
	conf/bind/diag.h \
	conf/bind/doc.c \
	conf/bind/format.c \
	conf/bind/index.c \
	conf/bind/internal.h \
	conf/bind/parse.c \
	conf/bind/raw.c \
	conf/bind/raw.h \
	conf/bind/reader.c \
	conf/bind/reader.h \
	conf/bind/repeat.c \
	conf/bind/rng.c \
	conf/bind/rows.h \
	conf/bind/types.c \
	conf/bind/types.h \
	conf/bind/types_cpuset.c \
	conf/bind/types_id.c \
	conf/def/chardev.h \
	conf/def/check.h \
	conf/def/clock.h \
	conf/def/complete.h \
	conf/def/controller.h \
	conf/def/cpu.h \
	conf/def/disk.h \
	conf/def/domain.h \
	conf/def/features.h \
	conf/def/graphics.h \
	conf/def/hostdev.h \
	conf/def/info.h \
	conf/def/interface.h \
	conf/def/misc.h \
	conf/def/ns.h \
	conf/def/os.h \
	conf/def/tables.h \
	conf/def/tune.h \
	conf/device/audio.c \
	conf/device/backends.c \
	conf/device/chardev.c \
	conf/device/check_devices.c \
	conf/device/check_disk.c \
	conf/device/check_hostdev.c \
	conf/device/check_misc.c \
	conf/device/check_net.c \
	conf/device/check_source.c \
	conf/device/complete_chardev.c \
	conf/device/complete_device.c \
	conf/device/controller.c \
	conf/device/device.c \
	conf/device/disk.c \
	conf/device/graphics.c \
	conf/device/hostdev.c \
	conf/device/interface.c \
	conf/device/misc.c \
	conf/device/source.c \
	conf/document.c \
	conf/document.h \
	conf/domain/check_clock.c \
	conf/domain/check_domain.c \
	conf/domain/check_ns.c \
	conf/domain/check_numa.c \
	conf/domain/check_threads.c \
	conf/domain/check_tune.c \
	conf/domain/clock.c \
	conf/domain/complete_domain.c \
	conf/domain/cpu.c \
	conf/domain/domain.c \
	conf/domain/features.c \
	conf/domain/info.c \
	conf/domain/metadata.c \
	conf/domain/ns.c \
	conf/domain/os.c \
	conf/domain/tune.c \
	conf/host/interface.c \
	conf/host/interface.h \
	conf/host/nodedev.c \
	conf/host/nodedev.h \
	conf/network/check.c \
	conf/network/check_parts.c \
	conf/network/network.c \
	conf/network/network.h \
	conf/nwfilter/nwfilter.c \
	conf/nwfilter/nwfilter.h \
	conf/nwfilter/types.c \
	conf/nwfilter/types.h \
	conf/secret/secret.c \
	conf/secret/secret.h \
	conf/snapshot/snapshot.c \
	conf/snapshot/snapshot.h \
	conf/storage/pool.c \
	conf/storage/pool.h \
	conf/storage/volume.c \
	conf/storage/volume.h

CONF_LIBS = conf/libconf.a $(BASE_LIBS) $(XML_LIBS)

# Prints the reference and the schemas; docs/local.mk says where they go.
noinst_PROGRAMS += conf/conf-reference
conf_conf_reference_SOURCES = conf/reference.c
conf_conf_reference_LDADD = $(CONF_LIBS)
