// SPDX-License-Identifier: Apache-2.0
// Where rows run by default, and where flags put them.
#include "cli/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/cpus.h"

namespace tare::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PlacementTest, NamesDecideUnlessAFlagDoes) {
  const Placement by_name{Placement::Rule::kByName, {0, 1, 3}};
  EXPECT_THAT(by_name.Of("A"), ElementsAre(3));
  EXPECT_THAT(by_name.Of("A/threads=2"), ElementsAre(0, 1, 3));
  EXPECT_EQ(by_name.InWords({"A"}), "pinned to cpu 3");
  EXPECT_EQ(by_name.InWords({"A", "A/threads=2"}),
            "pinned to cpu 3, rows with threads= to cpus 0-1,3");
  const Placement these{Placement::Rule::kThese, {0, 1}};
  EXPECT_THAT(these.Of("A"), ElementsAre(0, 1));
  EXPECT_EQ(these.InWords({"A"}), "pinned to cpus 0-1 (--cpus)");
  const Placement anywhere{Placement::Rule::kAnywhere, {0, 1}};
  EXPECT_THAT(anywhere.Of("A/threads=2"), IsEmpty());
  EXPECT_EQ(anywhere.InWords({"A"}), "not pinned");
}

TEST(PlacementTest, FlagsMustNameCpusThatAreAllowed) {
  const std::vector<int> allowed = AllowedCpus();
  PlacementOptions options;
  EXPECT_EQ(options.Get()->Of("A"), std::vector<int>{allowed.back()});
  options.cpus = FormatCpus(allowed);
  EXPECT_EQ(options.Get()->Of("A"), allowed);
  options.cpus = "16383";
  EXPECT_THAT(
      std::string(options.Get().status().message()),
      HasSubstr("--cpus 16383: tare may not run on cpu 16383 here, but on " + FormatCpus(allowed)));
  options.cpus = "two";
  EXPECT_THAT(std::string(options.Get().status().message()),
              HasSubstr("--cpus 'two' is no list of CPUs such as 0-3,8"));
  options = {.cpus = "", .no_pin = true};
  EXPECT_THAT(options.Get()->Of("A"), IsEmpty());
}

}  // namespace
}  // namespace tare::cli
