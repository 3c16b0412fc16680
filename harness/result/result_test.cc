// SPDX-License-Identifier: Apache-2.0
// Rows, configurations, and the integer total behind a value per operation.
#include "result/result.h"

#include <gtest/gtest.h>

#include <limits>

namespace tare::result {
namespace {

TEST(RowTest, FindsTheFirstValueOfAUnit) {
  const Row row{"A", 10, {{5, "ns/op"}, {6, "ns/op"}, {0, "allocs/op"}}};
  ASSERT_NE(row.Find("ns/op"), nullptr);
  EXPECT_EQ(*row.Find("ns/op"), 5);
  EXPECT_EQ(row.Find("B/op"), nullptr);
}

TEST(ConfigTest, KeepsOrderAndAnEmptyValueRemoves) {
  Config config;
  config.Set("os", "linux");
  config.Set("arch", "amd64");
  config.Set("os", "freebsd");
  EXPECT_EQ(config.entries(), (std::vector<Config::Entry>{{"os", "freebsd"}, {"arch", "amd64"}}));
  config.Set("os", "");
  config.Set("never", "");
  EXPECT_EQ(config.Find("os"), nullptr);
  EXPECT_EQ(config.entries().size(), 1u);
}

TEST(IntegerTotalTest, RecoversEveryTotalOfADivision) {
  for (const int64_t n : {1, 3, 7, 8, 10, 1000, 1024, 999983}) {
    for (int64_t total = 0; total < 5000; total += 7) {
      const double per_op = static_cast<double>(total) / static_cast<double>(n);
      ASSERT_EQ(IntegerTotal(per_op, n), total) << total << " / " << n;
    }
  }
}

TEST(IntegerTotalTest, SaysWhenThereIsNone) {
  EXPECT_EQ(IntegerTotal(0.5, 3), std::nullopt);     // 1.5 in 3
  EXPECT_EQ(IntegerTotal(0.3333, 3), std::nullopt);  // cut off: no longer 1/3
  EXPECT_EQ(IntegerTotal(1, 0), std::nullopt);
  EXPECT_EQ(IntegerTotal(1e300, 1000), std::nullopt);
  EXPECT_EQ(IntegerTotal(std::numeric_limits<double>::quiet_NaN(), 10), std::nullopt);
}

}  // namespace
}  // namespace tare::result
