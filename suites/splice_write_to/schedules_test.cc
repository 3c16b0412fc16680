// SPDX-License-Identifier: Apache-2.0
// Whatever fails wherever: no byte is lost, none is doubled, nothing hangs. Seeded schedules over
// all failures and destinations; the published design loses some in the same ones.
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <map>
#include <string>

#include "suites/splice_write_to/run_schedule.h"
#include "suites/support/backend_types.h"

namespace tare::suites {
namespace {

#ifdef TARE_LONG
constexpr uint64_t kSchedules = 10'000;  // of all backends together, and as many again
#else
constexpr uint64_t kSchedules = 576;  // each of 18 destinations with each of 16 failures, twice
#endif

template <class B>
class SchedulesTest : public testing::Test {};
TYPED_TEST_SUITE(SchedulesTest, AllBackends, BackendNames);

TYPED_TEST(SchedulesTest, SP_09_SP_10_SP_22_EveryByteTakenIsDeliveredOrHeld) {
  if (const char* why = TypeParam::WhyNot()) {
    std::cout << "not applicable: " << why << '\n';
    return;
  }
  uint64_t ran = 0, absent = 0, well = 0;
  for (uint64_t seed = 0; seed < kSchedules; ++seed) {
    const Drawn drawn = Draw(seed);
    const Account account = ScheduleRun<TypeParam>(drawn).Reference();
    account.ran ? ++ran : ++absent;
    if (account.ended_ok) ++well;
    ASSERT_EQ(account.wrong, "") << Text(drawn);
    ASSERT_EQ(account.lost, 0u) << Text(drawn);
  }
  std::cout << ran << " schedules, " << well << " of them ended well, " << absent
            << " not applicable here\n";
  EXPECT_GT(ran, kSchedules / 2);
}

// The check is seen to fail: by what it is compared with.
TYPED_TEST(SchedulesTest, SD_4_01_ThePublishedDesignLosesSome) {
  if (const char* why = TypeParam::WhyNot()) {
    std::cout << "not applicable: " << why << '\n';
    return;
  }
  uint64_t ran = 0, losers = 0, lost = 0;
  for (uint64_t seed = 0; seed < kSchedules; ++seed) {
    const Account account = ScheduleRun<TypeParam>(Draw(seed)).Published();
    if (!account.ran) continue;
    ++ran;
    if (account.lost > 0) ++losers;
    lost += account.lost;
  }
  std::cout << losers << " of " << ran << " schedules lose bytes, " << lost << " in all\n";
  EXPECT_GT(losers, 0u);
}

}  // namespace
}  // namespace tare::suites
