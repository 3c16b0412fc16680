// SPDX-License-Identifier: Apache-2.0
// What the tests of fd_ops stand on: FD_TEST over all backends, probes, connections, a stream that
// knows its own bytes.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "impl/base/socket.h"
#include "impl/fd_ops/reference.h"
#include "impl/loop/loop.h"
#include "suites/support/backend_types.h"
#include "suites/support/time_scale.h"

namespace tare::io::fd_ops {

inline constexpr int64_t kMillisecond = 1'000'000;
inline constexpr int64_t kSecond = 1'000 * kMillisecond;

using suites::Scaled;

// Turns `loop` until `done()`, for at most so long, scaled. Returns done().
template <class Loop, class Condition>
bool TurnUntil(Loop& loop, Condition done, int64_t patience = 10 * kSecond) {
  suites::Allowance allowance(Scaled(patience));
  while (!done() && !allowance.Spent()) loop.Turn(Deadline{allowance.until()});
  return done();
}

// Turns `loop` for so long, and longer where the machine keeps it from turning, whatever happens:
// what must not happen has had its time.
template <class Loop>
void TurnFor(Loop& loop, int64_t nanos) {
  suites::Allowance time(nanos);
  do {
    loop.Turn(Deadline{time.until()});
  } while (!time.Spent());
}

// "512 ok", "0 timeout": a result as tests compare it, without the system's code.
std::string Text(const Result& r);

// A stream whose every byte follows from its position: what is lost, doubled or moved shows.
std::byte StreamByte(int64_t position);
std::vector<std::byte> StreamBytes(int64_t from, size_t count);
bool IsStream(std::span<const std::byte> bytes, int64_t from);

// Of a stream's beginning more than two sockets with ShrinkBuffers can hold, however the system
// rounds. Lives as long as the process, so a write of it may be pending when a test ends.
inline constexpr size_t kTooMuch = size_t{4} << 20;
const std::vector<std::byte>& TooMuch();
// Bounds the buffers of both ends, which otherwise grow to tens of MiB, so that a peer who does not
// read is soon noticed.
void ShrinkBuffers(const Pair& pair);

// Sends by a system call of its own, past whatever descriptor `h` belongs to: the bytes are on
// their way when it returns.
void SendRaw(Handle h, std::span<const std::byte> bytes);

// Address space that reads as zeros and takes memory only where it is written.
class AddressSpace {
 public:
  explicit AddressSpace(size_t size);
  ~AddressSpace();
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;

  // Empty where the system does not give so much.
  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

// What the descriptor numbers of the process stand for. Allocates.
std::map<int, std::string> HandleTable();

// How an operation has ended, and how often.
struct Ending {
  int times = 0;
  Result result;

  explicit operator bool() const noexcept { return times > 0; }
};

// A descriptor that remembers how its operations ended, and closes itself when it goes, turning the
// loop. What is set in `then_...` runs inside the callback.
template <class D>
class Probe : public D {
 public:
  using LoopType = typename D::LoopType;

  explicit Probe(LoopType& loop) : D(loop), loop_(loop) {}
  ~Probe() {
    if constexpr (requires(D d) { d.Abandon(); }) {
      D::Abandon();
    } else {
      BeginClose();
      EXPECT_TRUE(!close_begun_ || TurnUntil(loop_, [this] { return bool{closed}; }));
    }
  }

  LoopType& loop() noexcept { return loop_; }

  void BeginRead(std::span<std::byte> to) {
    read = {};
    D::Read(to, [](D& d, Result r) noexcept { Self(d).End(&Probe::read, &Probe::then_read, r); });
  }
  void BeginWrite(std::span<const std::byte> from) {
    written = {};
    D::Write(from, [](D& d, Result r) noexcept {
      Self(d).End(&Probe::written, &Probe::then_written, r);
    });
  }
  // The same of bytes that nobody else keeps until then.
  void BeginWrite(std::vector<std::byte>&& from) {
    kept_ = std::move(from);
    BeginWrite(std::span<const std::byte>(kept_));
  }
  void BeginAccept(Address* peer = nullptr) {
    read = {};
    D::Accept(peer,
              [](D& d, Result r) noexcept { Self(d).End(&Probe::read, &Probe::then_read, r); });
  }
  void BeginConnect(Address& to) {
    written = {};
    D::Connect(
        to, [](D& d, Result r) noexcept { Self(d).End(&Probe::written, &Probe::then_written, r); });
  }
  void BeginSendFile(FilePart& part) {
    written = {};
    D::SendFile(part, [](D& d, Result r) noexcept {
      Self(d).End(&Probe::written, &Probe::then_written, r);
    });
  }
  Errc BeginClose() {
    const Errc e = D::Close(
        [](D& d, Result r) noexcept { Self(d).End(&Probe::closed, &Probe::then_closed, r); });
    if (e == Errc::kOk) {
      close_begun_ = true;
      closed = {};
    }
    return e;
  }

  // The same, and turn the loop until they have ended; kOther if they have not within the bound.
  Result ReadNow(std::span<std::byte> to) {
    BeginRead(to);
    return Await(read);
  }
  Result WriteNow(std::span<const std::byte> from) {
    BeginWrite(from);
    return Await(written);
  }
  Result SendFileNow(FilePart& part) {
    BeginSendFile(part);
    return Await(written);
  }
  Result CloseNow() {
    if (const Errc e = BeginClose(); e != Errc::kOk) return {0, e, 0};
    return Await(closed);
  }
  Result Await(const Ending& ending) {
    const bool ended = TurnUntil(
        loop_, [&ending] { return bool{ending}; }, kPatience);
    return ended ? ending.result : Result{-1, Errc::kOther, 0};
  }

  Ending read;     // the last read or accept
  Ending written;  // the last write or connect
  Ending closed;
  std::function<void()> then_read, then_written, then_closed;

 private:
  // With a fault planted an end need not come.
  static constexpr int64_t kPatience = [] {
    if constexpr (requires { D::kPlanted; }) return D::kPlanted ? kSecond / 5 : 10 * kSecond;
    return 10 * kSecond;
  }();

  static Probe& Self(D& d) noexcept { return static_cast<Probe&>(d); }

  void End(Ending Probe::*ending, std::function<void()> Probe::*then, Result r) noexcept {
    ++(this->*ending).times;
    (this->*ending).result = r;
    if (this->*then) (this->*then)();
  }

  LoopType& loop_;
  bool close_begun_ = false;
  std::vector<std::byte> kept_;
};

// Two probes, the ends of one connection over loopback. Reset on close.
template <class D>
struct Connection {
  explicit Connection(typename D::LoopType& loop) : a(loop), b(loop) {
    const Result made = TcpPairs({&pair, 1});
    EXPECT_TRUE(made.ok()) << Text(made);
    if (!made.ok()) return;
    ShrinkBuffers(pair);
    EXPECT_EQ(Text(a.Open(pair.client)), "0 ok");
    EXPECT_EQ(Text(b.Open(pair.server)), "0 ok");
  }

  Pair pair;  // the handles of `a` and `b`, whose they are
  Probe<D> a, b;
};

// Reads until `total` bytes have come or the stream ends, checks that they are the stream's from
// `from` on, and returns how many they were and how it ended.
template <class P>
Result Drain(P& probe, int64_t total, int64_t from = 0) {
  std::vector<std::byte> buffer(size_t{64} << 10);
  int64_t got = 0;
  while (got < total) {
    const auto size = std::min<size_t>(buffer.size(), static_cast<size_t>(total - got));
    const Result r = probe.ReadNow(std::span(buffer).first(size));
    if (!r.ok()) return {got, r.err, r.os};
    const auto bytes = std::span(buffer).first(static_cast<size_t>(r.n));
    if (!IsStream(bytes, from + got)) {
      ADD_FAILURE() << "other bytes than were sent, from position " << from + got << " on";
      return {got, Errc::kOther, 0};
    }
    got += r.n;
  }
  return {got};
}

// A file in memory.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::byte> bytes = {});
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  Handle handle() const noexcept { return handle_; }
  void Write(uint64_t at, std::span<const std::byte> bytes);
  void Resize(uint64_t size);  // what is added is a hole

 private:
  Handle handle_;
};

// Remembers the table of handles, and fails the test if it is another one in the end (RS-02).
class SameHandles {
 public:
  SameHandles() : before_(HandleTable()) {}
  ~SameHandles() {
    EXPECT_EQ(HandleTable(), before_) << "RS-02: handles before and after the test";
  }

 private:
  std::map<int, std::string> before_;
};

// The fixture of most tests: a loop and one connection.
template <class B>
class FdTest : public testing::Test {
 private:
  SameHandles same_handles_;

 public:
  using Backend = B;
  using Reference = Fd<B>;

  Loop<B> loop;
  Connection<Reference> connection{loop};
  Probe<Reference>& a = connection.a;
  Probe<Reference>& b = connection.b;
  std::byte buffer[512] = {};
};

// The ids that a test's name begins with, as the catalogue writes them: DL_05_CL_01_Name has
// "DL-05,CL-01", SD_1_08_Name has "SD-1.08".
std::string RowsOf(std::string_view test_name);

// Says that a test cannot apply here, and why: on the terminal and in the test's report.
void NotApplicable(std::string_view reason);

template <template <class> class Test, class... B>
bool RegisterOver(const char* suite, const char* name, const char* file, int line,
                  testing::Types<B...>) {
  (testing::RegisterTest((std::string(suite) + "/" + suites::BackendNames::GetName<B>(0)).c_str(),
                         name, nullptr, nullptr, file, line,
                         []() -> typename Test<B>::Suite* { return new Test<B>; }),
   ...);
  return true;
}

// A test over suites::AllBackends: FD_TEST(SomeSuite, DL_05_WhatMustHold) { ... }, where
// SomeSuite is a template of a fixture. The ids in front go into the report as the property "row".
// Where a backend cannot run, its test says why. Members of the fixture need `this->`.
#define FD_TEST(Fixture, Name)                                                                    \
  template <class B>                                                                              \
  class Fixture##_##Name : public Fixture<B> {                                                    \
   public:                                                                                        \
    using Suite = Fixture<B>;                                                                     \
                                                                                                  \
   private:                                                                                       \
    void TestBody() override {                                                                    \
      this->RecordProperty("row", RowsOf(#Name));                                                 \
      if (const char* reason = B::WhyNot()) return NotApplicable(reason);                         \
      Body();                                                                                     \
    }                                                                                             \
    void Body();                                                                                  \
  };                                                                                              \
  [[maybe_unused]] const bool Fixture##_##Name##_registered =                                     \
      RegisterOver<Fixture##_##Name>(#Fixture, #Name, __FILE__, __LINE__, suites::AllBackends{}); \
  template <class B>                                                                              \
  void Fixture##_##Name<B>::Body()

}  // namespace tare::io::fd_ops
