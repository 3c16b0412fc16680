// SPDX-License-Identifier: Apache-2.0
// Every answer brings every message back as it was, and the check before timing sees one that does
// not.
#include "suites/tls_handshake/trips.h"

#include <gtest/gtest.h>

#include "impl/tls_handshake/echo.h"
#include "impl/tls_handshake/floor.h"
#include "suites/tls_handshake/connection_fixture.h"

namespace tare::suites::tls_handshake {
namespace {

using io::tls_handshake::AheadFloor;
using io::tls_handshake::Floor;

template <class A>
void ExpectGood() {
  for (const Version version : kVersions) {
    for (const size_t size : {1, 16385, 50'000}) {
      Trips<A> trips(version, size);
      EXPECT_EQ(trips.Open(), "");
      EXPECT_EQ(trips.Check(), "") << size;
      for (int i = 0; i < 3; ++i) EXPECT_TRUE(trips.Trip());
    }
  }
}

TEST(TripsTest, TheFloorsBringAllBack) {
  ExpectGood<Floor>();
  ExpectGood<AheadFloor>();
}

template <class B>
class EchoTest : public ConnectionTest<B> {};
TYPED_TEST_SUITE(EchoTest, AllBackends, BackendNames);

TLS_TEST(EchoTest, BaselineAndReferenceBringAllBack) {
  static_assert(io::tls_handshake::Connection<Tls<B>>);
  static_assert(io::tls_handshake::Connection<io::tls_handshake::BaselineTls<B>>);
  ExpectGood<io::tls_handshake::Reference<B>>();
  ExpectGood<io::tls_handshake::Baseline<B>>();
}

// The injected fault: a bit that comes back as another.
class Flips : public Floor {
 public:
  std::span<const std::byte> Received() noexcept {
    const auto got = Floor::Received();
    const_cast<std::byte&>(got.back()) ^= std::byte{1};
    return got;
  }
};

TEST(TripsTest, TheCheckSeesAWrongAnswer) {
  Trips<Flips> trips(Version::kTls13, 512);
  EXPECT_EQ(trips.Open(), "");
  EXPECT_EQ(trips.Check(), "other bytes came back than were sent");
}

}  // namespace
}  // namespace tare::suites::tls_handshake
