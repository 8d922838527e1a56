/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices with a backend of their own: rng, TPM, shared memory, memory modules, crypto. */
#include "conf/def/tables.h"

#include "base/i18n.h"

CONF_ENUM_DEFINE(rng_model, RNG_MODEL)
CONF_ENUM_DEFINE(rng_backend, RNG_BACKEND)
CONF_ENUM_DEFINE(tpm_model, TPM_MODEL)
CONF_ENUM_DEFINE(tpm_backend, TPM_BACKEND)
CONF_ENUM_DEFINE(tpm_version, TPM_VERSION)
CONF_ENUM_DEFINE(shmem_model, SHMEM_MODEL)
CONF_ENUM_DEFINE(shmem_role, SHMEM_ROLE)
CONF_ENUM_DEFINE(memory_model, MEMORY_MODEL)
CONF_ENUM_DEFINE(crypto_model, CRYPTO_MODEL)
CONF_ENUM_DEFINE(crypto_type, CRYPTO_TYPE)
CONF_ENUM_DEFINE(crypto_backend, CRYPTO_BACKEND)

/* <rng> */
static const BindRow rng_backend_rows[] = {
	ATTR(DomainRng, "model", backend, rng_backend, BIND_REQUIRED),
	TEXT(DomainRng, path, str, 0, WHEN(DomainRng, backend, BIT(RNG_BACKEND_RANDOM))),
	INCLUDE_IN(DomainRng, source, chardev_source, WHEN(DomainRng, backend,
	     BIT(RNG_BACKEND_EGD))),
	END_ROWS
};
static ELEMENT(rng_backend, NULL, DomainRng, rng_backend_rows);
static const BindRow rate_rows[] = {
	ATTR(DomainRng, "bytes", rate_bytes, uint, BIND_REQUIRED),
	ATTR(DomainRng, "period", rate_period_ms, uint, 0),
	END_ROWS
};
static ELEMENT(rng_rate, NULL, DomainRng, rate_rows);
static const BindRow rng_rows[] = {
	ATTR(DomainRng, "model", model, rng_model, BIND_REQUIRED | G),
	CHILD("rate", rng_rate, 0),
	CHILD("backend", rng_backend, BIND_REQUIRED | BIND_ONCE),
	INCLUDE_IN(DomainRng, virtio, virtio_driver),
	INCLUDE_IN(DomainRng, info, device_info),
	END_ROWS
};
ELEMENT(domain_rng, "rng", DomainRng, rng_rows);

/* <tpm> */
static const BindRow banks_rows[] = {
	FLAG(DomainTpm, "sha1", sha1, G), FLAG(DomainTpm, "sha256", sha256, G),
	FLAG(DomainTpm, "sha384", sha384, G), FLAG(DomainTpm, "sha512", sha512, G),
	END_ROWS
};
static ELEMENT(pcr_banks, NULL, DomainTpm, banks_rows);
static const BindRow profile_rows[] = {
	ATTR(DomainTpm, "source", profile_source, str, 0),
	ATTR(DomainTpm, "removeDisabled", profile_remove_disabled, str, 0),
	ATTR(DomainTpm, "name", profile_name, str, 0),
	END_ROWS
};
static ELEMENT(tpm_profile, NULL, DomainTpm, profile_rows);
static const BindRow tpm_source_rows[] = {
	ATTR(DomainTpm, "type", source_type, str, BIND_REQUIRED),
	ATTR(DomainTpm, "path", source_path, str, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(tpm_source, NULL, DomainTpm, tpm_source_rows);
#define BY(name) WHEN(DomainTpm, backend, BIT(TPM_BACKEND_##name))
static const BindRow tpm_backend_rows[] = {
	ATTR(DomainTpm, "type", backend, tpm_backend, BIND_REQUIRED),
	ATTR(DomainTpm, "version", version, tpm_version, G),
	ATTR(DomainTpm, "persistent_state", persistent_state, yes_no, 0, BY(EMULATOR)),
	ATTR(DomainTpm, "debug", debug, uint, 0, BY(EMULATOR)),
	VALUE(DomainTpm, "device", "path", device, str, 0, BY(PASSTHROUGH)),
	VALUE(DomainTpm, "encryption", "secret", secret, uuid, BIND_REQUIRED, BY(EMULATOR)),
	CHILD("active_pcr_banks", pcr_banks, G, HAS(DomainTpm, pcr_banks), BY(EMULATOR)),
	CHILD("profile", tpm_profile, 0, BY(EMULATOR)),
	CHILD("source", tpm_source, 0, BY(EMULATOR)),
	CHILD_IN(DomainTpm, "source", source, unix_source, 0, BY(EXTERNAL)),
	END_ROWS
};
static ELEMENT(tpm_backend, NULL, DomainTpm, tpm_backend_rows);
static const BindRow tpm_rows[] = {
	ATTR(DomainTpm, "model", model, tpm_model, G),
	CHILD("backend", tpm_backend, BIND_REQUIRED),
	INCLUDE_IN(DomainTpm, info, device_info),
	END_ROWS
};
ELEMENT(domain_tpm, "tpm", DomainTpm, tpm_rows);

/* <shmem> */
static const BindRow server_rows[] = { ATTR(DomainShmem, "path", server_path, str, 0), END_ROWS };
static ELEMENT(shmem_server, NULL, DomainShmem, server_rows);
static const BindRow msi_rows[] = {
	ATTR(DomainShmem, "vectors", msi_vectors, uint, G),
	ATTR(DomainShmem, "ioeventfd", msi_ioeventfd, on_off, G),
	END_ROWS
};
static ELEMENT(shmem_msi, NULL, DomainShmem, msi_rows);
static const BindRow shmem_rows[] = {
	ATTR(DomainShmem, "name", name, str, BIND_REQUIRED | G),
	ATTR(DomainShmem, "role", role, shmem_role, 0),
	VALUE(DomainShmem, "model", "type", model, shmem_model, G),
	SIZE_LEAF(DomainShmem, "size", size_mib, 1024 * 1024, G, .read_scale = 1, .unit = "M"),
	CHILD("server", shmem_server, G, HAS(DomainShmem, server)),
	CHILD("msi", shmem_msi, G, HAS(DomainShmem, msi)),
	INCLUDE_IN(DomainShmem, info, device_info),
	END_ROWS
};
ELEMENT(domain_shmem, "shmem", DomainShmem, shmem_rows);

/* <memory> inside <devices> */
#define KIB(m, n, f, ...) SIZE_LEAF(DomainMemoryDevice, n, m, 1024, f, ##__VA_ARGS__)
static const BindRow memory_source_rows[] = {
	KIB(pagesize_kib, "pagesize", 0),
	LEAF(DomainMemoryDevice, "nodemask", nodemask, cpuset, 0),
	LEAF(DomainMemoryDevice, "path", path, str, 0),
	KIB(alignsize_kib, "alignsize", 0),
	FLAG(DomainMemoryDevice, "pmem", pmem, 0),
	END_ROWS
};
static ELEMENT(memory_source, NULL, DomainMemoryDevice, memory_source_rows);
static const BindRow label_rows[] = { KIB(label_size_kib, "size", BIND_REQUIRED | BIND_NONZERO | G), END_ROWS };
static ELEMENT(memory_label, NULL, DomainMemoryDevice, label_rows);
static const BindRow memory_address_rows[] = {
	ATTR(DomainMemoryDevice, "base", address_base, hex64, G, HAS(DomainMemoryDevice,
	     has_address_base)),
	END_ROWS
};
static ELEMENT(memory_address, NULL, DomainMemoryDevice, memory_address_rows);
static const BindRow memory_target_rows[] = {
	ATTR(DomainMemoryDevice, "dynamicMemslots", dynamic_memslots, yes_no, 0),
	KIB(size_kib, "size", BIND_REQUIRED | BIND_NONZERO | G),
	LEAF(DomainMemoryDevice, "node", node, uint, G, HAS(DomainMemoryDevice, has_node)),
	CHILD("label", memory_label, 0),
	KIB(block_kib, "block", G),
	KIB(requested_kib, "requested", 0, HAS(DomainMemoryDevice, has_requested)),
	KIB(current_kib, "current", BIND_LIVE, HAS(DomainMemoryDevice, has_current)),
	CHILD("address", memory_address, 0),
	FLAG(DomainMemoryDevice, "readonly", readonly, G),
	END_ROWS
};
static ELEMENT(memory_target, NULL, DomainMemoryDevice, memory_target_rows);
static const BindRow memory_rows[] = {
	ATTR(DomainMemoryDevice, "model", model, memory_model, BIND_REQUIRED | G),
	ATTR(DomainMemoryDevice, "access", access, mem_access, 0),
	ATTR(DomainMemoryDevice, "discard", discard, yes_no, 0),
	LEAF(DomainMemoryDevice, "uuid", uuid, uuid, G),
	CHILD("source", memory_source, 0),
	CHILD("target", memory_target, BIND_REQUIRED),
	INCLUDE_IN(DomainMemoryDevice, info, device_info),
	END_ROWS
};
ELEMENT(domain_memory_device, "memory", DomainMemoryDevice, memory_rows);

/* <crypto> */
static const BindRow crypto_backend_rows[] = {
	ATTR(DomainCrypto, "model", backend, crypto_backend, BIND_REQUIRED),
	ATTR(DomainCrypto, "queues", queues, uint, G),
	END_ROWS
};
static ELEMENT(crypto_backend, NULL, DomainCrypto, crypto_backend_rows);
static const BindRow crypto_rows[] = {
	ATTR(DomainCrypto, "model", model, crypto_model, BIND_REQUIRED | G),
	ATTR(DomainCrypto, "type", type, crypto_type, BIND_REQUIRED),
	CHILD("backend", crypto_backend, BIND_REQUIRED),
	INCLUDE_IN(DomainCrypto, virtio, virtio_driver),
	INCLUDE_IN(DomainCrypto, info, device_info),
	END_ROWS
};
ELEMENT(domain_crypto, "crypto", DomainCrypto, crypto_rows);
