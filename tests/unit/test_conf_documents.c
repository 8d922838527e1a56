/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Documents besides the domain: golden files of tests/golden/documents/KIND, what must be refused,
 * and, where a corpus of other people's definitions is at hand, all of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>

#include "conf/def/domain.h"
#include "conf/document.h"
#include "tests/unit/golden.h"

typedef struct {
	const ConfDocument *kind;
	xmlRelaxNG *schema; /* made from the same tables */
} Golden;

static void *parse_or_fail(const ConfDocument *kind, const char *text, gsize length,
			   const char *name)
{
	g_autoptr(GError) error = NULL;
	void *def = kind->parse(text, length, 0, NULL, &error);

	if (!def)
		fail_msg("%s: %s", name, error->message);
	return def;
}

/* Reading and writing must keep the struct and the bytes, and so must copying. */
static void check_stable(const ConfDocument *kind, const void *def, const char *text,
			 const char *name)
{
	void *again = parse_or_fail(kind, text, strlen(text), name);
	void *copy = bind_copy(kind->element, def);
	g_autofree char *second = bind_format(kind->element, again, CONF_SECURE);
	g_autofree char *third = bind_format(kind->element, copy, CONF_SECURE);
	g_autofree char *difference = NULL;

	if (!bind_equal(kind->element, def, again, BIND_COMPARE_ALL, &difference))
		fail_msg("%s: read again it differs: %s", name, difference);
	assert_true(bind_equal(kind->element, def, copy, BIND_COMPARE_ALL, NULL));
	assert_string_equal(text, second);
	assert_string_equal(text, third);
	bind_free(kind->element, again);
	bind_free(kind->element, copy);
}

static void check_schema(const Golden *golden, const char *text, const char *name)
{
	xmlDoc *doc = xmlReadMemory(text, (int)strlen(text), name, NULL, 0);
	xmlRelaxNGValidCtxt *context = xmlRelaxNGNewValidCtxt(golden->schema);

	if (xmlRelaxNGValidateDoc(context, doc) != 0)
		fail_msg("%s is not what the schema allows", name);
	xmlRelaxNGFreeValidCtxt(context);
	xmlFreeDoc(doc);
}

static char *reformat(const char *text, gsize length, const char *name, const void *data)
{
	const Golden *golden = data;
	const ConfDocument *kind = golden->kind;
	void *def = parse_or_fail(kind, text, length, name);
	char *out = bind_format(kind->element, def, CONF_SECURE);

	check_stable(kind, def, out, name);
	check_schema(golden, out, name);
	bind_free(kind->element, def);
	return out;
}

static void golden_kind(const ConfDocument *kind)
{
	g_autofree char *below = g_strconcat("tests/golden/documents/", kind->name, NULL);
	g_autofree char *text = bind_rng(kind->element);
	xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewMemParserCtxt(text, (int)strlen(text));
	Golden golden = { kind, xmlRelaxNGParse(parser) };

	assert_non_null(golden.schema);
	golden_folder(below, reformat, &golden);
	xmlRelaxNGFree(golden.schema);
	xmlRelaxNGFreeParserCtxt(parser);
}

static void test_golden(void **state G_GNUC_UNUSED)
{
	bind_coverage_start();
	for (const ConfDocument *kind = conf_documents; kind->name; kind++)
		if (kind->element != &bind_el_domain)
			golden_kind(kind);
}

/* After test_golden(). What a document shares with the domain is covered by the domain's files. */
static void test_coverage(void **state G_GNUC_UNUSED)
{
	for (const ConfDocument *kind = conf_documents; kind->name; kind++)
		if (kind->element != &bind_el_domain)
			golden_covered(kind->element, &bind_el_domain);
}

static void test_members(void **state G_GNUC_UNUSED)
{
	for (const ConfDocument *kind = conf_documents; kind->name; kind++)
		golden_members(kind->element);
}

/* Each kind has its reference and its schema, and both are installed. */
static void test_reference(void **state G_GNUC_UNUSED)
{
	g_autofree char *path = golden_source_path("docs/local.mk");
	g_autofree char *makefile = NULL;

	assert_true(g_file_get_contents(path, &makefile, NULL, NULL));
	for (const ConfDocument *kind = conf_documents; kind->name; kind++) {
		g_autofree char *doc_name = g_strdup_printf("docs/reference/%s.md", kind->name);
		g_autofree char *schema_name = g_strdup_printf("docs/schemas/%s.rng", kind->name);
		g_autofree char *doc = bind_doc(kind->element);

		assert_non_null(strstr(makefile, doc_name));
		assert_non_null(strstr(makefile, schema_name));
		assert_true(g_str_has_prefix(doc, "# "));
	}
}

/* Files of ours with a word that nobody knows: refused when asked to be strict, else only noted. */
static void test_strict(void **state G_GNUC_UNUSED)
{
	static const char text[] =
		"<secret><description>a</description><usage type='ceph'><name>b</name></usage>"
		"<colour/></secret>";
	const ConfDocument *kind = conf_document_find("secret");
	g_autoptr(ConfDiags) diags = conf_diags_new();
	g_autoptr(GError) error = NULL;
	void *def = kind->parse(text, strlen(text), 0, diags, NULL);

	assert_non_null(def);
	assert_int_equal(diags->items->len, 1);
	bind_free(kind->element, def);
	assert_null(kind->parse(text, strlen(text), CONF_VALIDATE, NULL, &error));
	assert_int_equal(error->code, VIR_ERR_XML_INVALID_SCHEMA);
	assert_null(conf_document_find("colour"));
}

static void corpus_file(const char *path, const char *text, gsize length, const void *data)
{
	const ConfDocument *kind = data;
	void *def = kind->parse(text, length, 0, NULL, NULL);
	g_autofree char *out = NULL;

	if (!def)
		return;
	out = bind_format(kind->element, def, CONF_SECURE);
	check_stable(kind, def, out, path);
	bind_free(kind->element, def);
}

static void test_corpus(void **state G_GNUC_UNUSED)
{
	guint files = 0;

	for (const ConfDocument *kind = conf_documents; kind->name; kind++)
		if (kind->element != &bind_el_domain)
			files += golden_corpus(strcmp(kind->name, "volume") ? kind->name : "vol",
					       corpus_file, kind);
	assert_true(files > 0);
}

typedef struct {
	const char *kind;
	int code;
	const char *text;
} Refusal;

static void refusals_check(const Refusal *cases, guint count)
{
	for (guint i = 0; i < count; i++) {
		const ConfDocument *kind = conf_document_find(cases[i].kind);
		g_autoptr(GError) error = NULL;

		if (kind->parse(cases[i].text, strlen(cases[i].text), 0, NULL, &error))
			fail_msg("accepted: %s", cases[i].text);
		if (error->code != cases[i].code)
			fail_msg("%d is not %d: %s\n%s", error->code, cases[i].code,
				 error->message, cases[i].text);
	}
}

#define NETWORK(code, inside) { "network", code, "<network><name>a</name>" inside "</network>" }
#define BRIDGED(code, inside) NETWORK(code, "<bridge name='b'/>" inside)
#define DHCP(inside) \
	BRIDGED(VIR_ERR_XML_ERROR, "<ip address='10.0.0.1' prefix='8'><dhcp>" inside "</dhcp></ip>")
#define VF "<address type='pci' domain='0' bus='1' slot='2' function='3'/>"

static void test_network_refusals(void **state G_GNUC_UNUSED)
{
	static const Refusal cases[] = {
		{ "network", VIR_ERR_XML_ERROR, "<network/>" },
		{ "network", VIR_ERR_XML_ERROR, "<network><name>a/b</name></network>" },
		{ "network", VIR_ERR_XML_ERROR, "<domain><name>a</name></domain>" },
		BRIDGED(VIR_ERR_CONFIG_UNSUPPORTED, "<vlan><tag id='1'/></vlan>"),
		BRIDGED(VIR_ERR_CONFIG_UNSUPPORTED,
			"<virtualport type='802.1Qbh'><parameters profileid='p'/></virtualport>"
			"<vlan><tag id='1'/></vlan>"),
		BRIDGED(VIR_ERR_CONFIG_UNSUPPORTED,
			"<portgroup name='p'><vlan><tag id='1'/></vlan></portgroup>"),
		NETWORK(VIR_ERR_XML_ERROR, "<forward mode='hostdev'>" VF VF "</forward>"),
		NETWORK(VIR_ERR_XML_ERROR, "<forward mode='hostdev'><pf dev='p'/>" VF "</forward>"),
		NETWORK(VIR_ERR_XML_ERROR, "<forward mode='bridge'>" VF "</forward>"),
		NETWORK(VIR_ERR_XML_ERROR, "<forward mode='sideways'/>"),
		NETWORK(VIR_ERR_XML_ERROR, "<forward mode='nat'/>"),
		NETWORK(VIR_ERR_XML_ERROR, "<forward mode='route'><nat/></forward>"),
		BRIDGED(VIR_ERR_XML_ERROR, "<forward mode='vepa'><interface dev='e'/></forward>"),
		BRIDGED(VIR_ERR_XML_ERROR,
			"<forward mode='nat'><nat><port start='9' end='8'/></nat></forward>"),
		NETWORK(VIR_ERR_CONFIG_UNSUPPORTED,
			"<forward mode='vepa'><interface dev='e'/></forward><ip address='10.0.0.1'/>"),
		BRIDGED(VIR_ERR_CONFIG_UNSUPPORTED, "<portgroup name='p'/><portgroup name='p'/>"),
		BRIDGED(VIR_ERR_CONFIG_UNSUPPORTED,
			"<portgroup name='p' default='yes'/><portgroup name='q' default='yes'/>"),
		BRIDGED(VIR_ERR_XML_ERROR, "<mac address='01:00:00:00:00:00'/>"),
		BRIDGED(VIR_ERR_XML_ERROR, "<ip address='10.0.0.1' prefix='33'/>"),
		BRIDGED(VIR_ERR_XML_ERROR, "<ip address='10.0.0.1' family='ipv6'/>"),
		BRIDGED(VIR_ERR_XML_ERROR, "<ip address='fe80::1'/>"),
		BRIDGED(VIR_ERR_XML_ERROR, "<ip address='somewhere'/>"),
		BRIDGED(VIR_ERR_XML_ERROR, "<ip address='10.0.0.1' prefix='8' netmask='255.0.0.0'/>"),
		DHCP("<range start='10.0.0.9' end='10.0.0.2'/>"),
		DHCP("<range start='10.0.0.2' end='here'/>"),
		DHCP("<range start='10.0.0.2' end='fe80::1'/>"),
		DHCP("<host ip='10.0.0.2'/>"),
		DHCP("<host mac='01:00:00:00:00:01' ip='10.0.0.2'/>"),
		DHCP("<host mac='nobody' ip='10.0.0.2'/>"),
		DHCP("<host name='n' ip='10.0.0.'/>"),
	};

	refusals_check(cases, G_N_ELEMENTS(cases));
}

#define POOL(type, inside) \
	{ "pool", VIR_ERR_XML_ERROR, "<pool type='" type "'><name>a</name>" inside "</pool>" }
#define TARGET "<target><path>/a</path></target>"
#define VOLUME(code, inside) { "volume", code, "<volume>" inside "</volume>" }

static void test_storage_refusals(void **state G_GNUC_UNUSED)
{
	static const Refusal cases[] = {
		POOL("lake", ""),
		POOL("dir", ""),
		{ "pool", VIR_ERR_XML_ERROR, "<pool type='dir'>" TARGET "</pool>" },
		{ "pool", VIR_ERR_XML_ERROR, "<pool><name>a</name>" TARGET "</pool>" },
		{ "pool", VIR_ERR_XML_ERROR, "<pool type='dir'><name>a/b</name>" TARGET "</pool>" },
		POOL("fs", TARGET),
		POOL("netfs", "<source><dir path='/x'/></source>" TARGET),
		POOL("netfs", "<source><host name='h'/></source>" TARGET),
		POOL("netfs", "<source><host name='h'/><dir path='/x'/><format type='ext4'/></source>"
		     TARGET),
		POOL("netfs", "<source><host name='h'/><dir path='/x'/><format type='cifs'/>"
		     "<protocol ver='4'/></source>" TARGET),
		POOL("disk", "<source><device path='/x'/></source>"),
		POOL("iscsi", "<source><host name='h'/></source>" TARGET),
		POOL("iscsi-direct", "<source><host name='h'/><device path='iqn'/></source>"),
		POOL("scsi", TARGET),
		POOL("scsi", "<source><adapter type='fc_host' wwnn='1'/></source>" TARGET),
		POOL("scsi", "<source><adapter type='scsi_host'/></source>" TARGET),
		POOL("rbd", "<source><name>n</name></source>"),
		VOLUME(VIR_ERR_XML_ERROR, "<capacity>1</capacity>"),
		VOLUME(VIR_ERR_XML_ERROR, "<name>a/b</name><capacity>1</capacity>"),
		VOLUME(VIR_ERR_XML_ERROR, "<name>..</name><capacity>1</capacity>"),
		VOLUME(VIR_ERR_XML_ERROR, "<name>a</name><capacity>much</capacity>"),
		VOLUME(VIR_ERR_INVALID_ARG, "<name>a</name><capacity unit='barrels'>1</capacity>"),
		VOLUME(VIR_ERR_OVERFLOW, "<name>a</name><capacity unit='E'>99</capacity>"),
		VOLUME(VIR_ERR_CONFIG_UNSUPPORTED,
		       "<name>a</name><target><encryption format='qcow'/></target>"),
	};

	refusals_check(cases, G_N_ELEMENTS(cases));
}

#define RULE(code, inside) \
	{ "nwfilter", code, "<filter name='a'><rule action='drop' direction='in'>" inside \
			    "</rule></filter>" }
#define WRONG(inside) RULE(VIR_ERR_INTERNAL_ERROR, inside)

static void test_nwfilter_refusals(void **state G_GNUC_UNUSED)
{
	static const Refusal cases[] = {
		WRONG("<tcp srcportstart='65536'/>"),
		WRONG("<tcp flags='SYN'/>"),
		WRONG("<tcp flags='SYN/HURRY'/>"),
		WRONG("<udp dscp='64'/>"),
		WRONG("<icmp type='256'/>"),
		WRONG("<vlan vlanid='4096'/>"),
		WRONG("<mac protocolid='0x5ff'/>"),
		WRONG("<mac srcmacaddr='00:00'/>"),
		WRONG("<arp opcode='Shout'/>"),
		WRONG("<arp gratuitous='perhaps'/>"),
		WRONG("<ip srcipaddr='fe80::1'/>"),
		WRONG("<ip srcipmask='255.0.255.0'/>"),
		WRONG("<ip srcipmask='33'/>"),
		WRONG("<ipv6 srcipaddr='10.0.0.1'/>"),
		WRONG("<all state='NEW,'/>"),
		WRONG("<all ipset='a/b'/>"),
		WRONG("<all ipsetflags='up'/>"),
		WRONG("<all srcipaddr='$'/>"),
		WRONG("<all srcipaddr='$A[@]'/>"),
		{ "nwfilter", VIR_ERR_XML_ERROR, "<filter><rule/></filter>" },
		{ "nwfilter", VIR_ERR_XML_ERROR,
		  "<filter name='a'><rule direction='in'/></filter>" },
		{ "nwfilter", VIR_ERR_XML_ERROR,
		  "<filter name='a'><rule action='drop' direction='up'/></filter>" },
		{ "nwfilter", VIR_ERR_XML_ERROR,
		  "<filter name='a'><rule action='drop' direction='in' priority='1001'/></filter>" },
		{ "nwfilter", VIR_ERR_INVALID_ARG, "<filter name='a' priority='-1001'/>" },
		{ "nwfilter", VIR_ERR_INVALID_ARG, "<filter name='a' chain='gang'/>" },
		{ "nwfilter", VIR_ERR_INVALID_ARG, "<filter name='a' chain='mac-0123456789'/>" },
	};

	refusals_check(cases, G_N_ELEMENTS(cases));
}

#define SNAPSHOT(code, inside) \
	{ "snapshot", code, "<domainsnapshot>" inside "</domainsnapshot>" }
#define INTERFACE(inside) { "interface", VIR_ERR_XML_ERROR, "<interface " inside "</interface>" }

static void test_other_refusals(void **state G_GNUC_UNUSED)
{
	static const Refusal cases[] = {
		SNAPSHOT(VIR_ERR_XML_ERROR, "<memory snapshot='external'/>"),
		SNAPSHOT(VIR_ERR_XML_ERROR, "<memory snapshot='no' file='/m'/>"),
		SNAPSHOT(VIR_ERR_XML_ERROR, "<memory file='m'/>"),
		SNAPSHOT(VIR_ERR_XML_ERROR, "<disks><disk/></disks>"),
		SNAPSHOT(VIR_ERR_XML_ERROR,
			 "<disks><disk name='vda' snapshot='no'><source file='/a'/></disk></disks>"),
		SNAPSHOT(VIR_ERR_XML_DETAIL, "<name>a/b</name>"),
		SNAPSHOT(VIR_ERR_XML_DETAIL, "<name>.a</name>"),
		{ "checkpoint", VIR_ERR_XML_DETAIL,
		  "<domaincheckpoint><name>a/b</name></domaincheckpoint>" },
		{ "checkpoint", VIR_ERR_XML_ERROR,
		  "<domaincheckpoint><disks><disk name='a' checkpoint='maybe'/></disks>"
		  "</domaincheckpoint>" },
		{ "backup", VIR_ERR_XML_ERROR, "<domainbackup mode='shove'/>" },
		{ "backup", VIR_ERR_XML_ERROR,
		  "<domainbackup><disks><disk backup='yes'/></disks></domainbackup>" },
		{ "backup", VIR_ERR_XML_ERROR,
		  "<domainbackup><disks><disk name='a' type='dir'/></disks></domainbackup>" },
		{ "secret", VIR_ERR_XML_ERROR, "<secret><usage type='love'/></secret>" },
		{ "secret", VIR_ERR_XML_ERROR, "<secret><usage type='volume'/></secret>" },
		{ "secret", VIR_ERR_XML_ERROR, "<secret private='perhaps'/>" },
		{ "secret", VIR_ERR_XML_ERROR, "<secret><uuid>1</uuid></secret>" },
		INTERFACE("type='ethernet'>"),
		INTERFACE("name='a'>"),
		INTERFACE("type='bridge' name='a'>"),
		INTERFACE("type='bond' name='a'>"),
		INTERFACE("type='vlan' name='a'><vlan tag='4096'><interface name='b'/></vlan>"),
		INTERFACE("type='vlan' name='a'><vlan tag='1'/>"),
		{ "nodedev", VIR_ERR_XML_ERROR, "<device><capability/></device>" },
		{ "nodedev", VIR_ERR_XML_ERROR, "<device><capability type='toaster'/></device>" },
		{ "nodedev", VIR_ERR_XML_ERROR, "<device><capability type='mdev'/></device>" },
		{ "nodedev", VIR_ERR_XML_ERROR,
		  "<device><capability type='drm'><type>tertiary</type></capability></device>" },
		{ "nodedev", VIR_ERR_XML_DETAIL, "<device>" },
	};

	refusals_check(cases, G_N_ELEMENTS(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_network_refusals),
		cmocka_unit_test(test_storage_refusals),
		cmocka_unit_test(test_nwfilter_refusals),
		cmocka_unit_test(test_other_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
