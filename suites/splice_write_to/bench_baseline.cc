// SPDX-License-Identifier: Apache-2.0
// The copy through a buffer of the user's, on each backend.
#include "impl/splice_write_to/baseline.h"

#include "suites/splice_write_to/scenarios.h"

namespace tare::suites {

void AddBaseline(Splices& suite) {
  suite.Baseline<io::splice_write_to::Baseline>();
}

void AddBaselineOverEpoll(Splices& suite) {
  suite.OnBackend<io::splice_write_to::Baseline, io::Epoll>("baseline");
}

}  // namespace tare::suites
