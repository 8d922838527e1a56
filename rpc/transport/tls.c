/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "rpc/transport/tls.h"

#define DEFAULT_PRIORITY "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"

enum {
	RECORD = 16 * 1024, /* the most that one record of TLS takes */
	CHAIN_MAX = 16,     /* certificates of one file */
};

#define ACCEPTED 0x01 /* the byte that says a certificate was */

/* What sessions use; a reload makes new ones and lets the old live as long as they are needed. */
typedef struct TlsKeys {
	unsigned refs;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
	int64_t expires;
} TlsKeys;

struct RpcTlsContext {
	unsigned refs;
	bool server;
	bool no_sanity;
	char *ca, *crl, *cert, *key, *priority;
	TlsKeys *keys;
};

typedef struct TlsTransport {
	RpcTransport base;
	gnutls_session_t session;
	TlsKeys *keys;
	gsize retry; /* bytes that a write took and could not send yet */
	guint8 record[RECORD];
} TlsTransport;

typedef enum SessionState {
	SESSION_HANDSHAKE,
	SESSION_ACCEPT,   /* server: the byte is to be sent */
	SESSION_ACCEPTED, /* client: the byte is to come */
	SESSION_DONE,
} SessionState;

struct RpcTlsSession {
	TlsTransport *transport;
	bool server;
	char *hostname;
	bool no_verify;
	bool (*admit)(const RpcPeer *peer, void *data, GError **error);
	void *data;
	SessionState state;
};

/* --- keys --- */

static void keys_unref(TlsKeys *keys)
{
	if (!keys || --keys->refs > 0)
		return;
	if (keys->credentials)
		gnutls_certificate_free_credentials(keys->credentials);
	if (keys->priority)
		gnutls_priority_deinit(keys->priority);
	g_free(keys);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TlsKeys, keys_unref)

static bool load_trust(const RpcTlsContext *context, TlsKeys *keys, GError **error)
{
	int n = gnutls_certificate_set_x509_trust_file(keys->credentials, context->ca,
						       GNUTLS_X509_FMT_PEM);

	if (n < 0)
		return fail(error, VIR_ERR_GNUTLS_ERROR,
			    _("cannot read the CA certificate '%s': %s"), context->ca,
			    gnutls_strerror(n));
	if (n == 0)
		return fail(error, VIR_ERR_GNUTLS_ERROR, _("no certificate in the CA file '%s'"),
			    context->ca);
	if (!context->crl || !g_file_test(context->crl, G_FILE_TEST_EXISTS))
		return true;
	n = gnutls_certificate_set_x509_crl_file(keys->credentials, context->crl,
						 GNUTLS_X509_FMT_PEM);
	if (n < 0)
		return fail(error, VIR_ERR_GNUTLS_ERROR,
			    _("cannot read the list of revoked certificates '%s': %s"),
			    context->crl, gnutls_strerror(n));
	return true;
}

static bool check_dates(const char *file, gnutls_x509_crt_t cert, GError **error)
{
	time_t now = time(NULL);

	if (gnutls_x509_crt_get_expiration_time(cert) < now)
		return fail(error, VIR_ERR_GNUTLS_ERROR,
			    _("the certificate '%s' has expired; make a new one"), file);
	if (gnutls_x509_crt_get_activation_time(cert) > now)
		return fail(error, VIR_ERR_GNUTLS_ERROR,
			    _("the certificate '%s' is not valid yet; is the clock right?"), file);
	return true;
}

/* Looks whether the own certificate can be of use at all: peers would only say that it is not. */
static bool check_own(const RpcTlsContext *context, TlsKeys *keys, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) reason = NULL;
	gnutls_x509_crt_t chain[CHAIN_MAX];
	unsigned count = CHAIN_MAX;
	gnutls_datum_t datum;
	gsize length;
	bool ok;
	int r;

	if (!g_file_get_contents(context->cert, &text, &length, &reason))
		return fail(error, VIR_ERR_GNUTLS_ERROR, "%s", reason->message);
	datum.data = (unsigned char *)text;
	datum.size = (unsigned)length;
	r = gnutls_x509_crt_list_import(chain, &count, &datum, GNUTLS_X509_FMT_PEM, 0);
	if (r <= 0)
		return fail(error, VIR_ERR_GNUTLS_ERROR, _("cannot read the certificate '%s': %s"),
			    context->cert, gnutls_strerror(r));
	keys->expires = gnutls_x509_crt_get_expiration_time(chain[0]);
	ok = context->no_sanity || check_dates(context->cert, chain[0], error);
	for (int i = 0; i < r; i++)
		gnutls_x509_crt_deinit(chain[i]);
	return ok;
}

static bool load_own(const RpcTlsContext *context, TlsKeys *keys, GError **error)
{
	int r;

	if (!context->cert)
		return true;
	if (!check_own(context, keys, error))
		return false;
	r = gnutls_certificate_set_x509_key_file(keys->credentials, context->cert, context->key,
						 GNUTLS_X509_FMT_PEM);
	if (r < 0)
		return fail(error, VIR_ERR_GNUTLS_ERROR,
			    _("cannot use the certificate '%s' with the key '%s': %s"),
			    context->cert, context->key, gnutls_strerror(r));
	return true;
}

static TlsKeys *keys_load(const RpcTlsContext *context, GError **error)
{
	g_autoptr(TlsKeys) keys = g_new0(TlsKeys, 1);
	const char *priority = context->priority ? context->priority : DEFAULT_PRIORITY;
	const char *where = NULL;

	keys->refs = 1;
	keys->expires = -1;
	if (gnutls_certificate_allocate_credentials(&keys->credentials) < 0)
		return fail_null(error, VIR_ERR_GNUTLS_ERROR, _("cannot set up TLS"));
	if (gnutls_priority_init(&keys->priority, priority, &where) < 0)
		return fail_null(error, VIR_ERR_GNUTLS_ERROR,
				 _("the TLS priority '%s' is wrong from '%s' on"), priority,
				 where ? where : priority);
	if (!load_trust(context, keys, error) || !load_own(context, keys, error))
		return NULL;
	if (context->server)
		gnutls_certificate_set_known_dh_params(keys->credentials, GNUTLS_SEC_PARAM_MEDIUM);
	return g_steal_pointer(&keys);
}

RpcTlsContext *rpc_tls_context_new(const RpcTlsFiles *files, bool server, GError **error)
{
	g_autoptr(RpcTlsContext) context = g_new0(RpcTlsContext, 1);

	context->refs = 1;
	context->server = server;
	context->no_sanity = files->no_sanity;
	context->ca = g_strdup(files->ca);
	context->crl = g_strdup(files->crl);
	context->cert = g_strdup(files->cert);
	context->key = g_strdup(files->key);
	context->priority = g_strdup(files->priority);
	context->keys = keys_load(context, error);
	return context->keys ? g_steal_pointer(&context) : NULL;
}

bool rpc_tls_context_reload(RpcTlsContext *context, GError **error)
{
	TlsKeys *keys = keys_load(context, error);

	if (!keys)
		return false;
	keys_unref(context->keys);
	context->keys = keys;
	return true;
}

RpcTlsContext *rpc_tls_context_ref(RpcTlsContext *context)
{
	context->refs++;
	return context;
}

void rpc_tls_context_unref(RpcTlsContext *context)
{
	if (!context || --context->refs > 0)
		return;
	keys_unref(context->keys);
	g_free(context->ca);
	g_free(context->crl);
	g_free(context->cert);
	g_free(context->key);
	g_free(context->priority);
	g_free(context);
}

int64_t rpc_tls_context_expires(const RpcTlsContext *context)
{
	return context->keys->expires;
}

/* --- the transport --- */

static ssize_t to_errno(ssize_t result)
{
	switch (result) {
	case GNUTLS_E_AGAIN:
	case GNUTLS_E_INTERRUPTED:
		return -EAGAIN;
	case GNUTLS_E_PREMATURE_TERMINATION: /* usual: peers rarely say goodbye */
		return 0;
	case GNUTLS_E_PUSH_ERROR:
	case GNUTLS_E_PULL_ERROR:
		return -ECONNRESET;
	default:
		return -EPROTO;
	}
}

static ssize_t tls_read(RpcTransport *transport, void *buffer, gsize size)
{
	TlsTransport *tls = (TlsTransport *)transport;
	ssize_t n = gnutls_record_recv(tls->session, buffer, size);

	return n >= 0 ? n : to_errno(n);
}

/* Small parts become one record. */
static gsize gather(guint8 *record, const struct iovec *parts, int n_parts)
{
	gsize length = 0;

	for (int i = 0; i < n_parts && length < RECORD; i++) {
		gsize part = MIN(parts[i].iov_len, RECORD - length);

		memcpy(record + length, parts[i].iov_base, part);
		length += part;
	}
	return length;
}

/*
 * A record that could not be sent stays with gnutls, which wants to be called again without data.
 * The caller learns only then that its bytes went, so that it knows it has to wait for the socket.
 */
static ssize_t tls_write(RpcTransport *transport, const struct iovec *parts, int n_parts)
{
	TlsTransport *tls = (TlsTransport *)transport;
	gsize length = tls->retry;
	ssize_t n;

	if (length > 0) {
		n = gnutls_record_send(tls->session, NULL, 0);
	} else {
		length = gather(tls->record, parts, n_parts);
		n = gnutls_record_send(tls->session, tls->record, length);
	}
	if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) {
		tls->retry = length;
		return -EAGAIN;
	}
	tls->retry = 0;
	return n >= 0 ? (ssize_t)length : -ECONNRESET;
}

static bool tls_pending(RpcTransport *transport)
{
	return gnutls_record_check_pending(((TlsTransport *)transport)->session) > 0;
}

static void tls_free(RpcTransport *transport)
{
	TlsTransport *tls = (TlsTransport *)transport;

	if (tls->session) {
		gnutls_bye(tls->session, GNUTLS_SHUT_WR);
		gnutls_deinit(tls->session);
	}
	keys_unref(tls->keys);
	g_free(tls);
}

static const RpcTransportOps tls_ops = {
	.read = tls_read,
	.write = tls_write,
	.pending = tls_pending,
	.free = tls_free,
};

/* --- the session --- */

static bool session_setup(RpcTlsSession *session, GError **error)
{
	TlsTransport *tls = session->transport;
	unsigned role = session->server ? GNUTLS_SERVER : GNUTLS_CLIENT;
	int r = gnutls_init(&tls->session, role | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);

	if (r >= 0)
		r = gnutls_priority_set(tls->session, tls->keys->priority);
	if (r >= 0)
		r = gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE,
					   tls->keys->credentials);
	if (r < 0)
		return fail(error, VIR_ERR_GNUTLS_ERROR, _("cannot set up TLS: %s"),
			    gnutls_strerror(r));
	if (session->server) {
		/* Asked for, not demanded, of whatever CA: so that the log can say what is wrong.
		 */
		gnutls_certificate_server_set_request(tls->session, GNUTLS_CERT_REQUEST);
		gnutls_certificate_send_x509_rdn_sequence(tls->session, 1);
	} else if (session->hostname && !g_hostname_is_ip_address(session->hostname)) {
		gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, session->hostname,
				       strlen(session->hostname));
	}
	gnutls_transport_set_int(tls->session, tls->base.fd);
	gnutls_handshake_set_timeout(tls->session, GNUTLS_INDEFINITE_TIMEOUT);
	return true;
}

RpcTlsSession *rpc_tls_session_new(RpcTlsContext *context, int fd, const RpcTlsRules *rules,
				   GError **error)
{
	g_autoptr(RpcTlsSession) session = g_new0(RpcTlsSession, 1);
	TlsTransport *tls = g_new0(TlsTransport, 1);

	session->transport = tls;
	session->server = context->server;
	session->hostname = g_strdup(rules->hostname);
	session->no_verify = rules->no_verify;
	session->admit = rules->admit;
	session->data = rules->data;
	context->keys->refs++;
	tls->keys = context->keys;
	if (!rpc_transport_init(&tls->base, &tls_ops, fd, error) || !session_setup(session, error))
		return NULL;
	tls->base.peer.medium = RPC_MEDIUM_TLS;
	if (g_str_has_prefix(tls->base.peer.address, "tcp")) {
		g_autofree char *plain = g_steal_pointer(&tls->base.peer.address);

		tls->base.peer.address = g_strdup_printf("tls%s", plain + strlen("tcp"));
	}
	return g_steal_pointer(&session);
}

void rpc_tls_session_free(RpcTlsSession *session)
{
	if (!session)
		return;
	if (session->transport)
		rpc_transport_free(&session->transport->base);
	g_free(session->hostname);
	g_free(session);
}

/* The name in the peer's certificate. */
static char *peer_dn(gnutls_session_t session)
{
	unsigned count = 0;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &count);
	gnutls_x509_crt_t cert;
	gnutls_datum_t dn = { 0 };
	char *text = NULL;

	if (!list || count == 0 || gnutls_x509_crt_init(&cert) < 0)
		return NULL;
	if (gnutls_x509_crt_import(cert, &list[0], GNUTLS_X509_FMT_DER) >= 0 &&
	    gnutls_x509_crt_get_dn3(cert, &dn, 0) >= 0) {
		text = g_strndup((const char *)dn.data, dn.size);
		gnutls_free(dn.data);
	}
	gnutls_x509_crt_deinit(cert);
	return text;
}

static bool refuse_certificate(const RpcTlsSession *session, unsigned status, GError **error)
{
	gnutls_session_t tls = session->transport->session;
	gnutls_certificate_type_t type = gnutls_certificate_type_get(tls);
	g_autofree char *dn = peer_dn(tls);
	gnutls_datum_t text = { 0 };

	gnutls_certificate_verification_status_print(status, type, &text, 0);
	fail(error, VIR_ERR_AUTH_FAILED, _("the certificate of %s%s%s%s is refused: %s"),
	     session->transport->base.peer.address, dn ? " (" : "", dn ? dn : "", dn ? ")" : "",
	     text.data ? g_strchomp((char *)text.data) : _("it cannot be verified"));
	gnutls_free(text.data);
	return false;
}

static bool verify_peer(const RpcTlsSession *session, GError **error)
{
	gnutls_typed_vdata_st data[2] = {
		{ .type = GNUTLS_DT_KEY_PURPOSE_OID,
		  .data = (void *)(session->server ? GNUTLS_KP_TLS_WWW_CLIENT
						   : GNUTLS_KP_TLS_WWW_SERVER) },
		{ .type = GNUTLS_DT_DNS_HOSTNAME, .data = (void *)session->hostname },
	};
	unsigned status = 0;
	int r;

	if (session->no_verify)
		return true;
	r = gnutls_certificate_verify_peers(session->transport->session, data,
					    session->hostname ? 2 : 1, &status);
	if (r == GNUTLS_E_NO_CERTIFICATE_FOUND)
		return fail(error, VIR_ERR_AUTH_FAILED, _("%s showed no certificate"),
			    session->transport->base.peer.address);
	if (r < 0)
		return fail(error, VIR_ERR_GNUTLS_ERROR,
			    _("the certificate of %s cannot be checked: %s"),
			    session->transport->base.peer.address, gnutls_strerror(r));
	return status == 0 || refuse_certificate(session, status, error);
}

static int step_failed(const RpcTlsSession *session, int r, GError **error)
{
	gnutls_session_t tls = session->transport->session;
	const char *alert = NULL;

	if (r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED)
		return 0;
	if (r == GNUTLS_E_FATAL_ALERT_RECEIVED || r == GNUTLS_E_WARNING_ALERT_RECEIVED)
		alert = gnutls_alert_get_name(gnutls_alert_get(tls));
	fail(error, VIR_ERR_GNUTLS_ERROR, _("the TLS handshake with %s failed: %s%s%s"),
	     session->transport->base.peer.address, gnutls_strerror(r), alert ? ": " : "",
	     alert ? alert : "");
	return -1;
}

static int step_handshake(RpcTlsSession *session, GError **error)
{
	RpcPeer *peer = &session->transport->base.peer;
	int r = gnutls_handshake(session->transport->session);

	/* Warnings do not end a handshake. */
	while (r < 0 && !gnutls_error_is_fatal(r) && r != GNUTLS_E_AGAIN &&
	       r != GNUTLS_E_INTERRUPTED)
		r = gnutls_handshake(session->transport->session);
	if (r < 0)
		return step_failed(session, r, error);
	if (!verify_peer(session, error))
		return -1;
	peer->dn = peer_dn(session->transport->session);
	if (session->admit && !session->admit(peer, session->data, error))
		return -1;
	session->state = session->server ? SESSION_ACCEPT : SESSION_ACCEPTED;
	return 1;
}

static int step_accept(RpcTlsSession *session, GError **error)
{
	const guint8 byte = ACCEPTED;
	ssize_t n = gnutls_record_send(session->transport->session, &byte, 1);

	if (n < 0)
		return step_failed(session, (int)n, error);
	session->state = SESSION_DONE;
	return 1;
}

static int step_accepted(RpcTlsSession *session, GError **error)
{
	guint8 byte = 0;
	ssize_t n = gnutls_record_recv(session->transport->session, &byte, 1);

	if (n == 0 || n == GNUTLS_E_PREMATURE_TERMINATION) {
		fail(error, VIR_ERR_AUTH_FAILED, _("%s refused our certificate; its log says why"),
		     session->transport->base.peer.address);
		return -1;
	}
	if (n < 0)
		return step_failed(session, (int)n, error);
	if (byte != ACCEPTED) {
		fail(error, VIR_ERR_RPC, _("%s does not speak the protocol of libvirt"),
		     session->transport->base.peer.address);
		return -1;
	}
	session->state = SESSION_DONE;
	return 1;
}

int rpc_tls_session_step(RpcTlsSession *session, GError **error)
{
	static int (*const steps[])(RpcTlsSession * session, GError * *error) = {
		[SESSION_HANDSHAKE] = step_handshake,
		[SESSION_ACCEPT] = step_accept,
		[SESSION_ACCEPTED] = step_accepted,
	};

	while (session->state != SESSION_DONE) {
		int r = steps[session->state](session, error);

		if (r <= 0)
			return r;
	}
	return 1;
}

const RpcPeer *rpc_tls_session_peer(const RpcTlsSession *session)
{
	return &session->transport->base.peer;
}

int rpc_tls_session_fd(const RpcTlsSession *session)
{
	return session->transport->base.fd;
}

uint32_t rpc_tls_session_events(const RpcTlsSession *session)
{
	return gnutls_record_get_direction(session->transport->session) ? EPOLLOUT : EPOLLIN;
}

RpcTransport *rpc_tls_session_finish(RpcTlsSession *session)
{
	g_assert(session->state == SESSION_DONE);
	return &g_steal_pointer(&session->transport)->base;
}
