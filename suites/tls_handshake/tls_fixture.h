// SPDX-License-Identifier: Apache-2.0
// What all tests of tls_handshake stand on: the ids in their names as properties, and what does not
// apply.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

#include "impl/base/errc.h"
#include "suites/tls_handshake/bare_ssl.h"
#include "suites/tls_handshake/certificates.h"

namespace tare::io {

// For the messages of a test.
inline void PrintTo(Errc e, std::ostream* out) {
  *out << Name(e);
}

}  // namespace tare::io

namespace tare::suites::tls_handshake {

using io::Errc;
using io::Result;

// Says on the terminal and in the report that something cannot apply here, and why.
inline void NotApplicable(std::string_view reason) {
  std::cout << "not applicable: " << reason << std::endl;
  testing::Test::RecordProperty("not_applicable", std::string(reason));
}

// The ids in front of a test's name go into the report as the property "row": of
// TL_01_SD_2_02_Name they are "TL-01,SD-2.02".
class TlsTest : public testing::Test {
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

}  // namespace tare::suites::tls_handshake
