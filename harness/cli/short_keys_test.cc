// SPDX-License-Identifier: Apache-2.0
// Keys gain a slash; values, regular expressions and quoted words keep what they have.
#include "cli/short_keys.h"

#include <gtest/gtest.h>

namespace tare::cli {
namespace {

TEST(ShortKeysTest, KeysOfAProjection) {
  EXPECT_EQ(WithSlashesInProjection("backend"), "/backend");
  EXPECT_EQ(WithSlashesInProjection("variant@(size mode),/size, threads@num .unit"),
            "/variant@(size mode),/size, /threads@num .unit");
  EXPECT_EQ(WithSlashesInProjection("os backends \"mode\""), "os backends \"mode\"");
  EXPECT_EQ(WithSlashesInProjection("os@(a mode)"), "os@(a mode)");
}

TEST(ShortKeysTest, KeysOfAFilter) {
  EXPECT_EQ(WithSlashesInFilter("size:512 -mode:/./"), "/size:512 -/mode:/./");
  EXPECT_EQ(WithSlashesInFilter("(size:(64 OR size) OR -(buf:buf)) AND mode:\"mode\""),
            "(/size:(64 OR size) OR -(/buf:buf)) AND /mode:\"mode\"");
  EXPECT_EQ(WithSlashesInFilter("note:/a size:9/ size:9"), "note:/a size:9/ /size:9");
  EXPECT_EQ(WithSlashesInFilter("/size:9"), "/size:9");
  EXPECT_EQ(WithSlashesInFilter("size:\"9"), "size:\"9");  // no tokens: for the parser to refuse
}

}  // namespace
}  // namespace tare::cli
