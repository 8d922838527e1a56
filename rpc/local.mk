# The protocol. Types are generated from the .x files; rpcgen's output alone is built with -w.

WIRE_X = \
	rpc/control.x \
	rpc/priv.x \
	rpc/qemu.x \
	rpc/reeve.x \
	rpc/remote.x
WIRE_H = $(WIRE_X:.x=.h)
CALL_TABLES = \
	rpc/calls.def \
	rpc/calls_when.def \
	rpc/control_calls.def \
	rpc/permissions.def \
	rpc/qemu_calls.def \
	rpc/reeve_calls.def

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
	rpc/control.c \
	rpc/control.h \
	rpc/priv.c \
	rpc/priv.h \
	rpc/qemu.c \
	rpc/qemu.h \
	rpc/reeve.c \
	rpc/reeve.h \
	rpc/remote.c \
	rpc/remote.h
rpc_libwire_a_CFLAGS = $(AM_CFLAGS) -w
# Filters that check lengths against the bytes at hand: rpc/wire_xdr.c
rpc_libwire_a_CPPFLAGS = \
	$(AM_CPPFLAGS) \
	-DRPC_XDR_REPLACE \
	-include rpc/wire_xdr.h
rpc_libwire_a_LIBADD = rpc/wire_xdr.$(OBJEXT)

noinst_LIBRARIES += rpc/librpc.a
rpc_librpc_a_SOURCES = \
	$(CALL_TABLES) \
	rpc/client.c \
	rpc/client.h \
	rpc/client_open.c \
	rpc/client_private.h \
	rpc/client_stream.c \
	rpc/client_stream.h \
	rpc/conn.c \
	rpc/conn.h \
	rpc/dispatch.c \
	rpc/dispatch.h \
	rpc/keepalive.c \
	rpc/keepalive.h \
	rpc/listener.c \
	rpc/listener.h \
	rpc/message.c \
	rpc/message.h \
	rpc/params.c \
	rpc/params.h \
	rpc/procs.c \
	rpc/procs.h \
	rpc/reader.c \
	rpc/reader.h \
	rpc/tls.c \
	rpc/tls.h \
	rpc/transport.c \
	rpc/transport.h \
	rpc/uri.c \
	rpc/uri.h \
	rpc/wire.c \
	rpc/wire.h \
	rpc/wire_error.c \
	rpc/wire_error.h \
	rpc/wire_xdr.c \
	rpc/wire_xdr.h

RPC_LIBS = rpc/librpc.a rpc/libwire.a $(BASE_LIBS) $(XDR_LIBS) $(GNUTLS_LIBS)

# A target built by itself needs the headers too; BUILT_SOURCES serve only `all` and `check`.
$(rpc_libwire_a_OBJECTS) $(rpc_librpc_a_OBJECTS) $(daemon_reeved_OBJECTS) \
$(worker_reeve_priv_OBJECTS) $(worker_reeve_vm_OBJECTS) $(tools_reeve_OBJECTS): | $(WIRE_H)
