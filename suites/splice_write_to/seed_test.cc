// SPDX-License-Identifier: Apache-2.0
// What is wrong with the published design (seed 4): a test of each defect, which the reference
// passes and the published design fails.
#include <sys/socket.h>
#include <unistd.h>

#include "impl/splice_write_to/published.h"
#include "suites/splice_write_to/transfer_fixture.h"

namespace tare::suites {
namespace {

template <class B>
class SeedTest : public TransferTest<B> {};
TYPED_TEST_SUITE(SeedTest, AllBackends, BackendNames);

// How many of the bytes that were taken can still be had: delivered, or handed out.
struct Kept {
  uint64_t taken = 0;
  uint64_t kept = 0;
  io::Result result;
};

// The peer sends `total` bytes into `destination` by the published design.
template <class B>
Kept ByPublished(std::string_view destination, uint64_t total, io::Handle source = io::kNoHandle,
                 uint64_t limit = splice::kNoLimit) {
  Place<B> place;
  std::string why;
  const auto there = NewDestination(destination, why);
  FarEnd far(io::Transport::kTcp4, 0);
  SeenEnd<B> from(place.loop), to(place.loop);
  EXPECT_TRUE(from.Open(source != io::kNoHandle ? source : far.TakeNear()).ok());
  splice::PublishedTransfer<B> transfer(place.loop, from, to);
  (void)transfer.OpenFile(there->handle());
  static int ended;
  static io::Result result;
  ended = 0;
  transfer.Go(limit, [](splice::PublishedTransfer<B>&, io::Result r) noexcept {
    ++ended;
    result = r;
  });
  EXPECT_TRUE(place.Until([] { return ended > 0; },
                          [&] {
                            far.Send(total, total);
                            if (far.sent() == total) far.Finish();
                          }));
  std::vector<std::byte> arrived;
  (void)there->Arrived(arrived);
  const Kept kept = {far.sent() - far.Unread().size(), arrived.size(), result};
  from.BeginClose();
  EXPECT_TRUE(place.Until([&] { return from.closed; }));
  return kept;
}

template <class B>
Kept ByReference(std::string_view destination, uint64_t total) {
  Place<B> place;
  Scene<B> scene(place, destination);
  scene.Begin();
  EXPECT_TRUE(scene.Finish(total));
  const uint64_t arrived = scene.Arrived().size();
  return {scene.transfer.taken(), arrived + scene.Held().size(), scene.result};
}

SPLICE_TEST(SeedTest, SD_4_01_TheBytesInThePipeAreDestroyedWithIt) {
  const auto fail = [] {
    CallFaults::Clear();
    CallFaults::Shorten(1000);
    CallFaults::Fail(Call::kSpliceOut, ENOSPC, 1, kForGood);
  };
  fail();
  const Kept published = ByPublished<B>("memory", 20'000);
  EXPECT_EQ(published.result.os, ENOSPC);
  EXPECT_LT(published.kept, published.taken);
  fail();
  const Kept reference = ByReference<B>("memory", 20'000);
  EXPECT_EQ(reference.result.os, ENOSPC);
  EXPECT_EQ(reference.kept, reference.taken);
}

SPLICE_TEST(SeedTest, SD_4_02_ARefusalOfTheSecondHopIsTheEnd) {
  const Kept published = ByPublished<B>("append", 5000);
  EXPECT_EQ(published.result.os, EINVAL);
  EXPECT_EQ(published.result.n, 0);
  EXPECT_GT(published.taken, 0u);
  const Kept reference = ByReference<B>("append", 5000);
  EXPECT_EQ(Text(reference.result), "5000 ok");
}

SPLICE_TEST(SeedTest, SD_4_03_AnInterruptionOfTheSecondHopIsTheEnd) {
  CallFaults::Fail(Call::kSpliceOut, EINTR);
  const Kept published = ByPublished<B>("memory", 5000);
  EXPECT_EQ(published.result.os, EINTR);
  EXPECT_LT(published.kept, published.taken);
  CallFaults::Fail(Call::kSpliceOut, EINTR);
  const Kept reference = ByReference<B>("memory", 5000);
  EXPECT_EQ(Text(reference.result), "5000 ok");
}

SPLICE_TEST(SeedTest, SD_4_04_DatagramsAreSplicedForTheSystemDoesNotRefuse) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  ASSERT_EQ(send(ends[1], "0123456789", 10, 0), 10);
  CallFaults::Clear();
  (void)ByPublished<B>("memory", 0, ends[0], 10);
  EXPECT_GT(CallFaults::Count(Call::kSpliceIn), 0);
  close(ends[1]);
  // The reference goes by the kind: SP_16 in transfer_test.cc.
}

// Between two chunks another reader takes from the middle. The reference refuses him: SP_32.
SPLICE_TEST(SeedTest, SD_4_05_AnotherReaderTakesFromTheMiddle) {
  Place<B> place;
  FarEnd far(io::Transport::kTcp4, 0);
  SeenEnd<B> from(place.loop), to(place.loop);
  ASSERT_TRUE(from.Open(far.TakeNear()).ok());
  std::string why;
  const auto one = NewDestination("tcp", why);
  const auto other = NewDestination("memory", why);
  ASSERT_TRUE(to.Open(one->TakeHandle()).ok());
  splice::PublishedTransfer<B> first(place.loop, from, to), second(place.loop, from, to);
  (void)second.OpenFile(other->handle());
  static int ended;
  ended = 0;
  first.Go(splice::kNoLimit, [](splice::PublishedTransfer<B>&, io::Result) noexcept { ++ended; });
  // The first one waits for its destination, and has no read pending meanwhile.
  for (int i = 0; i < 300; ++i) {
    far.Send(uint64_t{64} << 20, 1 << 20);
    place.loop.Turn(io::Now().Plus(100'000));
  }
  ASSERT_FALSE(from.reading());
  second.Go(1000, [](splice::PublishedTransfer<B>&, io::Result) noexcept { ++ended; });
  ASSERT_TRUE(place.Until([] { return ended == 1; }));
  std::vector<std::byte> arrived;
  ASSERT_TRUE(other->Arrived(arrived));
  EXPECT_EQ(arrived.size(), 1000u);
  EXPECT_FALSE(IsSent(arrived, 0));
  to.CancelWrite();
  ASSERT_TRUE(place.Until([] { return ended == 2; }));
  for (SeenEnd<B>* end : {&from, &to}) {
    end->BeginClose();
    ASSERT_TRUE(place.Until([&] { return end->closed; }));
  }
}

// A file that was opened to append has its bytes by copies, which is what it does itself. Whoever
// copies into it by the published design has it spliced, and an error.
SPLICE_TEST(SeedTest, SD_4_06_ItOutranksWhatTheDestinationDoesBetter) {
  CallFaults::Clear();
  const Kept published = ByPublished<B>("append", 5000);
  EXPECT_GT(CallFaults::Count(Call::kSpliceIn), 0);
  EXPECT_EQ(CallFaults::Count(Call::kWrite), 0);
  EXPECT_EQ(published.result.n, 0);
  CallFaults::Clear();
  const Kept reference = ByReference<B>("append", 5000);
  EXPECT_EQ(CallFaults::Count(Call::kSpliceIn), 0);
  EXPECT_GT(CallFaults::Count(Call::kWrite), 0);
  EXPECT_EQ(Text(reference.result), "5000 ok");
}

}  // namespace
}  // namespace tare::suites
