// SPDX-License-Identifier: Apache-2.0
// How tare-httpget brings bytes from its connection into its output: three ways, one interface.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "impl/fd_ops/reference.h"
#include "impl/splice_write_to/hops.h"
#include "impl/splice_write_to/pool.h"
#include "impl/splice_write_to/published.h"
#include "impl/splice_write_to/target.h"
#include "impl/splice_write_to/transfer.h"

namespace tare::suites::splice_write_to {

using Bytes = std::span<const std::byte>;

// At whose end something failed; kNeither where that is not known.
enum class Side : uint8_t { kNeither, kServer, kOutput };

// Whom a mover tells, once for each Go, from Loop::Turn. n = how many bytes reached the output,
// true beside an error. The end of the stream is kOk, and n says whether it came early.
struct MoverOwner {
  void (*moved)(MoverOwner&, io::Result, Side failed) noexcept = nullptr;
};

// clang-format off
// A mover M for backend B:
//   M(Loop<B>&, Fd<B>& from, MoverOwner&, const Pool::Options&)
//   kFraming                      of what stands between chunks, how many bytes are read at once
//   Result Open(Handle, splices)  the output, which stays the caller's, and what the rule says
//   void Go(Bytes first, limit)   moves `first`, then up to as many bytes of the connection
//   void Close()                  of what was opened; closed() is true some turns later
// clang-format on

// The reference: spliced, and what cannot be is copied.
template <class B>
class ReferenceMover {
 public:
  using Fd = io::fd_ops::Fd<B>;
  // What of a chunk is read together with its size is copied: enough for the line, and no more.
  static constexpr size_t kFraming = 512;

  ReferenceMover(io::Loop<B>& loop, Fd& from, MoverOwner& owner,
                 const io::splice_write_to::Pool::Options& options)
      : pool_(loop.timers(), options), output_(loop), transfer_(loop, pool_, owner), from_(from) {}

  io::Result Open(io::Handle h, bool splices) {
    copies_ = !splices;
    const io::Result opened = output_.Open(h);
    output_.closed = !opened.ok();
    return opened;
  }
  void Go(Bytes first, uint64_t limit) {
    transfer_.Start(from_, output_, {.limit = limit, .first = first, .copies = copies_}, &OnEnd);
  }
  void Close() {
    (void)output_.Close(
        [](Target& target) noexcept { static_cast<Output&>(target).closed = true; });
  }
  bool closed() const { return output_.closed; }

 private:
  using Target = io::splice_write_to::Target<B>;
  using Transfer = io::splice_write_to::Transfer<B>;
  struct Output : Target {
    using Target::Target;
    bool closed = true;
  };
  struct Own : Transfer {
    Own(io::Loop<B>& loop, io::splice_write_to::Pool& pool, MoverOwner& the_owner)
        : Transfer(loop, pool), owner(the_owner) {}
    MoverOwner& owner;
  };

  static void OnEnd(Transfer& transfer, io::Result r) noexcept {
    MoverOwner& owner = static_cast<Own&>(transfer).owner;
    const auto side = transfer.failed();
    owner.moved(owner, r,
                side == Transfer::Side::kSource        ? Side::kServer
                : side == Transfer::Side::kDestination ? Side::kOutput
                                                       : Side::kNeither);
  }

  io::splice_write_to::Pool pool_;
  Output output_;
  Own transfer_;
  Fd& from_;
  bool copies_ = false;
};

// What the other two share: they write the first bytes themselves, by calls that wait.
template <class B>
class SelfWriting {
 public:
  SelfWriting(io::Loop<B>& loop, MoverOwner& owner) : loop_(loop), owner_(owner) {
    end_.writer = this;
    end_.done = [](io::Op& op) noexcept {
      SelfWriting& self = *static_cast<End&>(op).writer;
      self.owner_.moved(self.owner_, op.result, static_cast<End&>(op).side);
    };
  }
  SelfWriting(const SelfWriting&) = delete;
  SelfWriting& operator=(const SelfWriting&) = delete;

  io::Result Open(io::Handle h, bool /*splices*/) {
    file_ = h;
    return {};
  }
  void Close() {}
  bool closed() const { return true; }

 protected:
  ~SelfWriting() = default;

  // All of it, or n = how much and why not more.
  io::Result WriteAll(Bytes bytes) noexcept {
    const auto size = static_cast<int64_t>(bytes.size());
    while (!bytes.empty()) {
      const io::Result r = io::splice_write_to::WriteToFile(bytes, file_, nullptr);
      bytes = bytes.subspan(static_cast<size_t>(r.n));
      if (!r.ok()) return {size - static_cast<int64_t>(bytes.size()), r.err, r.os};
    }
    return {size};
  }
  // Tells the owner, and not from inside its own call.
  void EndLater(io::Result r, Side side) noexcept {
    end_.side = side;
    loop_.End(end_, r);
  }

  io::Loop<B>& loop_;
  io::Handle file_ = io::kNoHandle;

 private:
  struct End : io::Op {
    SelfWriting* writer = nullptr;
    Side side = Side::kNeither;
  };

  MoverOwner& owner_;
  End end_;
};

// The baseline: read and write in turn through 32 KiB, as Go's io.Copy does.
template <class B>
class BaselineMover : public SelfWriting<B> {
 public:
  using Fd = io::fd_ops::Fd<B>;
  static constexpr size_t kFraming = 32 << 10;
  static constexpr size_t kBuffer = 32 << 10;

  BaselineMover(io::Loop<B>& loop, Fd& from, MoverOwner& owner,
                const io::splice_write_to::Pool::Options& /*options*/)
      : SelfWriting<B>(loop, owner), from_(from), buffer_(new std::byte[kBuffer]) {
    in_.mover = this;
    in_.done = &OnRead;
  }

  void Go(Bytes first, uint64_t limit) noexcept {
    moved_ = 0;
    left_ = limit;
    Write(first);
  }

 private:
  struct In : Fd::Starter {
    BaselineMover* mover = nullptr;
  };

  void Write(Bytes bytes) noexcept {
    const io::Result r = this->WriteAll(bytes);
    moved_ += r.n;
    if (!r.ok() || left_ == 0) return this->EndLater({moved_, r.err, r.os}, Side::kOutput);
    from_.Read({buffer_.get(), std::min<uint64_t>(left_, kBuffer)}, in_);
  }
  static void OnRead(typename Fd::Starter& starter, Fd&, io::Result r) noexcept {
    BaselineMover& self = *static_cast<In&>(starter).mover;
    if (r.err == io::Errc::kEof) r = {};
    if (!r.ok() || r.n == 0) return self.EndLater({self.moved_, r.err, r.os}, Side::kServer);
    self.left_ -= static_cast<uint64_t>(r.n);
    self.Write({self.buffer_.get(), static_cast<size_t>(r.n)});
  }

  Fd& from_;
  std::unique_ptr<std::byte[]> buffer_;
  In in_;
  int64_t moved_ = 0;
  uint64_t left_ = 0;
};

// The published design, which knows no first bytes, and does not say which side failed.
template <class B>
class PublishedMover : public SelfWriting<B> {
 public:
  using Fd = io::fd_ops::Fd<B>;
  static constexpr size_t kFraming = 512;

  PublishedMover(io::Loop<B>& loop, Fd& from, MoverOwner& owner,
                 const io::splice_write_to::Pool::Options& /*options*/)
      : SelfWriting<B>(loop, owner), unused_(loop), transfer_(loop, from, unused_, *this) {}

  io::Result Open(io::Handle h, bool splices) {
    (void)transfer_.OpenFile(h);
    return SelfWriting<B>::Open(h, splices);
  }
  void Go(Bytes first, uint64_t limit) noexcept {
    const io::Result r = this->WriteAll(first);
    written_ = r.n;
    if (!r.ok() || limit == 0) return this->EndLater(r, Side::kOutput);
    transfer_.Go(limit, &OnEnd);
  }

 private:
  using Transfer = io::splice_write_to::PublishedTransfer<B>;
  struct Own : Transfer {
    Own(io::Loop<B>& loop, Fd& from, Fd& to, PublishedMover& the_mover)
        : Transfer(loop, from, to), mover(the_mover) {}
    PublishedMover& mover;
  };

  static void OnEnd(Transfer& transfer, io::Result r) noexcept {
    PublishedMover& self = static_cast<Own&>(transfer).mover;
    r.n += self.written_;
    self.EndLater(r, Side::kNeither);
  }

  Fd unused_;  // where a transfer to a connection would go
  Own transfer_;
  int64_t written_ = 0;
};

}  // namespace tare::suites::splice_write_to
