# The command line. All but main() is a library, so that unit tests can link it.
#
#	cli/       tables of commands and options, their words, output, the session with a daemon, the shell; no noun
#	object/    the objects that commands name, and the shapes of commands that nouns share; no command
#	domain/    snapshot/ storage/ network/ host/ event/: the commands, a file a noun; none uses another's folder

noinst_LIBRARIES += tools/libtools.a
tools_libtools_a_SOURCES = \
	tools/cli/action.h \
	tools/cli/commands.c \
	tools/cli/commands.def \
	tools/cli/commands.h \
	tools/cli/commands_domain.def \
	tools/cli/commands_object.def \
	tools/cli/complete.c \
	tools/cli/diff.c \
	tools/cli/download.c \
	tools/cli/download.h \
	tools/cli/fields.c \
	tools/cli/fields.h \
	tools/cli/groups.def \
	tools/cli/interactive.c \
	tools/cli/manual.c \
	tools/cli/needs.def \
	tools/cli/options.c \
	tools/cli/options.def \
	tools/cli/options.h \
	tools/cli/output.c \
	tools/cli/output.h \
	tools/cli/session.c \
	tools/cli/session.h \
	tools/cli/shell.c \
	tools/cli/shell.h \
	tools/cli/support.c \
	tools/cli/support.h \
	tools/cli/xmlfile.c \
	tools/cli/xmlfile.h \
	tools/domain/console.c \
	tools/domain/console.h \
	tools/domain/device.h \
	tools/domain/diagnose.c \
	tools/domain/diagnose.h \
	tools/domain/domain.c \
	tools/domain/domain_agent.c \
	tools/domain/domain_attach.c \
	tools/domain/domain_block.c \
	tools/domain/domain_define.c \
	tools/domain/domain_device.c \
	tools/domain/domain_display.c \
	tools/domain/domain_interface.c \
	tools/domain/domain_lifecycle.c \
	tools/domain/domain_list.c \
	tools/domain/domain_metadata.c \
	tools/domain/domain_save.c \
	tools/domain/domain_stats.c \
	tools/domain/domain_tune.c \
	tools/domain/domain_vcpu.c \
	tools/domain/history.c \
	tools/domain/keycodes.c \
	tools/domain/keycodes.h \
	tools/domain/undefine.c \
	tools/domain/undefine.h \
	tools/event/event.c \
	tools/event/event.h \
	tools/event/event_domain.c \
	tools/event/event_object.c \
	tools/host/host.c \
	tools/host/host_memory.c \
	tools/host/nodedev.c \
	tools/host/secret.c \
	tools/network/iface.c \
	tools/network/network.c \
	tools/network/nwfilter.c \
	tools/object/action.c \
	tools/object/cpumap.c \
	tools/object/cpumap.h \
	tools/object/domain_ref.c \
	tools/object/domain_ref.h \
	tools/object/kind.c \
	tools/object/kind.h \
	tools/object/object.h \
	tools/object/object_ref.c \
	tools/object/object_ref.h \
	tools/object/tune.c \
	tools/object/tune.h \
	tools/snapshot/checkpoint.c \
	tools/snapshot/moment.c \
	tools/snapshot/moment.h \
	tools/snapshot/snapshot.c \
	tools/storage/pool.c \
	tools/storage/volume.c

$(tools_libtools_a_OBJECTS): | $(WIRE_H) rpc/tables/fields.def

# What calls consist of, for the rows of commands.
FIELDS_X = \
	rpc/tables/remote.x \
	rpc/tables/qemu.x \
	rpc/tables/reeve.x
BUILT_SOURCES += rpc/tables/fields.def
CLEANFILES += rpc/tables/fields.def
EXTRA_DIST += rpc/tables/fields.awk
rpc/tables/fields.def: $(FIELDS_X) rpc/tables/fields.awk
	$(AM_V_GEN)$(MKDIR_P) rpc/tables && for x in $(FIELDS_X); do cat $(srcdir)/$$x; done | \
		$(AWK) -f $(srcdir)/rpc/tables/fields.awk > $@.tmp && mv $@.tmp $@

bin_PROGRAMS += tools/reeve
tools_reeve_SOURCES = tools/main.c
TOOLS_LIBS = \
	tools/libtools.a \
	conf/libconf.a \
	$(RPC_LIBS) \
	$(XML_LIBS) \
	$(JANSSON_LIBS) \
	$(EDIT_LIBS)
tools_reeve_LDADD = $(TOOLS_LIBS)

bashcompletiondir = $(datadir)/bash-completion/completions
EXTRA_DIST += tools/reeve.bash-completion

install-data-local: install-bash-completion
install-bash-completion:
	$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)'
	$(INSTALL_DATA) $(srcdir)/tools/reeve.bash-completion '$(DESTDIR)$(bashcompletiondir)/reeve'
uninstall-local: uninstall-bash-completion
uninstall-bash-completion:
	rm -f '$(DESTDIR)$(bashcompletiondir)/reeve'
.PHONY: install-bash-completion uninstall-bash-completion
