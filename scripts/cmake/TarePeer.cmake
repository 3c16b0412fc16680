# SPDX-License-Identifier: Apache-2.0
# tare_peer(): one row of a suite's table of peers, the libraries that ours are compared with.
include_guard(GLOBAL)

# tare_peer(<target> <name> PACKAGE <Debian package> HEADER <suites/...> ANSWERS <template<class>>...
#           SOURCES <file>... <MODULE <pkg-config module> | FILE <header>>)
#   target   the library that all peers of the suite are in
#   name     what CMake calls it: CMAKE_DISABLE_FIND_PACKAGE_<name> is honoured
#   HEADER   declares the variants
#   ANSWERS  what they are, as SOURCES instantiate it: a template of the suite's, of a class that is declared in HEADER
#   MODULE   what pkg-config knows it by, FILE: for a library that is headers only
# A peer whose package is missing keeps its rows in the tables, with that reason.
function(tare_peer target name)
  cmake_parse_arguments(arg "" "PACKAGE;HEADER;MODULE;FILE" "ANSWERS;SOURCES" ${ARGN})
  set(found FALSE)
  if(CMAKE_DISABLE_FIND_PACKAGE_${name})
    # As if it were missing.
  elseif(arg_MODULE)
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(tare_${name} QUIET IMPORTED_TARGET GLOBAL ${arg_MODULE})
    if(tare_${name}_FOUND)
      target_link_libraries(${target} PRIVATE PkgConfig::tare_${name})
      set(found TRUE)
    endif()
  else()
    find_path(TARE_${name}_INCLUDE_DIR ${arg_FILE} DOC "Where ${arg_FILE} is")
    mark_as_advanced(TARE_${name}_INCLUDE_DIR)
    if(TARE_${name}_INCLUDE_DIR)
      target_include_directories(${target} SYSTEM PRIVATE ${TARE_${name}_INCLUDE_DIR})
      set(found TRUE)
    endif()
  endif()
  if(found)
    target_sources(${target} PRIVATE ${arg_SOURCES})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND TARE_SANITIZE MATCHES "thread")
      # Asio, and so Beast, has fences, which GCC's sanitizer does not see. All that peers do is on one
      # thread.
      target_compile_options(${target} PRIVATE -Wno-tsan)
    endif()
    return()
  endif()

  set(reason "built without ${arg_PACKAGE}")
  if(NOT CMAKE_DISABLE_FIND_PACKAGE_${name})
    message(STATUS "peer ${name}: absent, ${reason}")
  endif()
  set(classes "")
  foreach(answer IN LISTS arg_ANSWERS)
    if(NOT answer MATCHES "^[A-Za-z]+<([A-Za-z]+)(, [A-Za-z:]+)?>$")
      message(FATAL_ERROR "tare_peer(${target} ${name}): \"${answer}\" is no template of a class")
    endif()
    string(APPEND classes "class ${CMAKE_MATCH_1} : public AbsentLibrary {\n public:\n"
                          "  static constexpr const char* kWhyNot = \"${reason}\";\n};\n"
                          "template class ${answer};\n\n")
  endforeach()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}/absent_${name}.cc)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
// SPDX-License-Identifier: Apache-2.0
// What stands in for a library that was not found; made by scripts/cmake/TarePeer.cmake.
#include "@arg_HEADER@"

namespace tare::suites {

@classes@}  // namespace tare::suites
]])
  target_sources(${target} PRIVATE ${source})
endfunction()
