/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(hyperv_mode, HYPERV_MODE)
CONF_ENUM_DEFINE(capabilities_policy, CAPABILITIES_POLICY)
CONF_ENUM_DEFINE(gic_version, GIC)
CONF_ENUM_DEFINE(ioapic_driver, IOAPIC)
CONF_ENUM_DEFINE(hpt_resizing, HPT)
CONF_ENUM_DEFINE(msrs_unknown, MSRS)
CONF_ENUM_DEFINE(cfpc, CFPC)
CONF_ENUM_DEFINE(sbbc, SBBC)
CONF_ENUM_DEFINE(ibs, IBS)
CONF_ENUM_DEFINE(aia_kind, AIA)
CONF_ENUM_DEFINE(xen_passthrough_mode, XEN_PASSTHROUGH)
CONF_ENUM_DEFINE(launch_security_type, LAUNCH_SECURITY)

#define SWITCH(S, n, m) VALUE(S, n, "state", m, on_off, BIND_REQUIRED | G)

static const BindRow spinlocks_rows[] = {
	ATTR(FeaturesHyperv, "state", spinlocks, on_off, BIND_REQUIRED | G),
	ATTR(FeaturesHyperv, "retries", spinlock_retries, uint, G),
	END_ROWS
};
static ELEMENT(hyperv_spinlocks, NULL, FeaturesHyperv, spinlocks_rows);
static const BindRow stimer_rows[] = {
	ATTR(FeaturesHyperv, "state", stimer, on_off, BIND_REQUIRED | G),
	SWITCH(FeaturesHyperv, "direct", stimer_direct),
	END_ROWS
};
static ELEMENT(hyperv_stimer, NULL, FeaturesHyperv, stimer_rows);
static const BindRow tlbflush_rows[] = {
	ATTR(FeaturesHyperv, "state", tlbflush, on_off, BIND_REQUIRED | G),
	SWITCH(FeaturesHyperv, "direct", tlbflush_direct),
	SWITCH(FeaturesHyperv, "extended", tlbflush_extended),
	END_ROWS
};
static ELEMENT(hyperv_tlbflush, NULL, FeaturesHyperv, tlbflush_rows);
static const BindRow vendor_id_rows[] = {
	ATTR(FeaturesHyperv, "state", vendor_id, on_off, BIND_REQUIRED | G),
	ATTR(FeaturesHyperv, "value", vendor_id_value, str, G),
	END_ROWS
};
static ELEMENT(hyperv_vendor_id, NULL, FeaturesHyperv, vendor_id_rows);

static const BindRow hyperv_rows[] = {
	ATTR(FeaturesHyperv, "mode", mode, hyperv_mode, G, MISSING(HYPERV_MODE_CUSTOM)),
	SWITCH(FeaturesHyperv, "relaxed", relaxed),
	SWITCH(FeaturesHyperv, "vapic", vapic),
	CHILD("spinlocks", hyperv_spinlocks, 0),
	SWITCH(FeaturesHyperv, "vpindex", vpindex),
	SWITCH(FeaturesHyperv, "runtime", runtime),
	SWITCH(FeaturesHyperv, "synic", synic),
	CHILD("stimer", hyperv_stimer, 0),
	SWITCH(FeaturesHyperv, "reset", reset),
	CHILD("vendor_id", hyperv_vendor_id, 0),
	SWITCH(FeaturesHyperv, "frequencies", frequencies),
	SWITCH(FeaturesHyperv, "reenlightenment", reenlightenment),
	CHILD("tlbflush", hyperv_tlbflush, 0),
	SWITCH(FeaturesHyperv, "ipi", ipi),
	SWITCH(FeaturesHyperv, "evmcs", evmcs),
	SWITCH(FeaturesHyperv, "avic", avic),
	SWITCH(FeaturesHyperv, "emsr_bitmap", emsr_bitmap),
	SWITCH(FeaturesHyperv, "xmm_input", xmm_input),
	END_ROWS
};
static ELEMENT(features_hyperv, NULL, FeaturesHyperv, hyperv_rows,
	       .closed = VIR_ERR_CONFIG_UNSUPPORTED);

static const BindRow dirty_ring_rows[] = {
	ATTR(DomainFeatures, "state", kvm_dirty_ring, on_off, BIND_REQUIRED | G),
	ATTR(DomainFeatures, "size", kvm_dirty_ring_size, uint, G),
	END_ROWS
};
static ELEMENT(kvm_dirty_ring, NULL, DomainFeatures, dirty_ring_rows);
static const BindRow kvm_rows[] = {
	SWITCH(DomainFeatures, "hidden", kvm_hidden),
	SWITCH(DomainFeatures, "hint-dedicated", kvm_hint_dedicated),
	SWITCH(DomainFeatures, "poll-control", kvm_poll_control),
	SWITCH(DomainFeatures, "pv-ipi", kvm_pv_ipi),
	CHILD("dirty-ring", kvm_dirty_ring, 0),
	END_ROWS
};
static ELEMENT(features_kvm, NULL, DomainFeatures, kvm_rows,
	       .closed = VIR_ERR_CONFIG_UNSUPPORTED);

static const BindRow xen_passthrough_rows[] = {
	ATTR(DomainFeatures, "state", xen_passthrough, on_off, BIND_REQUIRED | G),
	ATTR(DomainFeatures, "mode", xen_passthrough_mode, xen_passthrough_mode, G),
	END_ROWS
};
static ELEMENT(xen_passthrough, NULL, DomainFeatures, xen_passthrough_rows);
static const BindRow xen_rows[] = {
	SWITCH(DomainFeatures, "e820_host", xen_e820_host),
	CHILD("passthrough", xen_passthrough, 0),
	END_ROWS
};
static ELEMENT(features_xen, NULL, DomainFeatures, xen_rows);

const char *const capability_names[CAPABILITY_COUNT] = {
	"audit_control", "audit_write", "block_suspend", "chown", "dac_override",
	"dac_read_search", "fowner", "fsetid", "ipc_lock", "ipc_owner", "kill", "lease",
	"linux_immutable", "mac_admin", "mac_override", "mknod", "net_admin", "net_bind_service",
	"net_broadcast", "net_raw", "setgid", "setfcap", "setpcap", "setuid", "sys_admin",
	"sys_boot", "sys_chroot", "sys_module", "sys_nice", "sys_pacct", "sys_ptrace", "sys_rawio",
	"sys_resource", "sys_time", "sys_tty_config", "syslog", "wake_alarm"
};
#define CAP(i, n) SWITCH(DomainFeatures, n, capability_states[i])
static const BindRow capabilities_rows[] = {
	ATTR(DomainFeatures, "policy", capabilities_policy, capabilities_policy, G),
	CAP(0, "audit_control"), CAP(1, "audit_write"), CAP(2, "block_suspend"), CAP(3, "chown"),
	CAP(4, "dac_override"), CAP(5, "dac_read_search"), CAP(6, "fowner"), CAP(7, "fsetid"),
	CAP(8, "ipc_lock"), CAP(9, "ipc_owner"), CAP(10, "kill"), CAP(11, "lease"),
	CAP(12, "linux_immutable"), CAP(13, "mac_admin"), CAP(14, "mac_override"),
	CAP(15, "mknod"), CAP(16, "net_admin"), CAP(17, "net_bind_service"),
	CAP(18, "net_broadcast"), CAP(19, "net_raw"), CAP(20, "setgid"), CAP(21, "setfcap"),
	CAP(22, "setpcap"), CAP(23, "setuid"), CAP(24, "sys_admin"), CAP(25, "sys_boot"),
	CAP(26, "sys_chroot"), CAP(27, "sys_module"), CAP(28, "sys_nice"), CAP(29, "sys_pacct"),
	CAP(30, "sys_ptrace"), CAP(31, "sys_rawio"), CAP(32, "sys_resource"), CAP(33, "sys_time"),
	CAP(34, "sys_tty_config"), CAP(35, "syslog"), CAP(36, "wake_alarm"),
	END_ROWS
};
static ELEMENT(features_capabilities, NULL, DomainFeatures, capabilities_rows);

#define STATE_ROWS(id, member) \
	static const BindRow id##_rows[] = { \
		ATTR(DomainFeatures, "state", member, on_off, G, MISSING(TRISTATE_YES)), END_ROWS }; \
	static ELEMENT(id, NULL, DomainFeatures, id##_rows)
STATE_ROWS(feature_hap, hap_state);
STATE_ROWS(feature_pvspinlock, pvspinlock_state);
STATE_ROWS(feature_pmu, pmu_state);
STATE_ROWS(feature_vmcoreinfo, vmcoreinfo_state);

static const BindRow apic_rows[] = {
	ATTR(DomainFeatures, "eoi", apic_eoi, on_off, G), END_ROWS
};
static ELEMENT(feature_apic, NULL, DomainFeatures, apic_rows);
static const BindRow gic_rows[] = {
	ATTR(DomainFeatures, "version", gic_version, gic_version, G, .code = VIR_ERR_XML_ERROR),
	END_ROWS
};
static ELEMENT(feature_gic, NULL, DomainFeatures, gic_rows);
static const BindRow smm_rows[] = {
	ATTR(DomainFeatures, "state", smm_state, on_off, G, MISSING(TRISTATE_YES)),
	SIZE_LEAF(DomainFeatures, "tseg", tseg_size, 1, G, .read_scale = 1024 * 1024,
		  HAS(DomainFeatures, has_tseg_size)),
	END_ROWS
};
static ELEMENT(feature_smm, NULL, DomainFeatures, smm_rows);
static const BindRow hpt_rows[] = {
	ATTR(DomainFeatures, "resizing", hpt_resizing, hpt_resizing, G),
	SIZE_LEAF(DomainFeatures, "maxpagesize", hpt_maxpagesize_kib, 1024, G),
	END_ROWS
};
static ELEMENT(feature_hpt, NULL, DomainFeatures, hpt_rows);
static const BindRow tcg_rows[] = {
	SIZE_LEAF(DomainFeatures, "tb-cache", tcg_tb_cache_kib, 1024, 0),
	END_ROWS
};
static ELEMENT(feature_tcg, NULL, DomainFeatures, tcg_rows);

static const BindRow features_rows[] = {
	FLAG(DomainFeatures, "acpi", acpi, G),
	CHILD("apic", feature_apic, G, HAS(DomainFeatures, apic)),
	FLAG(DomainFeatures, "pae", pae, G),
	CHILD("hap", feature_hap, G, HAS(DomainFeatures, hap)),
	FLAG(DomainFeatures, "viridian", viridian, G),
	FLAG(DomainFeatures, "privnet", privnet, G),
	CHILD_IN(DomainFeatures, "hyperv", hyperv, features_hyperv, G | BIND_MERGE, HAS(DomainFeatures,
	     hyperv.present)),
	CHILD("kvm", features_kvm, G, HAS(DomainFeatures, kvm)),
	CHILD("xen", features_xen, G, HAS(DomainFeatures, xen)),
	CHILD("pvspinlock", feature_pvspinlock, G, HAS(DomainFeatures, pvspinlock)),
	CHILD("pmu", feature_pmu, G, HAS(DomainFeatures, pmu)),
	CHILD("capabilities", features_capabilities, G, HAS(DomainFeatures, capabilities)),
	SWITCH(DomainFeatures, "vmport", vmport_state),
	SWITCH(DomainFeatures, "ps2", ps2),
	CHILD("gic", feature_gic, G, HAS(DomainFeatures, gic)),
	CHILD("smm", feature_smm, G, HAS(DomainFeatures, smm)),
	VALUE(DomainFeatures, "ioapic", "driver", ioapic_driver, ioapic_driver, G,
	     .code = VIR_ERR_CONFIG_UNSUPPORTED),
	CHILD("hpt", feature_hpt, G),
	CHILD("vmcoreinfo", feature_vmcoreinfo, G, HAS(DomainFeatures, vmcoreinfo)),
	SWITCH(DomainFeatures, "htm", htm),
	SWITCH(DomainFeatures, "ras", ras),
	SWITCH(DomainFeatures, "nested-hv", nested_hv),
	VALUE(DomainFeatures, "msrs", "unknown", msrs_unknown, msrs_unknown, BIND_REQUIRED | G),
	SWITCH(DomainFeatures, "ccf-assist", ccf_assist),
	VALUE(DomainFeatures, "cfpc", "value", cfpc, cfpc, BIND_REQUIRED | G,
	     .code = VIR_ERR_CONFIG_UNSUPPORTED),
	VALUE(DomainFeatures, "sbbc", "value", sbbc, sbbc, BIND_REQUIRED | G,
	     .code = VIR_ERR_CONFIG_UNSUPPORTED),
	VALUE(DomainFeatures, "ibs", "value", ibs, ibs, BIND_REQUIRED | G,
	     .code = VIR_ERR_CONFIG_UNSUPPORTED),
	CHILD("tcg", feature_tcg, 0),
	SWITCH(DomainFeatures, "async-teardown", async_teardown),
	VALUE(DomainFeatures, "aia", "value", aia, aia_kind, BIND_REQUIRED | G),
	END_ROWS
};
ELEMENT(domain_features, "features", DomainFeatures, features_rows,
	.closed = VIR_ERR_CONFIG_UNSUPPORTED,
	.doc = N_("Switches of the platform."));

static const BindRow pm_rows[] = {
	VALUE(DomainPm, "suspend-to-mem", "enabled", suspend_to_mem, yes_no, G),
	VALUE(DomainPm, "suspend-to-disk", "enabled", suspend_to_disk, yes_no, G),
	END_ROWS
};
ELEMENT(domain_pm, "pm", DomainPm, pm_rows);

#define CIPHER(id, m) \
	static const BindRow id##_rows[] = { \
		ATTR(DomainKeywrap, "state", m, on_off, BIND_REQUIRED | G), END_ROWS }; \
	static ELEMENT(id, NULL, DomainKeywrap, id##_rows)
CIPHER(keywrap_aes, aes);
CIPHER(keywrap_dea, dea);
static const BindRow keywrap_rows[] = {
	CHILD("cipher", keywrap_aes, 0, SELECT("name", "aes")),
	CHILD("cipher", keywrap_dea, 0, SELECT("name", "dea")),
	END_ROWS
};
ELEMENT(domain_keywrap, "keywrap", DomainKeywrap, keywrap_rows);

#define SEV WHEN(DomainLaunchSecurity, type, BIT(LAUNCH_SECURITY_SEV))
#define SNP WHEN(DomainLaunchSecurity, type, BIT(LAUNCH_SECURITY_SEV_SNP))
#define ANY_SEV \
	WHEN(DomainLaunchSecurity, type, BIT(LAUNCH_SECURITY_SEV) | BIT(LAUNCH_SECURITY_SEV_SNP))
#define TDX WHEN(DomainLaunchSecurity, type, BIT(LAUNCH_SECURITY_TDX))
static const BindRow quote_service_rows[] = {
	ATTR(DomainLaunchSecurity, "path", quote_socket, str, 0),
	END_ROWS
};
static ELEMENT(quote_service, NULL, DomainLaunchSecurity, quote_service_rows);
#define POLICY \
	WHEN(DomainLaunchSecurity, type, BIT(LAUNCH_SECURITY_SEV) | \
	     BIT(LAUNCH_SECURITY_SEV_SNP) | BIT(LAUNCH_SECURITY_TDX))
static const BindRow launch_rows[] = {
	ATTR(DomainLaunchSecurity, "type", type, launch_security_type, BIND_REQUIRED | G),
	ATTR(DomainLaunchSecurity, "kernelHashes", kernel_hashes, yes_no, G, ANY_SEV),
	ATTR(DomainLaunchSecurity, "authorKey", author_key, yes_no, G, SNP),
	ATTR(DomainLaunchSecurity, "vcek", vcek, yes_no, G, SNP),
	LEAF(DomainLaunchSecurity, "cbitpos", cbitpos, uint, G, HAS(DomainLaunchSecurity,
	     has_cbitpos), ANY_SEV),
	LEAF(DomainLaunchSecurity, "reducedPhysBits", reduced_phys_bits, uint, G,
	     HAS(DomainLaunchSecurity, has_reduced_phys_bits), ANY_SEV),
	LEAF(DomainLaunchSecurity, "policy", policy, hex64, G, HAS(DomainLaunchSecurity,
	     has_policy), POLICY),
	LEAF(DomainLaunchSecurity, "handle", handle, uint, 0, SEV),
	LEAF(DomainLaunchSecurity, "dhCert", dh_cert, str, 0, SEV),
	LEAF(DomainLaunchSecurity, "session", session, str, 0, SEV),
	LEAF(DomainLaunchSecurity, "guestVisibleWorkarounds", guest_visible_workarounds, str, G,
	     SNP),
	LEAF(DomainLaunchSecurity, "idBlock", id_block, str, 0, SNP),
	LEAF(DomainLaunchSecurity, "idAuth", id_auth, str, 0, SNP),
	LEAF(DomainLaunchSecurity, "hostData", host_data, str, 0, SNP),
	LEAF(DomainLaunchSecurity, "mrConfigId", mr_config_id, str, G, TDX),
	LEAF(DomainLaunchSecurity, "mrOwner", mr_owner, str, G, TDX),
	LEAF(DomainLaunchSecurity, "mrOwnerConfig", mr_owner_config, str, G, TDX),
	CHILD("quoteGenerationService", quote_service, 0,
	      HAS(DomainLaunchSecurity, quote_service), TDX),
	END_ROWS
};
ELEMENT(domain_launch_security, "launchSecurity", DomainLaunchSecurity, launch_rows);
