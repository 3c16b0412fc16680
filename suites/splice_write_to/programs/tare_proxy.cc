// SPDX-License-Identifier: Apache-2.0
// tare-proxy: passes connections on to a target, both ways, by the reference or the baseline.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "impl/backend/backends.h"
#include "suites/splice_write_to/programs/proxy.h"
#include "suites/splice_write_to/programs/proxy_pair.h"
#include "suites/splice_write_to/programs/system.h"
#include "suites/support/program.h"

namespace tare::suites::splice_write_to {
namespace {

constexpr const char* kUsage =
    "usage: tare-proxy LISTEN TARGET [--backend NAME] [--variant NAME]\n"
    "                  [--connections N] [--pipe BYTES] [--connect-timeout SECONDS]\n"
    "                  [--timeout SECONDS] [--verbose]\n"
    "\n"
    "  LISTEN             HOST:PORT to listen at; an IPv6 address stands in brackets.\n"
    "                     Port 0: one that the system picks\n"
    "  TARGET             HOST:PORT that every connection is passed on to, looked up\n"
    "                     once; its addresses are tried in turn\n"
    "  --backend          epoll, poll, io_uring (default: the first that runs here)\n"
    "  --variant          reference, baseline: spliced through a pipe inside the\n"
    "                     kernel, or copied through 32 KiB (default: reference)\n"
    "  --connections      so many at a time; more wait (default: 1000)\n"
    "  --pipe             the size of a pipe, of which a connection has two, as far\n"
    "                     as the system grants it (default: 1048576)\n"
    "  --connect-timeout  how long the target may take to answer (default: 10)\n"
    "  --timeout          how long no byte may move either way before both sides are\n"
    "                     reset, give or take a quarter (default: 600)\n"
    "  --verbose          say on standard error who connects, and how that ends\n"
    "  -h, --help         print this, and end\n"
    "\n"
    "A value may also stand behind '=': --timeout=5. Prints \"listening on\n"
    "ADDRESS:PORT\", and serves until SIGTERM or SIGINT; then what is under way is\n"
    "reset, and what was served is printed. The end of one side's stream is passed on\n"
    "when all of it is delivered, and the other way goes on; whatever fails is a reset\n"
    "for both sides. Exit status 1 if it cannot listen or no address is known, 2 if\n"
    "the arguments are wrong, 3 if the backend does not run here.\n";

constexpr int64_t kSecond = 1'000'000'000;  // nanoseconds
constexpr uint64_t kMostSeconds = 86400;
constexpr uint64_t kMostConnections = 1'000'000;
constexpr uint64_t kLeastPipe = 4096;
constexpr uint64_t kMostPipe = 1 << 30;
constexpr size_t kCopyBuffer = 32 << 10;  // bytes; io.Copy's own
constexpr int kBacklog = 1024;            // who may wait to be accepted; the system's to shorten

// Finds the addresses of HOST:PORT. 0, or the status to exit with, and it says why.
int Find(const std::string& text, uint64_t least_port, std::vector<Place>& places) {
  std::string host;
  std::string port;
  uint64_t number = 0;
  const char* why = SplitAuthority(text, host, port);
  if (why == nullptr && (!ToNumber(port, 65535, number) || number < least_port)) {
    why = least_port > 0 ? "has no port from 1 to 65535" : "has no port from 0 to 65535";
  }
  if (why != nullptr) {
    std::fprintf(stderr, "tare-proxy: %s: %s\n", Printable(text).c_str(), why);
    return 2;
  }
  const std::string unknown = Resolve(host, port, places);
  if (unknown.empty()) return 0;
  std::fprintf(stderr, "tare-proxy: %s: no address of '%s' is known: %s\n", Printable(text).c_str(),
               Printable(host).c_str(), unknown.c_str());
  return 1;
}

// How many connections the descriptors suffice for, at most `wanted`; says so where it is fewer.
uint64_t Affordable(uint64_t wanted, bool splices) {
  // Two sockets, and for a splice two pipes; and what the process has besides.
  const uint64_t each = splices ? 6 : 2;
  constexpr uint64_t kBesides = 40;
  const uint64_t allowed = AllowDescriptors(wanted * each + kBesides);
  const uint64_t most = allowed > kBesides ? (allowed - kBesides) / each : 0;
  if (most >= wanted) return wanted;
  const uint64_t fewer = std::max<uint64_t>(most, 1);
  std::fprintf(stderr,
               "tare-proxy: at most %llu connections at a time: they need %llu descriptors each, "
               "and %llu are allowed (ulimit -n)\n",
               static_cast<unsigned long long>(fewer), static_cast<unsigned long long>(each),
               static_cast<unsigned long long>(allowed));
  return fewer;
}

int Main(int argc, char** argv) {
  Options options({{"backend", ""},
                   {"variant", "reference"},
                   {"connections", "1000"},
                   {"pipe", "1048576"},
                   {"connect-timeout", "10"},
                   {"timeout", "600"}},
                  {"verbose"}, Options::Operand::kTwo);
  if (!options.Parse(argc, argv, kUsage)) return 2;
  if (options.operand(1).empty()) {
    std::fprintf(stderr, "tare-proxy: LISTEN and TARGET must be given\n%s", kUsage);
    return 2;
  }
  if (!options.AreNumbers({{"connections", kMostConnections, 1},
                           {"pipe", kMostPipe, kLeastPipe},
                           {"connect-timeout", kMostSeconds, 1},
                           {"timeout", kMostSeconds, 1}})) {
    return 2;
  }
  const std::string& variant = options["variant"];
  if (variant != "reference" && variant != "baseline") {
    std::fprintf(stderr, "--variant %s: neither reference nor baseline\n", variant.c_str());
    return 2;
  }
  ProxyPlan plan;
  plan.copies = variant == "baseline";
  plan.connect_patience = static_cast<int64_t>(options.Number("connect-timeout")) * kSecond;
  plan.patience = static_cast<int64_t>(options.Number("timeout")) * kSecond;
  plan.verbose = options.Given("verbose");
  io::splice_write_to::Pool::Options pool;
  pool.pipe_size = options.Number("pipe");
  if (plan.copies) pool.buffer_size = kCopyBuffer;

  const auto run = [&]<class B>() {
    std::vector<Place> at;
    int status = Find(options.operand(0), 0, at);
    if (status == 0) status = Find(options.operand(1), 1, plan.targets);
    if (status != 0) return status;
    const io::Result listening = io::Listen(at[0].transport, at[0].address, kBacklog);
    if (!listening.ok()) {
      std::fprintf(stderr, "tare-proxy: cannot listen at %s: %s\n",
                   Printable(options.operand(0)).c_str(), Words(listening).c_str());
      return 1;
    }
    Proxy<B> proxy(plan, Affordable(options.Number("connections"), !plan.copies), pool);
    return proxy.Run(static_cast<io::Handle>(listening.n));
  };
  return OnBackend(options["backend"], run, io::Backends{});
}

}  // namespace
}  // namespace tare::suites::splice_write_to

int main(int argc, char** argv) {
  return tare::suites::splice_write_to::Main(argc, argv);
}
