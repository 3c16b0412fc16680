// SPDX-License-Identifier: Apache-2.0
// What a subject implements to be judged: connections, a listener, a dialer, packet sockets, in
// types of the kit's own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tare::conformance {

// The ways in which a call ends that a row can tell apart.
enum class Error : uint8_t {
  kOk,
  kEof,          // the peer has finished sending
  kTimeout,      // a deadline set here has passed
  kClosed,       // closed on this side
  kRefused,      // nobody listens there
  kReset,        // the peer has torn the connection down
  kShutdown,     // this direction has been shut down
  kUnsupported,  // the subject cannot do it
  kOther,        // none of the above
};
std::string_view Name(Error error);  // "ok", "eof", ...

struct [[nodiscard]] Result {
  size_t n = 0;  // bytes moved; true also beside an error
  Error error = Error::kOk;
  int32_t os = 0;  // the system's code where there is one; only shown, never judged

  bool ok() const { return error == Error::kOk; }
};

// A new object, or none and why.
template <class T>
struct [[nodiscard]] Made {
  std::unique_ptr<T> it;
  Result result;
};

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

// A deadline that never comes, and one that has passed on any machine.
inline constexpr TimePoint kNever = TimePoint::max();
inline constexpr TimePoint kPast{};

enum class Which : uint8_t { kRead, kWrite, kBoth };

// What everything with an address has. Every member of this class and of those below may be called
// from any thread, any number at once, until it is destroyed. Destroying it closes it; the kit does
// so only when no call is under way.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  // Ends pending calls with kClosed. kClosed if it is closed already.
  virtual Error Close() = 0;
  // From `deadline` on, reads (accepts, receives) or writes (sends) end with kTimeout, the pending
  // one too, until it is set anew. In force when this returns. kBoth is one step. kClosed after
  // Close.
  virtual Error SetDeadline(Which which, TimePoint deadline) = 0;
  // Also after Close. Any text that the subject's own dialer understands.
  virtual std::string LocalAddress() const = 0;
};

// One end of a stream. How much it buffers is its own affair, but less than 64 MiB.
class Conn : public Endpoint {
 public:
  // Blocks for at least one byte; kEof at the end of the stream.
  virtual Result Read(std::span<std::byte> to) = 0;
  // Blocks until all of it is accepted, else n and why not more.
  virtual Result Write(std::span<const std::byte> from) = 0;
  virtual std::string RemoteAddress() const = 0;  // also after Close
};

// Accepts are reads.
class Listener : public Endpoint {
 public:
  virtual Made<Conn> Accept() = 0;
};

class PacketConn : public Endpoint {
 public:
  // One datagram.
  virtual Result ReceiveFrom(std::span<std::byte> to, std::string& from) = 0;
  virtual Result SendTo(std::span<const std::byte> from, const std::string& to) = 0;
};

class Dialer {
 public:
  virtual ~Dialer() = default;
  // Blocks until connected to where a Listener of the same subject is.
  virtual Made<Conn> Dial(const std::string& address) = 0;
};

// What a subject need not have. A row that needs a part which is absent is not applicable.
enum class Part : uint8_t { kNone, kPackets };
std::string_view Name(Part part);  // "packet sockets"

// The thing under test. Made and destroyed on one thread; the members as Endpoint's. When it is
// destroyed everything that came from it is gone, and so must be every handle and every thread.
class Subject {
 public:
  virtual ~Subject() = default;
  // At an address of the subject's choice.
  virtual Made<Listener> Listen() = 0;
  virtual Dialer& dialer() = 0;

  // "" if it has that part, else the reason, for people to read.
  virtual std::string WhyWithout(Part part) const {
    return part == Part::kNone ? "" : "the subject's adapter does not offer it";
  }
  // Asked for only if it has kPackets.
  virtual Made<PacketConn> OpenPackets() { return {nullptr, {0, Error::kUnsupported, 0}}; }
};

// A row that a backend is known to fail: it runs all the same, and is a deviation with this reason.
struct Excuse {
  std::string_view row;
  std::string_view why;
  std::string_view link;  // to the documentation or the report
};

// One way to run the subject.
struct Candidate {
  std::string name;
  std::string why_not;  // "": it runs here
  std::function<std::unique_ptr<Subject>()> make;
  std::vector<Excuse> excuses = {};
};

// What one conform_<subject> program judges.
struct Program {
  std::string subject;
  std::vector<Candidate> backends;
};

// Defined by each such program, once; main is the kit's.
Program TheProgram();

}  // namespace tare::conformance
