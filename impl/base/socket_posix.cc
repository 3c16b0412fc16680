// SPDX-License-Identifier: Apache-2.0
// Addresses and set-up calls on POSIX systems.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "impl/base/socket.h"

namespace tare::io {
namespace {

static_assert(sizeof(sockaddr_storage) <= Address::kRoom);

Result Failed(int error) noexcept {
  return {0, FromErrno(error), error};
}
Result FromCall(int rc) noexcept {
  return rc < 0 ? Failed(errno) : Result{rc};
}

const sockaddr* Raw(const Address& a) noexcept {
  return reinterpret_cast<const sockaddr*>(a.bytes);
}

int FamilyOf(Transport t) noexcept {
  switch (t) {
    case Transport::kTcp4:
    case Transport::kUdp4:
      return AF_INET;
    case Transport::kTcp6:
      return AF_INET6;
    case Transport::kUnix:
    case Transport::kUnixgram:
      return AF_UNIX;
  }
  return AF_UNSPEC;
}

int TypeOf(Transport t) noexcept {
  return t == Transport::kUdp4 || t == Transport::kUnixgram ? SOCK_DGRAM : SOCK_STREAM;
}

bool IsTcp(Transport t) noexcept {
  return t == Transport::kTcp4 || t == Transport::kTcp6;
}

// getsockname and getpeername have one shape.
template <class Call>
Address Ask(Call call, Handle h) noexcept {
  Address a;
  socklen_t size = Address::kRoom;
  if (call(h, reinterpret_cast<sockaddr*>(a.bytes), &size) == 0) a.size = size;
  return a;
}

bool Same(const Address& a, const Address& b) noexcept {
  return a.size == b.size && a.size != 0 && std::memcmp(a.bytes, b.bytes, a.size) == 0;
}

// An interrupted connect goes on by itself (asking again would be a second connect): waits for its
// end.
int AwaitConnect(Handle h) noexcept {
  pollfd p = {h, POLLOUT, 0};
  while (poll(&p, 1, -1) < 0) {
    if (errno != EINTR) return errno;
  }
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(h, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// Accepts until the connection is the one that `client` dialled: on loopback anybody may dial.
Result AcceptFrom(Handle listener, Handle client) noexcept {
  const Address want = LocalAddress(client);
  for (;;) {
    const int got = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (got < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return Failed(errno);
    }
    if (Same(RemoteAddress(got), want)) return {got};
    (void)CloseHandle(got);
  }
}

// One connection through `listener`. After an error nothing is open.
Result MakePair(Transport t, Handle listener, const Address& at, Pair& pair) noexcept {
  const Result client = Dial(t, at);
  if (!client.ok()) return client;
  const Result server = AcceptFrom(listener, static_cast<Handle>(client.n));
  if (!server.ok()) {
    (void)CloseHandle(static_cast<Handle>(client.n));
    return server;
  }
  pair = {static_cast<Handle>(client.n), static_cast<Handle>(server.n)};
  Result r = SetNoDelay(pair.server);
  if (r.ok()) r = ResetOnClose(pair.server);
  if (r.ok()) r = ResetOnClose(pair.client);
  if (!r.ok()) CloseAll({&pair, 1});
  return r;
}

Result BindBoth(Transport t, Pair& pair) noexcept {
  Address at = Loopback(t);
  const Result client = Bind(t, at);
  if (!client.ok()) return client;
  at = Loopback(t);
  const Result server = Bind(t, at);
  if (!server.ok()) {
    (void)CloseHandle(static_cast<Handle>(client.n));
    return server;
  }
  pair = {static_cast<Handle>(client.n), static_cast<Handle>(server.n)};
  return {};
}

Result UnixPair(Transport t, Pair& pair) noexcept {
  int ends[2];
  if (socketpair(AF_UNIX, TypeOf(t) | SOCK_CLOEXEC, 0, ends) < 0) return Failed(errno);
  pair = {ends[0], ends[1]};
  return {};
}

}  // namespace

Address Loopback4(uint16_t port, uint8_t net, uint8_t host) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  in.sin_addr.s_addr = htonl(0x7f000000u | uint32_t{net} << 8 | host);
  Address a;
  std::memcpy(a.bytes, &in, sizeof in);
  a.size = sizeof in;
  return a;
}

std::string ToString(const Address& address) {
  if (address.size == 0) return "";
  char text[INET6_ADDRSTRLEN];
  switch (Raw(address)->sa_family) {
    case AF_INET: {
      sockaddr_in in;
      std::memcpy(&in, address.bytes, sizeof in);
      inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
      return std::string(text) + ":" + std::to_string(ntohs(in.sin_port));
    }
    case AF_INET6: {
      sockaddr_in6 in;
      std::memcpy(&in, address.bytes, sizeof in);
      inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
      return "[" + std::string(text) + "]:" + std::to_string(ntohs(in.sin6_port));
    }
    case AF_UNIX: {
      // A path ends at its NUL; an abstract name begins with one and is written with an @, as
      // netstat does.
      const auto* name = reinterpret_cast<const char*>(address.bytes) + sizeof(sa_family_t);
      const size_t size = address.size - sizeof(sa_family_t);
      if (size == 0) return "unnamed";
      return name[0] == '\0' ? "@" + std::string(name + 1, size - 1)
                             : std::string(name, strnlen(name, size));
    }
    default:
      return "?";
  }
}

Address LocalAddress(Handle h) noexcept {
  return Ask(getsockname, h);
}
Address RemoteAddress(Handle h) noexcept {
  return Ask(getpeername, h);
}

Address Loopback(Transport t) {
  Address a;
  switch (t) {
    case Transport::kTcp4:
    case Transport::kUdp4:
      return Loopback4();
    case Transport::kTcp6: {
      sockaddr_in6 in{};
      in.sin6_family = AF_INET6;
      in.sin6_addr = in6addr_loopback;
      std::memcpy(a.bytes, &in, a.size = sizeof in);
      return a;
    }
    case Transport::kUnix:
    case Transport::kUnixgram: {
      // Only the family: bind picks an abstract name.
      const sa_family_t family = AF_UNIX;
      std::memcpy(a.bytes, &family, a.size = sizeof family);
      return a;
    }
  }
  return a;
}

Result NewSocket(Transport t, bool blocking) noexcept {
  const int flags = SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK);
  return FromCall(socket(FamilyOf(t), TypeOf(t) | flags, 0));
}

Result Bind(Transport t, Address& at) noexcept {
  const Result made = NewSocket(t);
  if (!made.ok()) return made;
  const Handle h = static_cast<Handle>(made.n);
  if (bind(h, Raw(at), at.size) < 0) {
    const Result r = Failed(errno);
    (void)CloseHandle(h);
    return r;
  }
  at = LocalAddress(h);
  return made;
}

Result Listen(Transport t, Address& at, int backlog) noexcept {
  const Result made = NewSocket(t);
  if (!made.ok()) return made;
  const Handle h = static_cast<Handle>(made.n);
  const int on = 1;
  if (setsockopt(h, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
      bind(h, Raw(at), at.size) < 0 || listen(h, backlog) < 0) {
    const Result r = Failed(errno);
    (void)CloseHandle(h);
    return r;
  }
  at = LocalAddress(h);
  return made;
}

Result Dial(Transport t, const Address& to) noexcept {
  const Result made = NewSocket(t);
  if (!made.ok()) return made;
  const Handle h = static_cast<Handle>(made.n);
  int error = connect(h, Raw(to), to.size) == 0 ? 0 : errno;
  if (error == EINTR) error = AwaitConnect(h);
  Result r = error != 0 ? Failed(error) : IsTcp(t) ? SetNoDelay(h) : Result{};
  if (!r.ok()) {
    (void)CloseHandle(h);
    return r;
  }
  return made;
}

Result Pairs(Transport t, std::span<Pair> pairs) noexcept {
  Address at = Loopback(t);
  const Result listener = IsTcp(t) ? Listen(t, at) : Result{kNoHandle};
  if (!listener.ok()) return listener;
  Result r;
  size_t made = 0;
  while (made < pairs.size() && r.ok()) {
    r = IsTcp(t)                ? MakePair(t, static_cast<Handle>(listener.n), at, pairs[made])
        : t == Transport::kUdp4 ? BindBoth(t, pairs[made])
                                : UnixPair(t, pairs[made]);
    if (r.ok()) ++made;
  }
  if (IsTcp(t)) (void)CloseHandle(static_cast<Handle>(listener.n));
  if (!r.ok()) CloseAll(pairs.first(made));
  return r;
}

Result SetNoDelay(Handle h) noexcept {
  const int on = 1;
  return FromCall(setsockopt(h, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
}

Result CloseHandle(Handle h) noexcept {
  // On Linux the descriptor is gone also after EINTR: closing again would hit a stranger's.
  return close(h) == 0 || errno == EINTR ? Result{} : Failed(errno);
}

void CloseAll(std::span<Pair> pairs) noexcept {
  for (Pair& pair : pairs) {
    if (pair.client != kNoHandle) (void)CloseHandle(pair.client);
    if (pair.server != kNoHandle) (void)CloseHandle(pair.server);
    pair = {};
  }
}

Result ShutdownSend(Handle h) noexcept {
  return FromCall(shutdown(h, SHUT_WR));
}

Result ResetOnClose(Handle h) noexcept {
  const linger now = {1, 0};
  return FromCall(setsockopt(h, SOL_SOCKET, SO_LINGER, &now, sizeof now));
}

}  // namespace tare::io
