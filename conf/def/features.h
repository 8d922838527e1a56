/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Switches of the guest's platform: <features>, <pm>, <keywrap>, <launchSecurity>. Part of a DomainDef. */
#pragma once

#include "conf/bind/types.h"

#define HYPERV_MODE_VALUES(X) X(HYPERV_MODE_CUSTOM, "custom") X(HYPERV_MODE_PASSTHROUGH, "passthrough") \
	X(HYPERV_MODE_HOST_MODEL, "host-model")
CONF_ENUM(HypervMode, hyperv_mode, HYPERV_MODE)
#define CAPABILITIES_POLICY_VALUES(X) \
	X(CAPABILITIES_POLICY_DEFAULT, "default") X(CAPABILITIES_POLICY_ALLOW, "allow") \
	X(CAPABILITIES_POLICY_DENY, "deny")
CONF_ENUM(CapabilitiesPolicy, capabilities_policy, CAPABILITIES_POLICY)
#define GIC_VALUES(X) X(GIC_HOST, "host") X(GIC_2, "2") X(GIC_3, "3")
CONF_ENUM(GicVersion, gic_version, GIC)
#define IOAPIC_VALUES(X) X(IOAPIC_QEMU, "qemu") X(IOAPIC_KVM, "kvm")
CONF_ENUM(IoapicDriver, ioapic_driver, IOAPIC)
#define HPT_VALUES(X) \
	X(HPT_ENABLED, "enabled") X(HPT_DISABLED, "disabled") X(HPT_REQUIRED, "required")
CONF_ENUM(HptResizing, hpt_resizing, HPT)
#define MSRS_VALUES(X) X(MSRS_IGNORE, "ignore") X(MSRS_FAULT, "fault")
CONF_ENUM(MsrsUnknown, msrs_unknown, MSRS)
#define CFPC_VALUES(X) \
	X(CFPC_NONE, "none") X(CFPC_BROKEN, "broken") X(CFPC_WORKAROUND, "workaround") \
	X(CFPC_FIXED, "fixed")
CONF_ENUM(Cfpc, cfpc, CFPC)
#define SBBC_VALUES(X) \
	X(SBBC_NONE, "none") X(SBBC_BROKEN, "broken") X(SBBC_WORKAROUND, "workaround") \
	X(SBBC_FIXED, "fixed")
CONF_ENUM(Sbbc, sbbc, SBBC)
#define IBS_VALUES(X) \
	X(IBS_NONE, "none") X(IBS_BROKEN, "broken") X(IBS_WORKAROUND, "workaround") \
	X(IBS_FIXED_IBS, "fixed-ibs") X(IBS_FIXED_CCD, "fixed-ccd") X(IBS_FIXED_NA, "fixed-na")
CONF_ENUM(Ibs, ibs, IBS)
#define AIA_VALUES(X) X(AIA_NONE, "none") X(AIA_APLIC, "aplic") X(AIA_APLIC_IMSIC, "aplic-imsic")
CONF_ENUM(AiaKind, aia_kind, AIA)
#define XEN_PASSTHROUGH_VALUES(X) \
	X(XEN_PASSTHROUGH_SYNC_PT, "sync_pt") X(XEN_PASSTHROUGH_SHARE_PT, "share_pt")
CONF_ENUM(XenPassthroughMode, xen_passthrough_mode, XEN_PASSTHROUGH)

typedef struct {
	bool present;
	HypervMode mode;
	Tristate relaxed, vapic, spinlocks, vpindex, runtime, synic, stimer, stimer_direct, reset,
		vendor_id, frequencies, reenlightenment, tlbflush, tlbflush_direct,
			tlbflush_extended,
		ipi, evmcs, avic, emsr_bitmap, xmm_input;
	guint spinlock_retries;
	char *vendor_id_value;
} FeaturesHyperv;

/* States of the capabilities of a container, by position in capability_names[]. */
#define CAPABILITY_COUNT 37
extern const char *const capability_names[CAPABILITY_COUNT];

typedef struct {
	bool acpi, pae, viridian, privnet;
	bool apic;
	Tristate apic_eoi;
	bool hap, pvspinlock, pmu; /* the element is there; its state may be left out */
	Tristate hap_state, pvspinlock_state, pmu_state;
	FeaturesHyperv hyperv;
	bool kvm;
	Tristate kvm_hidden, kvm_hint_dedicated, kvm_poll_control, kvm_pv_ipi, kvm_dirty_ring;
	guint kvm_dirty_ring_size;
	bool xen;
	Tristate xen_e820_host, xen_passthrough;
	XenPassthroughMode xen_passthrough_mode;
	bool capabilities;
	CapabilitiesPolicy capabilities_policy;
	Tristate capability_states[CAPABILITY_COUNT];
	Tristate vmport_state;
	bool gic;
	GicVersion gic_version;
	bool smm;
	Tristate smm_state;
	guint64 tseg_size; /* bytes */
	bool has_tseg_size;
	IoapicDriver ioapic_driver;
	HptResizing hpt_resizing;
	guint64 hpt_maxpagesize_kib;
	bool vmcoreinfo;
	Tristate vmcoreinfo_state;
	Tristate htm, nested_hv, ccf_assist, ras, ps2, async_teardown;
	AiaKind aia; /* interrupts of RISC-V */
	MsrsUnknown msrs_unknown;
	Cfpc cfpc;
	Sbbc sbbc;
	Ibs ibs;
	guint64 tcg_tb_cache_kib;
} DomainFeatures;

typedef struct {
	Tristate suspend_to_mem, suspend_to_disk;
} DomainPm;

typedef struct {
	Tristate aes, dea;
} DomainKeywrap;

#define LAUNCH_SECURITY_VALUES(X) \
	X(LAUNCH_SECURITY_SEV, "sev") X(LAUNCH_SECURITY_S390_PV, "s390-pv") \
	X(LAUNCH_SECURITY_SEV_SNP, "sev-snp") X(LAUNCH_SECURITY_TDX, "tdx")
CONF_ENUM(LaunchSecurityType, launch_security_type, LAUNCH_SECURITY)
typedef struct {
	LaunchSecurityType type;
	Tristate kernel_hashes, author_key, vcek;
	guint cbitpos, reduced_phys_bits;
	bool has_cbitpos, has_reduced_phys_bits;
	guint64 policy;
	bool has_policy;
	guint handle;
	char *dh_cert, *session; /* sev */
	char *mr_config_id, *mr_owner, *mr_owner_config, *quote_socket; /* tdx */
	bool quote_service;
	char *guest_visible_workarounds, *id_block, *id_auth, *host_data; /* sev-snp */
} DomainLaunchSecurity;
