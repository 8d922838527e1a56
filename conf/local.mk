# XML to structs and back: the binding engine and the tables of each document.

noinst_LIBRARIES += conf/libconf.a
conf_libconf_a_SOURCES = \
	conf/bind.h \
	conf/bind_compare.c \
	conf/bind_copy.c \
	conf/bind_doc.c \
	conf/bind_format.c \
	conf/bind_index.c \
	conf/bind_internal.h \
	conf/bind_parse.c \
	conf/bind_reader.c \
	conf/bind_reader.h \
	conf/bind_rng.c \
	conf/bind_rows.h \
	conf/check.h \
	conf/check_devices.c \
	conf/check_disk.c \
	conf/check_domain.c \
	conf/check_tune.c \
	conf/complete.h \
	conf/complete_chardev.c \
	conf/complete_device.c \
	conf/complete_domain.c \
	conf/diag.c \
	conf/diag.h \
	conf/document.c \
	conf/document.h \
	conf/domain.c \
	conf/domain.h \
	conf/domain_audio.c \
	conf/domain_backends.c \
	conf/domain_chardev.c \
	conf/domain_chardev.h \
	conf/domain_clock.c \
	conf/domain_clock.h \
	conf/domain_controller.c \
	conf/domain_controller.h \
	conf/domain_cpu.c \
	conf/domain_cpu.h \
	conf/domain_device.c \
	conf/domain_disk.c \
	conf/domain_disk.h \
	conf/domain_features.c \
	conf/domain_features.h \
	conf/domain_graphics.c \
	conf/domain_graphics.h \
	conf/domain_hostdev.c \
	conf/domain_hostdev.h \
	conf/domain_info.c \
	conf/domain_info.h \
	conf/domain_interface.c \
	conf/domain_interface.h \
	conf/domain_metadata.c \
	conf/domain_misc.c \
	conf/domain_misc.h \
	conf/domain_ns.c \
	conf/domain_ns.h \
	conf/domain_os.c \
	conf/domain_os.h \
	conf/domain_source.c \
	conf/domain_tables.h \
	conf/domain_tune.c \
	conf/domain_tune.h \
	conf/interface.c \
	conf/interface.h \
	conf/network.c \
	conf/network.h \
	conf/network_check.c \
	conf/nodedev.c \
	conf/nodedev.h \
	conf/nwfilter.c \
	conf/nwfilter.h \
	conf/nwfilter_types.c \
	conf/nwfilter_types.h \
	conf/pool.c \
	conf/pool.h \
	conf/secret.c \
	conf/secret.h \
	conf/snapshot.c \
	conf/snapshot.h \
	conf/types.c \
	conf/types.h \
	conf/types_cpuset.c \
	conf/types_id.c \
	conf/volume.c \
	conf/volume.h

CONF_LIBS = conf/libconf.a $(BASE_LIBS) $(XML_LIBS)

# Prints the reference and the schemas; docs/local.mk says where they go.
noinst_PROGRAMS += conf/conf-reference
conf_conf_reference_SOURCES = conf/reference.c
conf_conf_reference_LDADD = $(CONF_LIBS)
