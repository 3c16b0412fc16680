# SPDX-License-Identifier: Apache-2.0
# The tests of ws_frames: one program a theme.
if(NOT TARE_BUILD_TESTS)
  return()
endif()

# What a stream of frames says, by the reference and by a naive parser.
add_library(tare_ws_events STATIC events.cc naive.cc)
target_link_libraries(tare_ws_events PUBLIC tare::ws_frames PRIVATE tare_flags)

foreach(theme alloc chop context reader seed unmask utf8)
  tare_test(ws_frames_${theme} SOURCES ${theme}_test.cc LIBRARIES tare_ws_events tare::support tare::count)
endforeach()
