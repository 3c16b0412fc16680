// SPDX-License-Identifier: Apache-2.0
// IoUring: completions from Linux's io_uring, single shots into the caller's buffer, and its modes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "impl/backend/backend.h"
#include "impl/backend/busy_poll.h"
#include "impl/base/socket.h"

namespace tare::io {

// What a mode asks of the engine beside the default. What the kernel does not have is done without,
// unless the mode is named after it: then WhyNot says so.
struct IoUringOptions {
  static constexpr size_t kNoSize = SIZE_MAX;

  bool sqpoll =
      false;  // a kernel thread submits: no call to start an operation, one CPU to watch for them
  bool registered_buffers =
      false;               // RegisterBuffers: receives there without mapping pages each time
  bool recv_many = false;  // kRecvMany, which the others have too where the kernel does
  // Sends of so many bytes or more are made without copying, and held (kHoldsSends).
  size_t send_zc_from = kNoSize;
  // How long the queues are, if the memory that may be locked has room (they take 136 KiB). The
  // sends of a thousand busy connections then fit into one call, and two completions of each into
  // the queue at once. Four times as long gained nothing that could be measured.
  unsigned submissions = 1024;
  unsigned completions = 4096;
};

// The engine under all modes. An operation that is started is queued and submitted by the next
// Poll, in one call with the wait. The ring belongs to the thread that made it.
class IoUringEngine {
 public:
  struct Slot;

  struct Port {
    Handle handle = kNoHandle;
    int file = -1;                          // its place in the ring's table of files; -1: none
    Slot* pending[2] = {nullptr, nullptr};  // by Direction
    bool is_stream = false;
    bool was_blocking = false;
    bool has_more = false;     // the last receive left something in the socket
    bool zero_copy = false;    // sends are made without copying
    bool is_full = false;      // the last file was sent in part: room has to be waited for
    bool is_drained = false;   // the last splice got less than it asked for of a byte stream
    bool unconnected = false;  // the last connect has failed: no end of stream can come
  };

  struct Slot {
    enum class State : uint8_t { kIdle, kEnded, kBacklog, kKernel };

    Op* op = nullptr;
    Port* port = nullptr;
    Slot* next = nullptr;  // in ended_, backlog_ or owed_
    State state = State::kIdle;
    bool canceled = false;
    bool owed = false;   // a cancel that has found no room in the submission queue
    bool retry = false;  // started again after a would-block: wait first
    bool again = false;  // to be started again once the kernel has let go of its buffer
  };

  explicit IoUringEngine(const IoUringOptions& options) noexcept;
  ~IoUringEngine();
  IoUringEngine(const IoUringEngine&) = delete;
  IoUringEngine& operator=(const IoUringEngine&) = delete;

  Result Attach(Port& port, Handle h) noexcept;
  void Detach(Port& port) noexcept;
  int Poll(Deadline d) noexcept;
  void Wake() noexcept;
  // Whether a Wake was seen that no Poll has told of yet; for BusyPoll.
  bool Woken() const noexcept;

  // Makes the kernel map `size` bytes at `data` once, for all receives in there. Once,
  // before the first of them. kUnsupported unless the mode is `registered`.
  Result RegisterBuffers(std::byte* data, size_t size) noexcept;

  // Of the sends without copying: how many the kernel has let go of, and how many of these it has
  // copied after all, as far as it says (Linux 6.3).
  struct ZeroCopies {
    uint64_t ended = 0;
    uint64_t copied = 0;
  };
  ZeroCopies zero_copies() const noexcept;

 protected:
  static const char* WhyNotWith(const IoUringOptions& options) noexcept;
  void Start(Port& port, Op& op, Slot& slot) noexcept;
  void Cancel(Slot& slot) noexcept;

 private:
  struct Ring;  // what needs the system's headers

  std::unique_ptr<Ring> ring_;
};

// A mode is a type of its own: they stand side by side in one binary.
template <class Mode>
class IoUringIn : public IoUringEngine {
 public:
  static constexpr std::string_view kName = "io_uring";
  static constexpr std::string_view kMode = Mode::kMode;
  static constexpr uint32_t kFeatures =
      kReattach | kRecvsMany | kSplices | kSendsFiles |
      (Mode::kOptions.send_zc_from != IoUringOptions::kNoSize ? kHoldsSends : 0u);
  static const char* WhyNot() noexcept {
    static const char* const why = WhyNotWith(Mode::kOptions);
    return why;
  }

  IoUringIn() noexcept : IoUringEngine(Mode::kOptions) {}

  template <class B>  // this, or what is derived from it
  void Start(Port& port, OpOf<B>& op) noexcept {
    IoUringEngine::Start(port, op, op.slot);
  }
  template <class B>
  void Cancel(Port&, OpOf<B>& op) noexcept {
    IoUringEngine::Cancel(op.slot);
  }
};

struct IoUringDefault {
  static constexpr std::string_view kMode = "";
  static constexpr IoUringOptions kOptions = {};
};
struct IoUringSqpollMode {
  static constexpr std::string_view kMode = "sqpoll";
  static constexpr IoUringOptions kOptions = {.sqpoll = true};
};
struct IoUringRegisteredMode {
  static constexpr std::string_view kMode = "registered";
  static constexpr IoUringOptions kOptions = {.registered_buffers = true};
};
struct IoUringRecvManyMode {
  static constexpr std::string_view kMode = "recv_many";
  static constexpr IoUringOptions kOptions = {.recv_many = true};
};
// What a send costs beside the copy, 1.3 us, is what the copy of some 20 KiB takes on the machine
// of results/. Over loopback it never pays: docs/architecture.md.
struct IoUringSendZcMode {
  static constexpr std::string_view kMode = "send_zc";
  static constexpr IoUringOptions kOptions = {.send_zc_from = 32 << 10};
};

using IoUring = IoUringIn<IoUringDefault>;
using IoUringSqpoll = IoUringIn<IoUringSqpollMode>;
using IoUringRegistered = IoUringIn<IoUringRegisteredMode>;
using IoUringRecvMany = IoUringIn<IoUringRecvManyMode>;  // for descriptors that read by kRecvMany
using IoUringBusyPoll = BusyPoll<IoUring>;
using IoUringSendZc = IoUringIn<IoUringSendZcMode>;
static_assert(Backend<IoUring>);

}  // namespace tare::io
