# SPDX-License-Identifier: Apache-2.0
# The tests of fd_ops: one program a theme, over all backends.
tare_test(fd_ops_deadline SOURCES deadline_test.cc fd_fixture.cc LIBRARIES tare::fd_ops)
tare_test(fd_ops_precedence SOURCES precedence_test.cc fd_fixture.cc LIBRARIES tare::fd_ops)
tare_test(fd_ops_close SOURCES close_test.cc fd_fixture.cc LIBRARIES tare::fd_ops)
tare_test(fd_ops_cancel SOURCES cancel_test.cc fd_fixture.cc LIBRARIES tare::fd_ops)
tare_test(fd_ops_stream SOURCES stream_test.cc fd_fixture.cc LIBRARIES tare::fd_ops)

set(counted tare::fd_ops tare::support tare::count)
tare_test(fd_ops_alloc SOURCES alloc_test.cc fd_fixture.cc LIBRARIES ${counted})
tare_test(fd_ops_baseline SOURCES baseline_test.cc fd_fixture.cc LIBRARIES ${counted})
tare_test(fd_ops_seed SOURCES seed_test.cc fd_fixture.cc LIBRARIES ${counted})
tare_test(fd_ops_answer SOURCES answer_test.cc fd_fixture.cc LIBRARIES ${counted})
tare_test(fd_ops_endurance SOURCES endurance_test.cc fd_fixture.cc LIBRARIES ${counted})
tare_test(fd_ops_endurance_long SOURCES endurance_test.cc fd_fixture.cc LIBRARIES ${counted}
          LABELS long TIMEOUT 600)
if(TARGET test_fd_ops_endurance_long)
  target_compile_definitions(test_fd_ops_endurance_long PRIVATE TARE_LONG)
endif()
