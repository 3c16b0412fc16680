// SPDX-License-Identifier: Apache-2.0
// Files sent to a connection: by the system from file to socket, or by a copy through a buffer.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "impl/base/socket.h"
#include "impl/fd_ops/baseline.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/reference.h"

namespace tare::io::fd_ops {

// Sends the first `size` bytes of `file` in a trip, over a connection whose other end takes them
// beside that, on the same thread and by the same calls in every answer.
// clang-format off
template <class A>
concept SendFileAnswer = requires(A a, const Pair& pair, Handle file, uint64_t size,
                                  std::span<std::byte> to) {
  requires std::default_initializable<A>;
  { A::WhyNot() } noexcept -> std::same_as<const char*>;
  // Takes the pair over, also when it fails. The file stays the caller's.
  { a.Open(pair, file, size) } -> std::same_as<Result>;
  { a.Trip() } noexcept -> std::same_as<Result>;
  // Where the next trips put what is received, for the check; empty: it is dropped.
  { a.KeepIn(to) } noexcept -> std::same_as<void>;
  { a.Close() } noexcept -> std::same_as<void>;
};
// clang-format on

// The end that receives. It drops what it gets inside the system (MSG_TRUNC): what a receiver does
// with the bytes is nobody's answer here, and a copy would be more than all the rest.
class Dropper {
 public:
  Dropper() = default;
  ~Dropper() { Close(); }
  Dropper(const Dropper&) = delete;
  Dropper& operator=(const Dropper&) = delete;

  void Open(Handle h) noexcept { handle_ = h; }
  void KeepIn(std::span<std::byte> to) noexcept { kept_ = to; }
  void Begin() noexcept { got_ = 0; }
  // Takes what has come, and waits if nothing has and something must come.
  Result Take(bool must_come) noexcept;
  uint64_t got() const noexcept { return got_; }
  void Close() noexcept {
    if (handle_ != kNoHandle) (void)CloseHandle(std::exchange(handle_, kNoHandle));
  }

 private:
  Handle handle_ = kNoHandle;
  std::span<std::byte> kept_;
  uint64_t got_ = 0;
};

// Bare sendfile until it would block, then a receive, in turn.
class SendFileFloor {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  SendFileFloor() = default;
  ~SendFileFloor() { Close(); }
  SendFileFloor(const SendFileFloor&) = delete;
  SendFileFloor& operator=(const SendFileFloor&) = delete;

  Result Open(const Pair& pair, Handle file, uint64_t size) noexcept;
  Result Trip() noexcept;
  void KeepIn(std::span<std::byte> to) noexcept { receiver_.KeepIn(to); }
  void Close() noexcept {
    receiver_.Close();
    if (handle_ != kNoHandle) (void)CloseHandle(std::exchange(handle_, kNoHandle));
  }

 private:
  Handle handle_ = kNoHandle;
  Dropper receiver_;
  Handle file_ = kNoHandle;
  uint64_t size_ = 0;
};

// Reads up to to.size() bytes of the file from `offset` on.
Result ReadAt(Handle file, uint64_t offset, std::span<std::byte> to) noexcept;

// By callbacks on a loop. `Sender` is a descriptor with Send(part) that ends in Sent(result).
template <class Sender>
class SendsFile {
 public:
  static const char* WhyNot() noexcept { return Sender::WhyNot(); }

  SendsFile() = default;
  ~SendsFile() { Close(); }
  SendsFile(const SendsFile&) = delete;
  SendsFile& operator=(const SendsFile&) = delete;

  Result Open(const Pair& pair, Handle file, uint64_t size) {
    file_ = file;
    size_ = size;
    receiver_.Open(pair.server);
    const Result opened = sender_.Open(pair.client);
    if (!opened.ok()) (void)CloseHandle(pair.client);
    return opened;
  }

  Result Trip() noexcept {
    receiver_.Begin();
    sender_.ended = false;
    sender_.Send({file_, 0, size_});
    // The system moves bytes on in its own time: where it is late nobody spins.
    for (bool late = false; !sender_.ended || receiver_.got() < size_;) {
      if (!sender_.ended) loop_.Turn(late ? Now().Plus(kLate) : Deadline::Past());
      if (sender_.ended && !sender_.result.ok()) return sender_.result;
      const Result taken = receiver_.Take(sender_.ended);
      if (!taken.ok()) return taken;
      late = taken.n == 0;
    }
    return {};
  }

  void KeepIn(std::span<std::byte> to) noexcept { receiver_.KeepIn(to); }

  void Close() noexcept {
    sender_.ended = false;
    if (sender_.Close(&Sender::OnClosed) == Errc::kOk) {
      while (!sender_.ended) loop_.Turn();
    }
    receiver_.Close();
  }

 private:
  static constexpr int64_t kLate = 1'000'000;  // nanoseconds

  typename Sender::LoopType loop_;
  Sender sender_{loop_};
  Dropper receiver_;
  Handle file_ = kNoHandle;
  uint64_t size_ = 0;
};

// The system moves the bytes.
template <class B>
struct SendsByTheSystem : Fd<B> {
  using Fd<B>::Fd;

  void Send(const FilePart& all) noexcept {
    part = all;
    Fd<B>::SendFile(part, [](Fd<B>& fd, Result r) noexcept { Ended(fd, r); });
  }
  static void OnClosed(Fd<B>& fd, Result r) noexcept { Ended(fd, r); }
  static void Ended(Fd<B>& fd, Result r) noexcept {
    auto& sender = static_cast<SendsByTheSystem&>(fd);
    sender.result = r;
    sender.ended = true;
  }

  FilePart part;
  Result result;
  bool ended = false;
};

// The program copies them through a buffer of 32 KiB, as io.Copy does.
template <class B>
struct SendsByCopies : BaselineFd<B> {
  using BaselineFd<B>::BaselineFd;
  static constexpr size_t kBuffer = 32 << 10;

  void Send(const FilePart& all) {
    part = all;
    Next();
  }
  static void OnClosed(BaselineFd<B>& fd, Result r) noexcept {
    static_cast<SendsByCopies&>(fd).End(r);
  }

  FilePart part;
  Result result;
  bool ended = false;

 private:
  void Next() {
    if (part.size == 0) return End({});
    const auto size = static_cast<size_t>(std::min<uint64_t>(part.size, kBuffer));
    const Result got = ReadAt(part.file, part.offset, std::span(buffer_).first(size));
    if (!got.ok() || got.n == 0) return End({0, got.ok() ? Errc::kEof : got.err, got.os});
    part.offset += static_cast<uint64_t>(got.n);
    part.size -= static_cast<uint64_t>(got.n);
    BaselineFd<B>::Write(std::span(buffer_).first(static_cast<size_t>(got.n)), &OnWritten);
  }
  static void OnWritten(BaselineFd<B>& fd, Result r) noexcept {
    auto& sender = static_cast<SendsByCopies&>(fd);
    r.ok() ? sender.Next() : sender.End(r);
  }
  void End(Result r) noexcept {
    result = r;
    ended = true;
  }

  std::array<std::byte, kBuffer> buffer_;
};

template <class B>
using SendFileBaseline = SendsFile<SendsByCopies<B>>;
template <class B>
using SendFileReference = SendsFile<SendsByTheSystem<B>>;

static_assert(SendFileAnswer<SendFileFloor>);

}  // namespace tare::io::fd_ops
