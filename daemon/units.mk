# Units for systemd, with the places of this installation in them.

UNITS = \
	daemon/reeved-ro.socket \
	daemon/reeved.service \
	daemon/reeved.socket

systemdsystemunit_DATA = $(UNITS)

$(UNITS): daemon/%: daemon/%.in Makefile
	$(AM_V_GEN)$(MKDIR_P) daemon && sed -e 's|@sbindir[@]|$(sbindir)|g' \
		-e 's|@runstatedir[@]|$(runstatedir)|g' $< > $@

CLEANFILES += $(UNITS)

EXTRA_DIST += \
	daemon/reeved-ro.socket.in \
	daemon/reeved.service.in \
	daemon/reeved.socket.in
