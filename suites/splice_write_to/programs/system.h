// SPDX-License-Identifier: Apache-2.0
// What the programs ask of the system before and after the loop: addresses, an output, words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "impl/base/handle.h"
#include "impl/base/op.h"
#include "impl/base/socket.h"

namespace tare::suites::splice_write_to {

struct Place {
  io::Transport transport = io::Transport::kTcp4;
  io::Address address;
};

// Where the host listens, to be tried in this order: "" or, in words, why there is none. A name is
// looked up, and blocks until that is done.
std::string Resolve(const std::string& host, const std::string& port, std::vector<Place>& places);

// The file, made or emptied, or the standard output for "": a handle in `n`, the caller's to close.
// A named pipe that nobody reads is an error, and not waited for.
io::Result OpenOutput(const std::string& path);
// Whether it is the same file, pipe or terminal as the standard output.
bool IsStandardOutput(io::Handle h);

// Raises the limit of descriptors that may be open to `wanted`, as far as an ordinary user may; how
// many may be open then.
uint64_t AllowDescriptors(uint64_t wanted);

// Why it failed, in the system's words where it had any.
std::string Words(io::Result result);

}  // namespace tare::suites::splice_write_to
