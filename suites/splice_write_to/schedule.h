// SPDX-License-Identifier: Apache-2.0
// Schedule: one transfer, a destination, a failure that strikes it, and the account of every byte.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "impl/base/socket.h"
#include "impl/fd_ops/reference.h"
#include "impl/splice_write_to/hops.h"
#include "impl/splice_write_to/published.h"
#include "impl/splice_write_to/transfer.h"
#include "suites/splice_write_to/call_faults.h"
#include "suites/splice_write_to/destinations.h"
#include "suites/splice_write_to/far_end.h"
#include "suites/support/time_scale.h"

namespace tare::suites {

namespace splice = io::splice_write_to;

// What strikes.
enum class Failure : uint8_t {
  kNone,
  kSourceEnds,       // the peer has finished sending
  kSourceReset,      // the peer tears the connection down
  kSourceTimeout,    // the deadline of the source passes
  kSourceClosed,     // this side closes the source
  kCanceled,         // the transfer is canceled
  kFarEndGoes,       // nobody reads the destination any more
  kStalled,          // the destination is read no more, and its deadline passes
  kDestinationShut,  // this side closes the destination
  kChanges,          // the destination changes: append mode, a seal
  kFirstHopRefused,  // EINVAL, ENOSYS, EPERM, EOPNOTSUPP from a splice in, once or for good
  kSecondHopRefused,
  kInterrupted,  // EINTR in any call
  kWouldBlock,   // EAGAIN in any call, where nothing blocks
  kFails,        // ENOSPC, EDQUOT, EIO, EFBIG at the second hop
  kNoPipes,      // none can be made, or none of the size
};
inline constexpr int kFailures = 16;

struct Drawn {
  uint64_t seed = 0;
  std::string_view destination;
  Failure failure{};
  uint64_t total = 0;  // bytes that the peer sends
  uint64_t limit = 0;
  size_t first = 0;      // bytes that the caller has read before
  size_t pipe_size = 0;  // asked for
  uint64_t shorten = 0;
  bool copies = false;
  bool disks = false;
  int64_t strikes_after = 0;  // turns, or calls
  bool for_good = false;
  int which = 0;  // of several errors or calls
};

// From its seed alone.
Drawn Draw(uint64_t seed);
std::string Text(const Drawn& drawn);

// What became of it.
struct Account {
  bool ran = false;   // false: the machine does not have the destination, or they cannot meet
  std::string wrong;  // "" or what does not add up
  uint64_t lost = 0;  // bytes taken that are neither delivered nor held
  bool ended_ok = false;
};

// Sets up the calls that are to fail, for those failures that are calls.
void Arm(const Drawn& drawn);

}  // namespace tare::suites
