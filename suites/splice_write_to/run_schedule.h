// SPDX-License-Identifier: Apache-2.0
// RunSchedule: carries a schedule out on a backend, by the reference or by the published design.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "suites/splice_write_to/schedule.h"

namespace tare::suites {

// One schedule at a time in a process.
template <class B>
class ScheduleRun {
 public:
  explicit ScheduleRun(const Drawn& drawn) : drawn_(drawn), far_(Source(drawn), drawn.first) {}

  Account Reference() {
    if (!MakeDestination()) return account_;
    {
      io::Loop<B> loop;
      splice::Pool::Options options;
      options.pipe_size = drawn_.pipe_size;
      splice::Pool pool(loop.timers(), options);
      std::optional<splice::DiskThreads> disks;
      if (drawn_.disks) disks.emplace(1);
      io::Loop<B>* const turned = &loop;
      Ends ends(loop);
      splice::Target<B> target(loop);
      splice::Transfer<B> transfer(loop, pool, drawn_.disks ? &*disks : nullptr);
      std::vector<std::byte> first(drawn_.first);
      for (size_t i = 0; i < first.size(); ++i) first[i] = SentByte(i);
      const splice::Plan plan = {drawn_.limit, first, drawn_.copies};

      (void)ends.from.Open(far_.TakeNear());
      bool started = true;
      target_closed = true;
      if (there_->is_socket()) {
        (void)ends.to.Open(there_->TakeHandle());
      } else {
        const io::Result opened = there_->offset() < 0 ? target.Open(there_->handle())
                                                       : target.OpenAt(there_->handle(), 5000);
        // What cannot be written to is refused before a byte is taken.
        started = opened.ok();
        target_closed = !started;
        if (!started) Must(opened.err == io::Errc::kInvalid, "refused, and not as invalid");
      }
      Arm(drawn_);
      if (started) {
        over_ = false;
        over_flag = &over_;
        result_of = &result_;
        there_->is_socket() ? transfer.Start(ends.from, ends.to, plan, &OnOver)
                            : transfer.Start(ends.from, target, plan, &OnOver);
        Drive(
            *turned, [&] { Strike(transfer, ends, target); }, [&] { transfer.Cancel(); });
      }
      CallFaults::Clear();
      if (started && over_) Weigh(transfer);
      Close(loop, ends, target);
      account_.ended_ok = started && result_.ok();
    }
    return account_;
  }

  // The same by the published design, which has no first bytes, no threads, no cancel, and knows of
  // files and connections only. What it took and what arrived is weighed.
  Account Published() {
    if (drawn_.first > 0 || !MakeDestination()) return account_;
    if (!there_->is_socket() && (there_->offset() >= 0 || there_->has_far_end())) {
      account_.ran = false;
      return account_;
    }
    {
      io::Loop<B> loop;
      Ends ends(loop);
      splice::PublishedTransfer<B> transfer(loop, ends.from, ends.to);
      (void)ends.from.Open(far_.TakeNear());
      there_->is_socket() ? ends.to.Open(there_->TakeHandle())
                          : transfer.OpenFile(there_->handle());
      Arm(drawn_);
      over_ = false;
      over_flag = &over_;
      result_of = &result_;
      transfer.Go(drawn_.limit, [](splice::PublishedTransfer<B>&, io::Result r) noexcept {
        *over_flag = true;
        *result_of = r;
      });
      // It cannot be canceled; its descriptors can.
      Drive(
          loop,
          [&] {
            if (drawn_.failure == Failure::kCanceled) return ends.from.CancelRead();
            StrikeEnds(ends);
          },
          [&] {
            ends.from.CancelRead();
            ends.to.CancelWrite();
          });
      CallFaults::Clear();
      std::vector<std::byte> arrived;
      const bool tells = there_->Arrived(arrived) && drawn_.failure != Failure::kSourceReset;
      if (over_ && tells) {
        const uint64_t taken = far_.sent() - far_.Unread().size();
        account_.lost = taken - std::min<uint64_t>(taken, arrived.size());
      }
      Close(loop, ends);
    }
    return account_;
  }

 private:
  using Fd = io::fd_ops::Fd<B>;
  struct End : Fd {
    using Fd::Fd;
    bool closed = false;
  };
  struct Ends {
    explicit Ends(io::Loop<B>& loop) : from(loop), to(loop) {}
    End from, to;
  };
  inline static bool* over_flag = nullptr;
  inline static io::Result* result_of = nullptr;
  inline static bool target_closed = false;

  static io::Transport Source(const Drawn& drawn) {
    return drawn.which % 2 == 0 ? io::Transport::kTcp4 : io::Transport::kUnix;
  }

  bool MakeDestination() {
    std::string why;
    there_ = NewDestination(drawn_.destination, why);
    account_.ran = there_ != nullptr;
    return account_.ran;
  }

  static void OnOver(splice::Transfer<B>&, io::Result r) noexcept {
    *over_flag = true;
    *result_of = r;
  }

  // Turns until the transfer is over. What would wait for ever is canceled in the end.
  template <class Strike, class GiveUp>
  void Drive(io::Loop<B>& loop, Strike strike, GiveUp give_up) {
    Allowance allowance(Scaled(int64_t{20} * 1'000'000'000));
    int idle = 0;
    bool gave_up = false;
    for (int64_t turn = 0; !over_; ++turn) {
      const uint64_t before = far_.sent();
      far_.Send(drawn_.total, 100'000);
      if (far_.sent() == drawn_.total && Finishes()) far_.Finish();
      if (drawn_.failure != Failure::kStalled) there_->Drain();
      if (turn == drawn_.strikes_after) strike();
      const int did = loop.Turn(idle > 3 ? io::Now().Plus(200'000) : io::Deadline::Past());
      idle = did > 0 || far_.sent() > before ? 0 : idle + 1;
      // Nothing comes any more, nothing ends: what waits, waits for ever.
      if (idle > 60 && !gave_up && turn > drawn_.strikes_after) {
        gave_up = true;
        idle = 0;
        give_up();
      }
      if (allowance.Spent()) return Must(false, "it does not end");
    }
  }

  // Whether the peer finishes after the last byte; else the transfer waits for more.
  bool Finishes() const {
    return drawn_.failure != Failure::kSourceTimeout && drawn_.which % 3 != 0;
  }

  void StrikeEnds(Ends& ends) {
    switch (drawn_.failure) {
      case Failure::kSourceEnds:
        return far_.Finish();
      case Failure::kSourceReset:
        return far_.Reset();
      case Failure::kSourceTimeout:
        return (void)ends.from.SetReadDeadline(io::Deadline::Past());
      case Failure::kSourceClosed:
        return CloseEnd(ends.from);
      case Failure::kFarEndGoes:
        return there_->Hang();
      case Failure::kStalled:
        return (void)ends.to.SetWriteDeadline(io::Deadline::Past());
      case Failure::kDestinationShut:
        return CloseEnd(ends.to);
      case Failure::kChanges:
        return there_->Change();
      default:
        return;
    }
  }

  void Strike(splice::Transfer<B>& transfer, Ends& ends, splice::Target<B>& target) {
    if (drawn_.failure == Failure::kCanceled) return transfer.Cancel();
    if (drawn_.failure == Failure::kStalled && target.open()) {
      return (void)target.SetDeadline(io::Deadline::Past());
    }
    if (drawn_.failure == Failure::kDestinationShut && target.open()) {
      return (void)CloseTarget(target);
    }
    StrikeEnds(ends);
  }

  // Every byte that was taken is delivered, or held; in order; and what was not taken is still
  // there.
  void Weigh(splice::Transfer<B>& transfer) {
    const auto delivered = static_cast<uint64_t>(result_.n);
    const uint64_t held = transfer.held();
    const size_t first_left = transfer.first_left();
    const uint64_t first_used = drawn_.first - first_left;
    Must(delivered + held == transfer.taken() + first_used,
         "delivered + held is not what was taken");
    if (delivered + held < transfer.taken() + first_used) {
      account_.lost = transfer.taken() + first_used - delivered - held;
    }
    Must(transfer.taken() <= drawn_.limit, "more was taken than the limit");
    Must(first_left == 0 || transfer.taken() == 0,
         "bytes were taken before the first ones had gone");

    std::vector<std::byte> arrived;
    if (there_->Arrived(arrived)) {
      // What was handed to a connection that failed then may have got lost on its way.
      const bool may_lack = there_->is_socket() && !result_.ok();
      Must(arrived.size() == delivered || (may_lack && arrived.size() < delivered),
           "other bytes arrived than were counted: " + std::to_string(arrived.size()) + " of " +
               std::to_string(delivered));
      Must(IsSent(arrived, 0), "what arrived is not in order");
    }
    std::vector<std::byte> rest(held);
    size_t got = 0;
    while (got < rest.size()) {
      const size_t n = transfer.TakeHeld(
          std::span(rest).subspan(got, std::min<size_t>(rest.size() - got, 10'000)));
      if (n == 0) break;
      got += n;
    }
    Must(got == held && transfer.held() == 0, "what is held cannot be taken");
    Must(IsSent(rest, delivered), "what is held does not follow what was delivered");

    if (drawn_.failure == Failure::kSourceReset) return;
    const uint64_t taken = transfer.taken();
    const std::vector<std::byte> unread = far_.Unread();
    Must(taken + unread.size() == far_.sent(), "what was not taken is not in front of the source");
    Must(IsSent(unread, drawn_.first + taken), "what was not taken is not in order");
    // With nothing in its way all of it arrives.
    if (drawn_.failure == Failure::kNone && Writable() && result_.ok()) {
      const uint64_t should = std::min(drawn_.limit, drawn_.total);
      Must(taken == should && held == 0, "it was not all");
    }
  }

  bool Writable() const { return drawn_.destination != "full" && drawn_.destination != "proc"; }

  static void CloseEnd(End& end) {
    (void)end.Close([](Fd& fd, io::Result) noexcept { static_cast<End&>(fd).closed = true; });
  }

  static bool CloseTarget(splice::Target<B>& target) {
    return target.Close([](splice::Target<B>&) noexcept { target_closed = true; }) == io::Errc::kOk;
  }

  void Close(io::Loop<B>& loop, Ends& ends) {
    for (End* end : {&ends.from, &ends.to}) {
      const bool was_open = end->open();
      if (was_open) CloseEnd(*end);
      Allowance allowance(Scaled(int64_t{20} * 1'000'000'000));
      while (was_open && !end->closed && !allowance.Spent()) loop.Turn(io::Now().Plus(1'000'000));
    }
    loop.Turn(io::Deadline::Past());
  }
  void Close(io::Loop<B>& loop, Ends& ends, splice::Target<B>& target) {
    (void)CloseTarget(target);
    Allowance allowance(Scaled(int64_t{20} * 1'000'000'000));
    while (!target_closed && !allowance.Spent()) loop.Turn(io::Now().Plus(1'000'000));
    Close(loop, ends);
  }

  void Must(bool holds, std::string what) {
    if (!holds && account_.wrong.empty()) account_.wrong = std::move(what);
  }

  const Drawn drawn_;
  FarEnd far_;
  std::unique_ptr<Destination> there_;
  Account account_;
  io::Result result_;
  bool over_ = true;
};

}  // namespace tare::suites
