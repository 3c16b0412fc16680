// SPDX-License-Identifier: Apache-2.0
// What tare-httpget asks of the system before and after the loop: addresses, its output, words.
#pragma once

#include <string>
#include <vector>

#include "impl/base/handle.h"
#include "impl/base/op.h"
#include "impl/base/socket.h"
#include "suites/splice_write_to/programs/http_head.h"

namespace tare::suites::splice_write_to {

struct Place {
  io::Transport transport = io::Transport::kTcp4;
  io::Address address;
};

// Where the URL's host listens, to be tried in this order: "" or, in words, why there is none. A
// name is looked up, and blocks until that is done.
std::string Resolve(const Url& url, std::vector<Place>& places);

// The file, made or emptied, or the standard output for "": a handle in `n`, the caller's to close.
// A named pipe that nobody reads is an error, and not waited for.
io::Result OpenOutput(const std::string& path);
// Whether it is the same file, pipe or terminal as the standard output.
bool IsStandardOutput(io::Handle h);

// Why it failed, in the system's words where it had any.
std::string Words(io::Result result);

}  // namespace tare::suites::splice_write_to
