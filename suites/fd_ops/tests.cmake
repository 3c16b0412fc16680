# SPDX-License-Identifier: Apache-2.0
# The tests of fd_ops: one program a theme, over all backends.
foreach(theme alloc answer baseline cancel close deadline endurance precedence scenario seed
        shared_datagram stream)
  tare_test(fd_ops_${theme} SOURCES ${theme}_test.cc fd_fixture.cc
            LIBRARIES tare::fd_ops tare::support tare::count)
endforeach()

# The same, whole: a million operations, and 5 GiB in one write.
tare_test(fd_ops_endurance_long SOURCES endurance_test.cc fd_fixture.cc
          LIBRARIES tare::fd_ops tare::support tare::count LABELS long TIMEOUT 600)
if(TARE_BUILD_TESTS)
  target_compile_definitions(test_fd_ops_endurance_long PRIVATE TARE_LONG)
endif()
