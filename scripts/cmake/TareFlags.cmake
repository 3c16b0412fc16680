# SPDX-License-Identifier: Apache-2.0
# Defines the interface target tare_flags: C++20 and the warnings every target of ours is built with.
include_guard(GLOBAL)

option(TARE_WERROR "Treat warnings as errors" ON)

add_library(tare_flags INTERFACE)
target_compile_features(tare_flags INTERFACE cxx_std_20)
target_compile_options(tare_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor
                                            -Woverloaded-virtual -Wvla -Wimplicit-fallthrough)
if(TARE_WERROR)
  target_compile_options(tare_flags INTERFACE -Werror)
endif()
