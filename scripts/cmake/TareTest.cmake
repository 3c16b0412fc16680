# SPDX-License-Identifier: Apache-2.0
# Defines tare_test() and tare_python_test(), which register tests with ctest.
include_guard(GLOBAL)
include(GoogleTest)

# tare_test(<name> SOURCES <file>... [LIBRARIES <target>...] [LABELS <label>] [TIMEOUT <seconds>])
#
# A GoogleTest program test_<name>; every case of it is a ctest <name>.<Suite>.<Case>. The label is
# `fast` unless given; what is labelled `long` runs only under ./scripts/test --long.
function(tare_test name)
  if(NOT TARE_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS fast)
  endif()
  list(LENGTH arg_LABELS labels)
  if(labels GREATER 1)
    # gtest_discover_tests cannot pass a list on: the second label would be lost without a word.
    message(FATAL_ERROR "tare_test(${name}): one label, not \"${arg_LABELS}\"")
  endif()
  find_package(GTest REQUIRED)
  add_executable(test_${name} ${arg_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main
                                             tare_flags)
  gtest_discover_tests(test_${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()

# tare_python_test(<name> <script> [<argument>...])
#
# A check written in Python (standard library, and jsonschema for a schema of ours), as the ctest
# <name> with the label `fast`.
function(tare_python_test name script)
  if(NOT TARE_BUILD_TESTS)
    return()
  endif()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_test(NAME ${name} COMMAND Python3::Interpreter -B ${script} ${ARGN})
  set_tests_properties(${name} PROPERTIES TIMEOUT 240 LABELS fast)
endfunction()
