// SPDX-License-Identifier: Apache-2.0
// The mode of a sample that should have only one value.
#include "stat/exact.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "stat/ascending.h"

namespace tare::stat {

ExactValue SummarizeExact(std::span<const double> sample) {
  std::vector<double> sorted(sample.begin(), sample.end());
  std::sort(sorted.begin(), sorted.end(), Ascending);
  ExactValue exact{.value = sorted.front(), .range = {sorted.front(), sorted.back()}};
  size_t most = 0;
  for (size_t i = 0, end = 0; i < sorted.size(); i = end) {
    end = i + 1;  // a NaN does not even equal itself
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    if (end < sorted.size()) exact.warning = Warning::kUnstable;
    if (end - i > most) {
      most = end - i;
      exact.value = sorted[i];
    }
  }
  return exact;
}

}  // namespace tare::stat
