// SPDX-License-Identifier: Apache-2.0
// tare-crossover: whether bytes are better copied or spliced, for kinds of ends and sizes, by
// pairs.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "impl/backend/backends.h"
#include "impl/base/deadline.h"
#include "impl/splice_write_to/crossover.h"
#include "suites/support/program.h"

namespace tare::suites::splice_write_to {
namespace {

namespace splice = io::splice_write_to;

constexpr const char* kUsage =
    "usage: tare-crossover [--backend NAME] [--rounds N] [--sizes A,B,...] [--folder FOLDER]\n"
    "                      [--times]\n"
    "\n"
    "Transfers of every size between every two kinds of ends, copied and spliced in turn, on one\n"
    "thread, with what sends and what drops the bytes. A table for Markdown: the median of the\n"
    "paired ratios spliced/copied, with 'copy' or 'splice' behind it where one is the faster way\n"
    "beyond what a coin would do, and up to which size copying is that. Then what a program finds\n"
    "that measures for itself, and how long that takes.\n"
    "\n"
    "  --backend   epoll, poll, io_uring (default: the first that runs here)\n"
    "  --rounds    of each size, 6 at least to say anything (default: 41)\n"
    "  --sizes     in bytes, ascending (default: 64,256,1024,4096,8192,16384,32768,65536,262144,\n"
    "              1048576)\n"
    "  --folder    where the file on a disk is made (default: /var/tmp)\n"
    "  --times     the medians in microseconds, copied and spliced, instead of the ratios\n"
    "  -h, --help  print this, and end\n";

constexpr uint64_t kMostRounds = 100'000;
constexpr uint64_t kMostSize = uint64_t{1} << 30;
constexpr int kPipeSize = 1 << 20;  // bytes

struct Wish {
  std::vector<uint64_t> sizes;
  size_t rounds = 0;
  std::string folder;
  bool times = false;
};

enum class Destination : uint8_t { kMemory, kDisk, kPipe, kTcp, kUnix };
constexpr std::array<const char*, 5> kDestinations = {"memory", "disk", "pipe", "tcp", "unix"};
constexpr std::array kTransports = {io::Transport::kTcp4, io::Transport::kUnix};
constexpr std::array<const char*, 2> kSources = {"tcp", "unix"};

std::string Failed(const char* what) {
  return std::string(what) + ": " + std::strerror(errno);
}

std::string MakePipe(splice::Stage& stage) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Failed("a pipe");
  (void)fcntl(ends[1], F_SETPIPE_SZ, kPipeSize);
  stage.sink.server = ends[0];
  stage.file = ends[1];
  return "";
}

// What there is of it is the caller's to close, also where it is not all.
std::string MakeDestination(Destination kind, const std::string& folder, splice::Stage& stage) {
  constexpr long kInMemory = 0x01021994;  // a file system of type tmpfs
  struct statfs where;
  switch (kind) {
    case Destination::kMemory:
      stage.file = memfd_create("tare-crossover", MFD_CLOEXEC);
      return stage.file >= 0 ? "" : Failed("a file in memory");
    case Destination::kDisk:
      if (statfs(folder.c_str(), &where) == 0 && where.f_type == kInMemory) {
        return folder + " is in memory";
      }
      stage.file = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
      return stage.file >= 0 ? "" : Failed(folder.c_str());
    case Destination::kPipe:
      return MakePipe(stage);
    case Destination::kTcp:
    case Destination::kUnix:
      break;
  }
  const auto transport = kind == Destination::kTcp ? io::Transport::kTcp4 : io::Transport::kUnix;
  const io::Result made = io::Pairs(transport, {&stage.sink, 1});
  return made.ok() ? "" : "a connection: " + std::string(io::Name(made.err));
}

template <class T>
T Median(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Measured {
  std::vector<std::vector<int64_t>> copied, spliced;  // by size, then round
};

// "" or why not. The first round is for warming up.
template <class Answer>
std::string Measure(Answer& answer, const Wish& wish, Measured& measured) {
  measured.copied.resize(wish.sizes.size());
  measured.spliced.resize(wish.sizes.size());
  for (size_t round = 0; round <= wish.rounds; ++round) {
    for (size_t i = 0; i < wish.sizes.size(); ++i) {
      answer.ends().set_size(wish.sizes[i]);
      for (size_t turn = 0; turn < 2; ++turn) {
        const bool copies = (round + i + turn) % 2 == 0;
        answer.mover().set_copies(copies);
        const io::Deadline begin = io::Now();
        const io::Result moved = answer.Trip();
        const int64_t took = io::Now().ns - begin.ns;
        if (!moved.ok()) return std::string(io::Name(moved.err));
        if (round > 0) (copies ? measured.copied : measured.spliced)[i].push_back(took);
      }
    }
  }
  return "";
}

void PrintRow(const char* from, const char* to, const Wish& wish, const Measured& measured) {
  std::printf("| %s | %s |", from, to);
  std::vector<splice::BothWays> sizes;
  for (size_t i = 0; i < wish.sizes.size(); ++i) {
    const auto& copied = measured.copied[i];
    const auto& spliced = measured.spliced[i];
    sizes.push_back({wish.sizes[i], copied, spliced});
    std::vector<double> ratios;
    for (size_t k = 0; k < copied.size(); ++k) {
      ratios.push_back(static_cast<double>(spliced[k]) / static_cast<double>(copied[k]));
    }
    const splice::Way faster = splice::Faster(sizes.back());
    const char* mark = faster == splice::Way::kCopy     ? " copy"
                       : faster == splice::Way::kSplice ? " splice"
                                                        : "";
    if (wish.times) {
      std::printf(" %.1f %.1f |", static_cast<double>(Median(copied)) / 1000,
                  static_cast<double>(Median(spliced)) / 1000);
    } else {
      std::printf(" %.3f%s |", Median(ratios), mark);
    }
  }
  std::printf(" %" PRIu64 " |\n", splice::CopyUpTo(sizes));
  std::fflush(stdout);
}

template <class B>
bool Row(size_t source, Destination destination, const Wish& wish) {
  const char* to = kDestinations[static_cast<size_t>(destination)];
  splice::Stage stage;
  std::string why;
  if (!io::Pairs(kTransports[source], {&stage.source, 1}).ok()) why = "no connection";
  if (why.empty()) why = MakeDestination(destination, wish.folder, stage);
  auto answer = std::make_unique<splice::OnLoop<splice::SameEnds<B>>>();
  const io::Result opened = answer->Open(stage);  // closes what there is
  if (why.empty() && !opened.ok()) why = io::Name(opened.err);
  Measured measured;
  if (why.empty()) why = Measure(*answer, wish, measured);
  if (why.empty()) {
    PrintRow(kSources[source], to, wish, measured);
  } else {
    std::fprintf(stderr, "tare-crossover: from %s to %s: %s\n", kSources[source], to, why.c_str());
  }
  return why.empty();
}

template <class B>
int Run(const Wish& wish) {
  std::printf("backend: %s, %zu rounds\n\n", std::string(B::kName).c_str(), wish.rounds);
  std::printf("| from | to |");
  for (const uint64_t size : wish.sizes) std::printf(" %" PRIu64 " |", size);
  std::printf(" copy up to |\n| --- | --- |");
  for (size_t i = 0; i <= wish.sizes.size(); ++i) std::printf(" ---: |");
  std::printf("\n");
  bool all = true;
  for (size_t source = 0; source < kSources.size(); ++source) {
    for (size_t i = 0; i < kDestinations.size(); ++i) {
      all = Row<B>(source, static_cast<Destination>(i), wish) && all;
    }
  }
  splice::Pool::Options options;
  const io::Deadline begin = io::Now();
  const io::Result found = splice::MeasureCopyUpTo<B>(options);
  const double took = static_cast<double>(io::Now().ns - begin.ns) / 1e6;
  if (!found.ok()) {
    std::fprintf(stderr, "tare-crossover: measuring: %s\n",
                 std::string(io::Name(found.err)).c_str());
    return 1;
  }
  std::printf("\nfound in %.1f ms: into files up to %" PRIu64 ", into connections up to %" PRIu64
              "\n",
              took, options.copy_to_files_up_to, options.copy_to_connections_up_to);
  return all ? 0 : 1;
}

int Main(int argc, char** argv) {
  Options options({{"backend", ""},
                   {"rounds", "41"},
                   {"sizes", "64,256,1024,4096,8192,16384,32768,65536,262144,1048576"},
                   {"folder", "/var/tmp"}},
                  {"times"});
  if (!options.Parse(argc, argv, kUsage)) return 2;
  if (!options.AreNumbers({{"rounds", kMostRounds, 1}}, {{"sizes", kMostSize, 1}})) return 2;
  Wish wish;
  wish.sizes = options.Numbers("sizes");
  wish.rounds = static_cast<size_t>(options.Number("rounds"));
  wish.folder = options["folder"];
  wish.times = options.Given("times");
  if (!std::is_sorted(wish.sizes.begin(), wish.sizes.end())) {
    std::fprintf(stderr, "--sizes %s: they do not ascend\n", options["sizes"].c_str());
    return 2;
  }
  return OnBackend(
      options["backend"], [&]<class B>() { return Run<B>(wish); }, io::Backends{});
}

}  // namespace
}  // namespace tare::suites::splice_write_to

int main(int argc, char** argv) {
  return tare::suites::splice_write_to::Main(argc, argv);
}
