# SPDX-License-Identifier: Apache-2.0
# Defines tare_test() and tare_python_test(), which register tests with ctest.
include_guard(GLOBAL)
include(GoogleTest)

# Tests over every backend are instances of templates by the dozen. They test behaviour, not speed:
# little more than half the work for the compiler, with lines enough for a backtrace.
set(TARE_TEST_OPTIONS $<$<CONFIG:RelWithDebInfo>:-O1;-g1>)

# And GoogleTest is read once. Only with GCC: what is built with clang, or in preset debug, shows that
# every file still includes what it uses.
set(precompile OFF)
if(PROJECT_IS_TOP_LEVEL AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(precompile ON)
endif()
option(TARE_PRECOMPILE "Precompile the headers that all tests include" ${precompile})

# Nor does every file of a program read what else they all include, and make the same instances of it:
# where a test says UNITY they are compiled some at a time, in two thirds of the time. Whoever edits one
# of them again and again turns it off.
option(TARE_UNITY "Compile several files of a test program at once" ${precompile})
set(TARE_UNITY_FILES 5)

option(TARE_BUILD_LONG_TESTS "Build the programs of the tests labelled long" ON)

# tare_test(<name> SOURCES <file>... [LIBRARIES <target>...] [LABELS <label>] [TIMEOUT <seconds>]
#           [UNITY])
#
# A GoogleTest program test_<name>; every case of it is a ctest <name>.<Suite>.<Case>. The label is
# `fast` unless given; what is labelled `long` is built with TARE_LONG, and runs only under
# ./scripts/test --long. UNITY: no two of its *test.cc have something of one name, also in a namespace
# of no name.
function(tare_test name)
  if(NOT TARE_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "UNITY" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS fast)
  endif()
  if(arg_LABELS STREQUAL "long" AND NOT TARE_BUILD_LONG_TESTS)
    return()
  endif()
  list(LENGTH arg_LABELS labels)
  if(labels GREATER 1)
    # gtest_discover_tests cannot pass a list on: the second label would be lost without a word.
    message(FATAL_ERROR "tare_test(${name}): one label, not \"${arg_LABELS}\"")
  endif()
  find_package(GTest REQUIRED)
  add_executable(test_${name} ${arg_SOURCES})
  target_compile_options(test_${name} PRIVATE ${TARE_TEST_OPTIONS})
  if(TARE_PRECOMPILE)
    tare_test_headers()
    # Where a test's options do not allow that, GCC reads the headers as text. And GCC 12 no longer
    # knows for the library's what it warns of in std::string, wrongly (its bug 105329).
    target_precompile_headers(test_${name} REUSE_FROM tare_test_headers)
    target_compile_options(test_${name} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
    set_target_properties(test_${name} PROPERTIES PCH_WARN_INVALID OFF)
  endif()
  if(TARE_UNITY AND arg_UNITY)
    set(others ${arg_SOURCES})  # the product's, and helpers
    list(FILTER others EXCLUDE REGEX "test\\.cc$")
    set_target_properties(test_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${TARE_UNITY_FILES})
    set_source_files_properties(${others} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
  target_link_libraries(test_${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main
                                             tare_flags)
  if(arg_LABELS STREQUAL "long")
    target_compile_definitions(test_${name} PRIVATE TARE_LONG)
  endif()
  gtest_discover_tests(test_${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()

# The target tare_test_headers: what tare_test() precompiles.
function(tare_test_headers)
  if(TARGET tare_test_headers)
    return()
  endif()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/test_headers.cc)  # CMake wants one
  file(CONFIGURE OUTPUT ${source} CONTENT "// Of tare_test_headers in TareTest.cmake.\n")
  add_library(tare_test_headers OBJECT ${source})
  target_link_libraries(tare_test_headers PRIVATE GTest::gmock tare_flags)
  target_compile_options(tare_test_headers PRIVATE ${TARE_TEST_OPTIONS})
  target_precompile_headers(tare_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
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
