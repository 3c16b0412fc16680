// SPDX-License-Identifier: Apache-2.0
// tare-stall: how long a transfer into a file holds up another connection of its loop, with and
// without threads that write for it.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "impl/backend/backends.h"
#include "impl/base/deadline.h"
#include "impl/splice_write_to/disk_threads.h"
#include "impl/splice_write_to/ends.h"
#include "impl/splice_write_to/target.h"
#include "impl/splice_write_to/transfer.h"
#include "suites/support/program.h"

namespace tare::suites::splice_write_to {
namespace {

namespace splice = io::splice_write_to;

constexpr const char* kUsage =
    "usage: tare-stall [--backend NAME] [--folder FOLDER] [--milliseconds N] [--threads N]\n"
    "                  [--cached]\n"
    "\n"
    "One loop has two connections: what comes over the first goes into a file, and what comes "
    "over\n"
    "the second, 64 bytes at a time, is sent back. How long that round trip takes, in "
    "microseconds:\n"
    "while nothing goes into the file; while the loop's thread writes it; while threads do.\n"
    "\n"
    "  --backend       epoll, poll, io_uring (default: the first that runs here)\n"
    "  --folder        where the file is made; it has no name, and 64 MiB at most (default: "
    "/var/tmp)\n"
    "  --milliseconds  for each of the three (default: 3000)\n"
    "  --threads       that write for the loop (default: 1)\n"
    "  --cached        the file is written into memory, and the disk later (default: every call "
    "waits\n"
    "                  for the disk, as O_DSYNC has it, which a slow disk comes to in the end)\n"
    "  -h, --help      print this, and end\n";

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMillisecond = 1'000'000;
constexpr uint64_t kMostTime = 3'600'000;  // milliseconds
constexpr uint64_t kMostThreads = 64;
constexpr uint64_t kFile = 64 << 20;  // bytes, from which on it is written from its beginning again

struct Wish {
  std::string folder;
  int64_t nanos = 0;
  int threads = 0;
  bool cached = false;
};

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "tare-stall: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

// Sends until the other end is gone.
void Feed(io::Handle h) {
  const auto bytes = splice::Pattern();
  while (send(h, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
  }
}

// Round trips until told to end, and then the connection's end.
void Ask(io::Handle h, const std::atomic<bool>& ends, std::vector<int64_t>& took) {
  std::array<std::byte, 64> message{};
  while (!ends) {
    const io::Deadline begin = io::Now();
    if (send(h, message.data(), message.size(), MSG_NOSIGNAL) < 0) break;
    if (recv(h, message.data(), message.size(), MSG_WAITALL) <= 0) break;
    took.push_back(io::Now().ns - begin.ns);
  }
  (void)shutdown(h, SHUT_WR);
}

// What comes is sent back, until the end.
template <class B>
class Echo : public io::fd_ops::Fd<B> {
 public:
  using Fd = io::fd_ops::Fd<B>;
  using Fd::Fd;

  void Go() noexcept {
    this->Read(room_, [](Fd& fd, io::Result r) noexcept {
      Echo& self = static_cast<Echo&>(fd);
      self.over = !r.ok();
      if (self.over) return;
      self.Write(std::span(self.room_).first(static_cast<size_t>(r.n)),
                 [](Fd& written, io::Result) noexcept { static_cast<Echo&>(written).Go(); });
    });
  }
  bool over = false;
  bool closed = false;

 private:
  std::array<std::byte, 64> room_;
};

// The transfer into the file, from its beginning again and again.
template <class B>
class Writing : public splice::Transfer<B> {
 public:
  using Transfer = splice::Transfer<B>;
  using Fd = io::fd_ops::Fd<B>;

  Writing(io::Loop<B>& loop, splice::Pool& pool, splice::DiskThreads* disks, Fd& from,
          splice::Target<B>& to)
      : Transfer(loop, pool, disks), from_(from), to_(to) {}

  void Go() noexcept {
    to_.set_offset(0);
    splice::Plan plan;
    plan.limit = kFile;
    this->Start(from_, to_, plan, [](Transfer& transfer, io::Result r) noexcept {
      auto& self = static_cast<Writing&>(transfer);
      self.moved += r.n;
      r.ok() && !self.ends ? self.Go() : self.End(r);
    });
  }
  void End(io::Result r) noexcept {
    result = r;
    over = true;
  }
  int64_t moved = 0;
  bool ends = false, over = false;
  io::Result result;

 private:
  Fd& from_;
  splice::Target<B>& to_;
};

template <class B>
void Close(io::Loop<B>& loop, Echo<B>& end) {
  (void)end.Close(
      [](io::fd_ops::Fd<B>& fd, io::Result) noexcept { static_cast<Echo<B>&>(fd).closed = true; });
  while (!end.closed) loop.Turn();
}

void Print(const char* who, std::vector<int64_t>& took, int64_t moved, int64_t nanos) {
  std::sort(took.begin(), took.end());
  const auto at = [&](double part) {
    return static_cast<double>(
               took[static_cast<size_t>(static_cast<double>(took.size() - 1) * part)]) /
           1000;
  };
  std::printf("| %s | %zu | %.1f | %.1f | %.1f | %.0f |\n", who, took.size(), at(0.5), at(0.99),
              at(1), static_cast<double>(moved) / (1 << 20) * kSecond / static_cast<double>(nanos));
  std::fflush(stdout);
}

// One line of the table. `threads` < 0: nothing goes into the file.
template <class B>
bool Row(const char* who, const Wish& wish, int threads) {
  std::array<io::Pair, 2> pairs;
  if (!io::TcpPairs(pairs).ok()) Die("two connections");
  const io::Handle file =
      open(wish.folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | (wish.cached ? 0 : O_DSYNC), 0600);
  if (file < 0) Die(wish.folder.c_str());
  std::atomic<bool> ends{false};
  std::vector<int64_t> took;
  took.reserve(1 << 20);
  splice::DiskThreads disks(std::max(threads, 0));
  io::Loop<B> loop;
  splice::Pool pool(loop.timers());
  Echo<B> from(loop), other(loop);
  splice::Target<B> target(loop);
  Writing<B> writing(loop, pool, threads > 0 ? &disks : nullptr, from, target);
  if (!from.Open(pairs[0].server).ok() || !other.Open(pairs[1].server).ok() ||
      !target.OpenAt(file, 0).ok()) {
    Die("opening the ends");
  }
  std::thread feeder([&] { Feed(pairs[0].client); });
  std::thread asker([&] { Ask(pairs[1].client, ends, took); });
  other.Go();
  if (threads >= 0) writing.Go();
  const io::Deadline until = io::Now().Plus(wish.nanos);
  while (io::Now() < until && !writing.over) loop.Turn(until);
  const bool failed = writing.over;
  ends = true;
  while (!other.over) loop.Turn();
  asker.join();
  writing.ends = true;
  if (threads >= 0) {
    writing.Cancel();
    while (!writing.over) loop.Turn();
  }
  Close(loop, from);
  Close(loop, other);
  feeder.join();
  (void)target.Close([](splice::Target<B>&) noexcept {});
  (void)io::CloseHandle(pairs[0].client);
  (void)io::CloseHandle(pairs[1].client);
  (void)io::CloseHandle(file);
  if (failed || took.empty()) {
    std::fprintf(stderr, "tare-stall: %s: %s after %lld bytes\n", who,
                 std::string(io::Name(writing.result.err)).c_str(),
                 static_cast<long long>(writing.moved));
    return false;
  }
  Print(who, took, writing.moved, wish.nanos);
  return true;
}

template <class B>
int Run(const Wish& wish) {
  std::printf("backend: %s, %s\n\n", std::string(B::kName).c_str(),
              wish.cached ? "into memory" : "every call waits for the disk");
  std::printf("| who writes the file | round trips | median | 99 %% | longest | MiB/s written |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: | ---: |\n");
  const std::string threads =
      std::to_string(wish.threads) + (wish.threads == 1 ? " thread" : " threads");
  bool all = Row<B>("nobody", wish, -1);
  all = Row<B>("the loop", wish, 0) && all;
  return Row<B>(threads.c_str(), wish, wish.threads) && all ? 0 : 1;
}

int Main(int argc, char** argv) {
  Options options(
      {{"backend", ""}, {"folder", "/var/tmp"}, {"milliseconds", "3000"}, {"threads", "1"}},
      {"cached"});
  if (!options.Parse(argc, argv, kUsage)) return 2;
  if (!options.AreNumbers({{"milliseconds", kMostTime, 1}, {"threads", kMostThreads, 1}})) return 2;
  Wish wish;
  wish.folder = options["folder"];
  wish.nanos = static_cast<int64_t>(options.Number("milliseconds")) * kMillisecond;
  wish.threads = static_cast<int>(options.Number("threads"));
  wish.cached = options.Given("cached");
  return OnBackend(
      options["backend"], [&]<class B>() { return Run<B>(wish); }, io::Backends{});
}

}  // namespace
}  // namespace tare::suites::splice_write_to

int main(int argc, char** argv) {
  return tare::suites::splice_write_to::Main(argc, argv);
}
