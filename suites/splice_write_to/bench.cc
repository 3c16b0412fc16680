// SPDX-License-Identifier: Apache-2.0
// What it costs to bring bytes from a connection into a file, or into another connection. Here are
// the rows and the order of everything; bench_*.cc compile the timed loops.
#include <vector>

#include "suites/splice_write_to/scenarios.h"

namespace tare::suites {
namespace {

Splices To(MovesTo to, const char* scenario) {
  Splices suite(scenario);
  suite.Always({{"to", static_cast<int64_t>(to)}})
      .With(&AddBare)
      .With(&AddBaseline)
      .With(&AddPublished)
      .With(&AddReference);
  return suite;
}

const bool registered[] = {
    To(MovesTo::kMemory, "SpliceWriteTo/ToMemory")
        .Quick({{{"size", 1 << 20}}})
        .Rows({{{"size", 1 << 10}}, {{"size", 32 << 10}}, {{"size", 16 << 20}}})
        .Register(),
    To(MovesTo::kDisk, "SpliceWriteTo/ToDisk").Rows({{{"size", 1 << 20}}}).Register(),
    To(MovesTo::kSocket, "SpliceWriteTo/ToSocket")
        .Rows(
            {{{"size", 1 << 20}}, {{"size", 1 << 10}}, {{"size", 32 << 10}}, {{"size", 16 << 20}}})
        .Register(),
};

}  // namespace
}  // namespace tare::suites
