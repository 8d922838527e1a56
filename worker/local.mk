# What runs beside the engine: reeve-vm (one per guest) and reeve-priv (root), and what they share.

noinst_LIBRARIES += worker/libworker.a
worker_libworker_a_SOURCES = \
	worker/host/image.c \
	worker/host/image.h \
	worker/host/image_mark.c \
	worker/host/image_mark.h \
	worker/host/listen.c \
	worker/host/listen.h \
	worker/host/nvram.c \
	worker/host/nvram.h \
	worker/host/path.c \
	worker/host/path.h \
	worker/host/policy.c \
	worker/host/policy.h \
	worker/host/resource_open.c \
	worker/host/resource_open.h \
	worker/host/save_file.c \
	worker/host/save_file.h \
	worker/host/spawn.c \
	worker/host/spawn.h \
	worker/host/tap.c \
	worker/host/tap.h \
	worker/host/volume.c \
	worker/host/volume.h

# What can be tuned, for the engine and for workers.
noinst_LIBRARIES += worker/libtune.a
worker_libtune_a_SOURCES = \
	worker/tune/calls.def \
	worker/tune/disk.c \
	worker/tune/own.c \
	worker/tune/private.h \
	worker/tune/rows.c \
	worker/tune/threads.c \
	worker/tune/tune.h \
	worker/tune/vcpus.c

pkglibexec_PROGRAMS += worker/reeve-priv
worker_reeve_priv_SOURCES = \
	worker/net/bridge.c \
	worker/net/bridge.h \
	worker/net/check.c \
	worker/net/check.h \
	worker/net/dnsmasq.c \
	worker/net/dnsmasq.h \
	worker/net/dnsmasq_conf.c \
	worker/net/netlink.c \
	worker/net/netlink.h \
	worker/net/network.c \
	worker/net/rules.c \
	worker/net/rules.h \
	worker/priv/cgroup.c \
	worker/priv/cgroup.h \
	worker/priv/fresh.c \
	worker/priv/fresh.h \
	worker/priv/image_chain.c \
	worker/priv/image_chain.h \
	worker/priv/image_snapshot.c \
	worker/priv/image_tool.c \
	worker/priv/image_tool.h \
	worker/priv/limits.c \
	worker/priv/main.c \
	worker/priv/pool.c \
	worker/priv/priv.def \
	worker/priv/priv.h \
	worker/priv/sandbox.c \
	worker/priv/save.c \
	worker/priv/serve.c \
	worker/priv/user_end.c \
	worker/priv/user_end.h \
	worker/priv/vm.c \
	worker/priv/volume.c \
	worker/priv/volume.h \
	worker/priv/volume_clone.c \
	worker/priv/volume_convert.c \
	worker/priv/volume_image.c \
	worker/priv/volume_stream.c \
	worker/priv/volume_wipe.c \
	worker/priv/work.c \
	worker/priv/work.h
worker_reeve_priv_LDADD = \
	worker/libworker.a \
	rpc/libwire.a \
	rpc/librpc.a \
	$(BASE_LIBS) \
	$(XDR_LIBS) \
	$(NFTABLES_LIBS) \
	$(SECCOMP_LIBS)

pkglibexec_PROGRAMS += worker/reeve-vm
worker_reeve_vm_SOURCES = \
	worker/vm/agent/ask.c \
	worker/vm/agent/ask.h \
	worker/vm/agent/calls.c \
	worker/vm/agent/info.c \
	worker/vm/agent/lists.c \
	worker/vm/calls.h \
	worker/vm/control.c \
	worker/vm/device.c \
	worker/vm/domain.c \
	worker/vm/event.c \
	worker/vm/job.c \
	worker/vm/link.c \
	worker/vm/main.c \
	worker/vm/memory.c \
	worker/vm/metadata.c \
	worker/vm/payload.c \
	worker/vm/peek.c \
	worker/vm/serve.c \
	worker/vm/state.c \
	worker/vm/stats.c \
	worker/vm/stats.h \
	worker/vm/tune.c \
	worker/vm/vm.h
worker_reeve_vm_LDADD = \
	worker/libworker.a \
	worker/libtune.a \
	drivers/libdrivers_live.a \
	conf/libconf.a \
	rpc/librpc.a \
	rpc/libwire.a \
	$(BASE_LIBS) \
	$(XDR_LIBS) \
	$(JANSSON_LIBS) \
	$(XML_LIBS)

$(worker_libworker_a_OBJECTS) $(worker_libtune_a_OBJECTS): | $(WIRE_H)

# A program that its user may not read has memory that its user may not read either, from its first instruction on.
install-exec-hook:
	chmod 0711 '$(DESTDIR)$(pkglibexecdir)/reeve-vm'
