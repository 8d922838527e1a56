/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection URI: driver[+transport]://[user@][host][:port]/[path][?parameters]. Parameters that
 * concern the transport are taken out; what is left is sent to the server. Client side.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

typedef enum RpcUriTransport {
	RPC_URI_UNIX,
	RPC_URI_TLS,
	RPC_URI_TCP,
	RPC_URI_SSH,
	RPC_URI_EXT, /* an own command */
} RpcUriTransport;

typedef enum RpcUriProxy {
	RPC_URI_PROXY_AUTO, /* virt-ssh-helper where it is installed, else netcat */
	RPC_URI_PROXY_NETCAT,
	RPC_URI_PROXY_NATIVE, /* virt-ssh-helper */
} RpcUriProxy;

/* Strings are NULL where the URI does not say. */
typedef struct RpcUri {
	char *driver; /* "qemu"; "remote" where the server shall find out */
	RpcUriTransport transport;
	char *user;
	char *host;    /* IPv6 without brackets */
	unsigned port; /* 0: the transport's */
	char *path;    /* "/system" */
	char *name;    /* what is sent to the server; "" for remote:/// */
	char *command;
	char *socket;
	char *auth; /* "none", "polkit", "sasl", "sasl.MECHANISM" */
	char *authfile;
	char *netcat;
	char *keyfile;
	char *pkipath;
	char *known_hosts;
	char *known_hosts_verify;
	char *sshauth;
	char *tls_priority;
	char *mode; /* auto, legacy, direct */
	RpcUriProxy proxy;
	bool no_sanity; /* do not check the own certificate */
	bool no_verify;
	bool no_tty;
	bool session; /* the path is /session */
} RpcUri;

/* VIR_ERR_INVALID_ARG says what is wrong where, and what a right one looks like. */
RpcUri *rpc_uri_parse(const char *text, GError **error);
void rpc_uri_free(RpcUri *uri);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcUri, rpc_uri_free)

/* The user's: $REEVE_URI, $LIBVIRT_DEFAULT_URI, or by user id qemu:///system or qemu:///session. */
const char *rpc_uri_default(void);

/*
 * The sockets to try for @uri in turn, NULL-terminated: the one that it names, else reeved's and
 * then those of libvirt's daemons. g_strfreev().
 */
char **rpc_uri_sockets(const RpcUri *uri, bool read_only);

/* The command and arguments that reach a server by ssh or `command`. g_strfreev(). */
char **rpc_uri_proxy_command(const RpcUri *uri, bool read_only, GError **error);
