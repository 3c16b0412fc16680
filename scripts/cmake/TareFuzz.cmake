# SPDX-License-Identifier: Apache-2.0
# Defines tare_fuzz(), which makes a libFuzzer program of a file with an entry for any bytes.
include_guard(GLOBAL)

option(TARE_FUZZ "Build the fuzzers; needs clang and TARE_SANITIZE with fuzzer-no-link" OFF)
set(TARE_FUZZ_REPLAY ${CMAKE_CURRENT_LIST_DIR}/../../harness/fuzz/replay.cc)

# tare_fuzz(<name> SOURCES <file>... [LIBRARIES <target>...] [DICTIONARY <file>] [SEEDS <directory>])
#
# Where TARE_FUZZ asks for it, the program bin/fuzz_<name>, and the ctest fuzz.<name>.random with the
# label `long`: 100,000 inputs from one seed of chance. The target `fuzz` builds all such programs.
# Everywhere, with SEEDS, the ctest fuzz.<name> with the label `fast`: the files of that directory.
# Without either the sources are compiled all the same, so that they keep compiling.
function(tare_fuzz name)
  cmake_parse_arguments(arg "" "DICTIONARY;SEEDS" "SOURCES;LIBRARIES" ${ARGN})
  if(TARE_FUZZ)
    add_executable(fuzz_${name} ${arg_SOURCES})
    target_link_libraries(fuzz_${name} PRIVATE ${arg_LIBRARIES} tare_flags)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    if(NOT TARGET fuzz)
      add_custom_target(fuzz)
    endif()
    add_dependencies(fuzz fuzz_${name})
    set(flags -runs=100000 -seed=1)
    if(arg_DICTIONARY)
      list(APPEND flags -dict=${CMAKE_CURRENT_SOURCE_DIR}/${arg_DICTIONARY})
    endif()
    add_test(NAME fuzz.${name}.random COMMAND fuzz_${name} ${flags})
    set_tests_properties(fuzz.${name}.random PROPERTIES TIMEOUT 600 LABELS long)
  endif()
  if(NOT TARE_BUILD_TESTS)
    return()
  endif()
  if(arg_SEEDS)
    add_executable(fuzz_${name}_seeds ${arg_SOURCES} ${TARE_FUZZ_REPLAY})
    target_link_libraries(fuzz_${name}_seeds PRIVATE ${arg_LIBRARIES} tare_flags)
    set_target_properties(fuzz_${name}_seeds PROPERTIES
                          RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    add_test(NAME fuzz.${name} COMMAND fuzz_${name}_seeds ${CMAKE_CURRENT_SOURCE_DIR}/${arg_SEEDS})
    set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 60 LABELS fast)
  elseif(NOT TARE_FUZZ)
    add_library(fuzz_${name} OBJECT ${arg_SOURCES})
    target_link_libraries(fuzz_${name} PRIVATE ${arg_LIBRARIES} tare_flags)
  endif()
endfunction()
