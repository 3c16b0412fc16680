# SPDX-License-Identifier: Apache-2.0
# The tests of ws_frames: one program a theme.
include(TareFuzz)

if(NOT TARE_BUILD_TESTS)
  return()
endif()

# What a stream of frames says, by the reference and by a naive parser.
add_library(tare_ws_events STATIC events.cc naive.cc)
target_link_libraries(tare_ws_events PUBLIC tare::ws_frames PRIVATE tare_flags)

foreach(theme alloc chop context reader rows seed unmask utf8)
  tare_test(ws_frames_${theme} SOURCES ${theme}_test.cc LIBRARIES tare_ws_events tare::support tare::count)
endforeach()

target_sources(test_ws_frames_alloc PRIVATE frame_reads.cc)

# The answers over sockets, peers among them.
tare_test(ws_frames_messages SOURCES messages_test.cc LIBRARIES tare_ws_frames_peers tare::support)

target_compile_definitions(test_ws_frames_rows PRIVATE
                           TARE_BENCH_WS_FRAMES="$<TARGET_FILE:bench_ws_frames>")
add_dependencies(test_ws_frames_rows bench_ws_frames)

# Endpoints over sockets, on every backend; and the same whole: a million cancels.
add_library(tare_ws_peers STATIC raw.cc)
target_link_libraries(tare_ws_peers PUBLIC tare_ws_events tare::support tare::count PRIVATE tare_flags)

foreach(theme both_ends threads)
  tare_test(ws_frames_${theme} SOURCES ${theme}_test.cc LIBRARIES tare_ws_peers)
endforeach()
tare_test(ws_frames_handshake SOURCES handshake_test.cc refusals_test.cc LIBRARIES tare_ws_peers)
tare_test(ws_frames_endpoint SOURCES endpoint_test.cc closing_test.cc LIBRARIES tare_ws_peers)
tare_test(ws_frames_both_ends_long SOURCES both_ends_test.cc LIBRARIES tare_ws_peers
          LABELS long TIMEOUT 1200)

get_property(backends GLOBAL PROPERTY TARE_BACKEND_NAMES)
foreach(theme interop programs)
  tare_python_test(ws_frames_${theme} ${CMAKE_CURRENT_SOURCE_DIR}/${theme}_test.py
                   $<TARGET_FILE:tare-ws-echo> $<TARGET_FILE:tare-ws-client> ${backends})
endforeach()

# The same streams to the reference and to Debian's ws.
add_executable(ws_print_events print_events.cc)
target_link_libraries(ws_print_events PRIVATE tare_ws_events tare_flags)
set_target_properties(ws_print_events PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
tare_python_test(ws_frames_differential ${CMAKE_CURRENT_SOURCE_DIR}/differential_test.py
                 $<TARGET_FILE:ws_print_events> 4000)
tare_python_test(ws_frames_differential_long ${CMAKE_CURRENT_SOURCE_DIR}/differential_test.py
                 $<TARGET_FILE:ws_print_events> 1000000)
set_tests_properties(ws_frames_differential_long PROPERTIES LABELS long TIMEOUT 3000)

# The table of peers on a machine that has none of their packages.
block()
  foreach(name beast wslay)
    set(CMAKE_DISABLE_FIND_PACKAGE_${name} TRUE)
  endforeach()
  tare_ws_frames_peers(tare_ws_frames_absent_peers)
endblock()
tare_test(ws_frames_absent_peers SOURCES absent_peers_test.cc LIBRARIES tare_ws_frames_absent_peers)

foreach(input frames utf8)
  tare_fuzz(ws_${input} SOURCES ${input}_fuzz.cc LIBRARIES tare_ws_events)
endforeach()
tare_fuzz(ws_handshake SOURCES handshake_fuzz.cc LIBRARIES tare_ws_events SEEDS testdata/handshake
          DICTIONARY testdata/handshake.dict)
