// SPDX-License-Identifier: Apache-2.0
// What the tests of ws_frames stand on: the ids in their names as properties, what does not apply,
// counted allocations.
#pragma once

#include <gtest/gtest.h>

#include <iostream>
#include <regex>
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
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    static const std::regex kId("^([A-Z]{2,3})_(?:(\\d)_)?(\\d{2})_");
    std::string rows;
    for (std::smatch id; std::regex_search(name, id, kId); name = id.suffix()) {
      rows += (rows.empty() ? "" : ",") + id.str(1) + "-";
      rows += (id[2].matched ? id.str(2) + "." : "") + id.str(3);
    }
    RecordProperty("row", rows);
  }
};

}  // namespace tare::suites::ws_frames
