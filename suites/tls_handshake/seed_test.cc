// SPDX-License-Identifier: Apache-2.0
// The defects of the published original, each as a check that the reference passes and that the
// model in seed_design.h fails; what its waiters allocate is in alloc_test.cc.
#include "suites/tls_handshake/seed_design.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "suites/tls_handshake/connection_fixture.h"

namespace tare::suites::tls_handshake {
namespace {

template <class B>
class SeedTest : public ConnectionTest<B> {};
TYPED_TEST_SUITE(SeedTest, AllBackends, BackendNames);

// Either design, with its promises broken.
template <class Base>
struct Breaking : Base {
  using Base::Base;
  void Contradict() {
    this->failure_ = {0, Errc::kInvalid, 0};
    this->phase_ = Base::Phase::kReady;
  }
};

// Whether a peer that gets there ends the process.
template <class B, class Base>
bool Aborts(io::Loop<B>& loop) {
  using Probe = Probing<Breaking<Base>>;
  typename ConnectionTest<B>::template BothOf<Probe, typename ConnectionTest<B>::Probe> both(
      loop, Version::kTls13);
  both.Ready();
  both.client->Contradict();
  EXPECT_EQ(both.client->ShakeNow(), Errc::kOther);
  if constexpr (requires { both.client->panicked; }) return both.client->panicked;
  return false;
}

TLS_TEST(SeedTest, SD_2_02_AContradictionAborts) {
  EXPECT_FALSE((Aborts<B, Tls<B>>(t.loop)));
  EXPECT_TRUE((Aborts<B, SeedTls<B>>(t.loop)));
}

// Whether one who is canceled takes with it who waits beside it.
template <class B, class Base>
bool CancelEndsOthers(io::Loop<B>& loop) {
  using Probe = Probing<Base>;
  typename ConnectionTest<B>::template BothOf<Probe, typename ConnectionTest<B>::Probe> both(
      loop, Version::kTls13);
  Shaking first, second;
  both.client->Handshake(first);
  both.client->Handshake(second);
  both.client->Cancel(second);
  both.server->BeginRead();
  EXPECT_TRUE(both.client->Await(first.end));
  return !first.end.result.ok();
}

TLS_TEST(SeedTest, SD_2_03_ACancelEndsTheOthersHandshake) {
  EXPECT_FALSE((CancelEndsOthers<B, Tls<B>>(t.loop)));
  EXPECT_TRUE((CancelEndsOthers<B, SeedTls<B>>(t.loop)));
}

}  // namespace
}  // namespace tare::suites::tls_handshake
