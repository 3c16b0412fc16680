// SPDX-License-Identifier: Apache-2.0
// The whole life of a peer's answer, as a program of its own: for a counter of another make to look
// at from outside, and, linked with tare::count, for ours from inside.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "suites/fd_ops/asio.h"
#include "suites/fd_ops/libevent.h"
#include "suites/fd_ops/libuv.h"
#include "suites/fd_ops/round_trips.h"
#ifdef TARE_COUNTED
#include "tare/alloc_scope.h"
#endif

namespace tare::suites {
namespace {

struct Options {
  int lives = 0;       // one after the other
  int trips = 0;       // in each, after those that check the answer
  bool plant = false;  // one allocation more in every trip
};

// From the making of the answer to its end. "" or what went wrong.
template <class V>
std::string Live(const Options& options) {
  RoundTrips<V> trips(1, {});
  std::string wrong = trips.Open();
  if (wrong.empty()) wrong = trips.Check();
  for (int i = 0; i < options.trips && wrong.empty(); ++i) {
    if (!trips.Trip()) wrong = trips.Error();
    if (options.plant) {
      void* volatile planted = std::malloc(24);
      std::free(planted);
    }
  }
  return wrong;
}

template <class V>
int Run(const Options& options) {
  if (const char* why = V::WhyNot()) {
    std::printf("not applicable: %s\n", why);
    return 0;
  }
  std::string wrong;
  for (int life = 0; life < options.lives && wrong.empty(); ++life) {
#ifdef TARE_COUNTED
    const AllocScope scope;
    wrong = Live<V>(options);
    const AllocCount count = scope.Delta();
    if (life + 1 == options.lives) {
      std::printf("%llu allocs, %llu frees, %llu bytes\n",
                  static_cast<unsigned long long>(count.allocs),
                  static_cast<unsigned long long>(count.frees),
                  static_cast<unsigned long long>(count.bytes_requested));
    }
#else
    wrong = Live<V>(options);
#endif
  }
  if (!wrong.empty()) std::fprintf(stderr, "%s\n", wrong.c_str());
  return wrong.empty() ? 0 : 1;
}

}  // namespace
}  // namespace tare::suites

int main(int argc, char** argv) {
  using namespace tare::suites;
  static constexpr struct {
    const char* name;
    int (*run)(const Options&);
  } kPeers[] = {
      {"asio", Run<Asio>},         {"asio_coro", Run<AsioCoro>},
      {"libevent", Run<Libevent>}, {"libevent_bufferevent", Run<LibeventBufferevent>},
      {"libuv", Run<Libuv>},       {"libuv_try", Run<LibuvTry>},
  };
  if (argc == 4 || (argc == 5 && std::strcmp(argv[4], "plant") == 0)) {
    for (const auto& peer : kPeers) {
      if (std::strcmp(peer.name, argv[1]) == 0) {
        return peer.run({std::atoi(argv[2]), std::atoi(argv[3]), argc == 5});
      }
    }
  }
  std::fprintf(stderr, "usage: %s PEER LIVES TRIPS [plant]\n", argv[0]);
  return 2;
}
