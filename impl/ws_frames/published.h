// SPDX-License-Identifier: Apache-2.0
// What the three published answers have in common: how they parse, and how they register for the
// end of a context, once for every read.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "impl/ws_frames/contract.h"

namespace tare::io::ws_frames {

// clang-format off
// The allocations of one registration (Register), by name; suites/ws_frames holds the counts of all
// answers against these lists.
//   1. the registration  std::make_shared: what is linked to the context
//   2. the callback      std::function that owns the connection's state, for it may run when that
//                        connection is gone: closes it
//   3. the stop function std::function that owns the registration
//   4. its box           new: the current stop function, which is exchanged as a whole
// And of a control frame's context (ReadControl), beside the registration with it:
//   5. the context       new: a deadline of 5 s for every control frame, whatever the caller's is
//   6. its cancel        std::function
// clang-format on
//
// A model of the originals in Go (coder/websocket before and after #565, and its fork), with their
// defects: what they accept, what they leave unsaid, and whom a late cancel hits. The callback of a
// context that has ended runs when RunStarted is called, as a goroutine would when it is scheduled.
class Published {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  explicit Published(Timers& timers);
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;
  ~Published();

  void Open(Role role, const Limits& limits) noexcept;
  bool hungry() const noexcept { return here_.empty(); }
  void Feed(std::span<const std::byte> bytes) noexcept { here_ = bytes; }

  // The peer's Close has come.
  void ReceivedClose() noexcept { close_received_ = true; }
  bool closed() const noexcept;
  // Runs the callbacks of the contexts that have ended meanwhile.
  void RunStarted();

 protected:
  // A callback that closes the connection when `context` ends, until Clear.
  void Register(Context& context);
  // Takes the current registration back, whose ever it is. Does not wait for its callback.
  void Clear();
  // The payload of a control frame, as `variant` reads under the context that is made for it.
  template <class Variant>
  static Result ReadUnderOwnContext(Variant& variant, const Header& header,
                                    std::span<std::byte> to) {
    const ControlContext control = variant.NewControlContext();
    const Result r = variant.ReadPayload(*control.context, to.first(header.length));
    control.cancel();
    return r;
  }

  // kClosed, or kOk.
  Errc LooksClosed() const noexcept { return closed() ? Errc::kClosed : Errc::kOk; }
  // kEof once the peer has closed, or kOk.
  Errc LooksEnded() const noexcept { return close_received_ ? Errc::kEof : Errc::kOk; }
  // What a failed read is told to be: cancelled before closed before what it was.
  Result Translated(const Context& context, Result r) const noexcept;

  Result ParseHeader(Header& header) noexcept;
  Result CopyPayload(std::span<std::byte> to) noexcept;

 private:
  struct State;
  struct Registration;
  struct ControlContext {
    std::unique_ptr<Context> context;
    std::function<void()> cancel;
  };

  ControlContext NewControlContext();

  Timers& timers_;
  const std::shared_ptr<State> state_;
  Role role_ = Role::kServer;
  bool close_received_ = false;
  std::span<const std::byte> here_;
  uint64_t left_ = 0;
  uint32_t key_ = 0;
};

}  // namespace tare::io::ws_frames
