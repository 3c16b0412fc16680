// SPDX-License-Identifier: Apache-2.0
// Whatever the tests of this program do, its allocations go the way that programs pay for: nothing
// is left switched on that costs every allocation its plain path.
#include <gtest/gtest.h>

#include "count/peak.h"
#include "count/sites.h"
#include "count/slot.h"

namespace tare::count {
namespace {

class PlainPath : public testing::Environment {
 public:
  void SetUp() override { Look("before the first test"); }
  void TearDown() override { Look("after the last test"); }

 private:
  static void Look(const char* when) {
    EXPECT_FALSE(SitesAreOn()) << when << ": tests of sites belong into test_count_sites";
    EXPECT_FALSE(PeakIsOn()) << when << ": tests of the peak belong into test_count_peak";
    EXPECT_TRUE(t_slot.plain) << when << ", in the main thread";
  }
};

const testing::Environment* const g_plain_path =
    testing::AddGlobalTestEnvironment(new PlainPath);  // GoogleTest deletes it

}  // namespace
}  // namespace tare::count
