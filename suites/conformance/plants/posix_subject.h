// SPDX-License-Identifier: Apache-2.0
// A sound subject from plain system calls: poll(2), and a pipe to wake whoever waits in it.
#pragma once

#include <memory>

#include "suites/conformance/conn.h"

namespace tare::conformance {

// TCP and UDP over 127.0.0.1. No threads of its own, and nothing of the rest of this repository.
std::unique_ptr<Subject> MakePosixSubject();

}  // namespace tare::conformance
