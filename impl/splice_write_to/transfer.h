// SPDX-License-Identifier: Apache-2.0
// The reference: a transfer from a connection into a file, a pipe, a terminal or another
// connection, inside the kernel where that can be, and without losing a byte wherever it fails.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include "impl/base/check.h"
#include "impl/fd_ops/reference.h"
#include "impl/splice_write_to/disk_threads.h"
#include "impl/splice_write_to/hops.h"
#include "impl/splice_write_to/pool.h"
#include "impl/splice_write_to/target.h"

namespace tare::io::splice_write_to {

inline constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// What to move.
struct Plan {
  uint64_t limit = kNoLimit;  // bytes that are taken from the source at most; 0: none
  // What the caller has read of the source already, which goes first. Lives until the end.
  std::span<const std::byte> first;
  bool copies = false;  // through a buffer, whatever could be
};

// One transfer at a time, begun with Start, ended once. Everything it needs is embedded or the
// pool's, so that after the first nothing is allocated. Belongs to its loop's thread.
//
// Bytes are taken from the source into a pipe (or a buffer), and out of it before more are taken.
// What was taken when a destination failed is not lost: it is held here, counted by held(), goes
// first into the next transfer that is started, or is handed out by TakeHeld.
//
// The way is chosen by what source and destination are: streams of sockets are spliced, datagrams
// and files that were opened to append are copied. Where the system refuses a splice after all,
// what the pipe holds is delivered by copying, and the rest too.
template <Backend B>
class Transfer {
 public:
  using Fd = fd_ops::Fd<B>;
  using Done = void (*)(Transfer&, Result) noexcept;
  enum class Side : uint8_t { kNeither, kSource, kDestination };

  // With `disks`, files are written on its threads, and the loop's other connections do not wait
  // for the disk.
  Transfer(Loop<B>& loop, Pool& pool, DiskThreads* disks = nullptr) noexcept
      : loop_(loop), pool_(pool), disks_(disks) {
    end_.transfer = in_.transfer = out_.transfer = again_.transfer = job_.transfer = this;
    end_.done = &OnEnd;
    in_.done = &OnTaken;
    out_.done = &OnGiven;
    again_.fire = &OnAgain;
    source_.transfer = destination_.transfer = this;
    source_.closing = &OnSourceCloses;
    destination_.closing = &OnDestinationCloses;
    job_.work = &OnDisk;
    job_.run = &OnWritten;
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  // Wants it to have ended. What is held is gone.
  ~Transfer() {
    TARE_CHECK(!busy());
    DropHeld();
  }

  // Moves bytes until the source ends, the limit is reached, or one side fails, and then calls
  // `done`, from Loop::Turn, with n = the bytes that reached the destination, true beside every
  // error: held ones, then plan.first, then those of the source. The end of the source and the
  // limit are kOk. Deadlines are those of the two ends: kTimeout. Closing either ends it with
  // kClosed, whatever it waits for, and need not wait for that end.
  //
  // kInUse where another transfer has the source or the destination (a file, whatever handle stands
  // for it, among those of the same pool), or the caller has a read pending on the one or a write
  // on the other: nothing has been moved then. kClosed for a destination that is not open.
  void Start(Fd& from, Target<B>& to, const Plan& plan, Done done) noexcept {
    target_ = &to;
    to_ = to.kind_.waits ? &to.fd_ : nullptr;
    splices_out_ = !to.kind_.appends;
    claim_.of = to.kind_.file;
    Begin(from, plan, done, to.open());
  }
  void Start(Fd& from, Fd& to, const Plan& plan, Done done) noexcept {
    target_ = nullptr;
    to_ = &to;
    splices_out_ = to.is_stream();
    claim_.of = {};
    Begin(from, plan, done, to.open());
  }

  // Asks. It ends with kCanceled, unless it ends by itself first; what was taken is held.
  void Cancel() noexcept { Stop(Errc::kCanceled, Side::kNeither); }

  bool busy() const noexcept { return step_ != Step::kIdle; }
  // Of the last transfer: which side it was that failed.
  Side failed() const noexcept { return side_; }
  // Bytes taken from the source, by all transfers of this object.
  uint64_t taken() const noexcept { return taken_; }
  // Bytes that have reached the destination, of the one that is under way or else the last.
  uint64_t delivered() const noexcept { return delivered_; }
  // Bytes of plan.first that were not delivered: its last ones.
  size_t first_left() const noexcept { return first_.size(); }
  // How many bytes were taken and have not been delivered. Only between transfers.
  uint64_t held() const noexcept { return bytes_.size() + in_pipe_; }

  // Hands held bytes out, in their order, and forgets them: how many. Wants no transfer under way.
  size_t TakeHeld(std::span<std::byte> to) noexcept {
    TARE_CHECK(!busy());
    size_t got = std::min(bytes_.size(), to.size());
    std::copy_n(bytes_.data(), got, to.data());
    bytes_ = bytes_.subspan(got);
    while (got < to.size() && in_pipe_ > 0) {
      const Result r =
          ReadPipe(pipe_.from, to.subspan(got, std::min<size_t>(to.size() - got, in_pipe_)));
      if (!r.ok() || r.n == 0) break;
      got += static_cast<size_t>(r.n);
      in_pipe_ -= static_cast<size_t>(r.n);
    }
    if (held() == 0) GiveBack();
    return got;
  }
  void DropHeld() noexcept {
    TARE_CHECK(!busy());
    if (in_pipe_ > 0) Pool::Drop(pipe_);
    in_pipe_ = 0;
    bytes_ = {};
    GiveBack();
  }

 private:
  // What follows a step: the next one, or one that an end of something brings, or nothing.
  enum class Then : uint8_t { kOn, kWaits, kOver };
  enum class Step : uint8_t { kIdle, kMoving, kTaking, kGiving, kAgain, kDisk };

  // A file that would block, which it cannot say the end of, is asked so often in a row.
  static constexpr int kMostTries = 16;
  // And a pipe or terminal that cannot be spliced into is asked again after so long.
  static constexpr int64_t kAgainAfter = 5'000'000;  // nanoseconds

  struct End : Op {
    Transfer* transfer = nullptr;
  };
  struct Hop : Fd::Starter, Splice {
    Transfer* transfer = nullptr;
  };
  struct Watch : Fd::Watcher {
    Transfer* transfer = nullptr;
    Fd* fd = nullptr;  // that is watched, and so is still there
  };
  struct Clock : Timer {
    Transfer* transfer = nullptr;
  };
  struct Job : DiskThreads::Job, Task {
    Transfer* transfer = nullptr;
    Result result;
  };

  friend class Target<B>;

  // Ends it with `why`, as soon as what is under way has ended. From then on no end is touched in
  // which nothing is pending: it may be gone.
  void Stop(Errc why, Side side) noexcept {
    if (!busy() || stopped_ != Errc::kOk) return;
    stopped_ = why;
    stopped_by_ = side;
    if (step_ == Step::kTaking) from_->CancelRead();
    if (step_ == Step::kGiving) to_->CancelWrite();
    if (step_ == Step::kAgain) {
      loop_.timers().Disarm(again_);
      inside_ = true;
      Pump();
    }
  }

  void Begin(Fd& from, const Plan& plan, Done done, bool open) noexcept {
    TARE_CHECK(!busy());
    step_ = Step::kMoving;
    from_ = &from;
    done_ = done;
    limit_ = plan.limit;
    first_ = plan.first;
    delivered_ = 0;
    side_ = Side::kNeither;
    // Of one that is not open nobody would be told when it goes.
    source_ended_ = !from.open() && plan.limit > 0;
    if (source_ended_) source_end_ = {0, Errc::kClosed, 0};
    stopped_ = Errc::kOk;
    // A datagram socket can be spliced from, and its boundaries are lost; so not by trying.
    copies_ = plan.copies || !from.is_stream() || !splices_out_;
    expected_ = kNoLimit;
    nothing_ends_ = !from.is_stream() && EndsWithNothing(from.handle());
    inside_ = true;
    if (!open) return Finish({0, Errc::kClosed, 0}, Side::kDestination);
    if (from.reading() || (from.open() && !from.WatchReads(source_))) {
      return Finish({0, Errc::kInUse, 0}, Side::kSource);
    }
    if (from.open()) source_.fd = &from;
    if (!EnterDestination()) return Finish({0, Errc::kInUse, 0}, Side::kDestination);
    Pump();
  }

  uint64_t CopyUpTo() const noexcept {
    const Pool::Options& options = pool_.options();
    return target_ != nullptr ? options.copy_to_files_up_to : options.copy_to_connections_up_to;
  }

  bool EnterDestination() noexcept {
    if (target_ != nullptr) {
      if (target_->user_ != nullptr || !pool_.Enter(claim_)) return false;
      target_->user_ = this;
      return true;
    }
    if (to_->writing() || !to_->WatchWrites(destination_)) return false;
    destination_.fd = to_;
    return true;
  }

  // An operation that is pending there ends by itself, with what it has moved.
  static void OnSourceCloses(typename Fd::Watcher& watcher) noexcept {
    Transfer& t = *static_cast<Watch&>(watcher).transfer;
    t.source_.fd = nullptr;
    if (t.step_ != Step::kTaking) t.Stop(Errc::kClosed, Side::kSource);
  }
  static void OnDestinationCloses(typename Fd::Watcher& watcher) noexcept {
    Transfer& t = *static_cast<Watch&>(watcher).transfer;
    t.destination_.fd = nullptr;
    if (t.step_ != Step::kGiving) t.Stop(Errc::kClosed, Side::kDestination);
  }

  // Goes on until something has to be waited for, or all is done.
  void Pump() noexcept {
    Then then;
    do {
      step_ = Step::kMoving;
      then = Move();
    } while (then == Then::kOn);
    // When it is over the transfer may be gone.
    if (then == Then::kWaits) inside_ = false;
  }

  Then Move() noexcept {
    if (stopped_ != Errc::kOk) return Ends({0, stopped_, 0}, stopped_by_);
    if (!bytes_.empty()) return GiveBytes(bytes_);
    if (in_pipe_ > 0) return GivePipe();
    if (!first_.empty()) return GiveBytes(first_);
    if (source_ended_) return Ends(source_end_, Side::kSource);
    if (limit_ == 0) return Ends({}, Side::kNeither);
    return Take();
  }

  Then Take() noexcept {
    by_copy_ = copies_ || std::min(limit_, expected_) <= CopyUpTo();
    if (!by_copy_ && !pipe_.made()) by_copy_ = copies_ = !pool_.Take(pipe_).ok();
    if (by_copy_) {
      if (!NeedBuffer()) return Ends({0, Errc::kResource, 0}, Side::kNeither);
      step_ = Step::kTaking;
      from_->Read({buffer_.get(), std::min<uint64_t>(limit_, pool_.options().buffer_size)}, in_);
    } else {
      step_ = Step::kTaking;
      in_.pipe = pipe_.to;
      from_->SpliceIn(in_, std::min<uint64_t>(limit_, pipe_.size), in_);
    }
    return Then::kWaits;
  }

  Then GivePipe() noexcept {
    if (!splices_out_) return EmptyPipe();
    if (to_ != nullptr) {
      step_ = Step::kGiving;
      out_.pipe = pipe_.from;
      to_->SpliceOut(out_, in_pipe_, out_);
      return Then::kWaits;
    }
    if (ByDisk()) return Then::kWaits;
    return GaveToFile(SpliceToFile(pipe_.from, target_->handle_, target_->at_, in_pipe_));
  }

  // `bytes` is first_ or bytes_.
  Then GiveBytes(std::span<const std::byte>& bytes) noexcept {
    if (to_ != nullptr && target_ == nullptr) {
      step_ = Step::kGiving;
      to_->Write(bytes, out_);
      return Then::kWaits;
    }
    if (to_ == nullptr && ByDisk()) return Then::kWaits;
    if (to_ != nullptr && HasPassed(target_->deadline_)) {
      return Ends({0, Errc::kTimeout, 0}, Side::kDestination);
    }
    return GaveToFile(WriteToFile(bytes, target_->handle_, target_->at_));
  }

  // Out of the pipe and into the buffer, for whom splices do not serve.
  Then EmptyPipe() noexcept {
    copies_ = true;
    if (!NeedBuffer()) return Ends({0, Errc::kResource, 0}, Side::kNeither);
    const Result r =
        ReadPipe(pipe_.from, {buffer_.get(), std::min(in_pipe_, pool_.options().buffer_size)});
    if (!r.ok() || r.n == 0) return Ends(r.ok() ? Result{0, Errc::kOther, 0} : r, Side::kNeither);
    in_pipe_ -= static_cast<size_t>(r.n);
    bytes_ = {buffer_.get(), static_cast<size_t>(r.n)};
    return Then::kOn;
  }

  // What a call for bytes in hand has brought.
  Then GaveToFile(Result r) noexcept {
    if (r.ok() && r.n > 0) {
      Delivered(static_cast<size_t>(r.n));
      tries_ = 0;
      return Then::kOn;
    }
    if (WouldBlock(r)) {
      if (to_ == nullptr) {
        if (++tries_ < kMostTries) return Then::kOn;
        tries_ = 0;
        return Ends(r, Side::kDestination);
      }
      step_ = Step::kAgain;
      loop_.timers().Arm(again_, Now().Plus(kAgainAfter));
      return Then::kWaits;
    }
    if (bytes_.empty() && in_pipe_ > 0 && splices_out_ && NoSplice(r)) {
      splices_out_ = false;
      return Then::kOn;
    }
    return Ends(r.ok() ? Result{0, Errc::kOther, 0} : r, Side::kDestination);
  }

  // Bytes in hand have reached the destination: the first of those that Pump would give first.
  void Delivered(size_t n) noexcept {
    delivered_ += n;
    if (!bytes_.empty()) {
      bytes_ = bytes_.subspan(n);
    } else if (in_pipe_ > 0) {
      in_pipe_ -= n;
    } else {
      first_ = first_.subspan(n);
    }
  }

  // Whether an operation has ended because of Stop.
  bool stopped(const Result& r) const noexcept {
    return stopped_ != Errc::kOk && r.err == Errc::kCanceled;
  }

  static void OnTaken(typename Fd::Starter& starter, Fd&, Result r) noexcept {
    Transfer& t = *static_cast<Hop&>(starter).transfer;
    const auto n = static_cast<size_t>(r.n);
    t.taken_ += n;
    t.limit_ -= n;
    // What comes next is most likely as much; but nobody knows how much more there is than fits.
    const bool full = t.by_copy_ && n == t.pool_.options().buffer_size;
    t.expected_ = full ? kNoLimit : n;
    if (t.by_copy_) {
      t.bytes_ = {t.buffer_.get(), n};
    } else {
      t.in_pipe_ = n;
    }
    // A splice that is refused has taken nothing; nor one of which the system could not say which
    // end would block (its poll failed), for the pipe was empty.
    const bool no_room = r.err == Errc::kResource && r.os == 0;
    if (!t.by_copy_ && n == 0 && (no_room || NoSplice(r))) {
      t.copies_ = true;
    } else if (!r.ok() && !t.stopped(r)) {
      t.source_ended_ = true;
      t.source_end_ = r.err == Errc::kEof ? Result{} : Result{0, r.err, r.os};
    } else if (r.ok() && n == 0 && t.nothing_ends_) {
      t.source_ended_ = true;
      t.source_end_ = {};
    }
    t.Pump();
  }

  static void OnGiven(typename Fd::Starter& starter, Fd&, Result r) noexcept {
    Transfer& t = *static_cast<Hop&>(starter).transfer;
    const bool spliced = t.bytes_.empty() && t.in_pipe_ > 0;
    if (r.n > 0) t.Delivered(static_cast<size_t>(r.n));
    if (!r.ok() && spliced && NoSplice(r)) {
      t.splices_out_ = false;
    } else if (!r.ok() && !t.stopped(r)) {
      return t.Finish({0, r.err, r.os}, Side::kDestination);
    } else if (r.ok() && r.n == 0) {
      return t.Finish({0, Errc::kOther, 0}, Side::kDestination);
    }
    t.Pump();
  }

  static void OnAgain(Timer& timer) noexcept { static_cast<Clock&>(timer).transfer->Pump(); }

  // Whether a thread of the disks does it.
  bool ByDisk() noexcept {
    if (disks_ == nullptr || disks_->made() == 0) return false;
    step_ = Step::kDisk;
    disks_->Submit(job_);
    return true;
  }
  // On a thread of the disks: what is in hand goes out by one call, and the loop looks at it.
  static void OnDisk(DiskThreads::Job& base) noexcept {
    Job& job = static_cast<Job&>(base);
    Transfer& t = *job.transfer;
    Target<B>& to = *t.target_;
    if (!t.bytes_.empty() || t.in_pipe_ == 0) {
      const auto bytes = t.bytes_.empty() ? t.first_ : t.bytes_;
      job.result = WriteToFile(bytes, to.handle_, to.at_);
    } else {
      job.result = SpliceToFile(t.pipe_.from, to.handle_, to.at_, t.in_pipe_);
    }
    t.loop_.Post(job);
  }
  static void OnWritten(Task& task) noexcept {
    Job& job = static_cast<Job&>(task);
    Transfer& t = *job.transfer;
    if (t.GaveToFile(job.result) == Then::kOn) t.Pump();
  }

  bool NeedBuffer() noexcept {
    if (buffer_ == nullptr) buffer_ = pool_.TakeBuffer();
    return buffer_ != nullptr;
  }

  // Gives back what holds no bytes.
  void GiveBack() noexcept {
    if (pipe_.made() && in_pipe_ == 0) pool_.Give(pipe_);
    if (buffer_ != nullptr && bytes_.empty()) pool_.GiveBuffer(std::move(buffer_));
  }

  Then Ends(Result r, Side side) noexcept {
    Finish(r, side);
    return Then::kOver;
  }

  void Finish(Result r, Side side) noexcept {
    r.n = static_cast<int64_t>(delivered_);
    side_ = r.ok() ? Side::kNeither : side;
    for (Watch* end : {&source_, &destination_}) {
      if (end->fd != nullptr) std::exchange(end->fd, nullptr)->Unwatch(*end);
    }
    pool_.Leave(claim_);
    GiveBack();
    if (target_ != nullptr && target_->user_ == this) target_->Left();
    if (inside_) return loop_.End(end_, r);
    OnEnd(r);
  }
  static void OnEnd(Op& op) noexcept { static_cast<End&>(op).transfer->OnEnd(op.result); }
  // The transfer may be started anew, or destroyed, by `done`.
  void OnEnd(Result r) noexcept {
    step_ = Step::kIdle;
    inside_ = false;
    done_(*this, r);
  }

  Loop<B>& loop_;
  Pool& pool_;
  DiskThreads* disks_;
  Fd* from_ = nullptr;
  Fd* to_ = nullptr;             // a connection, or what a target waits by
  Target<B>* target_ = nullptr;  // null: to a connection
  Done done_ = nullptr;
  uint64_t limit_ = 0;  // bytes still to be taken
  uint64_t delivered_ = 0;
  uint64_t taken_ = 0;
  std::span<const std::byte> first_;  // of the plan, still to be delivered
  std::span<const std::byte> bytes_;  // taken and in the buffer; before those in the pipe
  size_t in_pipe_ = 0;                // taken and in the pipe
  Pipe pipe_;
  std::unique_ptr<std::byte[]> buffer_;
  Result source_end_;
  Step step_ = Step::kIdle;
  Side side_ = Side::kNeither;
  uint64_t expected_ = 0;      // bytes that the next hop one brings, as far as can be known
  bool copies_ = false;        // from the source into the buffer, whatever comes
  bool by_copy_ = false;       // what is taken, or was last
  bool splices_out_ = true;    // from the pipe into the destination
  bool nothing_ends_ = false;  // a receive of no bytes from the source is its end
  bool source_ended_ = false;
  Errc stopped_ = Errc::kOk;
  Side stopped_by_ = Side::kNeither;
  bool inside_ = false;  // of a call of the user's, from which no callback may come
  int tries_ = 0;
  Hop in_;
  Hop out_;
  End end_;
  Clock again_;
  Job job_;
  Watch source_;
  Watch destination_;  // of a connection
  Pool::Claim claim_;  // of a file
};

}  // namespace tare::io::splice_write_to
