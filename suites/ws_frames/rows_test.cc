// SPDX-License-Identifier: Apache-2.0
// The seed's benchmark, which it did not publish: ours has its rows, under every context, for every
// answer.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "suites/ws_frames/ws_fixture.h"

namespace tare::suites::ws_frames {
namespace {

class RowsTest : public WsTest {};

// Of "WsFrames/Header/variant=baseline/size=0/..." in the list of benchmarks; 0 if it has none.
int Times(const std::string& list, const std::string& row) {
  int times = 0;
  for (size_t at = list.find(row); at != list.npos; at = list.find(row, at + 1)) ++times;
  return times;
}

TEST_F(RowsTest, SD_3_10_TheBenchmarkHasTheRowsOfTheSeed) {
  std::FILE* const bench = popen(TARE_BENCH_WS_FRAMES " --benchmark_list_tests", "r");
  ASSERT_NE(bench, nullptr);
  std::string list = "\n";
  std::array<char, 4096> buffer;
  while (const size_t n = std::fread(buffer.data(), 1, buffer.size(), bench)) {
    list.append(buffer.data(), n);
  }
  EXPECT_EQ(pclose(bench), 0);
  for (const auto& [read, size] : {std::pair{"Header", "0"}, std::pair{"Payload", "512"}}) {
    for (const char* context : {"", "Deadline", "Cancellable"}) {
      for (const char* variant : {"floor", "baseline", "closure_free", "background", "reference"}) {
        const std::string row = std::string("\nWsFrames/") + read + context +
                                "/variant=" + variant + "/size=" + size + "/";
        EXPECT_EQ(Times(list, row), 1) << row;
      }
    }
  }
}

}  // namespace
}  // namespace tare::suites::ws_frames
