# The command line. All but main() is a library, so that unit tests can link it.

noinst_LIBRARIES += tools/libtools.a
tools_libtools_a_SOURCES = \
	tools/checkpoint.c \
	tools/commands.c \
	tools/commands.def \
	tools/commands.h \
	tools/commands_domain.def \
	tools/commands_object.def \
	tools/complete.c \
	tools/console.c \
	tools/console.h \
	tools/cpumap.c \
	tools/cpumap.h \
	tools/device.h \
	tools/diff.c \
	tools/domain.c \
	tools/domain_agent.c \
	tools/domain_attach.c \
	tools/domain_block.c \
	tools/domain_define.c \
	tools/domain_device.c \
	tools/domain_display.c \
	tools/domain_interface.c \
	tools/domain_lifecycle.c \
	tools/domain_list.c \
	tools/domain_metadata.c \
	tools/domain_ref.c \
	tools/domain_ref.h \
	tools/domain_save.c \
	tools/domain_stats.c \
	tools/domain_tune.c \
	tools/domain_vcpu.c \
	tools/download.c \
	tools/download.h \
	tools/event.c \
	tools/event.h \
	tools/event_domain.c \
	tools/event_object.c \
	tools/groups.def \
	tools/history.c \
	tools/host.c \
	tools/host_memory.c \
	tools/iface.c \
	tools/interactive.c \
	tools/keycodes.c \
	tools/keycodes.h \
	tools/moment.c \
	tools/moment.h \
	tools/network.c \
	tools/nodedev.c \
	tools/nwfilter.c \
	tools/object.h \
	tools/object_ref.c \
	tools/object_ref.h \
	tools/options.c \
	tools/options.def \
	tools/options.h \
	tools/output.c \
	tools/output.h \
	tools/pool.c \
	tools/secret.c \
	tools/session.c \
	tools/session.h \
	tools/shell.c \
	tools/shell.h \
	tools/snapshot.c \
	tools/tune.c \
	tools/tune.h \
	tools/undefine.c \
	tools/undefine.h \
	tools/volume.c \
	tools/xmlfile.c \
	tools/xmlfile.h

$(tools_libtools_a_OBJECTS): | $(WIRE_H)

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
