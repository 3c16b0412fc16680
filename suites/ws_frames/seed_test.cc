// SPDX-License-Identifier: Apache-2.0
// The defects of the published original (SD-3), each as a check that the reference passes and that
// the seed's own design fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <type_traits>

#include "impl/ws_frames/background.h"
#include "impl/ws_frames/closure_free.h"
#include "impl/ws_frames/reference.h"
#include "suites/ws_frames/wire.h"
#include "suites/ws_frames/ws_fixture.h"
#include "tare/alloc_scope.h"

namespace tare::suites::ws_frames {
namespace {

using io::Errc;
using io::Result;
using io::Timers;
using io::ws_frames::Background;
using io::ws_frames::ClosureFree;
using io::ws_frames::Context;
using io::ws_frames::FrameReader;
using io::ws_frames::Header;
using io::ws_frames::Role;

// An answer, and the order of events that a scheduler may choose: a read is begun, its context
// ends, its callback is started, the read succeeds, the next one is begun, the callback runs.
template <class A>
class Scheduled : public A {
 public:
  using A::A;
  static constexpr bool kIsReference = std::is_same_v<A, FrameReader>;

  // How the second of two good reads ends, whose context is not the one that ended.
  Errc SecondReadAfterLateCancel(std::span<const std::byte> wire) {
    Context first, second;
    Header header;
    A::Feed(wire);
    if constexpr (kIsReference) {
      EXPECT_TRUE(A::ReadHeader(first, header).ok());
      first.Cancel();  // nothing of the first read is left that it could meet
      EXPECT_EQ(A::ReadHeader(second, header).err, Errc::kOk);
      return A::Enter(second);
    } else {
      EXPECT_EQ(Prepare(first), Errc::kOk);
      first.Cancel();  // its callback is started
      EXPECT_TRUE(Finish(first, A::ParseHeader(header)).ok());
      EXPECT_EQ(Prepare(second), Errc::kOk);
      A::RunStarted();  // and runs now
      return Finish(second, {0, A::LooksClosed(), 0}).err;
    }
  }

 private:
  Errc Prepare(Context& context) {
    if constexpr (std::is_same_v<A, Background>) return A::Prepare(context, registered_);
    if constexpr (std::is_same_v<A, ClosureFree>) return A::Prepare(context);
  }
  Result Finish(Context& context, Result r) {
    if constexpr (std::is_same_v<A, Background>) return A::Finish(context, registered_, r);
    if constexpr (std::is_same_v<A, ClosureFree>) return A::Finish(context, r);
  }
  bool registered_ = false;
};

template <class A>
class Checks {
 public:
  // SD-3.01
  static bool ACancellableReadAllocates() {
    Checks c;
    Context context;
    c.Feed(Wire(0x82, 1, 7, BytesOf("x")));
    const AllocScope scope;
    const bool read = c.reader.ReadHeader(context, c.header).ok();
    return scope.Delta().allocs > 0 || !read;
  }

  // SD-3.02
  static bool AControlFrameAllocates() {
    Checks c;
    c.Feed(Wire(0x89, 1, 7, BytesOf("x")));
    EXPECT_TRUE(c.reader.ReadHeader(Context::None(), c.header).ok());
    const AllocScope scope;
    const bool read = c.reader.ReadControl(Context::None(), c.header, c.to).ok();
    return scope.Delta().allocs > 0 || !read;
  }

  // SD-3.03
  static bool ALateCancelHitsTheNextRead() {
    Bytes wire = Wire(0x82, 0, 7, {});
    wire.insert(wire.end(), wire.begin(), wire.end());
    Timers timers;
    Scheduled<A> reader(timers);
    reader.Open(Role::kServer, {});
    return reader.SecondReadAfterLateCancel(wire) != Errc::kOk;
  }

  // SD-3.04: a read under a context that has ended says one thing at one place and another at
  // another: closed where it was found closed before the read, canceled where in it.
  static bool PrecedenceDependsOnThePath() {
    Timers timers;
    Context ended;
    ended.Cancel();
    Header header;
    std::array<std::byte, 1> to;
    A reader(timers);
    reader.Open(Role::kServer, {});
    reader.Feed(to);  // a byte of a header
    if constexpr (std::is_same_v<A, FrameReader>) {
      const Errc during = reader.ReadHeader(ended, header).err;
      reader.End(Errc::kClosed);
      return reader.ReadHeader(ended, header).err != during;
    } else {
      const Errc during = reader.ReadHeader(ended, header).err;
      reader.RunStarted();  // has closed the connection
      return reader.ReadHeader(ended, header).err != during;
    }
  }

  // SD-3.05: whether bytes of the payload are taken for a header after an error.
  static bool GoesOnAfter(const Bytes& wrong) {
    Checks c;
    Bytes wire = wrong;
    const Bytes inside = Wire(0x82, 0, 7, {});  // what an attacker would have executed
    wire.insert(wire.end(), inside.begin(), inside.end());
    c.Feed(wire);
    EXPECT_FALSE(c.reader.ReadHeader(Context::None(), c.header).ok());
    return c.reader.ReadHeader(Context::None(), c.header).ok();
  }

  // SD-3.06
  static bool TakesMaskedFromAServer() {
    Checks c(Role::kClient);
    c.Feed(Wire(0x82, 4, 0x01020304, BytesOf("four")));
    return c.reader.ReadHeader(Context::None(), c.header).ok();
  }
  static bool LeavesMaskedFromAServerMasked() {
    Checks c(Role::kClient);
    c.Feed(Wire(0x82, 4, 0x01020304, BytesOf("four")));
    return c.reader.ReadHeader(Context::None(), c.header).ok() &&
           c.reader.ReadPayload(Context::None(), c.to).n == 4 &&
           TextOf(std::span(c.to).first(4)) != "four";
  }

  // SD-3.07, SD-3.08
  static bool Accepts(const Bytes& wire) {
    Checks c;
    c.Feed(wire);
    if (!c.reader.ReadHeader(Context::None(), c.header).ok()) return false;
    return IsControl(c.header.opcode()) ? c.reader.ReadControl(Context::None(), c.header, c.to).ok()
                                        : c.reader.ReadPayload(Context::None(), c.to).ok();
  }

 private:
  explicit Checks(Role role = Role::kServer) { reader.Open(role, {}); }
  void Feed(const Bytes& wire) {
    kept = wire;
    reader.Feed(kept);
  }

  Timers timers;
  A reader{timers};
  Header header;
  std::array<std::byte, 125> to;
  Bytes kept;
};

class SeedTest : public WsTest {};

TEST_F(SeedTest, SD_3_01_CancellableReadsCost) {
  if (!AllocsAreCounted()) return;
  EXPECT_FALSE(Checks<FrameReader>::ACancellableReadAllocates());
  EXPECT_TRUE(Checks<ClosureFree>::ACancellableReadAllocates());
  EXPECT_TRUE(Checks<Background>::ACancellableReadAllocates());
}

TEST_F(SeedTest, SD_3_02_EveryControlFrameBuildsAContext) {
  if (!AllocsAreCounted()) return;
  EXPECT_FALSE(Checks<FrameReader>::AControlFrameAllocates());
  EXPECT_TRUE(Checks<ClosureFree>::AControlFrameAllocates());
  EXPECT_TRUE(Checks<Background>::AControlFrameAllocates());
}

TEST_F(SeedTest, SD_3_03_ACallbackThatWasStartedHitsTheNextRead) {
  EXPECT_FALSE(Checks<FrameReader>::ALateCancelHitsTheNextRead());
  EXPECT_TRUE(Checks<ClosureFree>::ALateCancelHitsTheNextRead());
  EXPECT_TRUE(Checks<Background>::ALateCancelHitsTheNextRead());
}

TEST_F(SeedTest, SD_3_04_PrecedenceDiffersByPath) {
  EXPECT_FALSE(Checks<FrameReader>::PrecedenceDependsOnThePath());
  EXPECT_TRUE(Checks<ClosureFree>::PrecedenceDependsOnThePath());
  EXPECT_TRUE(Checks<Background>::PrecedenceDependsOnThePath());
}

TEST_F(SeedTest, SD_3_05_AfterAnErrorOfThePeersTheNextReadParsesPayloadAsAHeader) {
  for (const Bytes& wrong :
       {HeaderWire(0x82, 6, std::nullopt), HeaderWire(0x82, ~uint64_t{0}, 7)}) {
    EXPECT_FALSE(Checks<FrameReader>::GoesOnAfter(wrong));
    EXPECT_TRUE(Checks<ClosureFree>::GoesOnAfter(wrong));
    EXPECT_TRUE(Checks<Background>::GoesOnAfter(wrong));
  }
}

TEST_F(SeedTest, SD_3_06_MaskedFramesOfAServerAreAcceptedAndNotUnmasked) {
  EXPECT_FALSE(Checks<FrameReader>::TakesMaskedFromAServer());
  EXPECT_TRUE(Checks<ClosureFree>::TakesMaskedFromAServer());
  EXPECT_TRUE(Checks<ClosureFree>::LeavesMaskedFromAServerMasked());
}

TEST_F(SeedTest, SD_3_07_LengthsInALongerFormAreAccepted) {
  for (const Form form : {Form::k16, Form::k64}) {
    const Bytes wire = Wire(0x82, 4, 7, BytesOf("four"), form);
    EXPECT_FALSE(Checks<FrameReader>::Accepts(wire));
    EXPECT_TRUE(Checks<ClosureFree>::Accepts(wire));
  }
}

TEST_F(SeedTest, SD_3_08_Utf8OfTextsAndReasonsIsNotChecked) {
  const Bytes text = Wire(0x81, 2, 7, BytesOf("\xC0\x80"));
  const Bytes reason = Wire(0x88, 4, 7, BytesOf("\x03\xE8\xC0\x80"));
  for (const Bytes& wire : {text, reason}) {
    EXPECT_FALSE(Checks<FrameReader>::Accepts(wire));
    EXPECT_TRUE(Checks<ClosureFree>::Accepts(wire));
  }
}

}  // namespace
}  // namespace tare::suites::ws_frames
