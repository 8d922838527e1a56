# The engine. Everything but main.c is a library, so that unit tests can link parts of it.

noinst_LIBRARIES += daemon/libdaemon.a
daemon_libdaemon_a_SOURCES = \
	daemon/engine.h \
	daemon/settings.c \
	daemon/settings.def \
	daemon/settings.h \
	daemon/store.c \
	daemon/store.h \
	daemon/store_batch.c \
	daemon/store_load.c \
	daemon/store_private.h \
	daemon/store_read.c \
	daemon/store_schema.c \
	daemon/text.c \
	daemon/text.h

STORE_LIBS = daemon/libdaemon.a $(BASE_LIBS) $(SQLITE_LIBS) $(LZ4_LIBS) -lpthread
