// SPDX-License-Identifier: Apache-2.0
// What it costs to bring bytes from a connection into a file, or into another connection. Here are
// the rows and the order of everything; bench_*.cc compile the timed loops.
#include <vector>

#include "suites/splice_write_to/scenarios.h"

namespace tare::suites {
namespace {

Splices To(MovesTo to, const char* scenario, int64_t piece = 0) {
  Splices suite(scenario);
  suite.Always({{"to", static_cast<int64_t>(to)}, {"piece", piece}});
  return suite;
}

void AddAll(Splices& suite) {
  suite.With(&AddBare).With(&AddBaseline).With(&AddPublished).With(&AddReference).With(&AddRing);
}

// What takes a third of a second and more: over one backend, for the calls are the same over all.
void AddOverEpoll(Splices& suite) {
  suite.With(&AddBare).With(&AddBaselineOverEpoll).With(&AddReferenceOverEpoll);
}

using Lines = std::vector<Row>;

// The pipe holds a mebibyte, and what a socket brings at once ends at other places.
Lines AroundBoundaries() {
  return {{{"size", (64 << 10) - 1}},
          {{"size", (64 << 10) + 1}},
          {{"size", (1 << 20) - 1}},
          {{"size", (1 << 20) + 1}}};
}
Lines Huge() {
  return {{{"size", 256 << 20}}, {{"size", 1 << 30}}};
}

const bool registered[] = {
    To(MovesTo::kMemory, "SpliceWriteTo/ToMemory")
        .With(&AddAll)
        .Quick({{{"size", 1 << 20}}})
        .Rows({{{"size", 1 << 10}}, {{"size", 32 << 10}}, {{"size", 16 << 20}}})
        .Register(),
    To(MovesTo::kMemory, "SpliceWriteTo/ToMemory")
        .With(&AddOverEpoll)
        .Rows(AroundBoundaries())
        .Rows(Huge())
        .Register(),
    To(MovesTo::kDisk, "SpliceWriteTo/ToDisk").With(&AddAll).Rows({{{"size", 1 << 20}}}).Register(),
    To(MovesTo::kDisk, "SpliceWriteTo/ToDisk")
        .With(&AddOverEpoll)
        .Rows({{{"size", 1 << 10}}, {{"size", 256 << 20}}})
        .Register(),
    To(MovesTo::kSocket, "SpliceWriteTo/ToSocket")
        .With(&AddAll)
        .Rows(
            {{{"size", 1 << 20}}, {{"size", 1 << 10}}, {{"size", 32 << 10}}, {{"size", 16 << 20}}})
        .Register(),
    // Bytes that come one by one, 64 a trip.
    To(MovesTo::kMemory, "SpliceWriteTo/Trickle", /*piece=*/1)
        .With(&AddAll)
        .Rows({{{"size", 64}}})
        .Register(),
};

}  // namespace
}  // namespace tare::suites
