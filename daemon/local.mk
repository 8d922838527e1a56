# The engine. Everything but main.c is a library, so that unit tests can link parts of it.

noinst_LIBRARIES += daemon/libdaemon.a
daemon_libdaemon_a_SOURCES = \
	daemon/client/access.c \
	daemon/client/access.h \
	daemon/client/admit.c \
	daemon/client/admit.h \
	daemon/client/call.c \
	daemon/client/call.h \
	daemon/client/client.c \
	daemon/client/client.h \
	daemon/client/client_private.h \
	daemon/client/events.c \
	daemon/client/events.h \
	daemon/client/serve.h \
	daemon/client/stream.c \
	daemon/client/stream.h \
	daemon/client/stream_private.h \
	daemon/client/stream_records.c \
	daemon/client/user.c \
	daemon/client/user.h \
	daemon/core/engine.h \
	daemon/core/settings.c \
	daemon/core/settings.def \
	daemon/core/settings.h \
	daemon/core/slice.c \
	daemon/core/slice.h \
	daemon/domain/affect.h \
	daemon/domain/autostart.c \
	daemon/domain/autostart.h \
	daemon/domain/definition.c \
	daemon/domain/device_edit.c \
	daemon/domain/device_edit.h \
	daemon/domain/device_live.c \
	daemon/domain/device_live.h \
	daemon/domain/list.h \
	daemon/domain/managed_save.c \
	daemon/domain/managed_save.h \
	daemon/domain/ready.c \
	daemon/domain/ready.h \
	daemon/domain/serve_block.c \
	daemon/domain/serve_config.c \
	daemon/domain/serve_define.c \
	daemon/domain/serve_device.c \
	daemon/domain/serve_domain.c \
	daemon/domain/serve_history.c \
	daemon/domain/serve_list.c \
	daemon/domain/serve_run.c \
	daemon/domain/serve_save.c \
	daemon/domain/serve_stats.c \
	daemon/engine.c \
	daemon/engine_private.h \
	daemon/front/dispatch.c \
	daemon/front/dispatch.h \
	daemon/front/resolve.c \
	daemon/front/resolve.h \
	daemon/front/serve_connect.c \
	daemon/front/serve_event.c \
	daemon/front/server.c \
	daemon/front/server.h \
	daemon/guest/end.c \
	daemon/guest/event.c \
	daemon/guest/hand_over.c \
	daemon/guest/link.c \
	daemon/guest/memory.c \
	daemon/guest/memory.h \
	daemon/guest/message.c \
	daemon/guest/phase.c \
	daemon/guest/private.h \
	daemon/guest/reconcile.c \
	daemon/guest/route.c \
	daemon/guest/route.h \
	daemon/guest/start.c \
	daemon/guest/stray.c \
	daemon/guest/vm.c \
	daemon/guest/vm.h \
	daemon/host/host.c \
	daemon/host/host.h \
	daemon/host/priv.c \
	daemon/host/priv.h \
	daemon/host/priv_request.h \
	daemon/host/priv_save.c \
	daemon/host/priv_save.h \
	daemon/host/priv_vm.c \
	daemon/host/probe.c \
	daemon/host/serve_devices.c \
	daemon/host/serve_host.c \
	daemon/object/class.c \
	daemon/object/class.h \
	daemon/object/moment.c \
	daemon/object/moment.h \
	daemon/object/moment_tree.c \
	daemon/object/moment_tree.h \
	daemon/object/nwfilter.c \
	daemon/object/object.c \
	daemon/object/object.h \
	daemon/object/secret_value.c \
	daemon/object/secret_value.h \
	daemon/object/serve_checkpoint.c \
	daemon/object/serve_network.c \
	daemon/object/serve_object.c \
	daemon/object/serve_secret.c \
	daemon/object/serve_snapshot.c \
	daemon/paths.c \
	daemon/registry/def_cache.c \
	daemon/registry/def_cache.h \
	daemon/registry/domain.c \
	daemon/registry/domain_call.c \
	daemon/registry/domain_call.h \
	daemon/registry/job_result.c \
	daemon/registry/job_result.h \
	daemon/registry/registry.c \
	daemon/registry/registry.h \
	daemon/snapshot/resolve.c \
	daemon/snapshot/serve_revert.c \
	daemon/snapshot/serve_take.c \
	daemon/snapshot/snapshot.h \
	daemon/storage/backend.c \
	daemon/storage/backend.h \
	daemon/storage/backend_dir.c \
	daemon/storage/pool.c \
	daemon/storage/pool.h \
	daemon/storage/serve_pool.c \
	daemon/storage/serve_volume.c \
	daemon/storage/serve_volume_data.c \
	daemon/storage/use.c \
	daemon/storage/use.h \
	daemon/storage/volume.c \
	daemon/storage/volume.h \
	daemon/store/backup.c \
	daemon/store/batch.c \
	daemon/store/load.c \
	daemon/store/private.h \
	daemon/store/read.c \
	daemon/store/schema.c \
	daemon/store/store.c \
	daemon/store/store.h \
	daemon/store/summary.c \
	daemon/store/text.c \
	daemon/store/text.h

STORE_LIBS = daemon/libdaemon.a $(BASE_LIBS) $(SQLITE_LIBS) $(LZ4_LIBS) $(JANSSON_LIBS) -lpthread
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
