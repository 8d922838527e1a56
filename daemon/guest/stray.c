/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests that run and that the store knows nothing of: it was lost, or an older copy put in its place. That there is
 * no record proves nothing: whoever works in the directory is asked, or what it has written down is read, and the guest
 * is taken over as it is. Only what has never been given a guest, or has ended, is cleaned up; what does not answer and
 * has written nothing down is left alone.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/guest/private.h"
#include "daemon/host/priv.h"
#include "daemon/registry/domain_call.h"
#include "rpc/wire/wire.h"

enum {
	ID_MAX = 1 << 24, /* that is believed; the next ones are counted on from there */
};

/* What is known of a guest without the store. */
typedef struct Found {
	char *driver, *xml; /* NULL: it never got its guest, or has ended */
	bool unclear;	    /* nobody can tell */
} Found;

static void found_clear(Found *found)
{
	g_free(found->driver);
	g_free(found->xml);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Found, found_clear)

/* ---- Asking -------------------------------------------------------------------------------- */

static void found_by_hello(const control_hello_ret *hello, Found *ret)
{
	if (!*hello->driver || hello->state.state == VIR_DOMAIN_SHUTOFF)
		return;
	/* It is about to start, for an engine that is no more: nobody has been told of it yet. */
	if (!hello->live_xml)
		return;
	ret->driver = g_strdup(hello->driver);
	ret->xml = g_strdup(*hello->live_xml);
}

static void found_by_state(const Engine *engine, const char *uuid_text, bool dead, Found *ret)
{
	bool ended = false;

	if (!vm_saved_read(engine, uuid_text, &ret->driver, &ret->xml, &ended))
		ret->unclear = !dead;
	if (!ended)
		return;
	g_clear_pointer(&ret->driver, g_free);
	g_clear_pointer(&ret->xml, g_free);
}

static void stray_ask_call(Engine *engine, const char *uuid_text, Found *ret)
{
	control_hello_ret hello = { 0 };
	g_autoptr(GError) error = NULL;

	if (vm_hello_call(engine, uuid_text, &hello, &error))
		found_by_hello(&hello, ret);
	else
		found_by_state(engine, uuid_text, vm_is_dead(error), ret);
	rpc_free((xdrproc_t)xdr_control_hello_ret, &hello);
}

bool vm_is_unclear_call(Engine *engine, const char *uuid_text)
{
	g_auto(Found) found = { 0 };

	stray_ask_call(engine, uuid_text, &found);
	return found.unclear;
}

/* ---- Taking over --------------------------------------------------------------------------- */

/* The name may be another domain's by now; the UUID tells which guest it is. */
static void name_choose(Registry *registry, const Driver *driver, DomainDef *def)
{
	char uuid[UUID_TEXT];

	if (!registry_find_name(registry, driver, def->name))
		return;
	uuid_format(&def->uuid, uuid);
	g_autofree char *old = g_steal_pointer(&def->name);
	def->name = g_strdup_printf("%.200s-%.8s", old, uuid);
	log_warning(_("there is another domain '%s'; the one with UUID %s that runs is called '%s'"), old, uuid,
		    def->name);
}

/* The domain of the guest: as it is defined, or made for it. With a reference; NULL and an error. */
static Domain *domain_make_wait(Engine *engine, const Driver *driver, DomainDef *def, GError **error)
{
	Domain *domain = registry_find_uuid(engine->registry, driver, def->uuid.bytes);

	if (domain) {
		domain->updated = true;
		return domain_ref(domain);
	}
	name_choose(engine->registry, driver, def);
	domain = registry_claim_wait(engine->registry, driver, def, error);
	if (!domain)
		return NULL;
	registry_publish(domain);
	domain_release(domain);
	return domain;
}

static int id_choose(const Engine *engine, const Driver *driver, const DomainDef *def)
{
	if (def->has_id && def->id > 0 && def->id < ID_MAX &&
	    !registry_find_id(engine->registry, driver, def->id))
		return def->id;
	return registry_next_id(engine->registry, driver);
}

static void run_store(const Domain *domain, const char *xml)
{
	StoreBatch *batch = store_batch_new();
	StoreRun run = domain_run_row(domain);

	run.start_xml = xml;
	store_batch_run(batch, &run);
	store_queue(domain->engine->store, batch);
}

static Vm *stray_adopt_wait(Engine *engine, const Uuid *uuid, const Found *found, GError **error)
{
	const Driver *driver = driver_find(found->driver);
	g_autoptr(DomainDef) def = NULL;
	g_autoptr(Domain) domain = NULL;
	g_autofree char *xml = NULL;
	Vm *vm;

	if (!driver)
		return fail_null(error, VIR_ERR_NO_SUPPORT, _("there is no driver '%s'"), found->driver);
	def = domain_def_parse(found->xml, strlen(found->xml), CONF_STATUS, NULL, error);
	if (!def)
		return NULL;
	if (memcmp(&def->uuid, uuid, sizeof(*uuid)) != 0)
		return fail_null(error, VIR_ERR_OPERATION_DENIED, _("it says to be domain '%s', which it is not"),
				 def->name);
	domain = domain_make_wait(engine, driver, def, error);
	if (!domain)
		return NULL;
	if (domain->vm || domain_is_active(domain))
		return fail_null(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is already running"),
				 domain->name);
	vm = vm_note(domain, id_choose(engine, driver, def));
	xml = vm_xml_remake(domain, found->xml, NULL);
	domain_set_live_xml(domain, xml);
	vm_state_restore(domain, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNKNOWN);
	run_store(domain, xml);
	if (domain->persistent)
		log_warning(_("domain '%s' (UUID %s) runs, but was not known to run; it is taken over"),
			    domain->name, domain->uuid_text);
	else
		log_warning(_("domain '%s' (UUID %s) runs, but was not known at all; it is taken over as a "
			      "transient domain"),
			    domain->name, domain->uuid_text);
	return vm;
}

/* ---- Directories that nobody knows --------------------------------------------------------- */

static void stray_remove_call(Engine *engine, const Uuid *uuid, const char *uuid_text)
{
	g_autoptr(GError) error = NULL;

	log_warning(_("guest %s was about to start or had ended when reeved ended; it is removed"), uuid_text);
	if (!priv_remove_vm_dir_call(engine, uuid->bytes, &error))
		log_warning("%s", error->message);
}

Vm *vm_stray_call(Engine *engine, const Uuid *uuid)
{
	g_auto(Found) found = { 0 };
	g_autoptr(GError) error = NULL;
	char uuid_text[UUID_TEXT];
	Vm *vm = NULL;

	uuid_format(uuid, uuid_text);
	stray_ask_call(engine, uuid_text, &found);
	if (found.xml)
		vm = stray_adopt_wait(engine, uuid, &found, &error);
	else if (!found.unclear)
		stray_remove_call(engine, uuid, uuid_text);
	if (error)
		log_warning(_("guest %s runs, but cannot be taken over: %s"), uuid_text, error->message);
	if (found.unclear)
		log_warning(_("guest %s is not known, and what runs there does not answer; it is left alone"),
			    uuid_text);
	return vm;
}

static bool is_known(Engine *engine, const Uuid *uuid)
{
	for (unsigned i = 0; driver_table[i]; i++) {
		const Domain *domain = registry_find_uuid(engine->registry, driver_table[i], uuid->bytes);

		if (domain && domain->vm)
			return true;
	}
	return false;
}

GArray *vm_strays_find(Engine *engine)
{
	g_autofree char *path = vm_path(engine, NULL, NULL);
	GArray *found = g_array_new(FALSE, FALSE, sizeof(Uuid));
	DIR *directory = opendir(path);
	const struct dirent *entry;
	Uuid uuid;

	while (directory && (entry = readdir(directory)))
		if (uuid_parse(entry->d_name, &uuid) && !is_known(engine, &uuid))
			g_array_append_val(found, uuid);
	if (directory)
		closedir(directory);
	return found;
}
