# What runs beside the engine: reeve-vm (one per guest) and reeve-priv (root), and what they share.

noinst_LIBRARIES += worker/libworker.a
worker_libworker_a_SOURCES = \
	worker/image.c \
	worker/image.h \
	worker/listen.c \
	worker/listen.h \
	worker/nvram.c \
	worker/nvram.h \
	worker/path.c \
	worker/path.h \
	worker/resource_open.c \
	worker/resource_open.h \
	worker/spawn.c \
	worker/spawn.h \
	worker/tap.c \
	worker/tap.h \
	worker/volume.c \
	worker/volume.h

pkglibexec_PROGRAMS += worker/reeve-priv
worker_reeve_priv_SOURCES = \
	worker/priv.def \
	worker/priv.h \
	worker/priv_main.c \
	worker/priv_pool.c \
	worker/priv_sandbox.c \
	worker/priv_serve.c \
	worker/priv_vm.c \
	worker/priv_volume.c \
	worker/priv_volume.h
worker_reeve_priv_LDADD = \
	worker/libworker.a \
	rpc/libwire.a \
	rpc/librpc.a \
	$(BASE_LIBS) \
	$(XDR_LIBS) \
	$(SECCOMP_LIBS)

pkglibexec_PROGRAMS += worker/reeve-vm
worker_reeve_vm_SOURCES = \
	worker/vm.h \
	worker/vm_agent.c \
	worker/vm_calls.h \
	worker/vm_control.c \
	worker/vm_domain.c \
	worker/vm_event.c \
	worker/vm_link.c \
	worker/vm_main.c \
	worker/vm_metadata.c \
	worker/vm_payload.c \
	worker/vm_serve.c \
	worker/vm_state.c \
	worker/vm_stats.c \
	worker/vm_stats.h
worker_reeve_vm_LDADD = \
	worker/libworker.a \
	drivers/libdrivers_live.a \
	conf/libconf.a \
	rpc/librpc.a \
	rpc/libwire.a \
	$(BASE_LIBS) \
	$(XDR_LIBS) \
	$(JANSSON_LIBS) \
	$(XML_LIBS)

$(worker_libworker_a_OBJECTS): | $(WIRE_H)
