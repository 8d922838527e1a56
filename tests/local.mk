# Unit tests: one noun each, linked alone. A line in UNIT_TESTS and its sources.
# Fuzz targets are linked twice: with libFuzzer (./dev fuzz), and with a main() that replays a corpus.

include tests/suite.mk

UNIT_TESTS += tests/unit/test_fiber
tests_unit_test_fiber_SOURCES = tests/unit/test_fiber.c
tests_unit_test_fiber_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_agent
tests_unit_test_agent_SOURCES = tests/unit/test_agent.c
tests_unit_test_agent_LDADD = drivers/libdrivers_live.a $(BASE_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_bind
tests_unit_test_bind_SOURCES = tests/unit/test_bind.c
tests_unit_test_bind_LDADD = $(CONF_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_conf_domain
tests_unit_test_conf_domain_SOURCES = tests/unit/test_conf_domain.c tests/unit/golden.c tests/unit/golden.h
tests_unit_test_conf_domain_LDADD = $(CONF_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_conf_documents
tests_unit_test_conf_documents_SOURCES = tests/unit/test_conf_documents.c tests/unit/golden.c tests/unit/golden.h
tests_unit_test_conf_documents_LDADD = $(CONF_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_xml_twice
tests_unit_test_xml_twice_SOURCES = tests/unit/test_xml_twice.c tests/unit/golden.c tests/unit/golden.h
tests_unit_test_xml_twice_LDADD = $(CONF_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_qemu_caps
tests_unit_test_qemu_caps_SOURCES = tests/unit/test_qemu_caps.c tests/unit/golden.c tests/unit/golden.h
tests_unit_test_qemu_caps_LDADD = drivers/libdrivers_def.a drivers/libdrivers_live.a $(CONF_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_qemu_complete
tests_unit_test_qemu_complete_SOURCES = tests/unit/test_qemu_complete.c tests/unit/golden.c tests/unit/golden.h
tests_unit_test_qemu_complete_LDADD = drivers/libdrivers_def.a $(CONF_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

# For people: prints what would be stored for a definition.
check_PROGRAMS += tests/golden/golden_runner
tests_golden_golden_runner_SOURCES = tests/golden/golden_runner.c
tests_golden_golden_runner_LDADD = drivers/libdrivers_def.a $(CONF_LIBS) $(JANSSON_LIBS)

UNIT_TESTS += tests/unit/test_qemu_command
tests_unit_test_qemu_command_SOURCES = tests/unit/test_qemu_command.c tests/unit/golden.c tests/unit/golden.h
tests_unit_test_qemu_command_LDADD = drivers/libdrivers_live.a $(CONF_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_qemu_honoured
tests_unit_test_qemu_honoured_SOURCES = tests/unit/test_qemu_honoured.c tests/unit/test_qemu_honoured.def
tests_unit_test_qemu_honoured_LDADD = drivers/libdrivers_live.a $(CONF_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_qemu_live
tests_unit_test_qemu_live_SOURCES = tests/unit/test_qemu_live.c tests/unit/live_guest.h
tests_unit_test_qemu_live_LDADD = drivers/libdrivers_live.a $(CONF_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_qemu_plug
tests_unit_test_qemu_plug_SOURCES = tests/unit/test_qemu_plug.c tests/unit/live_guest.h
tests_unit_test_qemu_plug_LDADD = drivers/libdrivers_live.a $(CONF_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_qemu_props
tests_unit_test_qemu_props_SOURCES = tests/unit/test_qemu_props.c
tests_unit_test_qemu_props_LDADD = drivers/libdrivers_live.a $(CONF_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_qmp
tests_unit_test_qmp_SOURCES = tests/unit/test_qmp.c
tests_unit_test_qmp_LDADD = drivers/libdrivers_live.a $(BASE_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_guest
tests_unit_test_guest_SOURCES = tests/unit/test_guest.c
tests_unit_test_guest_LDADD = $(DAEMON_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_registry
tests_unit_test_registry_SOURCES = tests/unit/test_registry.c
tests_unit_test_registry_LDADD = $(DAEMON_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_settings
tests_unit_test_settings_SOURCES = tests/unit/test_settings.c
tests_unit_test_settings_LDADD = daemon/libdaemon.a conf/libconf.a $(BASE_LIBS) $(XML_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_store
tests_unit_test_store_SOURCES = tests/unit/test_store.c tests/unit/faulty_vfs.c tests/unit/faulty_vfs.h
tests_unit_test_store_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_image
tests_unit_test_image_SOURCES = tests/unit/test_image.c
tests_unit_test_image_LDADD = worker/libworker.a rpc/libwire.a $(BASE_LIBS) $(TIRPC_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_priv
tests_unit_test_priv_SOURCES = tests/unit/test_priv.c
tests_unit_test_priv_LDADD = rpc/libwire.a $(BASE_LIBS) $(TIRPC_LIBS) $(CMOCKA_LIBS)
tests_unit_test_priv_DEPENDENCIES = worker/reeve-priv rpc/libwire.a base/libbase.a

UNIT_TESTS += tests/unit/test_rpc_frames
tests_unit_test_rpc_frames_SOURCES = tests/unit/test_rpc_frames.c
tests_unit_test_rpc_frames_LDADD = $(RPC_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_rpc_calls
tests_unit_test_rpc_calls_SOURCES = tests/unit/test_rpc_calls.c
tests_unit_test_rpc_calls_LDADD = $(RPC_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_rpc_tls
tests_unit_test_rpc_tls_SOURCES = tests/unit/test_rpc_tls.c
tests_unit_test_rpc_tls_LDADD = $(RPC_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_rpc_lengths
tests_unit_test_rpc_lengths_SOURCES = tests/unit/test_rpc_lengths.c
tests_unit_test_rpc_lengths_LDADD = $(RPC_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_rpc_procs
tests_unit_test_rpc_procs_SOURCES = tests/unit/test_rpc_procs.c
tests_unit_test_rpc_procs_LDADD = $(RPC_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_rpc_uri
tests_unit_test_rpc_uri_SOURCES = tests/unit/test_rpc_uri.c
tests_unit_test_rpc_uri_LDADD = $(RPC_LIBS) $(CMOCKA_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_frame
tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c
tests_fuzz_fuzz_frame_LDFLAGS = -fsanitize=fuzzer
tests_fuzz_fuzz_frame_LDADD = $(RPC_LIBS)
check_PROGRAMS += tests/fuzz/replay_frame
tests_fuzz_replay_frame_SOURCES = tests/fuzz/fuzz_frame.c tests/fuzz/replay.c
tests_fuzz_replay_frame_LDADD = $(RPC_LIBS)

UNIT_TESTS += tests/unit/test_tools_options
tests_unit_test_tools_options_SOURCES = tests/unit/test_tools_options.c
tests_unit_test_tools_options_LDADD = $(TOOLS_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_tools_text
tests_unit_test_tools_text_SOURCES = tests/unit/test_tools_text.c
tests_unit_test_tools_text_LDADD = $(TOOLS_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test_worker
tests_unit_test_worker_SOURCES = tests/unit/test_worker.c
tests_unit_test_worker_LDADD = worker/libworker.a $(RPC_LIBS) $(CMOCKA_LIBS)
tests_unit_test_worker_DEPENDENCIES = worker/reeve-vm worker/libworker.a

FUZZ_TARGETS += tests/fuzz/fuzz_domain
tests_fuzz_fuzz_domain_SOURCES = tests/fuzz/fuzz_domain.c
tests_fuzz_fuzz_domain_LDFLAGS = -fsanitize=fuzzer
tests_fuzz_fuzz_domain_LDADD = $(CONF_LIBS)
check_PROGRAMS += tests/fuzz/replay_domain
tests_fuzz_replay_domain_SOURCES = tests/fuzz/fuzz_domain.c tests/fuzz/replay.c
tests_fuzz_replay_domain_LDADD = $(CONF_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_documents
tests_fuzz_fuzz_documents_SOURCES = tests/fuzz/fuzz_documents.c
tests_fuzz_fuzz_documents_LDFLAGS = -fsanitize=fuzzer
tests_fuzz_fuzz_documents_LDADD = $(CONF_LIBS)
check_PROGRAMS += tests/fuzz/replay_documents
tests_fuzz_replay_documents_SOURCES = tests/fuzz/fuzz_documents.c tests/fuzz/replay.c
tests_fuzz_replay_documents_LDADD = $(CONF_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_qmp
tests_fuzz_fuzz_qmp_SOURCES = tests/fuzz/fuzz_qmp.c
tests_fuzz_fuzz_qmp_LDFLAGS = -fsanitize=fuzzer
tests_fuzz_fuzz_qmp_LDADD = drivers/libdrivers_live.a $(CONF_LIBS) $(JANSSON_LIBS)
check_PROGRAMS += tests/fuzz/replay_qmp
tests_fuzz_replay_qmp_SOURCES = tests/fuzz/fuzz_qmp.c tests/fuzz/replay.c
tests_fuzz_replay_qmp_LDADD = drivers/libdrivers_live.a $(CONF_LIBS) $(JANSSON_LIBS)
