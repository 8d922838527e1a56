# The client that measures stands for any client: it alone is linked with libvirt's library.

EXTRA_PROGRAMS += bench/bench-client
bench_bench_client_SOURCES = \
	bench/bench.h \
	bench/clients.c \
	bench/main.c \
	bench/measures.c
bench_bench_client_LDADD = $(GLIB_LIBS) $(LIBVIRT_LIBS)

bench-programs: bench/bench-client
.PHONY: bench-programs

CLEANFILES += $(EXTRA_PROGRAMS)

EXTRA_DIST += \
	bench/large.xml \
	bench/run \
	bench/small.xml
