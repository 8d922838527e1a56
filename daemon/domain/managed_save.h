/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Saved guests that a start goes on from, and what is read out of any saved guest. That a domain has one is told by its
 * row in the store (Domain.managed_save), not by the file. Engine only.
 */
#pragma once

#include "daemon/registry/registry.h"
#include "daemon/guest/vm.h"
#include "worker/host/save_file.h"

/* Where the managed save of @domain lies; the caller frees. */
char *managed_save_path(const Domain *domain);
/* Makes the directory for it. */
bool managed_save_prepare(const Domain *domain, GError **error);
/* Forgets it, then removes the file. The caller holds @domain. One that is not there is no error. */
bool managed_save_remove_commit(Domain *domain, GError **error);
/*
 * Starts @domain, which the caller holds: unless it is to boot in any case (VIR_DOMAIN_START_FORCE_BOOT) it goes on
 * from its managed save, which is gone then. @start as of vm_start_call(), but for ->def, which is filled in.
 */
bool managed_save_or_boot_call(Domain *domain, VmStart *start, GError **error);

/* The definition in a saved guest, complete and with the CPU that the guest had. NULL and an error. */
DomainDef *saved_definition(const Driver *driver, const SaveHead *head, const char *path, GError **error);
/* How a guest goes on from it; @flags: virDomainSaveRestoreFlags. */
VmRestore saved_restore(const SaveHead *head, int fd, const char *path, unsigned flags);
