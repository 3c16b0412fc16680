// SPDX-License-Identifier: Apache-2.0
// tare-ws-client: a WebSocket client that runs the cases of a conformance driver, or a list of
// messages of its own against an echo server.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "suites/support/program.h"
#include "suites/ws_frames/programs/echo_session.h"
#include "suites/ws_frames/programs/sending.h"
#include "suites/ws_frames/programs/words.h"

namespace tare::suites::ws_frames {
namespace {

using io::ws_frames::Opcode;
using io::ws_frames::Role;

constexpr const char* kUsage =
    "usage: tare-ws-client --port PORT [--host ADDRESS] [--backend NAME] [--limit BYTES]\n"
    "                      [--patience SECONDS] [--verbose]\n"
    "                      --agent NAME [--cases all|N,...] |\n"
    "                      --sizes N,... [--fragment BYTES] [--type text|binary]\n"
    "\n"
    "  --host      a dotted IPv4 address, and no name (default: 127.0.0.1)\n"
    "  --backend   epoll, poll, io_uring (default: the first that runs here)\n"
    "  --limit     of a message that comes (default: 67108864)\n"
    "  --patience  how long nothing may move before it gives up (default: 60); a handshake, and\n"
    "              the server's part in closing, may take as long, but 5 seconds at most\n"
    "  --agent     run the cases of a driver as a client of that name, which echoes: the driver\n"
    "              tells their number at /getCaseCount, runs one at /runCase?case=N&agent=NAME,\n"
    "              and is told the end at /updateReports?agent=NAME\n"
    "  --cases     of them those alone (default: all)\n"
    "  --sizes     send messages of these sizes, up to 1 GiB, to an echo server, one after the\n"
    "              other on one connection, and want each back as it was\n"
    "  --fragment  in frames of at most so many bytes (default: 0, each in one)\n"
    "  --type      text or binary (default: binary)\n"
    "  --verbose   say on standard error with what a handshake was answered, and with what code\n"
    "              and for what reason a connection is closed\n"
    "  -h, --help  print this, and end\n"
    "\n"
    "A value may also stand behind '=': --port=9001. Prints a line for each case or message; exit\n"
    "status 1 if one did not go as it should.\n";

constexpr int64_t kSecond = 1'000'000'000;  // nanoseconds
constexpr size_t kMostAgent = 1024;         // bytes; a head has room for them, percent-encoded
constexpr uint64_t kMostBytes = uint64_t{1} << 30;
constexpr uint64_t kMostSeconds = 86400;

// How a session to one resource of the server went.
enum class Outcome : uint8_t {
  kOver,  // it was opened, and is closed
  // For these standard error has the reason:
  kNoConnection,
  kNoHandshake,
  kSilence,  // for longer than the patience lasts
};

// Sessions to one resource of the server after the other, each from the dialling to the end.
template <class B>
class Client {
 public:
  explicit Client(const Options& options)
      : options_(options), patience_(static_cast<int64_t>(options.Number("patience")) * kSecond) {
    limits_.message = options.Number("limit");
    limits_.close_wait = std::min(limits_.close_wait, patience_);
    address_ = AddressOf(options["host"], static_cast<uint16_t>(options.Number("port")));
    host_ = options["host"] + ":" + options["port"];
  }

  int RunCases() {
    std::string said;
    if (Echo("/getCaseCount", said) != Outcome::kOver) return 1;
    uint64_t count = 0;
    // What is longer than what the session keeps of it is no number either.
    if (said.size() == EchoSession<B>::kShort || !ToNumber(said, UINT64_MAX, count) || count == 0) {
      Say("/getCaseCount: the driver said '" + Printable(said) +
          "', which is no number of cases from 1 on");
      return 1;
    }
    const bool all = options_["cases"] == "all";
    const std::vector<uint64_t> some = all ? std::vector<uint64_t>() : options_.Numbers("cases");
    for (const uint64_t one : some) {
      if (one >= 1 && one <= count) continue;
      Say("--cases " + options_["cases"] + ": there is no case " + std::to_string(one) +
          ", the driver said '" + said + "'");
      return 1;
    }
    const std::string agent = "agent=" + PercentEncoded(options_["agent"]);
    bool good = true;
    for (uint64_t i = 0; i < (all ? count : some.size()); ++i) {
      const uint64_t one = all ? i + 1 : some[i];
      const Outcome outcome = Echo("/runCase?case=" + std::to_string(one) + "&" + agent, said);
      std::printf("case %llu: %s\n", static_cast<unsigned long long>(one), InWords(outcome));
      std::fflush(stdout);
      if (outcome == Outcome::kSilence) return 1;  // the next case would take as long
      good = good && outcome == Outcome::kOver;
    }
    return Echo("/updateReports?" + agent, said) == Outcome::kOver && good ? 0 : 1;
  }

  int SendSizes() {
    const Opcode opcode = options_["type"] == "text" ? Opcode::kText : Opcode::kBinary;
    Sending<B> sending(loop_, limits_, options_.Numbers("sizes"), options_.Number("fragment"),
                       opcode);
    const Outcome outcome = Run(sending, "/", sending.over());
    if (outcome == Outcome::kNoConnection) return 1;
    if (!sending.good()) std::printf("closed with %u\n", sending.close_code());
    return sending.good() && outcome == Outcome::kOver ? 0 : 1;
  }

 private:
  static const char* InWords(Outcome outcome) {
    switch (outcome) {
      case Outcome::kOver:
        return "run";
      case Outcome::kNoConnection:
        return "no connection";
      case Outcome::kNoHandshake:
        return "handshake failed";
      case Outcome::kSilence:
        return "given up";
    }
    return "?";
  }

  void Say(const std::string& what) const {
    std::fprintf(stderr, "tare-ws-client: %s: %s\n", host_.c_str(), what.c_str());
  }

  // With --verbose only.
  void Log(const std::string& what) const {
    if (options_.Given("verbose")) Say(what);
  }

  // Echoes what the resource says until it closes; `said`: the beginning of its last message.
  Outcome Echo(const std::string& resource, std::string& said) {
    bool over = false;
    EchoSession<B> session(
        loop_, Role::kClient, limits_, &over,
        [](EchoSession<B>&, void* o) noexcept { *static_cast<bool*>(o) = true; });
    const Outcome outcome = Run(session, resource, over);
    said = session.last_message();
    return outcome;
  }

  // Dials, and turns the loop until `over`.
  template <class S>
  Outcome Run(S& session, const std::string& resource, const bool& over) {
    const io::Result dialled = io::Dial(address_);
    const auto h = static_cast<io::Handle>(dialled.n);
    const io::Result begun = dialled.ok() ? session.Dial(h, host_, resource) : dialled;
    if (!begun.ok()) {
      if (dialled.ok()) (void)io::CloseHandle(h);
      std::fprintf(stderr, "tare-ws-client: cannot connect to %s: %s\n", host_.c_str(),
                   std::string(Name(begun.err)).c_str());
      return Outcome::kNoConnection;
    }
    Log(resource + ": connected from " + ToString(io::LocalAddress(h)));
    const bool heard = AwaitEnd(session, over);
    if (session.opened().ok()) {
      Log(resource + ": handshake: answered " + std::to_string(session.handshake().status()) + " " +
          Printable(session.handshake().reason()));
    }
    if (!heard) return Outcome::kSilence;
    if (session.opened().ok()) {
      Log(resource + ": " + HowItClosed(session.end(), session.close_code(), limits_));
      return Outcome::kOver;
    }
    Say("handshake: " +
        WhyNotOpened(Role::kClient, session.handshake(), session.opened(), limits_));
    return Outcome::kNoHandshake;
  }

  // False if nothing moved for as long as the patience lasts; then it is closed from this side. A
  // session that is not open, or not any more, has a bound of its own in Limits::close_wait.
  template <class S>
  bool AwaitEnd(S& session, const bool& over) {
    bool heard = true;
    io::Deadline last = io::Now();
    while (!over) {
      // There is nothing on the loop but this session: whatever a turn does is bytes of it that
      // came or went, unless timers were due, which prove nothing.
      const bool timers = io::HasPassed(loop_.timers().First());
      const auto until = session.open() ? last.Plus(patience_) : io::Deadline::Never();
      if (loop_.Turn(until) > 0 && !timers) {
        last = io::Now();
      } else if (io::HasPassed(until)) {
        Say("nothing from the server for " + options_["patience"] + " s");
        heard = false;
        session.End();
      }
    }
    return heard;
  }

  const Options& options_;
  const int64_t patience_;  // nanoseconds
  io::ws_frames::Limits limits_;
  io::Address address_;
  std::string host_;
  io::Loop<B> loop_;
};

int Main(int argc, char** argv) {
  Options options({{"host", "127.0.0.1"},
                   {"port", ""},
                   {"backend", ""},
                   {"limit", "67108864"},
                   {"patience", "60"},
                   {"agent", ""},
                   {"cases", "all"},
                   {"sizes", ""},
                   {"fragment", "0"},
                   {"type", "binary"}},
                  {"verbose"});
  if (!options.Parse(argc, argv, kUsage)) return 2;
  const bool sends = !options["sizes"].empty(), all = options["cases"] == "all";
  if (options["port"].empty() || options["agent"].empty() == options["sizes"].empty()) {
    std::fprintf(stderr,
                 "tare-ws-client: --port, and one of --agent and --sizes, must be given\n%s",
                 kUsage);
    return 2;
  }
  if (!(sends ? options.AreLeftOut({"cases"}, "agent")
              : options.AreLeftOut({"fragment", "type"}, "sizes"))) {
    return 2;
  }
  if (!options.AreNumbers({{"port", 65535},
                           {"limit", UINT64_MAX},
                           {"patience", kMostSeconds, 1},
                           {"fragment", kMostBytes}}) ||
      (sends && !options.AreNumbers({}, {{"sizes", kMostBytes}})) ||
      (!all && !options.AreNumbers({}, {{"cases", UINT64_MAX}}))) {
    return 2;
  }
  if (options["type"] != "text" && options["type"] != "binary") {
    std::fprintf(stderr, "--type %s: neither text nor binary\n", options["type"].c_str());
    return 2;
  }
  if (options["agent"].size() > kMostAgent) {
    std::fprintf(stderr, "--agent: longer than %zu bytes\n", kMostAgent);
    return 2;
  }
  if (AddressOf(options["host"], 0).size == 0) {
    std::fprintf(stderr, "tare-ws-client: cannot connect to %s:%s: '%s' %s\n",
                 options["host"].c_str(), options["port"].c_str(), options["host"].c_str(),
                 kNoAddress);
    return 1;
  }
  const auto run = [&]<class B>() {
    Client<B> client(options);
    return sends ? client.SendSizes() : client.RunCases();
  };
  return OnBackend(options["backend"], run, io::Backends{});
}

}  // namespace
}  // namespace tare::suites::ws_frames

int main(int argc, char** argv) {
  return tare::suites::ws_frames::Main(argc, argv);
}
