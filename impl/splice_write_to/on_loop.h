// SPDX-License-Identifier: Apache-2.0
// OnLoop: an answer made of a transfer by callbacks, baseline, published or reference.
#pragma once

#include <utility>

#include "impl/base/deadline.h"
#include "impl/splice_write_to/ends.h"

namespace tare::io::splice_write_to {

// M is a transfer over descriptors M::Fd, on a loop and for the two ends given to its constructor:
//   Result OpenFile(Handle)              the destination is this file; else M::Fd `to` is it
//   void Go(uint64_t size, Done)         moves as many bytes; Done = void (*)(M&, Result) noexcept
//   void CloseFile()                     and, where that takes the loop, bool closed()
template <class M>
class OnLoop {
 public:
  using Fd = typename M::Fd;

  static const char* WhyNot() noexcept { return Fd::WhyNot(); }

  OnLoop() = default;
  ~OnLoop() { Close(); }
  OnLoop(const OnLoop&) = delete;
  OnLoop& operator=(const OnLoop&) = delete;

  Result Open(const Stage& stage) {
    ends_.Open(stage);
    Result r = OpenEnd(from_, stage.source.server, &Pair::server, /*of_sink=*/false);
    if (r.ok() && stage.file != kNoHandle) {
      r = mover_.OpenFile(stage.file);
      file_open_ = r.ok();
    } else if (r.ok()) {
      r = OpenEnd(to_, stage.sink.client, &Pair::client, /*of_sink=*/true);
    }
    return r;
  }

  Result Trip() noexcept {
    result_ = ends_.Begin();
    if (!result_.ok()) return result_;
    // As in the floor: whoever is about to take finds something there.
    Result served = ends_.Serve();
    if (!served.ok()) return served;
    over_ = false;
    mover_.Go(ends_.stage().size, &OnOver);
    while (!over_ || (result_.ok() && !ends_.done())) {
      // What is under way between the ends may be the far ends' to take, which nobody wakes for.
      if (!over_) loop_.Turn(served.n > 0 ? Deadline::Past() : Now().Plus(kPatience));
      served = ends_.Serve();
      if (!served.ok() && result_.ok()) result_ = served;
    }
    return result_;
  }

  void Close() noexcept {
    if (file_open_) {
      mover_.CloseFile();
      if constexpr (requires { mover_.closed(); }) {
        while (!mover_.closed()) loop_.Turn();
      }
    }
    file_open_ = false;
    for (End* end : {&from_, &to_}) {
      // M::Fd may be derived from the descriptor that calls back.
      const Errc closing =
          end->Close([](auto& fd, Result) noexcept { static_cast<End&>(fd).closed = true; });
      if (closing != Errc::kOk) continue;
      while (!end->closed) loop_.Turn();
    }
    ends_.Close();
  }

  Ends& ends() noexcept { return ends_; }
  M& mover() noexcept { return mover_; }

 private:
  static constexpr int64_t kPatience = 100'000;  // nanoseconds

  struct End : Fd {
    using Fd::Fd;
    bool closed = false;
  };
  struct Mover : M {
    Mover(OnLoop& the_owner)
        : M(the_owner.loop_, the_owner.from_, the_owner.to_), owner(the_owner) {}
    OnLoop& owner;
  };

  // The descriptor closes what it has; an error leaves the handle where it was.
  Result OpenEnd(End& end, Handle h, Handle Pair::*which, bool of_sink) noexcept {
    const Result r = end.Open(h);
    if (r.ok()) ends_.Forget(which, of_sink);
    if (r.ok()) end.closed = false;
    return r;
  }

  static void OnOver(M& mover, Result r) noexcept {
    OnLoop& owner = static_cast<Mover&>(mover).owner;
    owner.over_ = true;
    if (!r.ok()) owner.result_ = r;
    if (r.ok() && static_cast<uint64_t>(r.n) != owner.ends_.stage().size) {
      owner.result_ = {r.n, Errc::kEof, 0};
    }
  }

  Ends ends_;
  typename Fd::LoopType loop_;
  End from_{loop_};
  End to_{loop_};
  Mover mover_{*this};
  Result result_;
  bool over_ = true;
  bool file_open_ = false;
};

}  // namespace tare::io::splice_write_to
