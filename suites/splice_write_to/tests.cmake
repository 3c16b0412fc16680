# SPDX-License-Identifier: Apache-2.0
# The tests of splice_write_to: one program a theme, over all backends.
include(TareFuzz)

if(TARE_BUILD_TESTS)
  add_library(tare_splice_fixture STATIC call_faults.cc destinations.cc far_end.cc schedule.cc small_disk.cc)
  target_link_libraries(tare_splice_fixture PUBLIC tare::splice_write_to tare::support PRIVATE util tare_flags)
endif()
foreach(theme transfer failure ends calls limits disks full_disk pool proxy seed crossover)
  tare_test(splice_write_to_${theme} SOURCES ${theme}_test.cc LIBRARIES tare_splice_fixture tare::count)
endforeach()
tare_test(splice_write_to_proxy_pair SOURCES proxy_pair_test.cc programs/system_posix.cc
          LIBRARIES tare_splice_fixture tare::count)
tare_test(splice_write_to_schedules SOURCES schedules_test.cc LIBRARIES tare_splice_fixture)
foreach(theme schedules limits)
  tare_test(splice_write_to_${theme}_long SOURCES ${theme}_test.cc LIBRARIES tare_splice_fixture
            LABELS long TIMEOUT 1200)
endforeach()

get_property(backends_here GLOBAL PROPERTY TARE_BACKEND_INCLUDES)
if("${backends_here}" MATCHES "impl/backend/io_uring\\.h")
  tare_test(splice_write_to_ring_splice SOURCES ring_splice_test.cc LIBRARIES tare_splice_fixture)
endif()

# tare-httpget: what it makes of a response, and itself against servers good and bad.
tare_test(splice_write_to_http SOURCES http_test.cc LIBRARIES tare_httpget_parts)
foreach(part head body)
  tare_fuzz(http_${part} SOURCES http_${part}_fuzz.cc LIBRARIES tare_httpget_parts
            SEEDS testdata/http_${part} DICTIONARY testdata/http.dict)
endforeach()
get_property(backends GLOBAL PROPERTY TARE_BACKEND_NAMES)
tare_python_test(splice_write_to_httpget ${CMAKE_CURRENT_SOURCE_DIR}/httpget_test.py
                 $<TARGET_FILE:tare-httpget> ${backends})
tare_python_test(splice_write_to_measurements ${CMAKE_CURRENT_SOURCE_DIR}/measurements_test.py
                 $<TARGET_FILE:tare-crossover> $<TARGET_FILE:tare-stall> ${backends})
tare_python_test(splice_write_to_seed_figures ${CMAKE_CURRENT_SOURCE_DIR}/seed_figures.py
                 $<TARGET_FILE:tare-httpget> --pairs 6 --size 104857600 --keep-caches)

# tare-proxy: itself between clients and targets good and bad, and beside what people run.
tare_python_test(splice_write_to_proxy_programs ${CMAKE_CURRENT_SOURCE_DIR}/proxy_programs_test.py
                 $<TARGET_FILE:tare-proxy> ${backends})
tare_python_test(splice_write_to_proxy_figures ${CMAKE_CURRENT_SOURCE_DIR}/proxy_figures.py
                 $<TARGET_FILE:tare-proxy> ${backends} --rounds 6 --size 268435456)
if(TARE_BUILD_TESTS)
  set_tests_properties(splice_write_to_seed_figures splice_write_to_proxy_figures
                       PROPERTIES LABELS long)
endif()
