// SPDX-License-Identifier: Apache-2.0
// tare-ws-echo: a WebSocket server that sends back what it hears, for conformance drivers and
// tests.
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "impl/fd_ops/reference.h"
#include "suites/ws_frames/programs/echo_session.h"
#include "suites/ws_frames/programs/program.h"

namespace tare::suites::ws_frames {
namespace {

constexpr const char* kUsage =
    "usage: tare-ws-echo [--host ADDRESS] [--port PORT] [--backend NAME] [--limit BYTES]\n"
    "\n"
    "  --host     a dotted IPv4 address to listen at, and no name (default: 127.0.0.1)\n"
    "  --port     0, the default: one that the system picks. It is printed\n"
    "  --backend  epoll, poll, io_uring (default: the first that runs here)\n"
    "  --limit    of a message (default: 67108864)\n"
    "\n"
    "Prints \"listening on ADDRESS:PORT\" and serves until it is killed.\n";

template <class B>
class Server {
 public:
  explicit Server(const io::ws_frames::Limits& limits) : limits_(limits), listener_(*this) {
    rest_.server = this;
    rest_.fire = [](io::Timer& timer) noexcept { static_cast<Rest&>(timer).server->AcceptOne(); };
  }

  int Run(io::Handle listening, const std::string& at) {
    if (!listener_.Open(listening).ok()) {
      std::fprintf(stderr, "tare-ws-echo: cannot watch the listening socket\n");
      return 1;
    }
    AcceptOne();
    std::printf("listening on %s\n", at.c_str());
    std::fflush(stdout);
    for (;;) loop_.Turn();
  }

 private:
  using Session = EchoSession<B>;
  struct Listener : io::fd_ops::Fd<B> {
    explicit Listener(Server& s) : io::fd_ops::Fd<B>(s.loop_), server(s) {}
    Server& server;
  };
  struct Rest : io::Timer {
    Server* server = nullptr;
  };
  // After an accept in vain, which at the limit of descriptors would be in vain again at once.
  static constexpr int64_t kRest = 100'000'000;  // nanoseconds

  void AcceptOne() noexcept {
    listener_.Accept(nullptr, [](io::fd_ops::Fd<B>& fd, io::Result r) noexcept {
      Server& server = static_cast<Listener&>(fd).server;
      if (!r.ok()) return server.AcceptLater(r);
      server.failing_ = false;
      server.Begin(static_cast<io::Handle>(r.n));
      server.AcceptOne();
    });
  }
  void AcceptLater(io::Result why) noexcept {
    if (!std::exchange(failing_, true)) {
      std::fprintf(stderr, "tare-ws-echo: cannot accept: %s (%s); trying again until it goes\n",
                   std::string(Name(why.err)).c_str(), std::strerror(why.os));
    }
    loop_.timers().Arm(rest_, io::Now().Plus(kRest));
  }
  // A descriptor is free again.
  void OnSessionOver() noexcept {
    if (!rest_.armed()) return;
    loop_.timers().Disarm(rest_);
    AcceptOne();
  }
  void Begin(io::Handle h) noexcept {
    auto session = std::make_unique<Session>(loop_, io::ws_frames::Role::kServer, limits_, this,
                                             [](Session& s, void* server) noexcept {
                                               delete &s;
                                               static_cast<Server*>(server)->OnSessionOver();
                                             });
    if (session->Serve(h).ok()) {
      (void)session.release();  // it goes when it is over
    } else {
      (void)io::CloseHandle(h);
    }
  }

  const io::ws_frames::Limits limits_;
  io::Loop<B> loop_;
  Listener listener_;
  Rest rest_;             // armed while no accept is pending
  bool failing_ = false;  // the last accept was in vain, and that has been said
};

int Main(int argc, char** argv) {
  Options options({{"host", "127.0.0.1"}, {"port", "0"}, {"backend", ""}, {"limit", "67108864"}});
  if (!options.Parse(argc, argv, kUsage) ||
      !options.AreNumbers({{"port", 65535}, {"limit", UINT64_MAX}})) {
    return 2;
  }
  io::Address at = AddressOf(options["host"], static_cast<uint16_t>(options.Number("port")));
  const bool is_address = at.size != 0;
  const io::Result listening = is_address ? io::Listen(at) : io::Result{};
  if (!is_address || !listening.ok()) {
    const std::string why =
        is_address ? std::string(Name(listening.err)) : "'" + options["host"] + "' " + kNoAddress;
    std::fprintf(stderr, "tare-ws-echo: cannot listen at %s:%s: %s\n", options["host"].c_str(),
                 options["port"].c_str(), why.c_str());
    return 1;
  }
  io::ws_frames::Limits limits;
  limits.message = options.Number("limit");
  const auto run = [&]<class B>() {
    Server<B> server(limits);
    return server.Run(static_cast<io::Handle>(listening.n), ToString(at));
  };
  return OnBackend(options["backend"], run, io::Backends{});
}

}  // namespace
}  // namespace tare::suites::ws_frames

int main(int argc, char** argv) {
  return tare::suites::ws_frames::Main(argc, argv);
}
