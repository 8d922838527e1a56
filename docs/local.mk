# Manual pages, examples, and what is made from tables: reeved.conf(5) from the settings as reeved itself
# knows them, the reference of each kind of document and its schema from conf/'s tables.

dist_man_MANS = docs/man/reeved.8
nodist_man_MANS = \
	docs/man/reeve.1 \
	docs/man/reeved.conf.5

docs/man/reeve.1: docs/man/reeve.head docs/man/reeve.tail tools/reeve$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/man && { cat $(srcdir)/docs/man/reeve.head && \
		LC_ALL=C tools/reeve$(EXEEXT) --help-commands-roff && \
		cat $(srcdir)/docs/man/reeve.tail; } > $@.new && mv $@.new $@

docs/man/reeved.conf.5: docs/man/reeved.conf.head docs/man/reeved.conf.tail daemon/reeved$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/man && { cat $(srcdir)/docs/man/reeved.conf.head && \
		LC_ALL=C daemon/reeved$(EXEEXT) --help-settings-roff && \
		cat $(srcdir)/docs/man/reeved.conf.tail; } > $@.new && mv $@.new $@

CLEANFILES += \
	docs/man/reeve.1 \
	docs/man/reeved.conf.5

referencedir = $(docdir)/reference
nodist_reference_DATA = \
	docs/reference/domain.md \
	docs/reference/network.md \
	docs/reference/pool.md \
	docs/reference/volume.md \
	docs/reference/nwfilter.md \
	docs/reference/secret.md \
	docs/reference/snapshot.md \
	docs/reference/checkpoint.md \
	docs/reference/backup.md \
	docs/reference/interface.md \
	docs/reference/nodedev.md

schemadir = $(pkgdatadir)/schemas
nodist_schema_DATA = \
	docs/schemas/domain.rng \
	docs/schemas/network.rng \
	docs/schemas/pool.rng \
	docs/schemas/volume.rng \
	docs/schemas/nwfilter.rng \
	docs/schemas/secret.rng \
	docs/schemas/snapshot.rng \
	docs/schemas/checkpoint.rng \
	docs/schemas/backup.rng \
	docs/schemas/interface.rng \
	docs/schemas/nodedev.rng

$(nodist_reference_DATA): conf/conf-reference$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && conf/conf-reference$(EXEEXT) markdown $(basename $(@F)) > $@.new && mv $@.new $@
$(nodist_schema_DATA): conf/conf-reference$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && conf/conf-reference$(EXEEXT) rng $(basename $(@F)) > $@.new && mv $@.new $@

CLEANFILES += \
	$(nodist_reference_DATA) \
	$(nodist_schema_DATA)

EXTRA_DIST += \
	docs/admin \
	docs/decisions \
	docs/examples \
	docs/faults.md \
	docs/man/reeve.head \
	docs/man/reeve.tail \
	docs/rules-of-definitions.md \
	docs/man/reeved.conf.head \
	docs/man/reeved.conf.tail
