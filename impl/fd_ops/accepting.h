// SPDX-License-Identifier: Apache-2.0
// Accepting: nothing but the accept is the answer's; connections are dialled and closed by bare
// calls.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "impl/fd_ops/baseline.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/reference.h"

namespace tare::io::fd_ops {

// Accepts as many connections in a trip as it was opened for. They stay open until the next trip,
// for the check: the i-th that was dialled is the i-th that was accepted. Reset on close.
// clang-format off
template <class A>
concept AcceptingAnswer = requires(A a, Transport transport, int connections) {
  requires std::default_initializable<A>;
  { A::WhyNot() } noexcept -> std::same_as<const char*>;
  { a.Open(transport, connections) } -> std::same_as<Result>;
  { a.Trip() } noexcept -> std::same_as<Result>;
  { a.Accepted() } noexcept -> std::same_as<std::span<const Pair>>;
  { a.Close() } noexcept -> std::same_as<void>;
};
// clang-format on

// The listener and the connections of a trip, with what is the same in every answer.
class Dialed {
 public:
  Dialed() = default;
  ~Dialed() { Close(); }
  Dialed(const Dialed&) = delete;
  Dialed& operator=(const Dialed&) = delete;

  // n = the listening handle, which is the caller's.
  Result Listen(Transport transport, int connections) {
    transport_ = transport;
    at_ = Loopback(transport);
    pairs_.resize(static_cast<size_t>(connections));
    return io::Listen(transport, at_, std::max(128, connections));
  }
  // Closes the connections of the last trip and makes those of this one: dialled, and not accepted.
  Result DialAll() noexcept {
    CloseAll(pairs_);
    accepted_ = 0;
    for (Pair& pair : pairs_) {
      const Result made = Dial(transport_, at_);
      if (!made.ok()) return made;
      pair.client = static_cast<Handle>(made.n);
      if (const Result set = ResetOnClose(pair.client); !set.ok()) return set;
    }
    return {};
  }
  // Keeps an accepted handle; whether it was the trip's last.
  bool Keep(Handle handle) noexcept {
    pairs_[accepted_++].server = handle;
    return accepted_ == pairs_.size();
  }
  std::span<const Pair> pairs() const noexcept { return pairs_; }
  void Close() noexcept { CloseAll(pairs_); }

 private:
  Transport transport_{};
  Address at_;
  std::vector<Pair> pairs_;
  size_t accepted_ = 0;  // in this trip
};

// A bare accept finds a connection that is there already.
class AcceptingFloor {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  AcceptingFloor() = default;
  ~AcceptingFloor() { Close(); }
  AcceptingFloor(const AcceptingFloor&) = delete;
  AcceptingFloor& operator=(const AcceptingFloor&) = delete;

  Result Open(Transport transport, int connections) {
    const Result listening = dialed_.Listen(transport, connections);
    if (listening.ok()) listener_ = static_cast<Handle>(listening.n);
    return listening;
  }
  Result Trip() noexcept;
  std::span<const Pair> Accepted() noexcept { return dialed_.pairs(); }
  void Close() noexcept {
    dialed_.Close();
    if (listener_ != kNoHandle) (void)CloseHandle(std::exchange(listener_, kNoHandle));
  }

 private:
  Dialed dialed_;
  Handle listener_ = kNoHandle;
};

// By callbacks: an accept is pending when a connection arrives, as a server's is.
template <class Fd>
class Accepting {
 public:
  static const char* WhyNot() noexcept { return Fd::WhyNot(); }

  Accepting() = default;
  ~Accepting() { Close(); }

  Result Open(Transport transport, int connections) {
    const Result listening = dialed_.Listen(transport, connections);
    if (!listening.ok()) return listening;
    const Result opened = listener_.Open(static_cast<Handle>(listening.n));
    if (!opened.ok()) {
      (void)CloseHandle(static_cast<Handle>(listening.n));
      return opened;
    }
    Await();
    return {};
  }

  Result Trip() noexcept {
    failed_ = dialed_.DialAll();
    done_ = false;
    if (!accepting_) Await();  // the last one failed
    while (!done_ && failed_.ok()) loop_.Turn();
    return failed_;
  }

  std::span<const Pair> Accepted() noexcept { return dialed_.pairs(); }

  void Close() noexcept {
    closed_ = false;
    if (listener_.Fd::Close(&OnClosed) == Errc::kOk) {
      while (!closed_) loop_.Turn();
    }
    dialed_.Close();
  }

 private:
  struct Listener : Fd {
    explicit Listener(Accepting& the_owner) : Fd(the_owner.loop_), owner(the_owner) {}
    Accepting& owner;
  };

  void Await() noexcept {
    accepting_ = true;
    listener_.Accept(nullptr, &OnAccepted);
  }

  static void OnAccepted(Fd& fd, Result r) noexcept {
    Accepting& all = static_cast<Listener&>(fd).owner;
    all.accepting_ = false;
    if (!r.ok()) {
      all.failed_ = r;
      return;
    }
    if (all.done_) {
      (void)CloseHandle(static_cast<Handle>(r.n));  // a stranger's
    } else {
      all.done_ = all.dialed_.Keep(static_cast<Handle>(r.n));
    }
    all.Await();
  }

  static void OnClosed(Fd& fd, Result) noexcept { static_cast<Listener&>(fd).owner.closed_ = true; }

  typename Fd::LoopType loop_;
  Listener listener_{*this};
  Dialed dialed_;
  bool done_ = true;
  bool accepting_ = false;
  bool closed_ = false;
  Result failed_;
};

template <class B>
using AcceptingBaseline = Accepting<BaselineFd<B>>;
template <class B>
using AcceptingReference = Accepting<Fd<B>>;

static_assert(AcceptingAnswer<AcceptingFloor>);

}  // namespace tare::io::fd_ops
