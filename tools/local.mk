bin_PROGRAMS += tools/reeve
tools_reeve_SOURCES = \
	tools/commands.c \
	tools/commands.def \
	tools/commands.h \
	tools/commands_domain.def \
	tools/commands_object.def \
	tools/complete.c \
	tools/console.c \
	tools/console.h \
	tools/device.h \
	tools/diff.c \
	tools/domain.c \
	tools/domain_attach.c \
	tools/domain_block.c \
	tools/domain_define.c \
	tools/domain_device.c \
	tools/domain_interface.c \
	tools/domain_lifecycle.c \
	tools/domain_list.c \
	tools/domain_ref.c \
	tools/domain_ref.h \
	tools/domain_stats.c \
	tools/domain_tune.c \
	tools/groups.def \
	tools/interactive.c \
	tools/main.c \
	tools/options.c \
	tools/options.def \
	tools/options.h \
	tools/output.c \
	tools/output.h \
	tools/session.c \
	tools/session.h \
	tools/shell.c \
	tools/shell.h \
	tools/tune.c \
	tools/tune.h \
	tools/undefine.c \
	tools/undefine.h \
	tools/xmlfile.c \
	tools/xmlfile.h
tools_reeve_LDADD = \
	$(RPC_LIBS) \
	$(XML_LIBS) \
	$(JANSSON_LIBS) \
	$(EDIT_LIBS)
