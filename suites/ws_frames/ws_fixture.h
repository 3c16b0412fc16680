// SPDX-License-Identifier: Apache-2.0
// What the tests of ws_frames stand on: the ids in their names as properties, what does not apply,
// counted allocations.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

#include "tare/alloc_scope.h"

namespace tare::suites::ws_frames {

// Says on the terminal and in the report that something cannot apply here, and why.
inline void NotApplicable(std::string_view reason) {
  std::cout << "not applicable: " << reason << std::endl;
  testing::Test::RecordProperty("not_applicable", std::string(reason));
}

// Whether allocations are counted here; says so if not. The paths are run all the same.
inline bool AllocsAreCounted() {
  if (AllocScope::WhyNot().empty()) return true;
  NotApplicable(AllocScope::WhyNot());
  return false;
}

// The ids in front of a test's name go into the report as the property "row": of
// WS_01_SD_3_05_Name they are "WS-01,SD-3.05".
class WsTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* name = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::string rows;
    char theme[4];
    int seed = 0, number = 0;
    for (int used = 0;; name += used, used = 0) {
      std::string id;
      if (std::sscanf(name, "%3[A-Z]_%1d_%2d_%n", theme, &seed, &number, &used) == 3 && used > 0) {
        id = "-" + std::to_string(seed) + ".";
      } else if (std::sscanf(name, "%3[A-Z]_%2d_%n", theme, &number, &used) == 2 && used > 0) {
        id = "-";
      } else {
        break;
      }
      id += (number < 10 ? "0" : "") + std::to_string(number);
      rows += (rows.empty() ? "" : ",") + (theme + id);
    }
    RecordProperty("row", rows);
  }
};

}  // namespace tare::suites::ws_frames
