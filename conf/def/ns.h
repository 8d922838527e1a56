/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a definition says in namespaces of hypervisors, past the common format. All of qemu's marks
 * the domain as tainted: see domain_def_is_custom(). Part of a DomainDef.
 */
#pragma once

#include "conf/bind/types.h"

typedef struct {
	char *value;
} QemuArg;
typedef struct {
	char *name, *value;
} QemuEnv;
typedef struct {
	char *capability;
} QemuCapability;
#define QEMU_PROPERTY_VALUES(X) \
	X(QEMU_PROPERTY_STRING, "string") X(QEMU_PROPERTY_SIGNED, "signed") \
	X(QEMU_PROPERTY_UNSIGNED, "unsigned") X(QEMU_PROPERTY_BOOL, "bool") \
	X(QEMU_PROPERTY_REMOVE, "remove")
CONF_ENUM(QemuPropertyType, qemu_property_type, QEMU_PROPERTY)
typedef struct {
	char *name, *value;
	QemuPropertyType type;
} QemuProperty;
typedef struct {
	char *alias;
	GPtrArray *properties; /* QemuProperty */
} QemuOverride;
#define QEMU_DEPRECATION_VALUES(X) \
	X(QEMU_DEPRECATION_NONE, "none") X(QEMU_DEPRECATION_OMIT, "omit") \
	X(QEMU_DEPRECATION_REJECT, "reject") X(QEMU_DEPRECATION_CRASH, "crash")
CONF_ENUM(QemuDeprecation, qemu_deprecation, QEMU_DEPRECATION)

typedef struct {
	GPtrArray *args;	 /* QemuArg */
	GPtrArray *envs;	 /* QemuEnv */
	GPtrArray *capabilities_add, *capabilities_del; /* QemuCapability */
	QemuDeprecation deprecation;
	GPtrArray *overrides;	 /* QemuOverride */
} DomainQemuNs;

typedef struct {
	char *type, *value;
} LxcShare;
/* lxc:namespace, xen:commandline, bhyve:commandline, vmware:datacenterpath: kept. */
typedef struct {
	LxcShare *sharenet, *shareipc, *shareuts;
	GPtrArray *xen_args, *bhyve_args; /* QemuArg */
	char *vmware_datacenterpath;
} DomainForeignNs;
