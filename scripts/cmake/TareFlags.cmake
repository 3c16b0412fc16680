# SPDX-License-Identifier: Apache-2.0
# Defines the interface target tare_flags: C++20, the warnings and the sanitizers that every target
# of ours is built with.
include_guard(GLOBAL)

# Our presets turn it on, and nobody else's build: a new compiler's new warning must not be an error.
option(TARE_WERROR "Treat warnings as errors" OFF)
set(TARE_SANITIZE "" CACHE STRING "What -fsanitize= is given, such as address,undefined or thread")

add_library(tare_flags INTERFACE)
target_compile_features(tare_flags INTERFACE cxx_std_20)
target_compile_options(tare_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor
                                            -Woverloaded-virtual -Wvla -Wimplicit-fallthrough)
# At -O3 GCC 12 warns of `"text" + std::to_string(n)`, wrongly (its bug 105651).
string(TOUPPER "${CMAKE_BUILD_TYPE}" config)
if("${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${config}}" MATCHES "-O3" AND
   CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(tare_flags INTERFACE -Wno-restrict)
endif()
if(TARE_WERROR)
  target_compile_options(tare_flags INTERFACE -Werror)
endif()
if(TARE_SANITIZE)
  target_compile_options(tare_flags INTERFACE -fsanitize=${TARE_SANITIZE} -fno-sanitize-recover=all
                                              -fno-omit-frame-pointer)
  target_link_options(tare_flags INTERFACE -fsanitize=${TARE_SANITIZE})
endif()
