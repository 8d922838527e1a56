/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of a domain without asking its guest. */
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"
#include "daemon/domain/affect.h"
#include "daemon/domain/guest_vcpus.h"
#include "daemon/registry/domain_call.h"
#include "daemon/registry/job_result.h"

bool serve_domain_get_info(Call *call, G_GNUC_UNUSED remote_domain_get_info_args *args,
			   remote_domain_get_info_ret *ret, G_GNUC_UNUSED GError **error)
{
	const Domain *domain = call->domain;

	ret->state = (unsigned char)domain->state;
	ret->maxMem = domain->summary.max_memory_kib;
	ret->memory = domain->summary.memory_kib;
	ret->nrVirtCpu = (unsigned short)domain->summary.vcpus;
	ret->cpuTime = 0; /* it is off */
	return true;
}

bool serve_domain_get_state(Call *call, remote_domain_get_state_args *args,
			    remote_domain_get_state_ret *ret, GError **error)
{
	if (!call_flags(call, args->flags, 0, error))
		return false;
	ret->state = call->domain->state;
	ret->reason = call->domain->reason;
	return true;
}

bool serve_domain_get_xml_desc(Call *call, remote_domain_get_xml_desc_args *args,
			       remote_domain_get_xml_desc_ret *ret, GError **error)
{
	const unsigned known = VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE |
			       VIR_DOMAIN_XML_UPDATE_CPU | VIR_DOMAIN_XML_MIGRATABLE;
	const DomainDef *def;

	if (!call_flags(call, args->flags, known, error))
		return false;
	if (args->flags & VIR_DOMAIN_XML_UPDATE_CPU) {
		def = domain_def_get(call->domain,
				     call->domain->text ? DOMAIN_STORED : DOMAIN_LIVE, error);
		if (!def)
			return false;
		if (def->cpu && def->cpu->mode == CPU_MODE_HOST_MODEL &&
		    !domain_is_active(call->domain))
			return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
				    _("the CPU of domain '%s' follows the host: what it will be is "
				      "found out when it starts"),
				    call->domain->name);
	}
	ret->xml = domain_xml_format(call->domain, args->flags, error);
	return ret->xml != NULL;
}

bool serve_domain_get_os_type(Call *call, G_GNUC_UNUSED remote_domain_get_os_type_args *args,
			      remote_domain_get_os_type_ret *ret, G_GNUC_UNUSED GError **error)
{
	ret->type = g_strdup(call->domain->summary.os_type ? call->domain->summary.os_type : "hvm");
	return true;
}

bool serve_domain_get_max_memory(Call *call, G_GNUC_UNUSED remote_domain_get_max_memory_args *args,
				 remote_domain_get_max_memory_ret *ret,
				 G_GNUC_UNUSED GError **error)
{
	const DomainDef *live = domain_is_active(call->domain) ?
					domain_def_get(call->domain, DOMAIN_LIVE, NULL) :
					NULL;

	ret->memory = live ? live->memory.total_kib : call->domain->summary.max_memory_kib;
	return true;
}

bool serve_domain_get_max_vcpus(Call *call, G_GNUC_UNUSED remote_domain_get_max_vcpus_args *args,
				remote_domain_get_max_vcpus_ret *ret, GError **error)
{
	const DomainDef *def;

	/* Of a running guest what it has got; else what the hypervisor could give. */
	if (!domain_is_active(call->domain)) {
		ret->num = call->driver->max_vcpus ? call->driver->max_vcpus(NULL, error) :
						     (int)call->domain->summary.max_vcpus;
		return ret->num > 0;
	}
	def = domain_def_get(call->domain, DOMAIN_LIVE, error);
	if (!def)
		return false;
	ret->num = (int)def->vcpus.count;
	return true;
}

bool serve_domain_get_vcpus_flags(Call *call, remote_domain_get_vcpus_flags_args *args,
				  remote_domain_get_vcpus_flags_ret *ret, GError **error)
{
	const unsigned known =
		VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_VCPU_MAXIMUM |
		VIR_DOMAIN_VCPU_GUEST;
	const DomainDef *def;
	DomainWhich which;

	if (!call_flags(call, args->flags, known, error) ||
	    !affect_which(call->domain, args->flags, &which, error))
		return false;
	if (args->flags & VIR_DOMAIN_VCPU_GUEST) {
		if (which != DOMAIN_LIVE)
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("what the guest itself has can be asked while it runs only"));
		ret->num = guest_vcpus_count_call(call->domain,
						  args->flags & VIR_DOMAIN_VCPU_MAXIMUM, error);
		return ret->num >= 0;
	}
	def = domain_def_get(call->domain, which, error);
	if (!def)
		return false;
	ret->num = (int)(args->flags & VIR_DOMAIN_VCPU_MAXIMUM ? def->vcpus.count :
								 domain_def_vcpus_current(def));
	return true;
}

bool serve_domain_get_autostart(Call *call, G_GNUC_UNUSED remote_domain_get_autostart_args *args,
				remote_domain_get_autostart_ret *ret,
				G_GNUC_UNUSED GError **error)
{
	ret->autostart = call->domain->autostart;
	return true;
}

bool serve_domain_is_active(Call *call, G_GNUC_UNUSED remote_domain_is_active_args *args,
			    remote_domain_is_active_ret *ret, G_GNUC_UNUSED GError **error)
{
	ret->active = domain_is_active(call->domain);
	return true;
}

bool serve_domain_is_persistent(Call *call, G_GNUC_UNUSED remote_domain_is_persistent_args *args,
				remote_domain_is_persistent_ret *ret,
				G_GNUC_UNUSED GError **error)
{
	ret->persistent = call->domain->persistent;
	return true;
}

bool serve_domain_is_updated(Call *call, G_GNUC_UNUSED remote_domain_is_updated_args *args,
			     remote_domain_is_updated_ret *ret, G_GNUC_UNUSED GError **error)
{
	ret->updated = call->domain->updated;
	return true;
}

bool serve_domain_has_managed_save_image(Call *call, remote_domain_has_managed_save_image_args *args,
					 remote_domain_has_managed_save_image_ret *ret,
					 GError **error)
{
	if (!call_flags(call, args->flags, 0, error))
		return false;
	ret->result = call->domain->managed_save != NULL;
	return true;
}

/* ---- Metadata ------------------------------------------------------------------------------ */

static bool no_metadata(const Domain *domain, const char *what, GError **error)
{
	return fail(error, VIR_ERR_NO_DOMAIN_METADATA, _("domain '%s' has no %s"), domain->name,
		    what);
}

bool serve_domain_get_metadata(Call *call, remote_domain_get_metadata_args *args,
			       remote_domain_get_metadata_ret *ret, GError **error)
{
	const DomainDef *def;
	DomainWhich which;

	if (!call_flags(call, args->flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG,
			error) ||
	    !affect_which(call->domain, args->flags, &which, error))
		return false;
	def = domain_def_get(call->domain, which, error);
	if (!def)
		return false;
	switch (args->type) {
	case VIR_DOMAIN_METADATA_DESCRIPTION:
		ret->metadata = g_strdup(def->description);
		return ret->metadata || no_metadata(call->domain, "description", error);
	case VIR_DOMAIN_METADATA_TITLE:
		ret->metadata = g_strdup(def->title);
		return ret->metadata || no_metadata(call->domain, "title", error);
	case VIR_DOMAIN_METADATA_ELEMENT:
		if (!args->uri)
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("the namespace of the metadata element must be given"));
		ret->metadata = domain_def_metadata_get(def, *args->uri, error);
		return ret->metadata != NULL;
	default:
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no metadata of type %d"),
			    args->type);
	}
}

/* ---- What there is nothing of, said as it is ------------------------------------------------ */

/* Guests are kept apart by user ids, not by labels. */
bool serve_domain_get_security_label(G_GNUC_UNUSED Call *call,
				     G_GNUC_UNUSED remote_domain_get_security_label_args *args,
				     remote_domain_get_security_label_ret *ret,
				     G_GNUC_UNUSED GError **error)
{
	ret->label.label_val = g_new0(char, 1);
	ret->label.label_len = 1; /* the NUL is sent too */
	ret->enforcing = 0;
	return true;
}

bool serve_domain_get_security_label_list(
	G_GNUC_UNUSED Call *call, G_GNUC_UNUSED remote_domain_get_security_label_list_args *args,
	remote_domain_get_security_label_list_ret *ret, G_GNUC_UNUSED GError **error)
{
	*ret = (remote_domain_get_security_label_list_ret){ .ret = 0 };
	return true;
}

/* Of a guest that runs its worker tells. */
bool serve_domain_get_job_info(Call *call, G_GNUC_UNUSED remote_domain_get_job_info_args *args,
			       remote_domain_get_job_info_ret *ret, GError **error)
{
	*ret = (remote_domain_get_job_info_ret){ 0 };
	return domain_require_active(call->domain, error);
}

bool serve_domain_get_job_stats(Call *call, remote_domain_get_job_stats_args *args,
				remote_domain_get_job_stats_ret *ret, GError **error)
{
	const unsigned known = VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED;
	JobResult *result = call->domain->last_job;

	*ret = (remote_domain_get_job_stats_ret){ 0 };
	if (!call_flags(call, args->flags, known, error))
		return false;
	if (!(args->flags & VIR_DOMAIN_JOB_STATS_COMPLETED))
		return domain_require_active(call->domain, error);
	ret->type = result ? result->type : VIR_DOMAIN_JOB_NONE;
	if (!result)
		return true;
	rpc_params_copy(result->params, &ret->params.params_len, &ret->params.params_val);
	if (!(args->flags & VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED))
		g_clear_pointer(&call->domain->last_job, job_result_free);
	return true;
}

bool serve_domain_get_messages(Call *call, remote_domain_get_messages_args *args,
			       remote_domain_get_messages_ret *ret, GError **error)
{
	const unsigned known = VIR_DOMAIN_MESSAGE_DEPRECATION | VIR_DOMAIN_MESSAGE_TAINTING;
	bool tainting = !args->flags || (args->flags & VIR_DOMAIN_MESSAGE_TAINTING);
	const DomainDef *def;

	if (!call_flags(call, args->flags, known, error))
		return false;
	*ret = (remote_domain_get_messages_ret){ { 0 } };
	if (!domain_is_active(call->domain) || !tainting)
		return true;
	def = domain_def_get(call->domain, DOMAIN_LIVE, error);
	if (!def)
		return false;
	if (!domain_def_is_custom(def))
		return true;
	ret->msgs.msgs_val = g_new0(char *, 1);
	ret->msgs.msgs_val[ret->msgs.msgs_len++] =
		g_strdup(_("tainted: it passes arguments of its own to the hypervisor"));
	return true;
}
