/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/i18n.h"

CONF_ENUM_DEFINE(qemu_property_type, QEMU_PROPERTY)
CONF_ENUM_DEFINE(qemu_deprecation, QEMU_DEPRECATION)

#define QEMU .ns = &bind_ns_qemu

static const BindRow arg_rows[] = {
	ATTR(QemuArg, "value", value, str, BIND_REQUIRED | BIND_EMPTY_OK), END_ROWS
};
static ELEMENT(qemu_arg, NULL, QemuArg, arg_rows);
static const BindRow env_rows[] = {
	ATTR(QemuEnv, "name", name, str, BIND_REQUIRED),
	ATTR(QemuEnv, "value", value, str, BIND_EMPTY_OK),
	END_ROWS
};
static ELEMENT(qemu_env, NULL, QemuEnv, env_rows);
static const BindRow commandline_rows[] = {
	LIST(DomainQemuNs, "arg", args, qemu_arg, 0, QEMU),
	LIST(DomainQemuNs, "env", envs, qemu_env, 0, QEMU),
	END_ROWS
};
static ELEMENT(qemu_commandline, NULL, DomainQemuNs, commandline_rows);

static const BindRow capability_rows[] = {
	ATTR(QemuCapability, "capability", capability, str, BIND_REQUIRED), END_ROWS
};
static ELEMENT(qemu_capability, NULL, QemuCapability, capability_rows);
static const BindRow capabilities_rows[] = {
	LIST(DomainQemuNs, "add", capabilities_add, qemu_capability, 0, QEMU),
	LIST(DomainQemuNs, "del", capabilities_del, qemu_capability, 0, QEMU),
	END_ROWS
};
static ELEMENT(qemu_capabilities, NULL, DomainQemuNs, capabilities_rows);

static const BindRow property_rows[] = {
	ATTR(QemuProperty, "name", name, str, BIND_REQUIRED),
	ATTR(QemuProperty, "type", type, qemu_property_type, BIND_REQUIRED),
	ATTR(QemuProperty, "value", value, str, BIND_EMPTY_OK),
	END_ROWS
};
static ELEMENT(qemu_property, NULL, QemuProperty, property_rows);
static const BindRow frontend_rows[] = {
	LIST(QemuOverride, "property", properties, qemu_property, 0, QEMU), END_ROWS
};
static ELEMENT(qemu_frontend, NULL, QemuOverride, frontend_rows);
static const BindRow override_device_rows[] = {
	ATTR(QemuOverride, "alias", alias, str, BIND_REQUIRED),
	CHILD("frontend", qemu_frontend, BIND_MERGE, QEMU),
	END_ROWS
};
static ELEMENT(qemu_override_device, NULL, QemuOverride, override_device_rows);
static const BindRow override_rows[] = {
	LIST(DomainQemuNs, "device", overrides, qemu_override_device, 0, QEMU), END_ROWS
};
static ELEMENT(qemu_override, NULL, DomainQemuNs, override_rows);

static const BindRow qemu_rows[] = {
	CHILD("commandline", qemu_commandline, BIND_MERGE, QEMU),
	CHILD("capabilities", qemu_capabilities, BIND_MERGE, QEMU),
	CHILD("override", qemu_override, BIND_MERGE, QEMU),
	VALUE(DomainQemuNs, "deprecation", "behavior", deprecation, qemu_deprecation, BIND_REQUIRED,
	     QEMU),
	END_ROWS
};
ELEMENT(domain_qemu_ns, NULL, DomainQemuNs, qemu_rows);

#define LXC .ns = &bind_ns_lxc
static const BindRow share_rows[] = {
	ATTR(LxcShare, "type", type, str, BIND_REQUIRED),
	ATTR(LxcShare, "value", value, str, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(lxc_share, NULL, LxcShare, share_rows);
static const BindRow lxc_rows[] = {
	POINTER(DomainForeignNs, "sharenet", sharenet, lxc_share, 0, LXC),
	POINTER(DomainForeignNs, "shareipc", shareipc, lxc_share, 0, LXC),
	POINTER(DomainForeignNs, "shareuts", shareuts, lxc_share, 0, LXC),
	END_ROWS
};
static ELEMENT(lxc_namespace, NULL, DomainForeignNs, lxc_rows);
static const BindRow xen_rows[] = {
	LIST(DomainForeignNs, "arg", xen_args, qemu_arg, 0, .ns = &bind_ns_xen), END_ROWS
};
static ELEMENT(xen_commandline, NULL, DomainForeignNs, xen_rows);
static const BindRow bhyve_rows[] = {
	LIST(DomainForeignNs, "arg", bhyve_args, qemu_arg, 0, .ns = &bind_ns_bhyve), END_ROWS
};
static ELEMENT(bhyve_commandline, NULL, DomainForeignNs, bhyve_rows);

static const BindRow foreign_rows[] = {
	CHILD("namespace", lxc_namespace, 0, LXC),
	CHILD("commandline", xen_commandline, 0, .ns = &bind_ns_xen),
	CHILD("commandline", bhyve_commandline, 0, .ns = &bind_ns_bhyve),
	LEAF(DomainForeignNs, "datacenterpath", vmware_datacenterpath, str, 0,
	     .ns = &bind_ns_vmware),
	END_ROWS
};
ELEMENT(domain_foreign_ns, NULL, DomainForeignNs, foreign_rows);
