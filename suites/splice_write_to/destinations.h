// SPDX-License-Identifier: Apache-2.0
// Destinations: all the kinds of thing that a test can make a transfer write into, and what has
// arrived there.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "impl/base/handle.h"

namespace tare::suites {

// Made by NewDestination, gone with all it had open.
class Destination {
 public:
  virtual ~Destination() = default;

  // What the transfer is given; the destination's. For a connection a Transfer wants a descriptor:
  // then is_socket(), and the handle is the descriptor's once it was taken.
  io::Handle handle() const { return handle_; }
  io::Handle TakeHandle();
  virtual bool is_socket() const { return false; }
  // Something with a reader: a pipe, a terminal, a connection.
  virtual bool has_far_end() const { return false; }
  // Where the transfer has to begin, or -1: at the file's position.
  virtual int64_t offset() const { return -1; }

  // Takes out what has arrived at the far end, and keeps it; a stalled destination is one that
  // nobody drains. Does nothing for files.
  virtual void Drain() {}
  // The far end goes: nobody reads any more. Nothing for files.
  virtual void Hang() {}
  // All that has arrived so far. False where that cannot be told (/dev/null).
  virtual bool Arrived(std::vector<std::byte>& bytes) = 0;

  // Changes what it is under the transfer's hands: a file is appended to from now on, say, or a
  // disk has room again.
  virtual void Change() {}

 protected:
  io::Handle handle_ = io::kNoHandle;
};

// "memory", "disk", "offset", "append", "append-later", "pipe", "fifo", "terminal", "tcp", "unix",
// "null", "full", "sealed", "small" (a file system of 256 KiB), "proc", "read-only", "directory",
// "limited" (a file of at most 100,000 bytes).
const std::vector<std::string_view>& DestinationNames();

// Beside those there are two that take their time: "full-disk" and "over-quota" (small_disk.h).
// Null, with `why`, where this machine does not have it.
std::unique_ptr<Destination> NewDestination(std::string_view name, std::string& why);

}  // namespace tare::suites
