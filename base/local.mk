noinst_LIBRARIES += base/libbase.a
base_libbase_a_SOURCES = \
	base/error.c \
	base/error.h \
	base/fd.c \
	base/fd.h \
	base/fiber.c \
	base/fiber.h \
	base/fiber_queue.c \
	base/fiber_queue.h \
	base/hold.c \
	base/hold.h \
	base/i18n.c \
	base/i18n.h \
	base/limits.h \
	base/log.c \
	base/log.h \
	base/plain.c \
	base/plain.h

BASE_LIBS = base/libbase.a $(SYSTEMD_LIBS) $(GLIB_LIBS)
