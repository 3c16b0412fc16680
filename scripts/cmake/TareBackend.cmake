# SPDX-License-Identifier: Apache-2.0
# tare_backend(): one row of the table of backends; tare_backends_header() turns the rows into backends.h.
include_guard(GLOBAL)

# tare_backend(<name> <type> <systems> <sources>... [LIBRARY <pkg-config module>] [MODES <type>...])
#   name     what rows and tables call it, and the stem of its header
#   type     the class in that header
#   systems  CMAKE_SYSTEM_NAMEs it can run on, separated by semicolons
#   MODES    the classes of its other modes, in the same header
# A backend whose system or library is missing keeps its row in the tables, with that reason.
function(tare_backend name type systems)
  cmake_parse_arguments(arg "" "LIBRARY" "MODES" ${ARGN})
  set_property(GLOBAL APPEND PROPERTY TARE_BACKEND_NAMES ${name})  # the absent ones too
  set(reason "")
  if(NOT CMAKE_SYSTEM_NAME IN_LIST systems)
    list(JOIN systems " or " wanted)
    set(reason "needs ${wanted}")
  elseif(arg_LIBRARY)
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(tare_${name} IMPORTED_TARGET GLOBAL ${arg_LIBRARY})
    if(tare_${name}_FOUND)
      target_link_libraries(tare_backend PRIVATE PkgConfig::tare_${name})
      set_property(GLOBAL PROPERTY TARE_BACKEND_LIBRARY_${name} PkgConfig::tare_${name})
    else()
      set(reason "built without ${arg_LIBRARY}")
    endif()
  endif()
  if(reason)
    message(STATUS "backend ${name}: absent, ${reason}")
    set_property(GLOBAL APPEND PROPERTY TARE_ABSENT_BACKENDS "AbsentBackend{\"${name}\", \"${reason}\"}")
  else()
    target_sources(tare_backend PRIVATE ${arg_UNPARSED_ARGUMENTS})
    set_property(GLOBAL APPEND PROPERTY TARE_BACKEND_INCLUDES "#include \"impl/backend/${name}.h\"")
    set_property(GLOBAL APPEND PROPERTY TARE_BACKEND_TYPES "${type}")
    set_property(GLOBAL APPEND PROPERTY TARE_BACKEND_MODES ${arg_MODES})
  endif()
endfunction()

# tare_backend_sources(<target> <name> <sources>...): what else there is of a backend, in another target; nothing where the
# backend is absent.
function(tare_backend_sources target name)
  get_property(includes GLOBAL PROPERTY TARE_BACKEND_INCLUDES)
  if(NOT "${includes}" MATCHES "impl/backend/${name}\\.h")
    return()
  endif()
  target_sources(${target} PRIVATE ${ARGN})
  get_property(library GLOBAL PROPERTY TARE_BACKEND_LIBRARY_${name})
  target_link_libraries(${target} PRIVATE ${library})
endfunction()

# Writes impl/backend/backends.h below the build directory and adds that to the include path of tare::backend.
function(tare_backends_header)
  get_property(includes GLOBAL PROPERTY TARE_BACKEND_INCLUDES)
  get_property(types GLOBAL PROPERTY TARE_BACKEND_TYPES)
  get_property(modes GLOBAL PROPERTY TARE_BACKEND_MODES)
  get_property(absent GLOBAL PROPERTY TARE_ABSENT_BACKENDS)
  list(LENGTH absent absent_count)
  list(JOIN includes "\n" includes)
  list(JOIN types ", " types)
  list(JOIN modes ", " modes)
  list(JOIN absent ", " absent)
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/generated)
  file(CONFIGURE OUTPUT ${dir}/impl/backend/backends.h @ONLY CONTENT [[
// SPDX-License-Identifier: Apache-2.0
// The backends of this binary; made from the table in impl/backend/CMakeLists.txt.
#pragma once

#include <array>

#include "impl/backend/backend.h"
@includes@

namespace tare::io {

using Backends = BackendList<@types@>;
using Modes = BackendList<@modes@>;  // of the same backends; none of them is a default
inline constexpr std::array<AbsentBackend, @absent_count@> kAbsentBackends{@absent@};

}  // namespace tare::io
]])
  target_include_directories(tare_backend PUBLIC ${dir})
endfunction()
