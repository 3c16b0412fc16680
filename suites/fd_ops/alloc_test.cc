// SPDX-License-Identifier: Apache-2.0
// The reference allocates nothing (rows AL): not in any exchange, nor on the paths beside them.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "suites/fd_ops/alloc_fixture.h"
#include "suites/support/forward.h"

namespace tare::io::fd_ops {
namespace {

constexpr int kRuns = 1000;
constexpr int64_t kHour = 3600 * kSecond;

template <class B>
class AllocTest : public FdTest<B> {
 public:
  // One operation after the other, each of which must end as `end` says. Allocates nothing itself.
  struct Expected {
    int wrong = 0;

    void operator()(const Result& r, int64_t n, Errc err) { wrong += r.n != n || r.err != err; }
  } expect;

  ~AllocTest() { EXPECT_EQ(expect.wrong, 0) << "operations that ended in another way"; }

  const std::vector<std::byte> bytes = StreamBytes(0, 128);
};

template <class B>
class ExchangeAllocTest : public testing::Test {
  SameHandles same_handles_;
};

// From the first trip on: there is no warm-up to hide in.
FD_TEST(ExchangeAllocTest, AL_01_NoExchangeAllocates) {
  for (const CountedExchange& of : kExchanges) {
    SCOPED_TRACE(of.name);
    suites::RoundTrips<Reference<B>> trips(of.connections, of.exchange);
    ASSERT_EQ(trips.Open(), "");
    std::string wrong;
    ExpectNoAllocs([&] { wrong = MakeTrips(trips, of.trips); });
    EXPECT_EQ(wrong, "");
  }
}

FD_TEST(AllocTest, AL_01_WriteThenReadOf128Bytes) {
  ExpectNoAllocs([&] {
    for (int i = 0; i < kRuns; ++i) {
      this->expect(this->b.WriteNow(this->bytes), 128, Errc::kOk);
      this->expect(this->a.ReadNow({this->buffer, 128}), 128, Errc::kOk);
    }
  });
}

// Every read has begun, and the loop has found nothing for it, before the other thread is told to
// write.
FD_TEST(AllocTest, AL_02_AReadThatReallyBlocksUntilAnotherThreadWrites) {
  Pair pair;
  ASSERT_TRUE(TcpPairs({&pair, 1}).ok());
  Probe<Fd<B>> fd(this->loop);
  ASSERT_TRUE(fd.Open(pair.client).ok());
  std::thread peer([server = pair.server] {
    std::byte byte;
    while (recv(server, &byte, 1, 0) == 1) (void)send(server, &byte, 1, MSG_NOSIGNAL);
  });
  // Its thread has come to life with the first round.
  const auto round = [&] {
    fd.BeginRead(this->buffer);
    this->loop.Turn(Deadline::Past());
    this->expect.wrong += fd.read.times;
    this->expect(fd.WriteNow({this->buffer, 1}), 1, Errc::kOk);
    this->expect(fd.Await(fd.read), 1, Errc::kOk);
  };
  round();
  ExpectNoAllocs([&] {
    for (int i = 0; i < kRuns; ++i) round();
  });
  EXPECT_EQ(Text(fd.CloseNow()), "0 ok");
  peer.join();
  (void)CloseHandle(pair.server);
}

FD_TEST(AllocTest, AL_04_AWriteThatBlocksBecauseThePeerDoesNotRead) {
  const std::vector<std::byte>& much = TooMuch();
  std::vector<std::byte> to(size_t{64} << 10);
  ExpectNoAllocs([&] {
    for (int i = 0; i < 5; ++i) {
      this->a.BeginWrite(much);
      for (int turn = 0; turn < 100; ++turn) this->loop.Turn(Deadline::Past());
      this->expect.wrong += this->a.written.times;
      for (int64_t got = 0; got < static_cast<int64_t>(much.size());) {
        const Result r = this->b.ReadNow(to);
        if (!r.ok()) {
          ++this->expect.wrong;
          return;
        }
        got += r.n;
      }
      this->expect(this->a.Await(this->a.written), static_cast<int64_t>(much.size()), Errc::kOk);
    }
  });
}

FD_TEST(AllocTest, AL_04_DL_29_SettingAndClearingDeadlines) {
  ExpectNoAllocs([&] {
    for (int i = 0; i < kRuns; ++i) {
      (void)this->a.SetReadDeadline(Now().Plus(kHour));
      (void)this->a.SetWriteDeadline(Now().Plus(i * kSecond));
      (void)this->a.SetReadDeadline(Now().Plus(kSecond));
      this->a.BeginRead(this->buffer);
      (void)this->a.SetDeadline(Deadline::Past());
      this->expect(this->a.Await(this->a.read), 0, Errc::kTimeout);
      (void)this->a.SetDeadline(Deadline::Never());
    }
  });
}

FD_TEST(AllocTest, AL_04_Timeouts) {
  ExpectNoAllocs([&] {
    for (int i = 0; i < kRuns; ++i) {
      // It has passed before the operation begins; it passes while it is pending.
      (void)this->a.SetDeadline(Deadline::Past());
      this->expect(this->a.ReadNow(this->buffer), 0, Errc::kTimeout);
      this->expect(this->a.WriteNow(this->bytes), 0, Errc::kTimeout);
      (void)this->a.SetReadDeadline(Now().Plus(10'000));
      this->expect(this->a.ReadNow(this->buffer), 0, Errc::kTimeout);
    }
  });
}

FD_TEST(AllocTest, AL_04_AWriteThatTimesOut) {
  const std::vector<std::byte>& much = TooMuch();
  ExpectNoAllocs([&] {
    for (int i = 0; i < 20; ++i) {
      (void)this->a.SetWriteDeadline(Now().Plus(kMillisecond));
      this->expect.wrong += this->a.WriteNow(much).err != Errc::kTimeout;
    }
  });
}

FD_TEST(AllocTest, AL_04_Cancels) {
  const std::vector<std::byte>& much = TooMuch();  // made here, not counted
  ExpectNoAllocs([&] {
    for (int i = 0; i < kRuns; ++i) {
      this->a.BeginRead(this->buffer);
      this->loop.Turn(Deadline::Past());
      this->a.CancelRead();
      this->expect(this->a.Await(this->a.read), 0, Errc::kCanceled);
    }
    this->a.BeginWrite(much);
    this->loop.Turn(Deadline::Past());
    this->a.CancelWrite();
    this->expect.wrong += this->a.Await(this->a.written).err != Errc::kCanceled;
  });
}

FD_TEST(AllocTest, AL_04_EndOfStream) {
  ExpectNoAllocs([&] {
    this->a.BeginRead(this->buffer);
    this->loop.Turn(Deadline::Past());
    (void)ShutdownSend(this->b.handle());
    this->expect(this->a.Await(this->a.read), 0, Errc::kEof);
    for (int i = 0; i < kRuns; ++i) this->expect(this->a.ReadNow(this->buffer), 0, Errc::kEof);
  });
}

FD_TEST(AllocTest, AL_04_Reset) {
  ExpectNoAllocs([&] {
    this->a.BeginRead(this->buffer);
    this->expect(this->b.CloseNow(), 0, Errc::kOk);
    this->expect(this->a.Await(this->a.read), 0, Errc::kReset);
    for (int i = 0; i < kRuns; ++i) {
      this->expect(this->a.ReadNow(this->buffer), 0, Errc::kReset);
      this->expect.wrong += this->a.WriteNow(this->bytes).ok();
    }
  });
}

FD_TEST(AllocTest, AL_04_CloseWithAReadAndAWritePending) {
  const std::vector<std::byte>& much = TooMuch();  // made here, not counted
  ExpectNoAllocs([&] {
    (void)this->a.SetDeadline(Now().Plus(kHour));
    this->a.BeginRead(this->buffer);
    this->a.BeginWrite(much);
    this->loop.Turn(Deadline::Past());
    this->expect(this->a.CloseNow(), 0, Errc::kOk);
    this->expect(this->a.read.result, 0, Errc::kClosed);
    this->expect.wrong += this->a.written.result.err != Errc::kClosed;
    this->expect(this->a.ReadNow(this->buffer), 0, Errc::kClosed);
    this->expect.wrong += this->a.BeginClose() != Errc::kClosed;
  });
}

// A connection's whole life. The first round may make room in the backend for so many descriptors.
FD_TEST(AllocTest, AL_04_AcceptAndConnectAfterWarmUp) {
  Address at = Loopback4();
  const Result listening = Listen(at);
  ASSERT_TRUE(listening.ok());
  Probe<Fd<B>> listener(this->loop), dialer(this->loop), accepted(this->loop);
  ASSERT_TRUE(listener.Open(static_cast<Handle>(listening.n)).ok());
  Address peer;
  const auto round = [&] {
    const Handle h = static_cast<Handle>(NewTcp4().n);
    (void)ResetOnClose(h);
    this->expect(dialer.Open(h), 0, Errc::kOk);
    listener.BeginAccept(&peer);
    dialer.BeginConnect(at);
    this->expect(dialer.Await(dialer.written), 0, Errc::kOk);
    const Result got = listener.Await(listener.read);
    this->expect.wrong += !got.ok();
    this->expect(accepted.Open(static_cast<Handle>(got.n)), 0, Errc::kOk);
    this->expect(dialer.WriteNow(this->bytes), 128, Errc::kOk);
    this->expect(accepted.ReadNow(this->buffer), 128, Errc::kOk);
    this->expect(dialer.CloseNow(), 0, Errc::kOk);
    this->expect(accepted.CloseNow(), 0, Errc::kOk);
  };
  round();
  ExpectNoAllocs([&] {
    for (int i = 0; i < 100; ++i) round();
  });
}

// What a backend would cost that allocates for every operation it is given.
template <class B>
class AllocatesPerOp : public suites::Forward<B> {
  void StartInner(typename B::Port& port,
                  typename suites::Forward<B>::Inner& inner) noexcept override {
    void* volatile plant = ++starts_ % 2 == 0 ? std::malloc(24) : ::operator new(24);
    starts_ % 2 == 0 ? std::free(plant) : ::operator delete(plant);
    this->real().Start(port, inner);
  }
  int starts_ = 0;
};

// The negative control: the same trips, and one allocation in each of their four operations.
FD_TEST(ExchangeAllocTest, AL_06_APlantedAllocationIsSeen) {
  suites::RoundTrips<Reference<AllocatesPerOp<B>>> trips(1, {});
  ASSERT_EQ(trips.Open(), "");
  std::string wrong;
  const AllocCount count = AllocsOf([&] { wrong = MakeTrips(trips, 100); });
  EXPECT_EQ(wrong, "");
  if (!AllocsAreCounted()) return;
  EXPECT_EQ(count.allocs, AllocScope::Covers() == "new" ? 200u : 400u);
  EXPECT_EQ(count.frees, count.allocs);
  EXPECT_EQ(count.bytes_requested, 24 * count.allocs);
}

}  // namespace
}  // namespace tare::io::fd_ops
