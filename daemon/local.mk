# The engine. Everything but main.c is a library, so that unit tests can link parts of it.

noinst_LIBRARIES += daemon/libdaemon.a
daemon_libdaemon_a_SOURCES = \
	daemon/access.c \
	daemon/access.h \
	daemon/affect.h \
	daemon/autostart.c \
	daemon/autostart.h \
	daemon/call.c \
	daemon/call.h \
	daemon/client.c \
	daemon/client.h \
	daemon/client_private.h \
	daemon/def_cache.c \
	daemon/def_cache.h \
	daemon/definition.c \
	daemon/device_edit.c \
	daemon/device_edit.h \
	daemon/dispatch.c \
	daemon/dispatch.h \
	daemon/domain.c \
	daemon/domain_list.h \
	daemon/engine.c \
	daemon/engine.h \
	daemon/engine_private.h \
	daemon/events.c \
	daemon/events.h \
	daemon/host.c \
	daemon/host.h \
	daemon/moment.c \
	daemon/moment.h \
	daemon/object.c \
	daemon/object.h \
	daemon/paths.c \
	daemon/pool.c \
	daemon/pool.h \
	daemon/priv.c \
	daemon/priv.h \
	daemon/priv_request.h \
	daemon/priv_vm.c \
	daemon/probe.c \
	daemon/ready.c \
	daemon/ready.h \
	daemon/registry.c \
	daemon/registry.h \
	daemon/secret_value.c \
	daemon/secret_value.h \
	daemon/serve.h \
	daemon/serve_checkpoint.c \
	daemon/serve_connect.c \
	daemon/serve_domain.c \
	daemon/serve_domain_block.c \
	daemon/serve_domain_config.c \
	daemon/serve_domain_define.c \
	daemon/serve_domain_list.c \
	daemon/serve_domain_run.c \
	daemon/serve_event.c \
	daemon/serve_host.c \
	daemon/serve_host_devices.c \
	daemon/serve_network.c \
	daemon/serve_nwfilter.c \
	daemon/serve_pool.c \
	daemon/serve_reeve.c \
	daemon/serve_secret.c \
	daemon/serve_snapshot.c \
	daemon/serve_stats.c \
	daemon/serve_volume.c \
	daemon/server.c \
	daemon/server.h \
	daemon/settings.c \
	daemon/settings.def \
	daemon/settings.h \
	daemon/store.c \
	daemon/store.h \
	daemon/store_batch.c \
	daemon/store_load.c \
	daemon/store_private.h \
	daemon/store_read.c \
	daemon/store_schema.c \
	daemon/stream.c \
	daemon/stream.h \
	daemon/text.c \
	daemon/text.h \
	daemon/vm.c \
	daemon/vm.h \
	daemon/vm_end.c \
	daemon/vm_message.c \
	daemon/vm_private.h \
	daemon/vm_reconcile.c \
	daemon/vm_start.c \
	daemon/volume.c \
	daemon/volume.h

STORE_LIBS = daemon/libdaemon.a $(BASE_LIBS) $(SQLITE_LIBS) $(LZ4_LIBS) -lpthread
DAEMON_LIBS = \
	daemon/libdaemon.a \
	drivers/libdrivers_def.a \
	worker/libworker.a \
	$(RPC_LIBS) \
	$(CONF_LIBS) \
	$(SQLITE_LIBS) \
	$(LZ4_LIBS) \
	$(JANSSON_LIBS) \
	-lpthread

sbin_PROGRAMS += daemon/reeved
daemon_reeved_SOURCES = daemon/main.c
daemon_reeved_LDADD = $(DAEMON_LIBS)

# Built before anything that includes the headers which rpcgen makes.
$(daemon_libdaemon_a_OBJECTS): | $(WIRE_H)
