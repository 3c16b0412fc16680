# SPDX-License-Identifier: Apache-2.0
# The tests of fd_ops: one program a theme, over all backends.
if(TARE_BUILD_TESTS)
  find_package(GTest REQUIRED)
  add_library(tare_fd_ops_fixture STATIC fd_fixture.cc send_files.cc)
  target_link_libraries(tare_fd_ops_fixture PUBLIC tare::fd_ops tare::support tare::count
                        PRIVATE GTest::gtest tare_flags)
endif()
foreach(theme alloc answer baseline cancel close deadline endurance precedence scenario seed
        send_file shared_datagram splice stream)
  tare_test(fd_ops_${theme} SOURCES ${theme}_test.cc LIBRARIES tare_fd_ops_fixture)
endforeach()

# The same, whole: a million operations, 5 GiB in one write, and 5 GiB of a file.
foreach(theme endurance send_file)
  tare_test(fd_ops_${theme}_long SOURCES ${theme}_test.cc LIBRARIES tare_fd_ops_fixture
            LABELS long TIMEOUT 600)
endforeach()
