# SPDX-License-Identifier: Apache-2.0
# The tests of tls_handshake: one program a theme.
if(NOT TARE_BUILD_TESTS)
  return()
endif()

# Ends of connections that are not ours.
add_library(tare_tls_fixture STATIC bare_ssl.cc far_end.cc)
target_link_libraries(tare_tls_fixture PUBLIC tare_tls_certificates tare::support OpenSSL::SSL
                                       PRIVATE tare_flags)

tare_test(tls_handshake_engine SOURCES engine_test.cc bad_input_test.cc LIBRARIES tare_tls_fixture)
foreach(theme seed stream refusals trips)
  tare_test(tls_handshake_${theme} SOURCES ${theme}_test.cc LIBRARIES tare_tls_fixture)
endforeach()
tare_test(tls_handshake_first SOURCES first_test.cc ../support/faulty_calls.cc LIBRARIES tare_tls_fixture)
tare_test(tls_handshake_alloc SOURCES alloc_test.cc LIBRARIES tare_tls_fixture tare::count)
