/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a domain is: its names, facts and state. */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/domain_ref.h"
#include "tools/cli/xmlfile.h"

bool cmd_domid(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	json_t *object;

	if (!domain)
		return false;
	if (domain->id < 0)
		out_print(session, "-\n");
	else
		out_print(session, "%d\n", domain->id);
	object = json_object();
	json_object_set_new(object, "id", domain->id < 0 ? json_null() : json_integer(domain->id));
	out_value(session, object);
	return true;
}

bool cmd_domstate(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	int reason, state = domain ? domain_state(session, domain, &reason, error) : -1;
	json_t *object;

	if (state < 0)
		return false;
	if (args_has(args, "reason"))
		out_print(session, "%s (%s)\n", _(domain_state_name(state)),
			  _(domain_reason_name(state, reason)));
	else
		out_print(session, "%s\n", _(domain_state_name(state)));
	object = json_object();
	json_object_set_new(object, "state", json_string(domain_state_name(state)));
	json_object_set_new(object, "reason", json_string(domain_reason_name(state, reason)));
	out_value(session, object);
	return true;
}

static const OutColumn info_lines[] = {
	{ "id", N_("Id:"), OUT_PLAIN },
	{ "name", N_("Name:"), OUT_PLAIN },
	{ "uuid", N_("UUID:"), OUT_PLAIN },
	{ "os_type", N_("OS Type:"), OUT_PLAIN },
	{ "state", N_("State:"), OUT_TRANSLATE },
	{ "cpus", N_("CPU(s):"), OUT_PLAIN },
	{ "cpu_time_ns", N_("CPU time:"), OUT_SECONDS },
	{ "max_memory_kib", N_("Max memory:"), OUT_KIB },
	{ "memory_kib", N_("Used memory:"), OUT_KIB },
	{ "persistent", N_("Persistent:"), OUT_YES_NO },
	{ "autostart", N_("Autostart:"), OUT_ENABLE },
	{ "managed_save", N_("Managed save:"), OUT_YES_NO },
	{ "security_model", N_("Security model:"), OUT_PLAIN },
	{ "security_doi", N_("Security DOI:"), OUT_PLAIN },
	{ "security_label", N_("Security label:"), OUT_PLAIN },
	{ NULL, NULL, OUT_PLAIN },
};

static bool info_add_main(Session *session, const Domain *domain, json_t *object, GError **error)
{
	remote_domain_get_info_args args = { *domain };
	remote_domain_get_os_type_args type_args = { *domain };
	remote_domain_get_os_type_ret *type = ASK(session, domain_get_os_type, &type_args, NULL);
	remote_domain_get_info_ret *info = ASK(session, domain_get_info, &args, error);

	if (!info)
		return false;
	if (type)
		json_object_set_new(object, "os_type", json_text(type->type));
	json_object_set_new(object, "state", json_string(domain_state_name(info->state)));
	json_object_set_new(object, "cpus", json_integer(info->nrVirtCpu));
	if (info->cpuTime)
		json_object_set_new(object, "cpu_time_ns", json_integer((json_int_t)info->cpuTime));
	json_object_set_new(object, "max_memory_kib", json_integer((json_int_t)info->maxMem));
	json_object_set_new(object, "memory_kib", json_integer((json_int_t)info->memory));
	return true;
}

static void info_add_kept(Session *session, const Domain *domain, json_t *object)
{
	remote_domain_is_persistent_args persistent_args = { *domain };
	remote_domain_get_autostart_args autostart_args = { *domain };
	remote_domain_has_managed_save_image_args saved_args = { *domain, 0 };
	remote_domain_is_persistent_ret *persistent =
		ASK(session, domain_is_persistent, &persistent_args, NULL);
	remote_domain_get_autostart_ret *autostart =
		ASK(session, domain_get_autostart, &autostart_args, NULL);
	remote_domain_has_managed_save_image_ret *saved =
		ASK(session, domain_has_managed_save_image, &saved_args, NULL);

	if (persistent)
		json_object_set_new(object, "persistent", json_boolean(persistent->persistent > 0));
	if (autostart)
		json_object_set_new(object, "autostart", json_boolean(autostart->autostart > 0));
	if (saved)
		json_object_set_new(object, "managed_save", json_boolean(saved->result > 0));
}

/* Text of a counted array of characters, which may or may not end with a zero. */
static char *characters_text(Session *session, const char *text, guint length)
{
	return session_printf(session, "%.*s", (int)length, text ? text : "");
}

static void info_add_security(Session *session, const Domain *domain, json_t *object)
{
	remote_domain_get_security_label_args args = { *domain };
	remote_node_get_security_model_ret *model = GET(session, node_get_security_model, NULL);
	remote_domain_get_security_label_ret *label;
	const char *text;

	if (!model || !model->model.model_len || !model->model.model_val[0])
		return;
	json_object_set_new(object, "security_model",
			    json_text(characters_text(session, model->model.model_val,
						      model->model.model_len)));
	json_object_set_new(object, "security_doi",
			    json_text(characters_text(session, model->doi.doi_val, model->doi.doi_len)));
	if (domain->id < 0)
		return;
	label = ASK(session, domain_get_security_label, &args, NULL);
	if (!label || !label->label.label_len || !label->label.label_val[0])
		return;
	text = characters_text(session, label->label.label_val, label->label.label_len);
	json_object_set_new(object, "security_label",
			    json_text(session_printf(session, "%s (%s)", text,
						     label->enforcing ? "enforcing" : "permissive")));
}

static void info_add_messages(Session *session, const Domain *domain, json_t *object)
{
	remote_domain_get_messages_args args = { .dom = *domain };
	remote_domain_get_messages_ret *ret = ASK(session, domain_get_messages, &args, NULL);
	json_t *list;

	if (!ret || !ret->msgs.msgs_len)
		return;
	list = json_array();
	for (guint i = 0; i < ret->msgs.msgs_len; i++) {
		out_print(session, "%s %s\n", out_pad(session, i ? "" : _("Messages:"), 15),
			  ret->msgs.msgs_val[i]);
		json_array_append_new(list, json_text(ret->msgs.msgs_val[i]));
	}
	json_object_set_new(object, "messages", list);
}

bool cmd_dominfo(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	json_auto_t *object = json_object();

	if (!domain)
		return false;
	json_object_set_new(object, "id", domain->id < 0 ? json_string("-") : json_integer(domain->id));
	json_object_set_new(object, "name", json_text(domain->name));
	json_object_set_new(object, "uuid", json_uuid(domain->uuid));
	if (!info_add_main(session, domain, object, error))
		return false;
	info_add_kept(session, domain, object);
	info_add_security(session, domain, object);
	out_record(session, info_lines, 15, json_incref(object));
	if (domain->id < 0)
		json_object_set_new(object, "id", json_null());
	info_add_messages(session, domain, object);
	return true;
}

static const char *const control_names[] = {
	[VIR_DOMAIN_CONTROL_OK] = N_("ok"),
	[VIR_DOMAIN_CONTROL_JOB] = N_("background job"),
	[VIR_DOMAIN_CONTROL_OCCUPIED] = N_("occupied"),
	[VIR_DOMAIN_CONTROL_ERROR] = N_("error"),
};

void show_control(Session *session, const ActionReply *reply)
{
	const remote_domain_get_control_info_ret *ret = reply->ret;
	const char *name;
	json_t *object;

	name = ret->state < G_N_ELEMENTS(control_names) ? control_names[ret->state] : N_("error");
	if (ret->stateTime)
		out_print(session, _("%s (%0.3fs)\n"), _(name), (double)ret->stateTime / 1000);
	else
		out_print(session, "%s\n", _(name));
	object = json_object();
	json_object_set_new(object, "state", json_string(name));
	json_object_set_new(object, "time_ms", json_integer((json_int_t)ret->stateTime));
	out_value(session, object);
}

bool cmd_ttyconsole(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *xml = domain ? domain_xml(session, domain, 0, error) : NULL;
	XmlView *view = xml ? xml_view(session, xml, error) : NULL;
	const char *tty;

	if (!view)
		return false;
	tty = xml_text(session, view, NULL,
		       "/domain/devices/console/source/@path | /domain/devices/console/@tty");
	if (tty)
		out_text(session, "tty", tty);
	return tty;
}

