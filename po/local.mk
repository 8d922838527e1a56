# Translations. Catalogues are compiled at build time and installed as reeve.mo; `make update-po` brings
# reeve.pot and the catalogues up to date with the sources. Strings are marked with _() and N_().

LINGUAS = ja

PO_FILES = $(LINGUAS:%=po/%.po)
MO_FILES = $(LINGUAS:%=po/%/LC_MESSAGES/reeve.mo)
XGETTEXT_FLAGS = \
	--language=C \
	--from-code=UTF-8 \
	--keyword=_ \
	--keyword=N_ \
	--flag=_:1:pass-c-format \
	--flag=N_:1:pass-c-format \
	--flag=fail:3:c-format \
	--flag=fail_errno:3:c-format \
	--add-location=file \
	--sort-by-file \
	--package-name=reeve \
	--copyright-holder='the authors of reeve'

all-local: $(MO_FILES)

po/%/LC_MESSAGES/reeve.mo: po/%.po
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(MSGFMT) --check-format -o $@ $<

# The files with marked strings are found, not listed: a list would be forgotten.
update-po:
	cd $(srcdir) && LC_ALL=C find $(ROOMS) -name '*.[ch]' -o -name '*.def' | LC_ALL=C sort > po/POTFILES
	cd $(srcdir) && $(XGETTEXT) $(XGETTEXT_FLAGS) --files-from=po/POTFILES --output=po/reeve.pot
	cd $(srcdir) && for language in $(LINGUAS); do \
		$(MSGMERGE) --quiet --update --backup=none --no-fuzzy-matching --add-location=file \
			po/$$language.po po/reeve.pot || exit 1; \
	done

ROOMS = base conf rpc drivers worker daemon tools

install-data-local: $(MO_FILES)
	for language in $(LINGUAS); do \
		$(MKDIR_P) $(DESTDIR)$(localedir)/$$language/LC_MESSAGES && \
		$(INSTALL_DATA) po/$$language/LC_MESSAGES/reeve.mo \
			$(DESTDIR)$(localedir)/$$language/LC_MESSAGES/reeve.mo || exit 1; \
	done

uninstall-local:
	for language in $(LINGUAS); do \
		rm -f $(DESTDIR)$(localedir)/$$language/LC_MESSAGES/reeve.mo; \
	done

.PHONY: update-po

CLEANFILES += $(MO_FILES)
EXTRA_DIST += \
	$(PO_FILES) \
	po/POTFILES \
	po/reeve.pot
