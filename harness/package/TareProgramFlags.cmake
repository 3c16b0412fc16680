# SPDX-License-Identifier: Apache-2.0
# tare_program_flags(<target>): who links the target learns what its own flags are called in results.

# All flags of the calling directory and its build type but warnings, debug information and macros.
function(tare_program_flags target)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" config)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${config}}")
  if(TARE_SANITIZE)
    list(APPEND flags -fsanitize=${TARE_SANITIZE})
  endif()
  list(FILTER flags EXCLUDE REGEX "^-(W|g|D)")
  list(TRANSFORM flags PREPEND " ")
  list(JOIN flags "" flags)
  set_property(TARGET ${target} APPEND PROPERTY
               INTERFACE_COMPILE_DEFINITIONS $<BUILD_INTERFACE:TARE_PROGRAM_FLAGS="${flags}">)
endfunction()
