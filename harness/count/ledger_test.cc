// SPDX-License-Identifier: Apache-2.0
// What a reader of a ledger finds when its thread changes the payer in the middle of the reading.
#include "count/ledger.h"

#include <gtest/gtest.h>

namespace tare::count {
namespace {

AllocCount Allocs(uint64_t allocs) {
  return {.allocs = allocs,
          .frees = 2 * allocs,
          .bytes_requested = 3 * allocs,
          .bytes_usable = 4 * allocs,
          .bytes_freed = 5 * allocs};
}

TEST(LedgerTest, OneSideMovesAndTheOtherStandsStill) {
  Ledger ledger;
  const auto split = [&](uint64_t total) { return ledger.Split([&] { return Allocs(total); }); };
  EXPECT_FALSE(ledger.LibraryPays());
  EXPECT_EQ(split(10), (AccountCount{Allocs(10), {}}));
  ledger.Switch(Allocs(10));
  EXPECT_TRUE(ledger.LibraryPays());
  EXPECT_EQ(split(10), (AccountCount{Allocs(10), {}}));
  EXPECT_EQ(split(15), (AccountCount{Allocs(10), Allocs(5)}));
  ledger.Switch(Allocs(15));
  EXPECT_FALSE(ledger.LibraryPays());
  EXPECT_EQ(split(22), (AccountCount{Allocs(17), Allocs(5)}));
  ledger.Switch(Allocs(22));
  EXPECT_EQ(split(25), (AccountCount{Allocs(17), Allocs(8)}));
}

TEST(LedgerTest, AReadingThatASwitchCameIntoIsTakenAgain) {
  for (const int switches : {1, 2, 3}) {
    Ledger ledger;
    int asked = 0;
    uint64_t total = 10;
    const AccountCount split = ledger.Split([&] {
      if (++asked > 1) return Allocs(total);
      for (int i = 0; i < switches; ++i, total += 5) ledger.Switch(Allocs(total));
      return Allocs(total);
    });
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(split.own, Allocs(switches == 1 ? 10 : 15)) << switches;
    EXPECT_EQ(split.library, Allocs(switches == 3 ? 10 : 5)) << switches;
  }
}

}  // namespace
}  // namespace tare::count
