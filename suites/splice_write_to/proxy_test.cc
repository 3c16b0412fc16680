// SPDX-License-Identifier: Apache-2.0
// Two transfers between the same two connections, one each way: a proxy, and how it ends.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "suites/splice_write_to/transfer_fixture.h"

namespace tare::suites {
namespace {

template <class B>
class ProxyTest : public TransferTest<B> {};
TYPED_TEST_SUITE(ProxyTest, AllBackends, BackendNames);

// A client and a server who know each other by way of two descriptors.
template <class B>
struct Proxy {
  explicit Proxy(Place<B>& the_place) : place(the_place) {
    std::array<io::Pair, 2> pairs;
    EXPECT_TRUE(io::TcpPairs(pairs).ok());
    client = pairs[0].client;
    server = pairs[1].server;
    EXPECT_TRUE(near_client.Open(pairs[0].server).ok());
    EXPECT_TRUE(near_server.Open(pairs[1].client).ok());
    up.result = down.result = {};
    up.Start(near_client, near_server, {}, &OnEnd);
    down.Start(near_server, near_client, {}, &OnEnd);
  }
  ~Proxy() {
    up.Cancel();
    down.Cancel();
    EXPECT_TRUE(place.Until([&] { return !up.busy() && !down.busy(); }));
    for (SeenEnd<B>* end : {&near_client, &near_server}) {
      if (end->open()) end->BeginClose();
      EXPECT_TRUE(place.Until([&] { return end->closed; }));
    }
    if (client != io::kNoHandle) close(client);
    if (server != io::kNoHandle) close(server);
  }

  struct Way : splice::Transfer<B> {
    using splice::Transfer<B>::Transfer;
    int ended = 0;
    io::Result result;
  };
  static void OnEnd(splice::Transfer<B>& transfer, io::Result r) noexcept {
    ++static_cast<Way&>(transfer).ended;
    static_cast<Way&>(transfer).result = r;
  }

  Place<B>& place;
  io::Handle client, server;
  SeenEnd<B> near_client{place.loop}, near_server{place.loop};
  Way up{place.loop, place.pool}, down{place.loop, place.pool};
};

std::string Receive(io::Handle h) {
  char room[100];
  const ssize_t n = recv(h, room, sizeof room, MSG_DONTWAIT);
  return n > 0 ? std::string(room, static_cast<size_t>(n)) : "";
}

SPLICE_TEST(ProxyTest, BothWaysAtOnce) {
  Place<B> place;
  Proxy<B> proxy(place);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(send(proxy.client, "question", 8, 0), 8);
    ASSERT_EQ(send(proxy.server, "an answer", 9, 0), 9);
    std::string at_server, at_client;
    ASSERT_TRUE(place.Until([&] {
      at_server += Receive(proxy.server);
      at_client += Receive(proxy.client);
      return at_server == "question" && at_client == "an answer";
    })) << at_server
        << at_client;
  }
}

SPLICE_TEST(ProxyTest, SP_06_RG_07_RG_14_OneSideClosesAndBothEnd) {
  Place<B> place;
  Proxy<B> proxy(place);
  ASSERT_EQ(send(proxy.client, "last", 4, 0), 4);
  ASSERT_EQ(shutdown(proxy.client, SHUT_WR), 0);
  ASSERT_TRUE(place.Until([&] { return proxy.up.ended > 0; }));
  EXPECT_EQ(Text(proxy.up.result), "4 ok");
  // What the proxy makes of it: the other side is told; the way down goes on.
  ASSERT_TRUE(io::ShutdownSend(proxy.near_server.handle()).ok());
  EXPECT_EQ(proxy.down.ended, 0);
  ASSERT_EQ(send(proxy.server, "answer", 6, 0), 6);
  close(std::exchange(proxy.server, io::kNoHandle));
  ASSERT_TRUE(place.Until([&] { return proxy.down.ended > 0; }));
  std::string got;
  ASSERT_TRUE(place.Until([&] {
    got += Receive(proxy.client);
    return got == "answer";
  }));
}

SPLICE_TEST(ProxyTest, RG_14_AShutdownBehindBytesThatAreBlockedLosesNone) {
  Place<B> place;
  Proxy<B> proxy(place);
  // The server does not read; the client writes until nothing fits, and finishes.
  std::vector<std::byte> chunk(1 << 20);
  uint64_t sent = 0;
  for (int i = 0; i < 300; ++i) {
    for (size_t k = 0; k < chunk.size(); ++k) chunk[k] = SentByte(sent + k);
    const ssize_t n = send(proxy.client, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (n > 0) sent += static_cast<uint64_t>(n);
    if (n < 0 && i > 20) break;
    place.loop.Turn(io::Now().Plus(100'000));
  }
  ASSERT_EQ(shutdown(proxy.client, SHUT_WR), 0);
  place.InVain();
  EXPECT_EQ(proxy.up.ended, 0);
  std::vector<std::byte> got;
  ASSERT_TRUE(place.Until([&] {
    for (;;) {
      const ssize_t n = recv(proxy.server, chunk.data(), chunk.size(), MSG_DONTWAIT);
      if (n <= 0) break;
      got.insert(got.end(), chunk.begin(), chunk.begin() + n);
    }
    return proxy.up.ended > 0 && got.size() == sent;
  }));
  EXPECT_EQ(Text(proxy.up.result), std::to_string(sent) + " ok");
  EXPECT_TRUE(IsSent(got, 0));
}

}  // namespace
}  // namespace tare::suites
