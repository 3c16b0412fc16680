// SPDX-License-Identifier: Apache-2.0
// tare-ws-client: a WebSocket client that runs the cases of a conformance driver, or a list of
// messages of its own against an echo server.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "suites/ws_frames/programs/echo_session.h"
#include "suites/ws_frames/programs/program.h"
#include "suites/ws_frames/wire.h"

namespace tare::suites::ws_frames {
namespace {

using io::ws_frames::Context;
using io::ws_frames::Opcode;
using io::ws_frames::Outgoing;
using io::ws_frames::Piece;
using io::ws_frames::Role;

constexpr const char* kUsage =
    "usage: tare-ws-client --port PORT [--host ADDRESS] [--backend NAME] [--limit BYTES]\n"
    "                      [--agent NAME [--cases all|N,...]]\n"
    "                      [--sizes N,... [--fragment BYTES] [--type text|binary]]\n"
    "\n"
    "  --agent     run the cases of a driver as a client of that name, which echoes: the driver\n"
    "              tells their number at /getCaseCount, runs one at /runCase?case=N&agent=NAME,\n"
    "              and is told the end at /updateReports?agent=NAME\n"
    "  --cases     of them those alone (default: all)\n"
    "  --sizes     send messages of these sizes to an echo server, one after the other on one\n"
    "              connection, and want each back as it was\n"
    "  --fragment  in frames of at most so many bytes (default: 0, each in one)\n"
    "  --type      text or binary (default: binary)\n"
    "\n"
    "Prints a line for each case or message; exit status 1 if one did not go as it should.\n";

// A session to one resource of the server, from the dialling to the end.
template <class B>
class Client {
 public:
  Client(const Options& options) : options_(options) {
    limits_.message = options.Number("limit");
    address_ = AddressOf(options["host"], static_cast<uint16_t>(options.Number("port")));
    host_ = options["host"] + ":" + options["port"];
  }

  int RunCases() {
    std::string said;
    if (!Echo("/getCaseCount", said)) return 1;
    const uint64_t count = std::strtoull(said.c_str(), nullptr, 10);
    std::vector<uint64_t> cases;
    if (options_["cases"] == "all") {
      for (uint64_t i = 1; i <= count; ++i) cases.push_back(i);
    } else {
      cases = options_.Numbers("cases");
    }
    const std::string agent = "agent=" + options_["agent"];
    bool good = true;
    for (const uint64_t one : cases) {
      const bool ran = Echo("/runCase?case=" + std::to_string(one) + "&" + agent, said);
      std::printf("case %llu: %s\n", static_cast<unsigned long long>(one),
                  ran ? "run" : "no connection");
      std::fflush(stdout);
      good = good && ran;
    }
    return Echo("/updateReports?" + agent, said) && good ? 0 : 1;
  }

  int SendSizes();

 private:
  using Session = EchoSession<B>;

  // -1 where there is no connection.
  io::Handle Dial() {
    const io::Result dialled = io::Dial(address_);
    if (dialled.ok()) return static_cast<io::Handle>(dialled.n);
    std::fprintf(stderr, "tare-ws-client: cannot connect to %s: %s\n", host_.c_str(),
                 std::string(Name(dialled.err)).c_str());
    return io::kNoHandle;
  }

  // Echoes what the resource says until it closes; `said`: its last message, if that was short.
  bool Echo(const std::string& resource, std::string& said) {
    const io::Handle h = Dial();
    if (h == io::kNoHandle) return false;
    bool over = false;
    Session session(loop_, Role::kClient, limits_, &over,
                    [](Session&, void* o) noexcept { *static_cast<bool*>(o) = true; });
    if (!session.Dial(h, host_, resource).ok()) return false;
    while (!over) loop_.Turn();
    said = session.last_message();
    return session.opened().ok();
  }

  const Options& options_;
  io::ws_frames::Limits limits_;
  io::Address address_;
  std::string host_;
  io::Loop<B> loop_;
};

// Sends one message after the other, and compares what comes back.
template <class B>
class Sending : public io::ws_frames::Endpoint<B> {
 public:
  using Endpoint = io::ws_frames::Endpoint<B>;

  Sending(io::Loop<B>& loop, const io::ws_frames::Limits& limits, std::vector<uint64_t> sizes,
          size_t fragment, Opcode opcode)
      : Endpoint(loop, Role::kClient, limits),
        sizes_(std::move(sizes)),
        fragment_(fragment),
        to_(65536) {
    out_.sending = this;
    out_.opcode = opcode;
    out_.done = [](Outgoing& out, io::Result r) noexcept {
      Sending& self = *static_cast<Out&>(out).sending;
      if (r.ok() && self.sent_ < self.message_.size()) self.SendPart();
    };
  }

  static void OnOpened(Endpoint& e, io::Result r) noexcept {
    r.ok() ? Self(e).Next() : Self(e).End();
  }
  bool over() const { return over_; }
  bool good() const { return good_ && next_ == sizes_.size() && !busy_; }

 private:
  struct Out : Outgoing {
    Sending* sending = nullptr;
  };
  static Sending& Self(Endpoint& e) noexcept { return static_cast<Sending&>(e); }

  void Next() noexcept {
    if (next_ == sizes_.size()) return End();
    busy_ = true;
    message_ = Noise(sizes_[next_], next_);
    ++next_;
    if (out_.opcode == Opcode::kText) {
      for (std::byte& b : message_) b &= std::byte{0x7F};
    }
    sent_ = got_ = 0;
    same_ = true;
    SendPart();
    ReadOn();
  }
  void SendPart() noexcept {
    const size_t left = message_.size() - sent_;
    const size_t n = fragment_ == 0 ? left : std::min(fragment_, left);
    out_.payload = std::span(message_).subspan(sent_, n);
    out_.fin = n == left;
    sent_ += n;
    if (this->Send(out_) != io::Errc::kOk) End();
  }
  void ReadOn() noexcept {
    (void)this->Read(Context::None(), to_,
                     [](Endpoint& e, const Piece& piece) noexcept { Self(e).Got(piece); });
  }
  void Got(const Piece& piece) noexcept {
    if (!piece.result.ok()) return End();
    const auto n = static_cast<size_t>(piece.result.n);
    same_ = same_ && piece.opcode == out_.opcode && n <= message_.size() - got_ &&
            std::equal(to_.begin(), to_.begin() + piece.result.n,
                       message_.begin() + static_cast<std::ptrdiff_t>(got_));
    got_ += n;
    if (!piece.last) return ReadOn();
    same_ = same_ && got_ == message_.size();
    good_ = good_ && same_;
    std::printf("%zu bytes: %s\n", message_.size(), same_ ? "the same came back" : "WRONG");
    busy_ = false;
    Next();
  }
  void End() noexcept {
    (void)this->Close(1000, "", [](Endpoint& e, io::Result r) noexcept {
      Self(e).good_ = Self(e).good_ && r.ok();
      Self(e).over_ = true;
    });
  }

  const std::vector<uint64_t> sizes_;
  const size_t fragment_;
  Bytes to_;
  Bytes message_;
  Out out_;
  size_t next_ = 0;
  size_t sent_ = 0;
  size_t got_ = 0;
  bool busy_ = false;
  bool same_ = true;
  bool good_ = true;
  bool over_ = false;
};

template <class B>
int Client<B>::SendSizes() {
  const io::Handle h = Dial();
  if (h == io::kNoHandle) return 1;
  const Opcode opcode = options_["type"] == "text" ? Opcode::kText : Opcode::kBinary;
  Sending<B> sending(loop_, limits_, options_.Numbers("sizes"), options_.Number("fragment"),
                     opcode);
  if (!sending.Connect(h, host_, "/", &Sending<B>::OnOpened).ok()) return 1;
  while (!sending.over()) loop_.Turn();
  if (!sending.good()) std::printf("closed with %u\n", sending.close_code());
  return sending.good() ? 0 : 1;
}

int Main(int argc, char** argv) {
  Options options({{"host", "127.0.0.1"},
                   {"port", ""},
                   {"backend", ""},
                   {"limit", "67108864"},
                   {"agent", ""},
                   {"cases", "all"},
                   {"sizes", ""},
                   {"fragment", "0"},
                   {"type", "binary"}});
  if (!options.Parse(argc, argv, kUsage)) return 2;
  const bool sends = !options["sizes"].empty(), all = options["cases"] == "all";
  if (options["port"].empty() || options["agent"].empty() == options["sizes"].empty()) {
    std::fprintf(stderr,
                 "tare-ws-client: --port, and one of --agent and --sizes, must be given\n%s",
                 kUsage);
    return 2;
  }
  constexpr uint64_t kMost = uint64_t{1} << 40;  // bytes; more than there is memory for
  if (!options.AreNumbers({{"port", 65535}, {"limit", UINT64_MAX}, {"fragment", kMost}}) ||
      (sends && !options.AreNumbers({}, {{"sizes", kMost}})) ||
      (!all && !options.AreNumbers({}, {{"cases", UINT64_MAX}}))) {
    return 2;
  }
  if (options["type"] != "text" && options["type"] != "binary") {
    std::fprintf(stderr, "--type %s: neither text nor binary\n", options["type"].c_str());
    return 2;
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
