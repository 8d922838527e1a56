# Manual pages and examples. reeved.conf(5) lists the settings as reeved itself knows them.

dist_man_MANS = \
	docs/man/reeve.1 \
	docs/man/reeved.8
nodist_man_MANS = docs/man/reeved.conf.5

docs/man/reeved.conf.5: docs/man/reeved.conf.head docs/man/reeved.conf.tail daemon/reeved$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/man && { cat $(srcdir)/docs/man/reeved.conf.head && \
		LC_ALL=C daemon/reeved$(EXEEXT) --help-settings-roff && \
		cat $(srcdir)/docs/man/reeved.conf.tail; } > $@.new && mv $@.new $@

CLEANFILES += docs/man/reeved.conf.5

EXTRA_DIST += \
	docs/decisions \
	docs/examples \
	docs/man/reeved.conf.head \
	docs/man/reeved.conf.tail
