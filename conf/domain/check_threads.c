/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vCPUs and I/O threads: which there are, and who speaks of others. */
#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"

static bool vcpu_entries_check(const DomainDef *def, GError **error)
{
	for (guint i = 0; i < list_length(def->vcpus.entries); i++) {
		const VcpuEntry *entry = list_get(def->vcpus.entries, i);

		if (entry->id >= def->vcpus.count)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("<vcpus> speaks of vCPU %u, but there are only %u"), entry->id,
				    def->vcpus.count);
		if (entry->enabled == TRISTATE_NO && entry->hotpluggable == TRISTATE_NO)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("vCPU %u is neither there nor can it be plugged in later"),
				    entry->id);
	}
	return true;
}

static bool pool_check(const DomainIothread *thread, GError **error)
{
	if (thread->has_pool_min && thread->pool_min < 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the thread_pool_min of an I/O thread is not negative"));
	if (thread->has_pool_max && thread->pool_max <= 0)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the thread_pool_max of an I/O thread is at least 1"));
	if (thread->has_pool_min && thread->has_pool_max && thread->pool_min > thread->pool_max)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the thread_pool_min of an I/O thread is at most its thread_pool_max"));
	return true;
}

static bool iothread_listed(const DomainDef *def, guint id)
{
	for (guint i = 0; i < list_length(def->iothreads); i++)
		if (((DomainIothread *)list_get(def->iothreads, i))->id == id)
			return true;
	return false;
}

guint domain_def_iothread_id(const DomainDef *def, guint index)
{
	guint id = 0;

	if (index < list_length(def->iothreads))
		return ((DomainIothread *)list_get(def->iothreads, index))->id;
	for (guint left = index - list_length(def->iothreads) + 1; left > 0; left--)
		do
			id++;
		while (iothread_listed(def, id));
	return id;
}

bool domain_def_has_iothread(const DomainDef *def, guint id)
{
	/* Threads without an id get the lowest free ones, which are those up to their number. */
	for (guint i = 0; i < list_length(def->iothreads); i++)
		if (((DomainIothread *)list_get(def->iothreads, i))->id == id)
			return true;
	return list_length(def->iothreads) < def->iothread_count && id > 0 &&
	       id <= def->iothread_count;
}

static bool iothreads_check(const DomainDef *def, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < list_length(def->iothreads); i++) {
		const DomainIothread *thread = list_get(def->iothreads, i);

		if (!thread->id)
			return fail(error, VIR_ERR_XML_ERROR, _("the id of an I/O thread is not 0"));
		if (!g_hash_table_add(seen, GUINT_TO_POINTER(thread->id)))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("there are two I/O threads with id %u"), thread->id);
		if (!pool_check(thread, error))
			return false;
	}
	return !def->default_iothread || pool_check(def->default_iothread, error);
}

static bool iothread_pins_check(const DomainDef *def, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < list_length(def->cputune.iothreadpins); i++) {
		const CpuPin *pin = list_get(def->cputune.iothreadpins, i);

		if (!domain_def_has_iothread(def, pin->id))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("<cputune> pins I/O thread %u, which there is not"), pin->id);
		if (!g_hash_table_add(seen, GUINT_TO_POINTER(pin->id)))
			return fail(error, VIR_ERR_INTERNAL_ERROR,
				    _("<cputune> pins I/O thread %u twice"), pin->id);
	}
	return true;
}

static bool priority_check(const CpuSched *sched, const char *name, GError **error)
{
	bool realtime = sched->scheduler == SCHEDULER_FIFO || sched->scheduler == SCHEDULER_RR;

	return !realtime || sched->has_priority ||
	       fail(error, VIR_ERR_XML_ERROR, _("<%s scheduler='%s'> needs a 'priority'"), name,
		    scheduler_name(sched->scheduler));
}

/* Rows of one kind of thread: each with its priority, none with a thread of another. */
static bool scheds_check(const GPtrArray *scheds, const char *name, GError **error)
{
	for (guint i = 0; i < list_length(scheds); i++) {
		const CpuSched *sched = list_get(scheds, i);

		if (!priority_check(sched, name, error))
			return false;
		for (guint k = 0; k < i; k++)
			if (cpuset_overlaps(sched->ids, ((CpuSched *)list_get(scheds, k))->ids))
				return fail(error, VIR_ERR_XML_DETAIL,
					    _("two <%s> speak of the same thread"), name);
	}
	return true;
}

static bool sched_threads_check(const DomainDef *def, GError **error)
{
	const DomainCpuTune *tune = &def->cputune;

	for (guint i = 0; i < list_length(tune->vcpuscheds); i++) {
		const CpuSched *sched = list_get(tune->vcpuscheds, i);

		if (cpuset_last(sched->ids) >= (int)def->vcpus.count)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("<vcpusched> speaks of vCPU %d, but there are only %u"),
				    cpuset_last(sched->ids), def->vcpus.count);
	}
	for (guint i = 0; i < list_length(tune->iothreadscheds); i++) {
		const CpuSched *sched = list_get(tune->iothreadscheds, i);

		for (int id = 0; id <= cpuset_last(sched->ids); id++)
			if (cpuset_has(sched->ids, (guint)id) &&
			    !domain_def_has_iothread(def, (guint)id))
				return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
					    _("<iothreadsched> speaks of I/O thread %d, which there is "
					      "not"), id);
	}
	return true;
}

bool threads_check(const DomainDef *def, GError **error)
{
	const DomainCpuTune *tune = &def->cputune;

	return vcpu_entries_check(def, error) && iothreads_check(def, error) &&
	       iothread_pins_check(def, error) &&
	       scheds_check(tune->vcpuscheds, "vcpusched", error) &&
	       scheds_check(tune->iothreadscheds, "iothreadsched", error) &&
	       (!tune->emulatorsched ||
		priority_check(tune->emulatorsched, "emulatorsched", error)) &&
	       sched_threads_check(def, error);
}
