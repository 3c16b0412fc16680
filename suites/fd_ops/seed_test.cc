// SPDX-License-Identifier: Apache-2.0
// Each defect of the published original (SD-1) that streams can show: the reference has it not, and
// the original's design fails the same check.
//
// SD-1.01: SD_1_01_OneWedgedConnectionDelaysNoOther
// SD-1.02: SD_1_02_TheCountIsWhatWasMoved
// SD-1.03: cannot be shown by streams: no operation of a stream has flags that a system writes
//          back; that nothing else is carried over: CX_13 in endurance_test.cc
// SD-1.04: SD_1_04_AWriteBeginsAtItsOwnBeginning; SD_1_04_AFileIsSentFromItsOffset
// SD-1.05: SD_1_05_AnInterruptedWriteTellsWhatItHasMoved; SD_1_05_ACopyThatTakesOverDoublesNothing
// SD-1.06: SD_1_06_SizesAreNotCutTo32Bits_Write, ..._Read, ..._SendFile; IO_06 in endurance_test.cc
// SD-1.07: SD_1_07_AReadOfNothingIsNotEof; zero-byte datagrams come with datagrams
// SD-1.08: SD_1_08_ReadDeadlineLeavesPendingWriteAlone, ..._WriteDeadline...
// SD-1.09: SD_1_09_CloseInsideACallbackEnds; between threads: shared_test.cc
// SD-1.10: SD_1_10_NothingOfTheCallersStaysInTheOperation
// SD-1.11: cannot be shown by streams: canceling one asks no system that could answer with an
//          unexpected error; that comes with the backends whose cancel is a system call
// SD-1.12: SD_1_12_NineAllocationsInTenReadsAreSeen, ..._OfBlockedReadsAreSeen
// SD-1.13: SD_1_13_ASecondReadIsLoud: the trade is one operation per direction, and queues above it
//          (shared.h); what an operation points to lives in it: SD-1.10
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <vector>

#include "suites/fd_ops/alloc_fixture.h"
#include "suites/fd_ops/seed_design.h"
#include "suites/support/forward.h"

namespace tare::io::fd_ops {
namespace {

// What a check works on.
template <class D>
struct Scene {
  Scene() {
    if constexpr (requires { D::StartProcess(); }) D::StartProcess();
  }

  typename D::LoopType loop;
  Connection<D> connection{loop};
  Connection<D> other{loop};
  Probe<D>& a = connection.a;
  Probe<D>& b = connection.b;
  std::byte buffer[512] = {};
};

template <class D, class Check>
std::string Judge(const Check& check) {
  Scene<D> scene;
  return check(scene);
}

// `check` gives "" or what is wrong. It holds for the reference and for the model of the original
// without its defect, and with the defect it finds `wrong`.
template <class B, SeedDefect kDefect, class Check>
void ExpectOnlyTheSeedFails(const char* wrong, const Check& check) {
  EXPECT_EQ(Judge<Fd<B>>(check), "") << "the reference";
  EXPECT_EQ((Judge<SeedFd<B, SeedDefect::kNone>>(check)), "") << "the model without the defect";
  EXPECT_EQ((Judge<SeedFd<B, kDefect>>(check)), wrong) << "the original's design";
}

template <class B>
class SeedTest : public testing::Test {
  SameHandles same_handles_;
};

FD_TEST(SeedTest, SD_1_01_CC_05_OneWedgedConnectionDelaysNoOther) {
  ExpectOnlyTheSeedFails<B, SeedDefect::kChannelMadeTwice>(
      "a read of another connection does not end", [](auto& scene) -> std::string {
        scene.a.BeginWrite(TooMuch());
        SendRaw(scene.other.pair.server, StreamBytes(0, 8));
        const Result r = scene.other.a.ReadNow(scene.buffer);
        return r.err == Errc::kOther ? "a read of another connection does not end"
               : Text(r) == "8 ok"   ? ""
                                     : Text(r);
      });
}

FD_TEST(SeedTest, SD_1_02_TheCountIsWhatWasMoved) {
  ExpectOnlyTheSeedFails<B, SeedDefect::kCountWrittenTwice>(
      "0 eof", [](auto& scene) -> std::string {
        for (const bool pending : {false, true}) {
          if (pending) scene.a.BeginRead(scene.buffer);
          if (pending) scene.loop.Turn(Deadline::Past());
          SendRaw(scene.connection.pair.server, StreamBytes(0, 8));
          if (!pending) scene.a.BeginRead(scene.buffer);
          const Result r = scene.a.Await(scene.a.read);
          if (Text(r) != "8 ok") return Text(r);
        }
        return "";
      });
}

FD_TEST(SeedTest, SD_1_04_AWriteBeginsAtItsOwnBeginning) {
  ExpectOnlyTheSeedFails<B, SeedDefect::kOffsetStays>(
      "of the second write nothing arrives", [](auto& scene) -> std::string {
        for (int64_t i = 0; i < 2; ++i) {
          const Result w = scene.a.WriteNow(StreamBytes(100 * i, 100));
          if (Text(w) != "100 ok") return Text(w);
          const Result r = scene.b.ReadNow(scene.buffer);
          if (i == 1 && r.err == Errc::kOther) return "of the second write nothing arrives";
          if (Text(r) != "100 ok") return Text(r);
          if (!IsStream(std::span(scene.buffer).first(100), 100 * i)) return "other bytes";
        }
        return "";
      });
}

FD_TEST(SeedTest, SD_1_04_SP_34_AFileIsSentFromItsOffset) {
  if ((B::kFeatures & kSendsFiles) == 0) return NotApplicable("the backend has no kSendFile");
  const MemoryFile file{StreamBytes(0, 300)};
  ExpectOnlyTheSeedFails<B, SeedDefect::kOffsetStays>(
      "the second begins where the first ended", [&file](auto& scene) -> std::string {
        for (int i = 0; i < 2; ++i) {
          FilePart part{file.handle(), 0, 100};
          const Result w = scene.a.SendFileNow(part);
          if (Text(w) != "100 ok") return Text(w);
          const Result r = scene.b.ReadNow(scene.buffer);
          if (Text(r) != "100 ok") return Text(r);
          const auto got = std::span(scene.buffer).first(100);
          if (i == 1 && IsStream(got, 100)) return "the second begins where the first ended";
          if (!IsStream(got, 0)) return "other bytes";
        }
        return "";
      });
}

// A copy takes over where the file could not be sent to its end.
FD_TEST(SeedTest, SD_1_05_SP_30_ACopyThatTakesOverDoublesNothing) {
  if ((B::kFeatures & kSendsFiles) == 0) return NotApplicable("the backend has no kSendFile");
  const MemoryFile file{TooMuch()};
  ExpectOnlyTheSeedFails<B, SeedDefect::kCountLostInError>(
      "the peer receives bytes a second time", [&file](auto& scene) -> std::string {
        FilePart part{file.handle(), 0, kTooMuch};
        scene.a.BeginSendFile(part);
        TurnFor(scene.loop, Scaled(2 * kMillisecond));
        (void)scene.a.SetWriteDeadline(Deadline::Past());
        const Result w = scene.a.Await(scene.a.written);
        if (w.err != Errc::kTimeout) return Text(w);
        (void)scene.a.SetWriteDeadline(Deadline::Never());
        scene.a.BeginWrite(std::span(TooMuch()).subspan(static_cast<size_t>(w.n)));
        for (int64_t got = 0; got < static_cast<int64_t>(kTooMuch);) {
          const Result r = scene.b.ReadNow(scene.buffer);
          if (!r.ok()) return Text(r);
          if (!IsStream(std::span(scene.buffer).first(static_cast<size_t>(r.n)), got)) {
            return "the peer receives bytes a second time";
          }
          got += r.n;
        }
        return "";
      });
}

FD_TEST(SeedTest, SD_1_05_DL_21_AnInterruptedWriteTellsWhatItHasMoved) {
  ExpectOnlyTheSeedFails<B, SeedDefect::kCountLostInError>(
      "the peer receives what the writer was not told of", [](auto& scene) -> std::string {
        scene.a.BeginWrite(TooMuch());
        TurnFor(scene.loop, Scaled(2 * kMillisecond));
        (void)scene.a.SetWriteDeadline(Deadline::Past());
        const Result w = scene.a.Await(scene.a.written);
        if (w.err != Errc::kTimeout) return Text(w);
        (void)ShutdownSend(scene.connection.pair.client);
        const Result r = Drain(scene.b, static_cast<int64_t>(kTooMuch));
        if (r.err != Errc::kEof) return Text(r);
        return r.n > w.n   ? "the peer receives what the writer was not told of"
               : r.n < w.n ? "the writer was told more than the peer receives"
                           : "";
      });
}

// Twice as much as 32 bits can tell, and a little: what is left of the size is the little.
constexpr size_t kHuge = (size_t{1} << 33) + 100;

FD_TEST(SeedTest, SD_1_06_SizesAreNotCutTo32Bits_Write) {
  const AddressSpace huge(kHuge);
  if (huge.bytes().empty()) return NotApplicable("the system does not give 8 GiB of addresses");
  ExpectOnlyTheSeedFails<B, SeedDefect::kSizeOf32Bits>(
      "short, and ok: 100 ok", [&huge](auto& scene) -> std::string {
        scene.a.BeginWrite(huge.bytes());
        TurnFor(scene.loop, Scaled(2 * kMillisecond));
        (void)scene.a.SetWriteDeadline(Deadline::Past());
        const Result r = scene.a.Await(scene.a.written);
        if (r.ok()) return "short, and ok: " + Text(r);
        return r.err == Errc::kTimeout && r.n > 100 ? "" : Text(r);
      });
}

FD_TEST(SeedTest, SD_1_06_SizesAreNotCutTo32Bits_SendFile) {
  if ((B::kFeatures & kSendsFiles) == 0) return NotApplicable("the backend has no kSendFile");
  MemoryFile holes;
  holes.Resize(kHuge);
  ExpectOnlyTheSeedFails<B, SeedDefect::kSizeOf32Bits>(
      "short, and ok: 100 ok", [&holes](auto& scene) -> std::string {
        FilePart part{holes.handle(), 0, kHuge};
        scene.a.BeginSendFile(part);
        TurnFor(scene.loop, Scaled(2 * kMillisecond));
        (void)scene.a.SetWriteDeadline(Deadline::Past());
        const Result r = scene.a.Await(scene.a.written);
        if (r.ok()) return "short, and ok: " + Text(r);
        return r.err == Errc::kTimeout && r.n > 100 ? "" : Text(r);
      });
}

FD_TEST(SeedTest, SD_1_06_SizesAreNotCutTo32Bits_Read) {
  const AddressSpace huge(kHuge);
  if (huge.bytes().empty()) return NotApplicable("the system does not give 8 GiB of addresses");
  ExpectOnlyTheSeedFails<B, SeedDefect::kSizeOf32Bits>("0 ok", [&huge](auto& scene) -> std::string {
    SendRaw(scene.connection.pair.server, StreamBytes(0, 200));
    const Result r = scene.a.ReadNow(huge.bytes().first(kHuge - 100));
    return Text(r) == "200 ok" ? "" : Text(r);
  });
}

FD_TEST(SeedTest, SD_1_07_IO_03_AReadOfNothingIsNotEof) {
  ExpectOnlyTheSeedFails<B, SeedDefect::kEmptyReadIsEof>("0 eof", [](auto& scene) -> std::string {
    const Result r = scene.a.ReadNow({});
    return Text(r) == "0 ok" ? "" : Text(r);
  });
}

FD_TEST(SeedTest, SD_1_08_CX_06_ReadDeadlineLeavesPendingWriteAlone) {
  ExpectOnlyTheSeedFails<B, SeedDefect::kCancelsTheHandle>(
      "the read's deadline ended the write: canceled", [](auto& scene) -> std::string {
        scene.a.BeginRead(scene.buffer);
        scene.a.BeginWrite(TooMuch());
        TurnFor(scene.loop, Scaled(kMillisecond));
        (void)scene.a.SetReadDeadline(Now().Plus(kMillisecond));
        const Result r = scene.a.Await(scene.a.read);
        if (Text(r) != "0 timeout") return Text(r);
        TurnFor(scene.loop, Scaled(2 * kMillisecond));
        if (!scene.a.written) return "";
        return "the read's deadline ended the write: " +
               std::string(Name(scene.a.written.result.err));
      });
}

FD_TEST(SeedTest, SD_1_08_CX_06_WriteDeadlineLeavesPendingReadAlone) {
  ExpectOnlyTheSeedFails<B, SeedDefect::kCancelsTheHandle>(
      "the write's deadline ended the read: canceled", [](auto& scene) -> std::string {
        scene.a.BeginRead(scene.buffer);
        scene.a.BeginWrite(TooMuch());
        TurnFor(scene.loop, Scaled(kMillisecond));
        (void)scene.a.SetWriteDeadline(Deadline::Past());
        if (scene.a.Await(scene.a.written).err != Errc::kTimeout) return "no timeout";
        TurnFor(scene.loop, Scaled(2 * kMillisecond));
        if (!scene.a.read) return "";
        return "the write's deadline ended the read: " + std::string(Name(scene.a.read.result.err));
      });
}

FD_TEST(SeedTest, SD_1_09_CL_12_CloseInsideACallbackEnds) {
  ExpectOnlyTheSeedFails<B, SeedDefect::kCloseWaitsForItself>(
      "the close waits for the operation it is called from", [](auto& scene) -> std::string {
        scene.a.then_read = [&scene] { (void)scene.a.BeginClose(); };
        scene.a.BeginRead(scene.buffer);
        SendRaw(scene.connection.pair.server, StreamBytes(0, 8));
        const Result r = scene.a.Await(scene.a.closed);
        return r.err == Errc::kOther ? "the close waits for the operation it is called from"
               : r.ok()              ? ""
                                     : Text(r);
      });
}

// Remembers the operations that it was given to start.
template <class B>
class RemembersOps : public suites::Forward<B> {
 public:
  std::vector<const Op*> ops;

 private:
  void StartInner(typename B::Port& port,
                  typename suites::Forward<B>::Inner& inner) noexcept override {
    ops.push_back(inner.outer);
    this->real().Start(port, inner);
  }
};

FD_TEST(SeedTest, SD_1_10_CX_13_NothingOfTheCallersStaysInTheOperation) {
  ExpectOnlyTheSeedFails<RemembersOps<B>, SeedDefect::kPointersStay>(
      "an operation that has ended points to the caller's buffer", [](auto& scene) -> std::string {
        (void)scene.b.WriteNow(StreamBytes(0, 8));
        (void)scene.a.ReadNow(scene.buffer);
        (void)scene.a.SetReadDeadline(Now().Plus(kMillisecond));
        (void)scene.a.ReadNow(scene.buffer);
        const auto& ops = scene.loop.backend().ops;
        if (ops.size() < 3) return "the operations were not seen";
        for (const Op* op : ops) {
          if (op->data != nullptr || op->size != 0 || op->peer != nullptr) {
            return "an operation that has ended points to the caller's buffer";
          }
        }
        return "";
      });
}

// The accept fails, for the socket is no listener; its address is not kept for that.
FD_TEST(SeedTest, CX_13_NoAddressStaysInTheOperation) {
  Scene<Fd<RemembersOps<B>>> scene;
  Address peer;
  scene.a.BeginAccept(&peer);
  EXPECT_EQ(scene.a.Await(scene.a.read).err, Errc::kInvalid);
  const auto& ops = scene.loop.backend().ops;
  ASSERT_FALSE(ops.empty());
  for (const Op* op : ops) EXPECT_EQ(op->peer, nullptr);
}

// The seed's own test: the average of the allocations, cut to a whole number, is not above 0.
bool PassesTheSeedsTest(const AllocCount& count, int runs) {
  return static_cast<int>(static_cast<double>(count.allocs) / runs) <= 0;
}

// Allocates in nine of ten receives, or in those that find nothing when they are started.
template <class B, bool kOnlyBlocked>
class AllocatesInReceives : public suites::Forward<B> {
  void StartInner(typename B::Port& port,
                  typename suites::Forward<B>::Inner& inner) noexcept override {
    if (inner.kind == Op::Kind::kRecv) {
      std::byte byte;
      const bool blocked = recv(static_cast<int>(handle_), &byte, 1, MSG_PEEK) < 0;
      if (kOnlyBlocked ? blocked : ++receives_ % 10 != 0) {
        void* volatile plant = ::operator new(24);
        ::operator delete(plant);
      }
    }
    this->real().Start(port, inner);
  }

 public:
  Result Attach(typename B::Port& port, Handle h) noexcept {
    handle_ = h;
    return suites::Forward<B>::Attach(port, h);
  }

 private:
  Handle handle_ = kNoHandle;
  int receives_ = 0;
};
template <class B>
using NineInTen = AllocatesInReceives<B, false>;
template <class B>
using WhenBlocked = AllocatesInReceives<B, true>;

// Reads on one end that is alone on its backend, so that every receive is its own.
template <class B>
AllocCount AllocsOfReads(int runs, bool blocked) {
  Loop<B> loop;
  Pair pair;
  EXPECT_TRUE(TcpPairs({&pair, 1}).ok());
  std::byte buffer[8];
  const std::vector<std::byte> bytes = StreamBytes(0, 8);
  Probe<Fd<B>> fd(loop);
  EXPECT_TRUE(fd.Open(pair.client).ok());
  int wrong = 0;
  const AllocCount count = AllocsOf([&] {
    for (int i = 0; i < runs; ++i) {
      if (blocked) fd.BeginRead(buffer);
      if (blocked) loop.Turn(Deadline::Past());
      SendRaw(pair.server, bytes);
      if (!blocked) fd.BeginRead(buffer);
      wrong += fd.Await(fd.read).n != 8;
    }
  });
  EXPECT_EQ(wrong, 0);
  (void)CloseHandle(pair.server);
  return count;
}

FD_TEST(SeedTest, SD_1_12_AL_05_NineAllocationsInTenReadsAreSeen) {
  constexpr int kRuns = 1000;
  const AllocCount planted = AllocsOfReads<NineInTen<B>>(kRuns, false);
  const AllocCount reference = AllocsOfReads<B>(kRuns, false);
  if (!AllocsAreCounted()) return;
  EXPECT_TRUE(PassesTheSeedsTest(planted, kRuns));
  EXPECT_EQ(planted.allocs, 900u);
  EXPECT_EQ(reference.allocs, 0u);
}

FD_TEST(SeedTest, SD_1_12_AL_02_AllocationsOfBlockedReadsAreSeen) {
  constexpr int kRuns = 100;
  // The seed measures reads that find their bytes.
  const AllocCount as_the_seed = AllocsOfReads<WhenBlocked<B>>(kRuns, false);
  const AllocCount planted = AllocsOfReads<WhenBlocked<B>>(kRuns, true);
  const AllocCount reference = AllocsOfReads<B>(kRuns, true);
  if (!AllocsAreCounted()) return;
  EXPECT_TRUE(PassesTheSeedsTest(as_the_seed, kRuns));
  EXPECT_EQ(as_the_seed.allocs, 0u);
  EXPECT_EQ(planted.allocs, 100u);
  EXPECT_EQ(reference.allocs, 0u);
}

template <class D>
void BeginTwice(bool read) {
  Scene<D> scene;
  if (read) scene.a.BeginRead(scene.buffer);
  if (read) scene.a.BeginRead(scene.buffer);
  scene.a.BeginWrite(TooMuch());
  scene.a.BeginWrite(TooMuch());
}

FD_TEST(SeedTest, SD_1_13_CL_06_ASecondOperationInOneDirectionIsLoud) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(BeginTwice<Fd<B>>(true), "check failed: !side.busy");
  EXPECT_DEATH(BeginTwice<Fd<B>>(false), "check failed: !side.busy");
}

}  // namespace
}  // namespace tare::io::fd_ops
