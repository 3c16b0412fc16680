// SPDX-License-Identifier: Apache-2.0
// What the tests of the contract ask of the operating system beside sockets; one source file for
// each system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "impl/base/handle.h"
#include "impl/base/socket.h"

namespace tare::io::contract {

// Every handle of this process with what it stands for, in one order; empty where the system does
// not tell.
std::vector<std::string> OpenHandles();

// Whether a program started by this one would have the handle.
bool IsInherited(Handle h);

// A second handle of the same socket, owned by the caller.
Handle Duplicate(Handle h);

// A handle of a file that is neither socket nor pipe, in blocking mode, owned by the caller.
Handle OpenFile();

// A file in memory.
class File {
 public:
  explicit File(std::span<const std::byte> bytes = {});
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  Handle operator*() const { return handle_; }
  void Write(uint64_t at, std::span<const std::byte> bytes);
  void Resize(uint64_t size);  // what is added is a hole
  void MoveTo(uint64_t position);
  uint64_t Position() const;

 private:
  Handle handle_;
};

// A socket that has an address and does not listen: whoever dials `at` is refused. Owned by the
// caller.
Handle BoundOnly(Address& at);

// Begins to connect `h` to `to` without waiting for how that ends.
void BeginToConnect(Handle h, const Address& to);
// Does so on a handle that is not attached, waits until it has failed, and takes the system's code,
// which is told once.
int FailToConnect(Handle h, const Address& to);

// Blocking calls on a handle that is not attached; they throw after a minute. Push sends all. Pull
// receives until `to` is full or the stream ends, and returns how many bytes.
void Push(Handle h, std::span<const std::byte> from);
size_t Pull(Handle h, std::span<std::byte> to);

// Whether a send of one byte on the stream socket would not block.
bool HasRoom(Handle h);

// Sends datagrams of `size` bytes to `to` until that would block; how many. Throws at other errors.
int SendUntilBlocked(Handle h, const Address& to, size_t size);
// Fills the queue of the Unix datagram socket at `to` with datagrams of one byte from sockets that
// are gone afterwards; how many there are.
int FillQueue(const Address& to);

// How often this thread has given up its CPU in order to wait.
int64_t Sleeps();
// How long this thread has run, in nanoseconds.
int64_t CpuTime();

// While it lives this process can open at most `more` handles beside those that it has.
class HandleLimit {
 public:
  explicit HandleLimit(int more);
  ~HandleLimit();
  HandleLimit(const HandleLimit&) = delete;
  HandleLimit& operator=(const HandleLimit&) = delete;

 private:
  uint64_t before_;
};

// While it lives a signal interrupts this process every half millisecond, and no call is restarted
// for it.
class Interruptions {
 public:
  Interruptions();
  ~Interruptions();
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;

  static int Count();  // so far
};

// Address space that reads as zeros and takes memory only where it is written.
class Reserve {
 public:
  explicit Reserve(size_t size);
  ~Reserve();
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;

  // Empty where the system does not give so much.
  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

}  // namespace tare::io::contract
