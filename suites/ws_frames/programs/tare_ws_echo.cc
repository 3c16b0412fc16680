// SPDX-License-Identifier: Apache-2.0
// tare-ws-echo: a WebSocket server that sends back what it receives, for conformance drivers and
// tests.
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "impl/fd_ops/reference.h"
#include "suites/support/program.h"
#include "suites/ws_frames/programs/echo_session.h"
#include "suites/ws_frames/programs/words.h"

namespace tare::suites::ws_frames {
namespace {

constexpr const char* kUsage =
    "usage: tare-ws-echo [--host ADDRESS] [--port PORT] [--backend NAME] [--limit BYTES]\n"
    "                    [--patience SECONDS] [--verbose]\n"
    "\n"
    "  --host      a dotted IPv4 address to listen at, and no name (default: 127.0.0.1)\n"
    "  --port      0, the default: one that the system picks. It is printed\n"
    "  --backend   epoll, poll, io_uring (default: the first that runs here)\n"
    "  --limit     of a message (default: 67108864)\n"
    "  --patience  how long a client may take for the next 64 KiB that are sent back to it before\n"
    "              it is given up (default: 60)\n"
    "  --verbose   say on standard error who connects, why a handshake is refused, and with what\n"
    "              code and for what reason a connection is closed\n"
    "  -h, --help  print this, and end\n"
    "\n"
    "A value may also stand behind '=': --port=9001. Prints \"listening on ADDRESS:PORT\" and\n"
    "serves until it is killed.\n";

constexpr int64_t kSecond = 1'000'000'000;  // nanoseconds
constexpr uint64_t kMostSeconds = 86400;

template <class B>
class Server {
 public:
  Server(const io::ws_frames::Limits& limits, int64_t patience, bool verbose)
      : limits_(limits), patience_(patience), verbose_(verbose), listener_(*this) {
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
  struct Session : EchoSession<B> {
    using EchoSession<B>::EchoSession;
    uint64_t number = 0;  // of the connections that were accepted, from 1
  };
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
    auto session = std::make_unique<Session>(
        loop_, io::ws_frames::Role::kServer, limits_, this,
        [](EchoSession<B>& s, void* server) noexcept {
          static_cast<Server*>(server)->LogEnd(static_cast<Session&>(s));
          delete &static_cast<Session&>(s);
          static_cast<Server*>(server)->OnSessionOver();
        },
        patience_);
    session->number = ++accepted_;
    session->set_on_opened([](EchoSession<B>& s, void* server) noexcept {
      static_cast<Server*>(server)->LogHandshake(static_cast<Session&>(s));
    });
    if (verbose_) Log(*session, "connected from " + ToString(io::RemoteAddress(h)));
    if (session->Serve(h).ok()) {
      (void)session.release();  // it goes when it is over
    } else {
      (void)io::CloseHandle(h);
    }
  }

  void Log(const Session& session, const std::string& what) const {
    std::fprintf(stderr, "tare-ws-echo: #%llu: %s\n",
                 static_cast<unsigned long long>(session.number), what.c_str());
  }
  void LogHandshake(const Session& session) const {
    if (!verbose_) return;
    const io::Result r = session.opened();
    if (r.ok()) return Log(session, "handshake: answered 101");
    Log(session, (session.handshake().status() == 0 ? "handshake: " : "handshake refused: ") +
                     WhyNotOpened(io::ws_frames::Role::kServer, session.handshake(), r, limits_));
  }
  void LogEnd(const Session& session) const {
    if (!verbose_ || !session.opened().ok()) return;
    if (session.stalled()) {
      Log(session, "given up: it took nothing for " + std::to_string(patience_ / kSecond) +
                       " s, this end's --patience");
    } else {
      Log(session, HowItClosed(session.end(), session.close_code(), limits_));
    }
  }

  const io::ws_frames::Limits limits_;
  const int64_t patience_;  // nanoseconds
  const bool verbose_;
  uint64_t accepted_ = 0;
  io::Loop<B> loop_;
  Listener listener_;
  Rest rest_;             // armed while no accept is pending
  bool failing_ = false;  // the last accept was in vain, and that has been said
};

int Main(int argc, char** argv) {
  Options options({{"host", "127.0.0.1"},
                   {"port", "0"},
                   {"backend", ""},
                   {"limit", "67108864"},
                   {"patience", "60"}},
                  {"verbose"});
  if (!options.Parse(argc, argv, kUsage) ||
      !options.AreNumbers(
          {{"port", 65535}, {"limit", UINT64_MAX}, {"patience", kMostSeconds, 1}})) {
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
    Server<B> server(limits, static_cast<int64_t>(options.Number("patience")) * kSecond,
                     options.Given("verbose"));
    return server.Run(static_cast<io::Handle>(listening.n), ToString(at));
  };
  return OnBackend(options["backend"], run, io::Backends{});
}

}  // namespace
}  // namespace tare::suites::ws_frames

int main(int argc, char** argv) {
  return tare::suites::ws_frames::Main(argc, argv);
}
