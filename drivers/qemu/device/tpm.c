/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool tpm_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainTpm *tpm = device->tpm;

	if (!tpm->model)
		tpm->model = machine_family(completion->def) == MACHINE_PSERIES ? TPM_MODEL_SPAPR
										: TPM_MODEL_TIS;
	if (tpm->backend == TPM_BACKEND_EMULATOR && !tpm->version)
		tpm->version = TPM_VERSION_2_0;
	return true;
}

static bool tpm_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainTpm *tpm = device->tpm;
	guint proxies = 0;

	for (guint i = 0; i < check->def->tpms->len; i++)
		proxies += ((DomainTpm *)list_get(check->def->tpms, i))->model ==
			   TPM_MODEL_SPAPR_PROXY;
	if (check->def->tpms->len - proxies > 1 || proxies > 1)
		return refuse(check, _("QEMU has one TPM per guest"));
	if ((tpm->model == TPM_MODEL_SPAPR || tpm->model == TPM_MODEL_SPAPR_PROXY) &&
	    machine_family(check->def) != MACHINE_PSERIES)
		return refuse(check, _("TPM model '%s' is on pseries machines only"),
			      tpm_model_name(tpm->model));
	if (tpm->model == TPM_MODEL_CRB && tpm->version == TPM_VERSION_1_2)
		return refuse(check, _("TPM model 'tpm-crb' has version 2.0, not 1.2"));
	return true;
}

static void tpm_resources(const QemuResources *all, const DomainDevice *device)
{
	const DomainTpm *tpm = device->tpm;

	if (tpm->backend == TPM_BACKEND_PASSTHROUGH)
		qemu_node_add(all, tpm->info.alias, tpm->device ?: "/dev/tpm0");
}

static bool tpm_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainTpm *tpm = device->tpm;
	g_autofree char *id = g_strconcat("tpm-", tpm->info.alias, NULL);
	g_autofree char *chardev = g_strconcat("chr", tpm->info.alias, NULL);
	ChardevSource source = tpm->source;
	g_autofree char *path = NULL;
	Props *opts;

	if (tpm->backend == TPM_BACKEND_EMULATOR && cmd->context->shown) {
		path = g_build_filename(cmd->context->run_dir, "swtpm.sock", NULL);
		source = (ChardevSource){ .type = CHARDEV_UNIX,
					  .mode = CHARDEV_MODE_CONNECT,
					  .path = path };
	} else if (tpm->backend != TPM_BACKEND_EXTERNAL) {
		return command_refuse(
			error, "tpm/backend",
			tpm->backend == TPM_BACKEND_PASSTHROUGH
				? _("passing the host's TPM on is not supported")
				: _("starting swtpm is not supported; run one and use "
				    "a backend of type 'external'"));
	}
	if (!command_chardev(cmd, &source, chardev, tpm->info.alias, error))
		return false;
	opts = props_new("emulator");
	props_str(opts, "id", id);
	props_str(opts, "chardev", chardev);
	command_opts(cmd, "-tpmdev", opts);
	opts = props_new(tpm->model ? tpm_model_name(tpm->model) : "tpm-tis");
	props_str(opts, "tpmdev", id);
	return command_device(cmd, opts, &tpm->info, error);
}

const QemuDeviceKind qemu_tpm = {
	.prefix = "tpm",
	.complete = tpm_complete,
	.check = tpm_check,
	.resources = tpm_resources,
	.build = tpm_build,
};
