# SPDX-License-Identifier: Apache-2.0
# The tests of fd_ops: one program a theme, over all backends; the semantics once more over their
# modes.
set(semantics deadline precedence close cancel stream)
set(counted alloc baseline seed answer endurance)
foreach(theme IN LISTS semantics counted)
  tare_test(fd_ops_${theme} SOURCES ${theme}_test.cc fd_fixture.cc
            LIBRARIES tare::fd_ops tare::support tare::count)
endforeach()

list(TRANSFORM semantics APPEND _test.cc)
tare_test(fd_ops_modes SOURCES ${semantics} alloc_test.cc fd_fixture.cc
          LIBRARIES tare::fd_ops tare::support tare::count)
tare_test(fd_ops_endurance_long SOURCES endurance_test.cc fd_fixture.cc
          LIBRARIES tare::fd_ops tare::support tare::count LABELS long TIMEOUT 600)
if(TARE_BUILD_TESTS)
  target_compile_definitions(test_fd_ops_modes PRIVATE TARE_OVER_MODES)
  target_compile_definitions(test_fd_ops_endurance_long PRIVATE TARE_LONG)
endif()
