// SPDX-License-Identifier: Apache-2.0
// Pool: the pipes and buffers that the transfers of one loop use, one after the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "impl/base/handle.h"
#include "impl/base/op.h"
#include "impl/loop/timers.h"

namespace tare::io::splice_write_to {

// Both ends of a pipe, close-on-exec and non-blocking; {kNoHandle, kNoHandle, 0} is none.
struct Pipe {
  Handle from = kNoHandle;
  Handle to = kNoHandle;
  size_t size = 0;  // bytes that fit, if every page of it is full

  bool made() const noexcept { return from != kNoHandle; }
};

// Which file it is, whatever handle stands for it. {0, 0} is nothing.
struct Identity {
  uint64_t space = 0;  // a file system's number
  uint64_t number = 0;

  bool operator==(const Identity&) const = default;
};

// Belongs to its loop's thread, as the transfers that use it, which it outlives. Only clean pipes
// come back to it: whoever holds one with bytes in it keeps it, or drops it.
class Pool {
 public:
  // What an ordinary user may have of Linux: 64 pipes of 1 MiB are his 16,384 pages
  // (/proc/sys/fs/pipe-user-pages-soft); beyond them the system gives smaller ones.
  static constexpr size_t kMostIdle = 64;

  struct Options {
    size_t most_idle = kMostIdle;   // pipes kept for the next transfer, at most kMostIdle
    size_t pipe_size = 1 << 20;     // bytes asked for; what the system refuses is done without
    size_t buffer_size = 64 << 10;  // bytes of a buffer, where bytes are copied; at least 4096
    // Whoever is to move no more than so many bytes into a file, pipe or terminal, or into a
    // connection, copies them; and so long as no more come at a time, whatever the limit. 0:
    // nobody; MeasureCopyUpTo (crossover.h) finds where that pays.
    uint64_t copy_to_files_up_to = 0;
    uint64_t copy_to_connections_up_to = 0;
    // Pipes that nobody has wanted for so long are closed, in nanoseconds.
    int64_t idle = int64_t{10} * 1'000'000'000;
  };

  explicit Pool(Timers& timers) noexcept : Pool(timers, Options{}) {}
  Pool(Timers& timers, const Options& options) noexcept;
  // Wants no transfer under way. Closes what there is.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  const Options& options() const noexcept { return options_; }

  // A clean pipe, or why there is none (no descriptors, say): then bytes are copied.
  Result Take(Pipe& pipe) noexcept;
  // Takes a clean pipe back, and forgets it there.
  void Give(Pipe& pipe) noexcept;
  // Closes a pipe, with what is in it.
  static void Drop(Pipe& pipe) noexcept;

  // A buffer of options().buffer_size bytes, or null. Allocates at most as often as there are
  // transfers at once that copy.
  std::unique_ptr<std::byte[]> TakeBuffer() noexcept;
  void GiveBuffer(std::unique_ptr<std::byte[]> buffer) noexcept;

  // How many pipes are kept. Closes those beside `keep`.
  size_t idle() const noexcept { return idle_; }
  void Drain(size_t keep = 0) noexcept;

  // What a transfer has to itself while it is under way: a file, pipe or terminal.
  struct Claim {
    Identity of;
    Claim* next = nullptr;
    Claim** place = nullptr;  // what points to it; null: not in force
  };
  // False where another transfer of this pool has claimed the same; then nothing has changed. One
  // of nothing ({0, 0}) is never refused.
  bool Enter(Claim& claim) noexcept;
  void Leave(Claim& claim) noexcept;

 private:
  struct Clock : Timer {
    Pool* pool = nullptr;
  };
  static void OnTimer(Timer& timer) noexcept;

  Timers& timers_;
  Options options_;
  Clock clock_;
  std::array<Pipe, kMostIdle> pipes_;
  size_t idle_ = 0;
  size_t unused_ = 0;  // the fewest that were idle since the clock last fired
  std::vector<std::unique_ptr<std::byte[]>> buffers_;
  std::array<Claim*, 256> claims_{};  // by their numbers
};

}  // namespace tare::io::splice_write_to
