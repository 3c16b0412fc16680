// SPDX-License-Identifier: Apache-2.0
// What shows only after a million operations or beyond 4 GiB. Compiled twice: whole for the long
// tier (TARE_LONG), reduced for the fast one.
#include <gtest/gtest.h>

#include <algorithm>

#include "suites/fd_ops/alloc_fixture.h"

namespace tare::io::fd_ops {
namespace {

#ifdef TARE_LONG
constexpr int kTimes = 1'000'000;
constexpr size_t kMuch = (size_t{5} << 30) + (size_t{1} << 20);
#else
constexpr int kTimes = 20'000;
constexpr size_t kMuch = size_t{64} << 20;
#endif

template <class B>
class EnduranceTest : public FdTest<B> {};

FD_TEST(EnduranceTest, AL_05_TheReferencesRoundTripsAllocateNothingInTotal) {
  for (const bool deadlines : {false, true}) {
    suites::RoundTrips<Reference<B>> trips(1, {.deadlines = deadlines});
    ASSERT_EQ(trips.Open(), "");
    std::string wrong;
    ExpectNoAllocs([&] { wrong = MakeTrips(trips, kTimes / 2); });
    EXPECT_EQ(wrong, "");
  }
}

// One descriptor and its two operations, used in every way in turn. After each use the result is
// exactly what that use alone explains: no count, flag, code or position of an earlier one.
FD_TEST(EnduranceTest, CX_13_AnOperationUsedAgainCarriesNothingOver) {
  Connection<Fd<B>> c(this->loop);
  std::byte to[64] = {};
  int64_t position = 0;
  int wrong = 0;
  const auto expect = [&wrong](const Result& r, int64_t n, Errc err) {
    const bool may_have_code = err == Errc::kCanceled;  // where a system cancels, it says so
    wrong += r.n != n || r.err != err || (r.os != 0 && !may_have_code);
  };
  const auto exchange = [&](int64_t size) {
    expect(c.b.WriteNow(StreamBytes(position, static_cast<size_t>(size))), size, Errc::kOk);
    expect(c.a.ReadNow(to), size, Errc::kOk);
    wrong += !IsStream(std::span(to).first(static_cast<size_t>(size)), position);
    position += size;
  };
  for (int i = 0; i < kTimes && wrong == 0; ++i) {
    switch (i % 7) {
      case 0:
        exchange(1 + i % 64);
        break;
      case 1:
        (void)c.a.SetDeadline(Deadline::Past());
        expect(c.a.ReadNow(to), 0, Errc::kTimeout);
        expect(c.a.WriteNow(to), 0, Errc::kTimeout);
        (void)c.a.SetDeadline(Deadline::Never());
        break;
      case 2:
        c.a.BeginRead(to);
        c.a.CancelRead();
        expect(c.a.Await(c.a.read), 0, Errc::kCanceled);
        break;
      case 3:
        expect(c.a.ReadNow({}), 0, Errc::kOk);
        expect(c.a.WriteNow({}), 0, Errc::kOk);
        break;
      case 4:
        c.a.BeginRead(std::span(to).first(32));
        this->loop.Turn(Deadline::Past());
        expect(c.b.WriteNow(StreamBytes(position, 32)), 32, Errc::kOk);
        expect(c.a.Await(c.a.read), 32, Errc::kOk);
        wrong += !IsStream(std::span(to).first(32), position);
        position += 32;
        break;
      case 5:
        c.a.BeginRead(to);
        this->loop.Turn(Deadline::Past());
        (void)c.a.SetReadDeadline(Deadline::Past());
        (void)c.a.SetReadDeadline(Deadline::Never());
        expect(c.a.Await(c.a.read), 0, Errc::kTimeout);
        break;
      case 6:
        exchange(64);
        break;
    }
    ASSERT_EQ(wrong, 0) << "at use " << i << ": read " << Text(c.a.read.result) << ", write "
                        << Text(c.a.written.result);
  }
}

// The same descriptor object for one connection after the other, and for accepts with and without
// an address.
FD_TEST(EnduranceTest, CX_13_ADescriptorOpenedAgainCarriesNothingOver) {
  Address at = Loopback4();
  const Result listening = Listen(at);
  ASSERT_TRUE(listening.ok());
  Probe<Fd<B>> listener(this->loop), dialer(this->loop), accepted(this->loop);
  ASSERT_TRUE(listener.Open(static_cast<Handle>(listening.n)).ok());
  for (int i = 0; i < kTimes / 200; ++i) {
    const Handle h = static_cast<Handle>(NewTcp4().n);
    ASSERT_TRUE(ResetOnClose(h).ok());
    ASSERT_TRUE(dialer.Open(h).ok());
    Address peer;
    listener.BeginAccept(i % 2 == 0 ? &peer : nullptr);
    dialer.BeginConnect(at);
    ASSERT_EQ(Text(dialer.Await(dialer.written)), "0 ok");
    const Result got = listener.Await(listener.read);
    ASSERT_TRUE(got.ok());
    ASSERT_EQ(ToString(peer), i % 2 == 0 ? ToString(LocalAddress(h)) : "");
    ASSERT_TRUE(accepted.Open(static_cast<Handle>(got.n)).ok());
    // What the last connection died of is not this one's.
    accepted.BeginRead(this->buffer);
    ASSERT_EQ(Text(dialer.WriteNow(StreamBytes(i, 8))), "8 ok");
    ASSERT_EQ(Text(accepted.Await(accepted.read)), "8 ok");
    ASSERT_TRUE(IsStream(std::span(this->buffer).first(8), i));
    ASSERT_EQ(Text(dialer.CloseNow()), "0 ok");
    ASSERT_EQ(Text(accepted.ReadNow(this->buffer)), "0 reset");
    ASSERT_EQ(Text(accepted.CloseNow()), "0 ok");
  }
}

// One write of more than 32 bits can count, and reads that offer as much room.
FD_TEST(EnduranceTest, IO_06_OneWriteBeyond4GiB) {
  constexpr size_t kMark = 1000;
  const AddressSpace from(kMuch), to(kMuch);
  if (from.bytes().empty() || to.bytes().empty()) {
    return NotApplicable("the system does not give so many addresses");
  }
  const std::vector<std::byte> mark = StreamBytes(0, kMark);
  std::copy(mark.begin(), mark.end(), from.bytes().last(kMark).begin());
  this->a.BeginWrite(from.bytes());
  std::vector<std::byte> last;
  size_t got = 0;
  while (got < kMuch) {
    const Result r = this->b.ReadNow(to.bytes());
    ASSERT_TRUE(r.ok()) << Text(r) << " after " << got;
    const auto n = static_cast<size_t>(r.n);
    last.insert(last.end(), to.bytes().begin() + static_cast<ptrdiff_t>(n - std::min(n, kMark)),
                to.bytes().begin() + static_cast<ptrdiff_t>(n));
    if (last.size() > kMark) last.erase(last.begin(), last.end() - kMark);
    got += n;
  }
  EXPECT_EQ(got, kMuch);
  EXPECT_EQ(last, mark);
  EXPECT_EQ(Text(this->a.Await(this->a.written)), std::to_string(kMuch) + " ok");
}

}  // namespace
}  // namespace tare::io::fd_ops
