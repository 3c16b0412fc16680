// SPDX-License-Identifier: Apache-2.0
// Whatever io_uring says of an operation, it ends once and nothing escapes (CX-12, RG-20, RG-22).
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "impl/backend/io_uring.h"
#include "impl/backend/io_uring_fault.h"
#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/kinds.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io {

int (*io_uring_fault)(Op::Kind, int) = nullptr;
bool io_uring_full = false;
void (*io_uring_prepared)(Op::Kind, bool) = nullptr;

namespace contract {
namespace {

constexpr int kRestartSys = 512;
constexpr int kTransient[] = {-EAGAIN, -EINTR, -kRestartSys};
// The engine's own calls that leave (kSpliceOut, kSendFile) come to the ring at a full port only.
constexpr Op::Kind kMoving[] = {Op::Kind::kRecv,    Op::Kind::kReadv,  Op::Kind::kRecvFrom,
                                Op::Kind::kSend,    Op::Kind::kWritev, Op::Kind::kSendTo,
                                Op::Kind::kSpliceIn};

struct ZeroCopyMode {
  [[maybe_unused]] static constexpr std::string_view kMode = "send_zc";
  static constexpr IoUringOptions kOptions = {.send_zc_from = 1};
};
using ZeroCopy = IoUringIn<ZeroCopyMode>;

// While it lives the next completions of a kind say something else than the kernel said.
class Faults {
 public:
  Faults(Op::Kind kind, std::vector<int> results) : kind_(kind), results_(std::move(results)) {
    current = this;
    io_uring_fault = &Change;
  }
  ~Faults() { io_uring_fault = nullptr; }
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  bool used_up() const { return results_.empty(); }

 private:
  static int Change(Op::Kind kind, int result) {
    if (kind != current->kind_ || current->used_up()) return result;
    if (kind == Op::Kind::kAccept && result >= 0) close(result);
    const int said = current->results_.front();
    current->results_.erase(current->results_.begin());
    return said;
  }

  static inline Faults* current = nullptr;
  const Op::Kind kind_;
  std::vector<int> results_;
};

// An op of any kind that moves 100 bytes, on a connection whose other end is used by blocking
// calls.
template <class B>
struct Mover {
  Mover(Bed<B>& bed, Op::Kind the_kind) : kind(the_kind), line(bed) {
    message.pieces = pieces;
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    from = OwnedHandle(ends[0]);
    to = OwnedHandle(ends[1]);
    splice.pipe = *to;
  }

  Call<B>& call() { return DirectionOf(kind) == Direction::kIn ? line.end.in : line.end.out; }
  bool is_in() const { return DirectionOf(kind) == Direction::kIn; }

  void Start() {
    if (kind == Op::Kind::kSpliceIn) return SpliceIn(line.end, splice, 100);
    StartMove(line.end, kind, bytes, message, 2);
  }
  // Lets the system complete it, if that needs somebody.
  void Provoke() {
    if (is_in()) Push(*line.peer, Pattern(100));
  }

  const Op::Kind kind;
  Line<B> line;
  std::vector<std::byte> bytes = Pattern(100);
  Piece pieces[2] = {{bytes.data(), 40}, {bytes.data() + 40, 60}};
  Message message;
  OwnedHandle from, to;
  Splice splice;
};

// Whether the ring only waits for it: the call is the engine's own.
bool IsMadeByUs(Op::Kind kind) {
  return kind == Op::Kind::kSpliceIn;
}

std::string Text(const Result& r) {
  return std::to_string(r.n) + " " + std::string(Name(r.err)) + " " + std::to_string(r.os);
}

template <class B>
class FaultTest : public testing::Test {};
using Engines = testing::Types<IoUring, ZeroCopy>;
TYPED_TEST_SUITE(FaultTest, Engines);

// The bytes that came with the completion that was changed are gone, which is the test's doing.
TYPED_TEST(FaultTest, CX_12_WouldBlockAndInterruptionsAreTriedAgain) {
  if (CannotRun<TypeParam>()) return;
  for (const Op::Kind kind : kMoving) {
    for (const int error : kTransient) {
      SCOPED_TRACE(testing::Message() << "kind " << static_cast<int>(kind) << ", " << error);
      Bed<TypeParam> bed;
      Mover<TypeParam> mover(bed, kind);
      Faults faults(kind, {error, error});
      mover.Start();
      for (int i = 0; i < 3; ++i) {
        mover.Provoke();
        if (i < 2) bed.PollInVain();
      }
      ASSERT_TRUE(bed.PollUntilEnded(mover.call()));
      EXPECT_TRUE(faults.used_up());
      EXPECT_EQ(Text(mover.call().result), "100 ok 0");
      bed.PollInVain();
      EXPECT_EQ(mover.call().ended, 1);
      EXPECT_EQ(bed.verdict(), "");
      // What was sent was sent three times, and each time from a buffer that was still good.
      mover.bytes.assign(100, std::byte{0});
      if (mover.is_in() || IsMadeByUs(kind)) continue;
      std::vector<std::byte> received(300);
      ASSERT_EQ(Pull(*mover.line.peer, received), 300u);
      for (size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(IsPattern({received.data() + 100 * i, 100}, 0)) << i;
      }
    }
  }
}

TYPED_TEST(FaultTest, CX_12_OfACanceledOpTheyAreItsEnd) {
  if (CannotRun<TypeParam>()) return;
  for (const Op::Kind kind : kMoving) {
    if (DirectionOf(kind) == Direction::kOut) continue;
    for (const int error : kTransient) {
      SCOPED_TRACE(testing::Message() << "kind " << static_cast<int>(kind) << ", " << error);
      Bed<TypeParam> bed;
      Mover<TypeParam> mover(bed, kind);
      Faults faults(kind, {error});
      mover.Start();
      bed.PollInVain();
      mover.line.end.Cancel(mover.call());
      ASSERT_TRUE(bed.PollUntilEnded(mover.call()));
      EXPECT_TRUE(faults.used_up());
      EXPECT_EQ(mover.call().result.err, Errc::kCanceled);
      bed.PollInVain();
      EXPECT_EQ(mover.call().ended, 1);
      EXPECT_EQ(bed.verdict(), "");
    }
  }
}

// A splice whose wait is over when it is canceled, and which then finds nothing.
TYPED_TEST(FaultTest, CX_12_ASpliceThatWasCanceledDoesNotWaitAgain) {
  if (CannotRun<TypeParam>()) return;
  Bed<TypeParam> bed;
  Mover<TypeParam> mover(bed, Op::Kind::kSpliceIn);
  Faults faults(Op::Kind::kSpliceIn, {POLLIN});
  mover.Start();
  bed.PollInVain();
  mover.line.end.Cancel(mover.call());
  ASSERT_TRUE(bed.PollUntilEnded(mover.call()));
  EXPECT_EQ(mover.call().result.err, Errc::kCanceled);
}

// Whether that error of a send without copying is no end: the send is made by copying instead.
template <class B>
bool CopiesInstead(Op::Kind kind, int error) {
  return std::is_same_v<B, ZeroCopy> && kind == Op::Kind::kSend &&
         (error == EOPNOTSUPP || error == ENOMEM || error == ENOBUFS);
}

TEST(FaultOfZeroCopyTest, CX_12_WhatCannotBeSentWithoutCopyingIsCopied) {
  if (CannotRun<ZeroCopy>()) return;
  for (const int error : {EOPNOTSUPP, ENOMEM, ENOBUFS}) {
    ASSERT_TRUE(CopiesInstead<ZeroCopy>(Op::Kind::kSend, error));
    Bed<ZeroCopy> bed;
    Mover<ZeroCopy> mover(bed, Op::Kind::kSend);
    Faults faults(Op::Kind::kSend, {-error});
    mover.Start();
    ASSERT_TRUE(bed.PollUntilEnded(mover.call()));
    EXPECT_TRUE(faults.used_up());
    EXPECT_EQ(Text(mover.call().result), "100 ok 0");
    // The socket has learned it.
    const uint64_t held = bed.backend.zero_copies().ended;
    mover.Start();
    ASSERT_TRUE(bed.PollUntilEnded(mover.call()));
    EXPECT_EQ(Text(mover.call().result), "100 ok 0");
    EXPECT_EQ(bed.backend.zero_copies().ended, held);
    EXPECT_EQ(bed.verdict(), "");
  }
}

TYPED_TEST(FaultTest, RG_20_ErrorsComeOutAsTheyAre) {
  if (CannotRun<TypeParam>()) return;
  const std::pair<int, std::string> table[] = {
      {ENOBUFS, "0 resource 105"}, {ENOMEM, "0 resource 12"},   {ECANCELED, "0 canceled 125"},
      {ECONNRESET, "0 reset 104"}, {EALREADY, "0 invalid 114"}, {ETIMEDOUT, "0 unreachable 110"}};
  for (const Op::Kind kind : kMoving) {
    for (const auto& [error, wanted] : table) {
      if (CopiesInstead<TypeParam>(kind, error)) continue;
      SCOPED_TRACE(testing::Message() << "kind " << static_cast<int>(kind) << ", " << error);
      Bed<TypeParam> bed;
      Mover<TypeParam> mover(bed, kind);
      Faults faults(kind, {-error});
      mover.Start();
      mover.Provoke();
      ASSERT_TRUE(bed.PollUntilEnded(mover.call()));
      EXPECT_EQ(Text(mover.call().result), wanted);
      bed.PollInVain();
      EXPECT_EQ(mover.call().ended, 1);
      EXPECT_EQ(bed.verdict(), "");
    }
  }
}

TYPED_TEST(FaultTest, RG_20_ShortResultsComeOutAsTheyAre) {
  if (CannotRun<TypeParam>()) return;
  for (const Op::Kind kind : kMoving) {
    if (IsMadeByUs(kind)) continue;
    SCOPED_TRACE(static_cast<int>(kind));
    Bed<TypeParam> bed;
    Mover<TypeParam> mover(bed, kind);
    Faults faults(kind, {1});
    mover.Start();
    mover.Provoke();
    ASSERT_TRUE(bed.PollUntilEnded(mover.call()));
    EXPECT_EQ(Text(mover.call().result), "1 ok 0");
  }
}

TYPED_TEST(FaultTest, CX_12_AcceptsAreTriedAgain) {
  if (CannotRun<TypeParam>()) return;
  const auto open = OpenHandles();
  {
    Bed<TypeParam> bed;
    Address at = Loopback4();
    Endpoint<TypeParam> listener(bed, OwnedHandle(Listen(at)));
    // The last two are of connections that were given up while they were in line.
    Faults faults(Op::Kind::kAccept, {-EAGAIN, -EINTR, -kRestartSys, -ECONNABORTED, -EPROTO});
    listener.Accept();
    std::vector<OwnedHandle> dialers;
    for (int i = 0; i < 6; ++i) {
      EXPECT_TRUE(listener.in.pending());
      dialers.emplace_back(Dial(at));
      (void)ResetOnClose(*dialers.back());
      bed.PollInVain();
    }
    ASSERT_TRUE(bed.PollUntilEnded(listener.in));
    EXPECT_TRUE(faults.used_up());
    ASSERT_TRUE(listener.in.result.ok());
    const OwnedHandle accepted(listener.in.result);
    EXPECT_EQ(listener.in.ended, 1);
    EXPECT_EQ(bed.verdict(), "");
  }
  EXPECT_EQ(OpenHandles(), open);
}

TYPED_TEST(FaultTest, CX_12_AnAcceptThatWasCanceledDoesNotWaitForTheNext) {
  if (CannotRun<TypeParam>()) return;
  for (const int error : {-ECONNABORTED, -EPROTO}) {
    Bed<TypeParam> bed;
    Address at = Loopback4();
    Endpoint<TypeParam> listener(bed, OwnedHandle(Listen(at)));
    Faults faults(Op::Kind::kAccept, {error});
    listener.Accept();
    bed.PollInVain();
    listener.Cancel(listener.in);
    ASSERT_TRUE(bed.PollUntilEnded(listener.in));
    EXPECT_TRUE(faults.used_up());
    EXPECT_EQ(listener.in.result.err, Errc::kCanceled);
    EXPECT_EQ(bed.verdict(), "");
  }
}

// A connect that was interrupted is under way: to ask again would be a second one.
TYPED_TEST(FaultTest, CX_12_ConnectsAreWaitedFor) {
  if (CannotRun<TypeParam>()) return;
  for (const int error : {-EINTR, -kRestartSys}) {
    Bed<TypeParam> bed;
    Address at = Loopback4();
    const OwnedHandle listener(Listen(at));
    Endpoint<TypeParam> dialer(bed, OwnedHandle(NewTcp4()));
    (void)ResetOnClose(dialer.handle());
    Faults faults(Op::Kind::kConnect, {error, error});
    dialer.Connect(at);
    ASSERT_TRUE(bed.PollUntilEnded(dialer.out));
    EXPECT_TRUE(faults.used_up());
    EXPECT_EQ(Text(dialer.out.result), "0 ok 0");
    EXPECT_EQ(dialer.out.ended, 1);
    EXPECT_EQ(bed.verdict(), "");
  }
}

TYPED_TEST(FaultTest, CX_12_AConnectWithoutRoomInTheLineSaysSo) {
  if (CannotRun<TypeParam>()) return;
  Bed<TypeParam> bed;
  Address at = Loopback4();
  const OwnedHandle listener(Listen(at));
  Endpoint<TypeParam> dialer(bed, OwnedHandle(NewTcp4()));
  (void)ResetOnClose(dialer.handle());
  Faults faults(Op::Kind::kConnect, {-EAGAIN});
  dialer.Connect(at);
  ASSERT_TRUE(bed.PollUntilEnded(dialer.out));
  EXPECT_EQ(Text(dialer.out.result), "0 resource 0");
  EXPECT_EQ(bed.verdict(), "");
}

// Many receives by one op: an error that passes is no end of it, the others are.
struct Counting : RecvMany {
  Counting() {
    more = [](Op& op, const std::byte*, size_t size) noexcept {
      static_cast<Counting&>(*op.many).bytes += size;
    };
  }
  size_t bytes = 0;
};

TYPED_TEST(FaultTest, RG_22_ManyReceivesGoOnAfterWhatPasses) {
  if (CannotRun<TypeParam>()) return;
  for (const int error : {-EAGAIN, -EINTR, -kRestartSys, -ENOBUFS}) {
    SCOPED_TRACE(error);
    Bed<TypeParam> bed;
    Line<TypeParam> line(bed);
    Counting counting;
    // The end of the stream comes with no more to follow: the first time it says something else.
    ReceiveMany(line.end, counting);
    bed.PollInVain();
    Faults faults(Op::Kind::kRecvMany, {error, error});
    ASSERT_TRUE(ShutdownSend(*line.peer).ok());
    ASSERT_TRUE(bed.PollUntilEnded(line.end.in));
    EXPECT_TRUE(faults.used_up());
    EXPECT_EQ(Text(line.end.in.result), "0 ok 0");
    EXPECT_EQ(line.end.in.ended, 1);
    EXPECT_EQ(counting.bytes, 0u);
  }
  for (const int error : {-ECANCELED, -ECONNRESET, -ENOMEM}) {
    Bed<TypeParam> bed;
    Line<TypeParam> line(bed);
    Counting counting;
    Faults faults(Op::Kind::kRecvMany, {error});
    ReceiveMany(line.end, counting);
    ASSERT_TRUE(ShutdownSend(*line.peer).ok());
    ASSERT_TRUE(bed.PollUntilEnded(line.end.in));
    EXPECT_EQ(line.end.in.result.os, -error);
    EXPECT_EQ(line.end.in.ended, 1);
  }
}

// Its op has received before there was room for the cancel: what is started next is not canceled.
TYPED_TEST(FaultTest, RS_10_ACancelThatIsOwedEndsWithItsOp) {
  if (CannotRun<TypeParam>()) return;
  std::array<std::byte, 16> buffer;
  Bed<TypeParam> bed;
  Line<TypeParam> line(bed);
  line.end.Recv(buffer);
  bed.PollInVain();
  {
    io_uring_full = true;
    const Finally room([] { io_uring_full = false; });
    line.end.Cancel(line.end.in);
    Push(*line.peer, Pattern(1));
    ASSERT_TRUE(bed.PollUntilEnded(line.end.in));
    EXPECT_EQ(Text(line.end.in.result), "1 ok 0");
  }
  line.end.Recv(buffer);
  bed.PollInVain();
  EXPECT_TRUE(line.end.in.pending());
  Push(*line.peer, Pattern(1));
  ASSERT_TRUE(bed.PollUntilEnded(line.end.in));
  EXPECT_EQ(Text(line.end.in.result), "1 ok 0");
  EXPECT_EQ(bed.verdict(), "");
}

// What operations are submitted by while it lives: how many entries of a kind, and how many of them
// wait before they are tried. To try in vain, and to wait for what is there, costs time and changes
// neither results nor calls.
class Submitted {
 public:
  Submitted() {
    entries = waiting = 0;
    io_uring_prepared = [](Op::Kind kind, bool waits_first) {
      if (kind != Op::Kind::kRecv && kind != Op::Kind::kSend) return;
      ++entries;
      if (waits_first) ++waiting;
    };
  }
  ~Submitted() { io_uring_prepared = nullptr; }
  Submitted(const Submitted&) = delete;
  Submitted& operator=(const Submitted&) = delete;

  static std::string Text() {
    return std::to_string(entries) + " entries, " + std::to_string(waiting) + " wait first";
  }

 private:
  static inline int entries = 0, waiting = 0;
};

// The kernel knows of it, and where more was left, since Linux 5.19.
bool CannotWaitFirst() {
  io_uring ring;
  if (io_uring_queue_init(2, &ring, IORING_SETUP_COOP_TASKRUN) != 0) {
    return NotApplicable("this kernel is not asked to wait before it tries").empty();
  }
  io_uring_queue_exit(&ring);
  return CannotRun<IoUring>();
}

// A line on which so many bytes come before each receive of 100.
std::string ReceivesOf(std::vector<size_t> pushed, std::vector<int> results = {}) {
  std::array<std::byte, 100> buffer;
  Bed<IoUring> bed;
  Line<IoUring> line(bed);
  const Submitted submitted;
  Faults faults(Op::Kind::kRecv, std::move(results));
  for (const size_t size : pushed) {
    Push(*line.peer, Pattern(size));
    line.end.Recv(buffer);
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.n == 100);
  }
  return submitted.Text();
}

TEST(WaitFirstTest, AReceiveWaitsWhereNothingWasLeft) {
  if (CannotWaitFirst()) return;
  EXPECT_EQ(ReceivesOf({100, 100, 100, 100}), "4 entries, 4 wait first");
}

TEST(WaitFirstTest, AReceiveIsTriedWhereSomethingWasLeft) {
  if (CannotWaitFirst()) return;
  // The first does not know yet, and the third has emptied it.
  EXPECT_EQ(ReceivesOf({300, 0, 0, 100}), "4 entries, 2 wait first");
  // Something was left, and yet the second would block: it waits before it is tried again.
  EXPECT_EQ(ReceivesOf({400, 0, 0}, {100, -EAGAIN}), "4 entries, 2 wait first");
}

TEST(WaitFirstTest, ASendIsTriedFirst) {
  if (CannotWaitFirst()) return;
  Bed<IoUring> bed;
  Mover<IoUring> mover(bed, Op::Kind::kSend);
  const Submitted submitted;
  Faults faults(Op::Kind::kSend, {100, 100, -EAGAIN});
  for (int i = 0; i < 3; ++i) {
    mover.Start();
    ASSERT_TRUE(bed.PollUntilEnded(mover.call()));
    EXPECT_EQ(Text(mover.call().result), "100 ok 0");
  }
  EXPECT_EQ(submitted.Text(), "4 entries, 1 wait first");
}

// The hook is there, and what it says comes out where nothing mends it: without this the tests
// above would prove nothing.
TYPED_TEST(FaultTest, TheHookChangesWhatIsSeen) {
  if (CannotRun<TypeParam>()) return;
  Bed<TypeParam> bed;
  Mover<TypeParam> mover(bed, Op::Kind::kRecv);
  Faults faults(Op::Kind::kRecv, {-EXDEV});
  mover.Start();
  mover.Provoke();
  ASSERT_TRUE(bed.PollUntilEnded(mover.call()));
  EXPECT_EQ(Text(mover.call().result), "0 other 18");
}

}  // namespace
}  // namespace contract
}  // namespace tare::io
