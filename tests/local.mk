# Unit tests: one noun each, linked alone. A line in UNIT_TESTS and its sources.

UNIT_TESTS += tests/unit/test_fiber
tests_unit_test_fiber_SOURCES = tests/unit/test_fiber.c
tests_unit_test_fiber_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
