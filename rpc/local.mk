# The protocol. Types are generated from the .x files; rpcgen's output alone is built with -w.

WIRE_X = \
	rpc/tables/control.x \
	rpc/tables/priv.x \
	rpc/tables/qemu.x \
	rpc/tables/reeve.x \
	rpc/tables/remote.x
WIRE_H = $(WIRE_X:.x=.h)
CALL_TABLES = \
	rpc/tables/calls.def \
	rpc/tables/calls_when.def \
	rpc/tables/control_calls.def \
	rpc/tables/permissions.def \
	rpc/tables/qemu_calls.def \
	rpc/tables/reeve_calls.def

EXTRA_DIST += $(WIRE_X)
BUILT_SOURCES += $(WIRE_H)
CLEANFILES += $(WIRE_H) $(WIRE_X:.x=.c)
SUFFIXES = .x .h .c

# In the source's folder, so that the #include of the header is by its bare name.
.x.h:
	$(AM_V_GEN)$(MKDIR_P) rpc && (cd `dirname $<` && $(RPCGEN) -C -h `basename $<`) > $@.tmp && mv $@.tmp $@
.x.c:
	$(AM_V_GEN)$(MKDIR_P) rpc && (cd `dirname $<` && $(RPCGEN) -C -c `basename $<`) > $@.tmp && mv $@.tmp $@

noinst_LIBRARIES += rpc/libwire.a
nodist_rpc_libwire_a_SOURCES = \
	rpc/tables/control.c \
	rpc/tables/control.h \
	rpc/tables/priv.c \
	rpc/tables/priv.h \
	rpc/tables/qemu.c \
	rpc/tables/qemu.h \
	rpc/tables/reeve.c \
	rpc/tables/reeve.h \
	rpc/tables/remote.c \
	rpc/tables/remote.h
rpc_libwire_a_CFLAGS = $(AM_CFLAGS) -w
# Filters that check lengths against the bytes at hand: rpc/wire/wire_xdr.c
rpc_libwire_a_CPPFLAGS = \
	$(AM_CPPFLAGS) \
	-DRPC_XDR_REPLACE \
	-include rpc/wire/wire_xdr.h
rpc_libwire_a_LIBADD = rpc/wire/wire_xdr.$(OBJEXT)

noinst_LIBRARIES += rpc/librpc.a
rpc_librpc_a_SOURCES = \
	$(CALL_TABLES) \
	rpc/client/open.c \
	rpc/client/private.h \
	rpc/client/rpc_client.c \
	rpc/client/rpc_client.h \
	rpc/client/stream.c \
	rpc/client/stream.h \
	rpc/client/uri.c \
	rpc/client/uri.h \
	rpc/transport/listener.c \
	rpc/transport/listener.h \
	rpc/transport/tls.c \
	rpc/transport/tls.h \
	rpc/transport/transport.c \
	rpc/transport/transport.h \
	rpc/wire/conn.c \
	rpc/wire/conn.h \
	rpc/wire/conn_limits.c \
	rpc/wire/conn_private.h \
	rpc/wire/dispatch.c \
	rpc/wire/dispatch.h \
	rpc/wire/handle.c \
	rpc/wire/handle.h \
	rpc/wire/keepalive.c \
	rpc/wire/keepalive.h \
	rpc/wire/message.c \
	rpc/wire/message.h \
	rpc/wire/record.h \
	rpc/wire/outgoing.c \
	rpc/wire/outgoing.h \
	rpc/wire/params.c \
	rpc/wire/params.h \
	rpc/wire/procs.c \
	rpc/wire/procs.h \
	rpc/wire/reader.c \
	rpc/wire/reader.h \
	rpc/wire/wire.c \
	rpc/wire/wire.h \
	rpc/wire/wire_error.c \
	rpc/wire/wire_error.h \
	rpc/wire/wire_xdr.c \
	rpc/wire/wire_xdr.h

RPC_LIBS = rpc/librpc.a rpc/libwire.a $(BASE_LIBS) $(XDR_LIBS) $(GNUTLS_LIBS)

# A target built by itself needs the headers too; BUILT_SOURCES serve only `all` and `check`.
$(rpc_libwire_a_OBJECTS) $(rpc_librpc_a_OBJECTS) $(daemon_reeved_OBJECTS) \
$(worker_reeve_priv_OBJECTS) $(worker_reeve_vm_OBJECTS) $(tools_reeve_OBJECTS): | $(WIRE_H)
