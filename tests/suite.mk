# How the suite is run and packed. tests/run finds the tests by folder. Folders stand here where nothing is
# built in them: what is built would be packed with the rest.

EXTRA_DIST += \
	tests/calls \
	tests/crash \
	tests/fuzz/corpus \
	tests/golden/documents \
	tests/golden/domain \
	tests/golden/qemu \
	tests/golden/qemu-args \
	tests/golden/rules \
	tests/guest \
	tests/lib \
	tests/lint \
	tests/mutate \
	tests/run

# `make check TEST_NAMES=unit` runs a part of the suite.
TEST_NAMES =

check-programs: $(check_PROGRAMS)
check-local: check-programs all
	$(srcdir)/tests/run --build $(abs_builddir) $(TEST_NAMES)
.PHONY: check-programs

# Kernels' companions that tests/lib/guest-files made.
clean-local:
	rm -rf guest
.PHONY: clean-local
