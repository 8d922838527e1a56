/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handshakes of every kind between our client and our listener, with certificates made here. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "rpc/client/rpc_client.h"
#include "rpc/transport/listener.h"

enum {
	DAY = 24 * 3600,
};

static sd_event *loop;
static char *folder;

typedef struct Pair {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t cert;
} Pair;

static char *path_of(const char *name, const char *suffix)
{
	return g_strdup_printf("%s/%s%s", folder, name, suffix);
}

static void save(const char *name, const char *suffix, const gnutls_datum_t *pem)
{
	g_autofree char *path = path_of(name, suffix);

	assert_true(g_file_set_contents(path, (const char *)pem->data, pem->size, NULL));
}

typedef struct CertSpec {
	const char *name;
	const Pair *ca; /* NULL: signs itself */
	int from_days, to_days;
	bool server;
} CertSpec;

static void describe(gnutls_x509_crt_t cert, const CertSpec *spec)
{
	unsigned char serial[4];
	time_t now = time(NULL);
	const char *purpose = spec->server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;

	gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));
	serial[0] &= 0x7f;
	gnutls_x509_crt_set_version(cert, 3);
	gnutls_x509_crt_set_serial(cert, serial, sizeof(serial));
	gnutls_x509_crt_set_activation_time(cert, now + spec->from_days * DAY);
	gnutls_x509_crt_set_expiration_time(cert, now + spec->to_days * DAY);
	gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, spec->name,
				      (unsigned)strlen(spec->name));
	gnutls_x509_crt_set_basic_constraints(cert, !spec->ca, -1);
	gnutls_x509_crt_set_key_usage(cert,
				      spec->ca ? GNUTLS_KEY_DIGITAL_SIGNATURE
					       : GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
	if (!spec->ca)
		return;
	gnutls_x509_crt_set_key_purpose_oid(cert, purpose, 0);
	if (spec->server)
		gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, "localhost", 9,
						     GNUTLS_FSAN_SET);
}

/* Makes NAME-cert.pem and NAME-key.pem. */
static Pair make_cert(const CertSpec *spec)
{
	Pair pair;
	gnutls_datum_t pem;

	gnutls_x509_privkey_init(&pair.key);
	gnutls_x509_privkey_generate(pair.key, GNUTLS_PK_ECDSA,
				     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&pair.cert);
	describe(pair.cert, spec);
	gnutls_x509_crt_set_key(pair.cert, pair.key);
	assert_int_equal(gnutls_x509_crt_sign2(pair.cert, spec->ca ? spec->ca->cert : pair.cert,
					       spec->ca ? spec->ca->key : pair.key,
					       GNUTLS_DIG_SHA256, 0),
			 0);
	gnutls_x509_crt_export2(pair.cert, GNUTLS_X509_FMT_PEM, &pem);
	save(spec->name, "-cert.pem", &pem);
	gnutls_free(pem.data);
	gnutls_x509_privkey_export2(pair.key, GNUTLS_X509_FMT_PEM, &pem);
	save(spec->name, "-key.pem", &pem);
	gnutls_free(pem.data);
	return pair;
}

static void pair_clear(Pair *pair)
{
	gnutls_x509_crt_deinit(pair->cert);
	gnutls_x509_privkey_deinit(pair->key);
}

static void make_crl(const Pair *ca, const Pair *revoked)
{
	gnutls_x509_crl_t crl;
	gnutls_datum_t pem;
	time_t now = time(NULL);

	gnutls_x509_crl_init(&crl);
	gnutls_x509_crl_set_version(crl, 2);
	gnutls_x509_crl_set_this_update(crl, now - DAY);
	gnutls_x509_crl_set_next_update(crl, now + DAY);
	gnutls_x509_crl_set_crt(crl, revoked->cert, now - DAY);
	gnutls_x509_crl_set_number(crl, "\1", 1);
	assert_int_equal(gnutls_x509_crl_sign2(crl, ca->cert, ca->key, GNUTLS_DIG_SHA256, 0), 0);
	gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem);
	save("revoked", "-crl.pem", &pem);
	gnutls_free(pem.data);
	gnutls_x509_crl_deinit(crl);
}

static int make_all(G_GNUC_UNUSED void **state)
{
	Pair ca, other, pairs[5];

	folder = g_dir_make_tmp("reeve-tls-XXXXXX", NULL);
	ca = make_cert(&(CertSpec){ "ca", NULL, -1, 10, false });
	other = make_cert(&(CertSpec){ "other", NULL, -1, 10, false });
	pairs[0] = make_cert(&(CertSpec){ "server", &ca, -1, 5, true });
	pairs[1] = make_cert(&(CertSpec){ "client", &ca, -1, 5, false });
	pairs[2] = make_cert(&(CertSpec){ "expired", &ca, -5, -1, false });
	pairs[3] = make_cert(&(CertSpec){ "stranger", &other, -1, 5, false });
	pairs[4] = make_cert(&(CertSpec){ "revoked", &ca, -1, 5, false });
	make_crl(&ca, &pairs[4]);
	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
		pair_clear(&pairs[i]);
	pair_clear(&ca);
	pair_clear(&other);
	return 0;
}

static int remove_all(G_GNUC_UNUSED void **state)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		g_unlink(path);
	}
	g_rmdir(folder);
	g_clear_pointer(&folder, g_free);
	return 0;
}

static RpcTlsContext *context_of(const char *name, const char *ca, bool server,
				 const char *priority)
{
	g_autofree char *ca_path = path_of(ca, "-cert.pem");
	g_autofree char *crl = path_of("revoked", "-crl.pem");
	g_autofree char *cert = name ? path_of(name, "-cert.pem") : NULL;
	g_autofree char *key = name ? path_of(name, "-key.pem") : NULL;
	g_autoptr(GError) error = NULL;
	RpcTlsFiles files = {
		.ca = ca_path,
		.crl = server ? crl : NULL,
		.cert = cert,
		.key = key,
		.priority = priority,
		.no_sanity = !server,
	};
	RpcTlsContext *context = rpc_tls_context_new(&files, server, &error);

	if (!context)
		print_error("%s\n", error->message);
	assert_non_null(context);
	return context;
}

/* --- a server --- */

typedef struct Server {
	RpcListener *listener;
	unsigned port;
	RpcConn *conn;
	GError *refused;
	const char *only_dn;
	unsigned messages;
} Server;

static void on_message(RpcConn *conn, RpcMessage *message, void *data)
{
	RpcHeader header = message->header;
	g_autoptr(RpcMessage) reply = NULL;

	((Server *)data)->messages++;
	header.type = RPC_TYPE_REPLY;
	reply = rpc_message_new_bytes(&header, message->payload, message->length);
	rpc_conn_send(conn, reply, NULL);
}

static const RpcConnHandler conn_handler = { .message = on_message };

static void on_accepted(RpcTransport *transport, void *data)
{
	Server *server = data;

	rpc_conn_unref(server->conn);
	server->conn = rpc_conn_new(loop, transport, &conn_handler, server);
}

static void on_refused(G_GNUC_UNUSED const char *address, const GError *reason, void *data)
{
	Server *server = data;

	g_clear_error(&server->refused);
	server->refused = g_error_copy(reason);
}

static bool on_admit(const RpcPeer *peer, void *data, GError **error)
{
	Server *server = data;

	if (!server->only_dn || g_strcmp0(peer->dn, server->only_dn) == 0)
		return true;
	return fail(error, VIR_ERR_AUTH_FAILED, "'%s' is not on the list", peer->dn);
}

static const RpcListenerHandler listener_handler = {
	.accepted = on_accepted,
	.admit = on_admit,
	.refused = on_refused,
};

static int setup(void **state)
{
	Server *server = g_new0(Server, 1);
	g_autoptr(RpcTlsContext) context = context_of("server", "ca", true, NULL);
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int fd = rpc_listen_tcp("127.0.0.1", 0, NULL);

	assert_true(fd >= 0);
	getsockname(fd, (struct sockaddr *)&address, &length);
	server->port = ntohs(address.sin_port);
	server->listener = rpc_listener_new(loop, fd, context, &listener_handler, server);
	*state = server;
	return 0;
}

static int teardown(void **state)
{
	Server *server = *state;

	rpc_listener_free(server->listener);
	rpc_conn_unref(server->conn);
	g_clear_error(&server->refused);
	g_free(server);
	return 0;
}

static void settle(void)
{
	while (sd_event_run(loop, 0) > 0)
		;
}

static int connect_plain(const Server *server)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)server->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Turns the loop until the client's side is decided. */
static RpcClient *shake_hands(const Server *server, RpcTlsContext *context, const char *hostname,
			      GError **error)
{
	RpcTlsRules rules = { .hostname = hostname };
	g_autoptr(RpcTlsSession) session =
		rpc_tls_session_new(context, connect_plain(server), &rules, error);
	gint64 deadline = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;
	int r;

	assert_non_null(session);
	while ((r = rpc_tls_session_step(session, error)) == 0) {
		assert_true(g_get_monotonic_time() < deadline);
		sd_event_run(loop, 1000);
	}
	settle();
	return r > 0 ? rpc_client_new(loop, rpc_tls_session_finish(session)) : NULL;
}

static bool try(const Server *server, const char *name, const char *priority, GError **error)
{
	g_autoptr(RpcTlsContext) context = context_of(name, "ca", false, priority);
	g_autoptr(RpcClient) client = shake_hands(server, context, "localhost", error);

	return client && rpc_client_call(client, REMOTE(connect_close), NULL, NULL, error);
}

static void test_good(void **state)
{
	g_autoptr(GError) error = NULL;

	assert_true(try(*state, "client", NULL, &error));
	assert_true(try(*state, "client", "NORMAL:-VERS-ALL:+VERS-TLS1.2", &error));
	assert_true(try(*state, "client", "NORMAL:-VERS-ALL:+VERS-TLS1.3", &error));
	assert_string_equal(rpc_conn_peer(((Server *)*state)->conn)->dn, "CN=client");
	assert_int_equal(rpc_conn_peer(((Server *)*state)->conn)->medium, RPC_MEDIUM_TLS);
}

static void test_long_message(void **state)
{
	Server *server = *state;
	g_autoptr(RpcTlsContext) context = context_of("client", "ca", false, NULL);
	g_autoptr(RpcClient) client = shake_hands(server, context, "localhost", NULL);
	g_autofree char *much = g_strnfill(4 << 20, 'x');
	char *text = much;
	remote_domain_define_xml_args args = { .xml = text };
	g_autoptr(RpcMessage) reply = NULL;
	RpcExchange exchange = { .proc = REMOTE(domain_define_xml), .args = &args };
	g_autoptr(GError) error = NULL;

	/* The server echoes the arguments, which are no reply to that call. */
	assert_false(rpc_client_exchange_call(client, &exchange, &error));
	assert_int_equal(error_code(error), VIR_ERR_RPC);
	assert_int_equal(server->messages, 1);
}

/* Over TLS 1.2 and 1.3: the reasons differ in when they are noticed. */
static void refused_with(void **state, const char *name, const char *word)
{
	static const char *const priorities[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2",
						  "NORMAL:-VERS-ALL:+VERS-TLS1.3" };

	for (gsize i = 0; i < G_N_ELEMENTS(priorities); i++) {
		Server *server = *state;
		g_autoptr(GError) error = NULL;

		assert_false(try(server, name, priorities[i], &error));
		assert_non_null(error);
		settle();
		assert_non_null(server->refused);
		if (!strstr(server->refused->message, word))
			print_error("no '%s' in: %s\n", word, server->refused->message);
		assert_non_null(strstr(server->refused->message, word));
		assert_null(server->conn);
		assert_int_equal(rpc_listener_handshakes(server->listener), 0);
	}
}

static void test_no_certificate(void **state)
{
	refused_with(state, NULL, "no certificate");
}

static void test_expired(void **state)
{
	refused_with(state, "expired", "expired");
}

static void test_wrong_ca(void **state)
{
	refused_with(state, "stranger", "issuer is unknown");
}

static void test_revoked(void **state)
{
	refused_with(state, "revoked", "revoked");
}

static void test_not_for_clients(void **state)
{
	refused_with(state, "server", "purpose");
}

static void test_not_on_the_list(void **state)
{
	((Server *)*state)->only_dn = "CN=somebody else";
	refused_with(state, "client", "not on the list");
}

static void test_wrong_host(void **state)
{
	g_autoptr(RpcTlsContext) context = context_of("client", "ca", false, NULL);
	g_autoptr(GError) error = NULL;

	assert_null(shake_hands(*state, context, "example.org", &error));
	assert_int_equal(error_code(error), VIR_ERR_AUTH_FAILED);
	assert_non_null(strstr(error->message, "name in the certificate does not match"));
}

static void test_client_trusts_another(void **state)
{
	g_autoptr(RpcTlsContext) context = context_of("client", "other", false, NULL);
	g_autoptr(GError) error = NULL;

	assert_null(shake_hands(*state, context, "localhost", &error));
	assert_int_equal(error_code(error), VIR_ERR_AUTH_FAILED);
}

static void test_old_versions(void **state)
{
	g_autoptr(GError) error = NULL;

	assert_false(try(*state, "client", "LEGACY:-VERS-ALL:+VERS-TLS1.1", &error));
	assert_non_null(error);
}

static void test_garbage(void **state)
{
	Server *server = *state;
	g_autofd int fd = connect_plain(server);

	assert_int_equal(write(fd, "GET / HTTP/1.0\r\n\r\n", 18), 18);
	for (int i = 0; i < 100 && !server->refused; i++)
		sd_event_run(loop, 10000);
	assert_non_null(server->refused);
}

/* More half-open handshakes than are kept; whoever is logged in is served as before. */
static void test_flood(void **state)
{
	enum { FLOOD = RPC_HANDSHAKES_MAX + 20 };
	Server *server = *state;
	g_autoptr(RpcTlsContext) context = context_of("client", "ca", false, NULL);
	g_autoptr(RpcClient) client = shake_hands(server, context, "localhost", NULL);
	int fds[FLOOD];

	for (int i = 0; i < FLOOD; i++)
		fds[i] = connect_plain(server);
	for (int i = 0; i < 20; i++)
		sd_event_run(loop, 1000);
	assert_int_equal(rpc_listener_handshakes(server->listener), RPC_HANDSHAKES_MAX);
	assert_true(rpc_client_call(client, REMOTE(connect_close), NULL, NULL, NULL));
	for (int i = 0; i < FLOOD; i++)
		close(fds[i]);
	for (int i = 0; i < 1000 && rpc_listener_handshakes(server->listener) > 0; i++)
		sd_event_run(loop, 10000);
	assert_true(try(server, "client", NULL, NULL));
}

static void test_bad_files(G_GNUC_UNUSED void **state)
{
	g_autofree char *ca = path_of("ca", "-cert.pem");
	g_autofree char *cert = path_of("client", "-cert.pem");
	g_autofree char *key = path_of("server", "-key.pem");
	g_autofree char *old = path_of("expired", "-cert.pem");
	const RpcTlsFiles cases[] = {
		{ .ca = "/nonexistent", .cert = cert, .key = key },
		{ .ca = key, .cert = cert, .key = key },
		{ .ca = ca, .cert = "/nonexistent", .key = key },
		{ .ca = ca, .cert = cert, .key = key }, /* another's key */
		{ .ca = ca, .cert = old, .key = key },
		{ .ca = ca, .priority = "NONSENSE" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(rpc_tls_context_new(&cases[i], true, &error));
		assert_int_equal(error_code(error), VIR_ERR_GNUTLS_ERROR);
	}
}

static void test_reload(void **state)
{
	Server *server = *state;
	g_autoptr(RpcTlsContext) context = context_of("client", "ca", false, NULL);
	g_autoptr(RpcClient) client = shake_hands(server, context, "localhost", NULL);

	assert_true(rpc_tls_context_expires(context) > time(NULL));
	assert_true(rpc_tls_context_reload(context, NULL));
	assert_true(rpc_client_call(client, REMOTE(connect_close), NULL, NULL, NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_long_message),
		TEST(test_no_certificate),
		TEST(test_expired),
		TEST(test_wrong_ca),
		TEST(test_revoked),
		TEST(test_not_for_clients),
		TEST(test_not_on_the_list),
		TEST(test_wrong_host),
		TEST(test_client_trusts_another),
		TEST(test_old_versions),
		TEST(test_garbage),
		TEST(test_flood),
		cmocka_unit_test(test_bad_files),
		TEST(test_reload),
	};
	int result;

	if (sd_event_new(&loop) < 0 || !fiber_init(loop, NULL))
		return 1;
	result = cmocka_run_group_tests(tests, make_all, remove_all);
	fiber_done();
	sd_event_unref(loop);
	return result;
}
