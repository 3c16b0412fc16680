// SPDX-License-Identifier: Apache-2.0
// What rows do with connections, and the wrappers that keep the table of pending calls.
#include "suites/conformance/exchange.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "suites/conformance/crew.h"

namespace tare::conformance {
namespace {

// Deadlines and addresses are no blocking calls and are passed on as they are.
template <class Base>
class Watched : public Base {
 public:
  Watched(std::unique_ptr<Base> it, const char* name) : it_(std::move(it)), name_(name) {}
  Error Close() override {
    const Pending pending("Close", name_);
    return it_->Close();
  }
  Error SetDeadline(Which which, TimePoint deadline) override {
    const Pending pending("SetDeadline", name_);
    return it_->SetDeadline(which, deadline);
  }
  std::string LocalAddress() const override { return it_->LocalAddress(); }

 protected:
  std::unique_ptr<Base> it_;
  const char* name_;
};

class WatchedConn final : public Watched<Conn> {
 public:
  using Watched::Watched;
  Result Read(std::span<std::byte> to) override {
    const Pending pending("Read", name_, to.size());
    return it_->Read(to);
  }
  Result Write(std::span<const std::byte> from) override {
    const Pending pending("Write", name_, from.size());
    return it_->Write(from);
  }
  std::string RemoteAddress() const override { return it_->RemoteAddress(); }
};

class WatchedListener final : public Watched<Listener> {
 public:
  using Watched::Watched;
  Made<Conn> Accept() override {
    const Pending pending("Accept", name_);
    Made<Conn> accepted = it_->Accept();
    if (accepted.it) accepted.it = std::make_unique<WatchedConn>(std::move(accepted.it), "b");
    return accepted;
  }
};

class WatchedPackets final : public Watched<PacketConn> {
 public:
  using Watched::Watched;
  Result ReceiveFrom(std::span<std::byte> to, std::string& from) override {
    const Pending pending("ReceiveFrom", name_, to.size());
    return it_->ReceiveFrom(to, from);
  }
  Result SendTo(std::span<const std::byte> from, const std::string& to) override {
    const Pending pending("SendTo", name_, from.size());
    return it_->SendTo(from, to);
  }
};

template <class T>
std::unique_ptr<T> WantMade(Made<T> made, const char* call, Place at) {
  if (!made.result.ok()) Fail(at, std::string(call) + ": " + Show(made.result));
  if (made.it == nullptr) Fail(at, std::string(call) + ": ok, but nothing came of it");
  return std::move(made.it);
}

constexpr std::array kMarker = [] {
  std::array<std::byte, 8> marker{};
  for (std::byte& b : marker) b = std::byte{0xff};
  return marker;
}();

void SendWord(Conn& from, Conn& to, Place at) {
  constexpr std::array word = {std::byte{'t'}, std::byte{'a'}, std::byte{'r'}, std::byte{'e'}};
  Want(Error::kOk, from.Write(word), at);
  std::array<std::byte, word.size()> got{};
  ReadFull(to, got, at);
  if (got != word) Fail(at, "a word that was sent arrived as another one");
}

}  // namespace

std::unique_ptr<Listener> MakeListener(Subject& subject, Place at) {
  return std::make_unique<WatchedListener>(WantMade(subject.Listen(), "Listen", at), "listener");
}

std::unique_ptr<PacketConn> MakePackets(Subject& subject, const char* name, Place at) {
  return std::make_unique<WatchedPackets>(WantMade(subject.OpenPackets(), "OpenPackets", at), name);
}

std::unique_ptr<Conn> Dial(Subject& subject, const std::string& address, Place at) {
  Made<Conn> dialed = Within(
      Prompt(),
      [&] {
        const Pending pending("Dial", "dialer");
        return subject.dialer().Dial(address);
      },
      at);
  return std::make_unique<WatchedConn>(WantMade(std::move(dialed), "Dial", at), "a");
}

Pipe MakePipe(Subject& subject, Place at) {
  const std::unique_ptr<Listener> listener = MakeListener(subject, at);
  Call<Made<Conn>> accept("acceptor", [&] { return listener->Accept(); });
  Pipe pipe;
  pipe.a = Dial(subject, listener->LocalAddress(), at);
  pipe.b = WantMade(accept.Get(at), "Accept", at);
  Close(*listener, at);
  return pipe;
}

Result AcceptOnce(Listener& listener) {
  return listener.Accept().result;
}
Result ReadByte(Conn& conn) {
  std::byte b;
  return conn.Read({&b, 1});
}
Result WriteByte(Conn& conn, std::byte value) {
  return conn.Write({&value, 1});
}

std::span<const std::byte> Much() {
  constexpr size_t kSize = size_t{64} << 20;
  // From calloc it takes no memory before it is written, which is never.
  static const auto* const zeros = static_cast<const std::byte*>(std::calloc(kSize, 1));
  return {zeros, kSize};
}

void ReadFull(Conn& conn, std::span<std::byte> to, Place at) {
  while (!to.empty()) {
    const Result r = conn.Read(to);
    Want(Error::kOk, r, at);
    if (r.n == 0 || r.n > to.size()) Fail(at, "want 1 to " + Show(to.size()) + "; got " + Show(r));
    to = to.subspan(r.n);
  }
}

void Drain(Conn& conn, size_t size, Place at) {
  std::vector<std::byte> bytes(1 << 18);
  for (size_t left = size; left > 0;) {
    const std::span<std::byte> to(bytes.data(), std::min(left, bytes.size()));
    ReadFull(conn, to, at);
    left -= to.size();
  }
}

void Resync(Conn& from, Conn& to, Place at) {
  Crew crew;
  crew.Add("marker", [&] { Want(Error::kOk, from.Write(kMarker), at); });
  std::vector<std::byte> bytes(1 << 16);
  Within(
      Prompt(),
      [&] {
        for (size_t seen = 0; seen < kMarker.size();) {
          const Result r = to.Read(bytes);
          Want(Error::kOk, r, at);
          for (size_t i = 0; i < r.n; ++i) seen = bytes[i] == kMarker[0] ? seen + 1 : 0;
        }
      },
      at);
}

void RoundTrip(const Pipe& pipe, Place at) {
  Within(
      Prompt(),
      [&] {
        SendWord(*pipe.a, *pipe.b, at);
        SendWord(*pipe.b, *pipe.a, at);
      },
      at);
}

void Close(Endpoint& endpoint, Place at) {
  const Error error = Within(
      Prompt(), [&] { return endpoint.Close(); }, at);
  if (error != Error::kOk) Fail(at, "Close: want ok; got " + Show(error));
}

void Deadline(Endpoint& endpoint, Which which, TimePoint deadline, Place at) {
  const Error error = Within(
      Prompt(), [&] { return endpoint.SetDeadline(which, deadline); }, at);
  if (error != Error::kOk) Fail(at, "SetDeadline: want ok; got " + Show(error));
}

}  // namespace tare::conformance
