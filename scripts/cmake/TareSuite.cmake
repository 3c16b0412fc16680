# SPDX-License-Identifier: Apache-2.0
# tare_suite(<name> SOURCES ... [LIBRARIES ...]): the benchmark program bench_<name> of a suite.
include_guard(GLOBAL)

function(tare_suite name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(bench_${name} ${arg_SOURCES})
  target_link_libraries(bench_${name} PRIVATE ${arg_LIBRARIES} tare::support tare::benchmem_main tare_flags)
endfunction()
