// SPDX-License-Identifier: Apache-2.0
// Whether this machine has descriptors, ports and memory enough for a scenario with many
// connections, and what to do where it has not.
#pragma once

#include <cstddef>
#include <string>

#include "impl/base/op.h"
#include "impl/base/socket.h"

namespace tare::suites {

// Raises the soft limit to the hard one if `wanted` more descriptors need it. "" if they will fit,
// else what to do.
std::string EnsureDescriptors(size_t wanted);

// What to do if `r`, an end that was met while `connections` were made over `t` at ports of the
// system's choice and opened, is about descriptors, ports or memory that have run out. "" if it is
// about anything else.
std::string WhyExhausted(io::Transport t, size_t connections, const io::Result& r);

}  // namespace tare::suites
