// SPDX-License-Identifier: Apache-2.0
// The reference on each backend.
#include "impl/splice_write_to/reference.h"

#include "suites/splice_write_to/scenarios.h"

namespace tare::suites {

void AddReference(Splices& suite) {
  suite.Reference<io::splice_write_to::Reference>();
}

void AddReferenceOverEpoll(Splices& suite) {
  suite.OnBackend<io::splice_write_to::Reference, io::Epoll>("reference");
}

}  // namespace tare::suites
