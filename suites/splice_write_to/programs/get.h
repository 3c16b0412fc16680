// SPDX-License-Identifier: Apache-2.0
// Get: one request, and its response's body brought into the output, on one loop.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "impl/splice_write_to/transfer.h"
#include "suites/splice_write_to/programs/http_body.h"
#include "suites/splice_write_to/programs/http_head.h"
#include "suites/splice_write_to/programs/movers.h"
#include "suites/splice_write_to/programs/system.h"
#include "suites/support/program.h"

namespace tare::suites::splice_write_to {

struct Wish {
  std::string text;  // the URL, as it was given
  Url url;
  std::vector<Place> places;  // at least one
  std::string output;         // "": the standard output
  int64_t patience = 0;       // nanoseconds without a byte from the server
  bool verbose = false;
  io::splice_write_to::Pool::Options pool;
};

template <class B, template <class> class M>
class Get : private MoverOwner {
 public:
  explicit Get(const Wish& wish) : wish_(wish), request_(RequestFor(wish.url)) {
    MoverOwner::moved = &OnMoved;
  }

  // The status to exit with. Standard error has the reason if it is not 0.
  int Run() {
    Connect();
    AwaitEnd();
    (void)connection_.Close([](Fd& fd, io::Result) noexcept { Of(fd).Closed(); });
    mover_.Close();
    while (connection_.in_use || !mover_.closed()) loop_.Turn();
    CloseOutput();
    if (!why_.empty()) return 1;
    // Where the body goes to the standard output, this is no part of it.
    std::FILE* const to = on_stdout_ ? stderr : stdout;
    std::fprintf(to, "copied bytes: %llu\n", static_cast<unsigned long long>(copied_));
    if (std::fflush(to) == 0) return 0;
    std::fprintf(stderr, "tare-httpget: standard output: cannot be written to\n");
    return 1;
  }

 private:
  using Fd = io::fd_ops::Fd<B>;
  struct Connection : Fd {
    Connection(io::Loop<B>& loop, Get& the_get) : Fd(loop), get(the_get) {}
    Get& get;
    bool in_use = false;
  };
  static Get& Of(Fd& fd) noexcept { return static_cast<Connection&>(fd).get; }

  // Turns the loop until it is over. A server that sends nothing for as long as the patience lasts
  // while it is waited for is given up; an output that takes nothing is waited for.
  void AwaitEnd() {
    io::Deadline last = io::Now();
    while (!over_) {
      const bool reads = connection_.reading();
      // There is nothing on the loop but this connection: whatever a turn does is bytes that came,
      // unless timers were due, which prove nothing.
      const bool timers = io::HasPassed(loop_.timers().First());
      const io::Deadline until = reads ? last.Plus(wish_.patience) : io::Deadline::Never();
      const bool came = loop_.Turn(until) > 0 && !timers;
      if (came || !reads) {
        last = io::Now();
      } else if (io::HasPassed(until)) {
        (void)connection_.SetReadDeadline(io::Deadline::Past());
      }
    }
  }

  void Connect() noexcept {
    Place& place = wish_.places[next_++];
    io::Result r = io::NewSocket(place.transport, /*blocking=*/false);
    if (!r.ok()) return NotConnected(r);
    const auto h = static_cast<io::Handle>(r.n);
    r = connection_.Open(h);
    if (!r.ok()) {
      (void)io::CloseHandle(h);
      return NotConnected(r);
    }
    connection_.in_use = true;
    (void)connection_.SetDeadline(io::Now().Plus(wish_.patience));
    connection_.Connect(place.address, [](Fd& fd, io::Result connected) noexcept {
      connected.ok() ? Of(fd).Send() : Of(fd).NotConnected(connected);
    });
  }
  void NotConnected(io::Result r) noexcept {
    why_not_ = (why_not_.empty() ? "" : why_not_ + "; ") +
               ToString(wish_.places[next_ - 1].address) + ": " + Words(r);
    if (next_ < wish_.places.size()) {
      // The next address has the descriptor when this one has left it.
      if (connection_.in_use) {
        (void)connection_.Close([](Fd& fd, io::Result) noexcept {
          Of(fd).Closed();
          Of(fd).Connect();
        });
        return;
      }
      return Connect();
    }
    Fail("cannot connect to " + why_not_ + ": is the server running, and the port right?");
  }
  void Closed() noexcept { connection_.in_use = false; }

  void Send() noexcept {
    Log("connected to " + ToString(wish_.places[next_ - 1].address));
    connection_.Write(std::as_bytes(std::span(request_)), [](Fd& fd, io::Result r) noexcept {
      if (!r.ok()) return Of(fd).Lost("while the request was sent", r);
      (void)fd.SetWriteDeadline(io::Deadline::Never());
      Of(fd).ReadOn(kRoom);
    });
  }

  void ReadOn(size_t most) noexcept {
    connection_.Read(std::span(room_).first(most), [](Fd& fd, io::Result r) noexcept {
      Get& get = Of(fd);
      if (!r.ok()) return get.Lost(get.in_body_ ? "in the middle of the body" : "in the head", r);
      get.have_ = {reinterpret_cast<const char*>(get.room_.data()), static_cast<size_t>(r.n)};
      get.in_body_ ? get.NextChunk() : get.Head();
    });
  }

  void Head() noexcept {
    switch (head_.Take(have_)) {
      case HeadReader::Step::kMore:
        return ReadOn(kRoom);
      case HeadReader::Step::kFailed:
        return Fail(std::string("the response makes no sense: ") + head_.why());
      case HeadReader::Step::kDone:
        break;
    }
    const Response& response = head_.response();
    std::string answered =
        "answered " + std::to_string(response.status) + " " + Printable(response.reason);
    if (response.status < 200 || response.status > 299) {
      if (!response.location.empty()) {
        answered += ", and is at " + Printable(response.location) + ", which is not followed";
      }
      return Fail("the server " + answered);
    }
    if (response.body.why != nullptr) {
      return Fail(std::string("the response makes no sense: ") + response.body.why);
    }
    Log(answered + ", " + InWords(response.body));
    BeginBody(response.body);
  }

  void BeginBody(const Body& body) noexcept {
    const io::Result made = OpenOutput(wish_.output);
    if (!made.ok()) return Fail(Output() + ": cannot be opened: " + Words(made));
    output_ = static_cast<io::Handle>(made.n);
    on_stdout_ = wish_.output.empty() || IsStandardOutput(output_);
    const io::Result opened = mover_.Open(output_, MayBeSpliced(body.framing, /*encrypted=*/false));
    if (!opened.ok()) {
      return Fail(Output() + ": is no file, pipe or terminal that can be written to (" +
                  Words(opened) + ")");
    }
    in_body_ = true;
    (void)connection_.SetReadDeadline(io::Deadline::Never());
    switch (body.framing) {
      case Framing::kNothing:
        return End();
      case Framing::kLength:
        return Move(body.length);
      case Framing::kUntilClose:
        return Move(kUnknown);
      case Framing::kChunks:
        return NextChunk();
    }
  }

  void NextChunk() noexcept {
    switch (chunks_.Take(have_)) {
      case ChunkReader::Step::kMore:
        return ReadOn(std::min(kRoom, M<B>::kFraming));
      case ChunkReader::Step::kFailed:
        return Fail(std::string("the response makes no sense: ") + chunks_.why() + After());
      case ChunkReader::Step::kEnd:
        return End();
      case ChunkReader::Step::kData:
        return Move(chunks_.size());
    }
  }

  // Bytes of the body, of which some may be in have_ already.
  void Move(uint64_t size) noexcept {
    size_ = size;
    const std::string_view first = have_.substr(0, std::min<uint64_t>(have_.size(), size));
    have_.remove_prefix(first.size());
    const uint64_t rest = size == kUnknown ? kUnknown : size - first.size();
    mover_.Go(std::as_bytes(std::span(first)), rest);
  }
  static void OnMoved(MoverOwner& owner, io::Result r, Side failed) noexcept {
    static_cast<Get&>(owner).Moved(r, failed);
  }
  void Moved(io::Result r, Side failed) noexcept {
    copied_ += static_cast<uint64_t>(r.n);
    if (!r.ok() && failed == Side::kServer) return Lost("in the middle of the body", r);
    if (!r.ok() && failed == Side::kOutput) {
      return Fail(Output() + ": cannot be written to" + After() + ": " + Words(r) +
                  ": make room, or choose another --output");
    }
    if (!r.ok()) return Fail("the connection or " + Output() + ": " + Words(r) + After());
    if (size_ == kUnknown) return End();
    if (static_cast<uint64_t>(r.n) < size_) return Lost("in the middle of the body", kEnded);
    in_chunks() ? NextChunk() : End();
  }

  bool in_chunks() const noexcept { return head_.response().body.framing == Framing::kChunks; }

  void End() noexcept {
    // By rule nothing behind the body is the body's: it is ignored, and what has not come yet is
    // not read.
    if (!have_.empty()) Log(std::to_string(have_.size()) + " bytes behind the body are ignored");
    over_ = true;
  }

  void Lost(const char* where, io::Result r) noexcept {
    std::string what = "the server ended the connection ";
    if (r.err == io::Errc::kTimeout) {
      const auto seconds = std::to_string(wish_.patience / kSecond);
      what = "nothing came from the server for " + seconds + " s, which is --timeout, ";
    } else if (r.err != io::Errc::kEof) {
      what = "the connection failed (" + Words(r) + ") ";
    }
    Fail(what + where + After());
  }

  // How much there is of the body.
  std::string After() const {
    if (!in_body_) return "";
    std::string after = ", after " + std::to_string(copied_);
    const Body& body = head_.response().body;
    if (body.framing == Framing::kLength) after += " of " + std::to_string(body.length);
    return after + " bytes";
  }
  static std::string InWords(const Body& body) {
    switch (body.framing) {
      case Framing::kNothing:
        return "without a body";
      case Framing::kLength:
        return "a body of " + std::to_string(body.length) + " bytes";
      case Framing::kChunks:
        return "a body in chunks";
      case Framing::kUntilClose:
        return "a body until the connection ends";
    }
    return "?";
  }
  std::string Output() const { return wish_.output.empty() ? "standard output" : wish_.output; }

  void Fail(const std::string& why) noexcept {
    why_ = why;
    std::fprintf(stderr, "tare-httpget: %s: %s\n", wish_.text.c_str(), why.c_str());
    over_ = true;
  }
  // With --verbose only.
  void Log(const std::string& what) const {
    if (!wish_.verbose) return;
    std::fprintf(stderr, "tare-httpget: %s: %s\n", wish_.text.c_str(), what.c_str());
  }

  // Some file systems tell only now that a write has failed.
  void CloseOutput() {
    if (output_ == io::kNoHandle) return;
    const io::Result closed = io::CloseHandle(output_);
    if (!closed.ok() && why_.empty()) Fail(Output() + ": " + Words(closed) + After());
  }

  static constexpr int64_t kSecond = 1'000'000'000;  // nanoseconds
  static constexpr size_t kRoom = HeadReader::kMostHead;
  static constexpr uint64_t kUnknown = io::splice_write_to::kNoLimit;
  static constexpr io::Result kEnded{0, io::Errc::kEof, 0};

  Wish wish_;
  std::string request_;
  io::Loop<B> loop_;
  Connection connection_{loop_, *this};
  M<B> mover_{loop_, connection_, *this, wish_.pool};
  size_t next_ = 0;      // of the addresses
  std::string why_not_;  // those before it
  HeadReader head_;
  ChunkReader chunks_;
  std::array<std::byte, kRoom> room_;
  std::string_view have_;  // in room_, of what was read and is not used yet
  bool in_body_ = false;
  uint64_t size_ = 0;    // of what is moved
  uint64_t copied_ = 0;  // all that reached the output
  io::Handle output_ = io::kNoHandle;
  bool on_stdout_ = false;
  bool over_ = false;
  std::string why_;  // it failed
};

}  // namespace tare::suites::splice_write_to
