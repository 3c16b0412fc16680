// SPDX-License-Identifier: Apache-2.0
// Splices of the reference descriptor, and operations of whoever has no descriptor of its own type.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "suites/fd_ops/fd_fixture.h"

namespace tare::io::fd_ops {
namespace {

// A pipe that blocks, with the splices into and out of it.
struct Pipe {
  Pipe() {
    Handle ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    out.pipe = ends[0];
    in.pipe = ends[1];
  }
  ~Pipe() {
    CloseIn();
    (void)CloseHandle(out.pipe);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void CloseIn() {
    if (in.pipe != kNoHandle) (void)CloseHandle(in.pipe);
    in.pipe = kNoHandle;
  }
  void Put(std::span<const std::byte> bytes) {
    EXPECT_EQ(write(in.pipe, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  // So many bytes, if they are there.
  std::vector<std::byte> Take(size_t size) {
    std::vector<std::byte> bytes(size);
    EXPECT_EQ(read(out.pipe, bytes.data(), size), static_cast<ssize_t>(size));
    return bytes;
  }

  Splice in, out;
};

// What starts operations on a descriptor that it knows nothing of, and how they have ended.
template <class B>
struct Caller : Fd<B>::Starter {
  Caller() {
    this->done = [](typename Fd<B>::Starter& starter, Fd<B>& fd, Result r) noexcept {
      Caller& caller = static_cast<Caller&>(starter);
      ++caller.ending.times;
      caller.ending.result = r;
      caller.of = &fd;
      if (caller.then) caller.then();
    };
  }

  std::string Await(Loop<B>& loop) {
    const bool ended = TurnUntil(loop, [this] { return bool{ending}; });
    const Result r = std::exchange(ending, {}).result;
    return ended ? Text(r) : "pending";
  }

  Ending ending;
  Fd<B>* of = nullptr;
  std::function<void()> then;
};

template <class B>
class SpliceTest : public FdTest<B> {
 public:
  static bool Missing() {
    const bool missing = (B::kFeatures & kSplices) == 0;
    if (missing) NotApplicable("the backend has no splices");
    return missing;
  }

  std::string SpliceIn(size_t size) {
    this->a.SpliceIn(pipe.in, size, caller);
    return caller.Await(this->loop);
  }
  std::string SpliceOut(size_t size) {
    this->a.SpliceOut(pipe.out, size, caller);
    return caller.Await(this->loop);
  }

  Pipe pipe;
  Caller<B> caller;
};

FD_TEST(SpliceTest, InMovesWhatIsThere) {
  if (this->Missing()) return;
  this->a.SpliceIn(this->pipe.in, 4096, this->caller);
  TurnFor(this->loop, kMillisecond);
  EXPECT_FALSE(this->caller.ending);
  SendRaw(this->b.handle(), StreamBytes(0, 100));
  EXPECT_EQ(this->caller.Await(this->loop), "100 ok");
  EXPECT_TRUE(IsStream(this->pipe.Take(100), 0));
  SendRaw(this->b.handle(), StreamBytes(100, 100));
  EXPECT_EQ(this->SpliceIn(30), "30 ok");
  EXPECT_EQ(this->SpliceIn(0), "0 ok");
  EXPECT_EQ(this->SpliceIn(4096), "70 ok");
  EXPECT_TRUE(IsStream(this->pipe.Take(100), 100));
  ASSERT_TRUE(ShutdownSend(this->b.handle()).ok());
  EXPECT_EQ(this->SpliceIn(4096), "0 eof");
  EXPECT_EQ(this->SpliceIn(4096), "0 eof");
}

FD_TEST(SpliceTest, OutMovesWhatIsThere) {
  if (this->Missing()) return;
  EXPECT_EQ(this->SpliceOut(4096), "0 resource");
  this->pipe.Put(StreamBytes(0, 100));
  EXPECT_EQ(this->SpliceOut(0), "0 ok");
  EXPECT_EQ(this->SpliceOut(30), "30 ok");
  EXPECT_EQ(this->SpliceOut(4096), "70 ok");
  EXPECT_EQ(Text(Drain(this->b, 100)), "100 ok");
  EXPECT_EQ(this->SpliceOut(4096), "0 resource");
  this->pipe.CloseIn();
  EXPECT_EQ(this->SpliceOut(4096), "0 ok");
}

FD_TEST(SpliceTest, AFullPipeIsTold) {
  if (this->Missing()) return;
  const int pages = fcntl(this->pipe.in.pipe, F_GETPIPE_SZ);
  this->pipe.Put(StreamBytes(0, static_cast<size_t>(pages)));
  SendRaw(this->b.handle(), StreamBytes(0, 100));
  EXPECT_EQ(this->SpliceIn(4096), "0 resource");
  (void)this->pipe.Take(static_cast<size_t>(pages));
  EXPECT_EQ(this->SpliceIn(4096), "100 ok");
  EXPECT_TRUE(IsStream(this->pipe.Take(100), 0));
}

FD_TEST(SpliceTest, CL_01_CX_05_DL_06_DeadlineCancelAndClose) {
  if (this->Missing()) return;
  (void)this->a.SetReadDeadline(Now().Plus(kMillisecond));
  EXPECT_EQ(this->SpliceIn(100), "0 timeout");
  (void)this->a.SetReadDeadline(Deadline::Never());
  this->a.SpliceIn(this->pipe.in, 100, this->caller);
  this->a.CancelRead();
  EXPECT_EQ(this->caller.Await(this->loop), "0 canceled");
  // Nothing of it was taken.
  SendRaw(this->b.handle(), StreamBytes(0, 100));
  EXPECT_EQ(this->SpliceIn(100), "100 ok");
  this->a.SpliceIn(this->pipe.in, 100, this->caller);
  EXPECT_EQ(Text(this->a.CloseNow()), "0 ok");
  EXPECT_EQ(this->caller.Await(this->loop), "0 closed");
  EXPECT_EQ(this->SpliceOut(100), "0 closed");
}

FD_TEST(SpliceTest, SP_38_SG_01_ADeadPeerIsAnError) {
  if (this->Missing()) return;
  EXPECT_EQ(Text(this->b.CloseNow()), "0 ok");
  this->pipe.Put(StreamBytes(0, 100));
  for (int i = 0; i < 3; ++i) {
    const std::string said = this->SpliceOut(100);
    EXPECT_TRUE(said == "0 reset" || said == "0 shutdown") << said;
  }
  EXPECT_EQ(this->pipe.Take(100).size(), 100u) << "what was not sent is still in the pipe";
}

template <class B>
class StarterTest : public FdTest<B> {
 public:
  Caller<B> in, out;
};

FD_TEST(StarterTest, EachIsToldOfItsOwn) {
  this->a.Read(this->buffer, this->in);
  this->a.Write(StreamBytes(0, 8), this->out);
  EXPECT_FALSE(this->in.ending || this->out.ending) << "no end comes from inside the call";
  EXPECT_EQ(this->out.Await(this->loop), "8 ok");
  EXPECT_EQ(this->out.of, &this->a);
  EXPECT_FALSE(this->in.ending);
  SendRaw(this->b.handle(), StreamBytes(0, 5));
  EXPECT_EQ(this->in.Await(this->loop), "5 ok");
  EXPECT_EQ(this->in.of, &this->a);
  // One that starts both, one after the other, and a callback between them.
  EXPECT_EQ(Text(this->a.WriteNow(StreamBytes(8, 8))), "8 ok");
  this->a.Write(StreamBytes(16, 8), this->in);
  EXPECT_EQ(this->in.Await(this->loop), "8 ok");
  this->a.Read(this->buffer, this->in);
  SendRaw(this->b.handle(), StreamBytes(0, 5));
  EXPECT_EQ(this->in.Await(this->loop), "5 ok");
  SendRaw(this->b.handle(), StreamBytes(0, 5));
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "5 ok");
  EXPECT_FALSE(this->in.ending || this->out.ending);
  EXPECT_EQ(Text(Drain(this->b, 24)), "24 ok");
}

// In its end a starter may start the next operation, also by another one, and close.
FD_TEST(StarterTest, AnEndMayStartTheNextAndClose) {
  int reads = 0;
  this->in.then = [&] {
    if (++reads == 3) return (void)this->a.BeginClose();
    this->a.Read(this->buffer, this->in);
  };
  this->a.Read(this->buffer, this->in);
  for (int i = 1; i <= 3; ++i) {
    SendRaw(this->b.handle(), StreamBytes(0, 5));
    EXPECT_TRUE(TurnUntil(this->loop, [&] { return reads == i; }));
  }
  EXPECT_EQ(Text(this->a.Await(this->a.closed)), "0 ok");
}

FD_TEST(StarterTest, AnEndMayDestroyTheStarter) {
  auto starter = std::make_unique<Caller<B>>();
  bool ended = false;
  starter->then = [&] {
    ended = true;
    this->a.Read(this->buffer, this->in);
    starter.reset();
  };
  this->a.Read(this->buffer, *starter);
  this->a.CancelRead();
  EXPECT_TRUE(TurnUntil(this->loop, [&] { return ended; }));
  SendRaw(this->b.handle(), StreamBytes(0, 5));
  EXPECT_EQ(this->in.Await(this->loop), "5 ok");
}

FD_TEST(StarterTest, APartOfAFile) {
  if ((B::kFeatures & kSendsFiles) == 0) return NotApplicable("the backend has no kSendFile");
  const MemoryFile file{StreamBytes(0, 1000)};
  FilePart part{file.handle(), 100, 900};
  this->a.SendFile(part, this->out);
  EXPECT_EQ(this->out.Await(this->loop), "900 ok");
  EXPECT_EQ(Text(Drain(this->b, 900, 100)), "900 ok");
}

}  // namespace
}  // namespace tare::io::fd_ops
