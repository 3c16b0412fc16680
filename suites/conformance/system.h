// SPDX-License-Identifier: Apache-2.0
// What the kit asks of the operating system; one source file for each system.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suites/conformance/conn.h"

namespace tare::conformance {

// How a program that was started has ended.
struct ChildEnd {
  std::string fault;   // not empty: it could not be started, and this is why
  std::string report;  // what it sent
  int exit_status = 0;
  int signal = 0;       // that ended it, if one did
  bool killed = false;  // it had not ended within the limit
};

// Runs this program once more, with `args` and its standard output going to standard error, and
// waits for its end for at most `limit`.
ChildEnd RunSelf(const std::vector<std::string>& args, Duration limit);

// In a program that RunSelf has started: before anything else, and false if it was not.
bool AdoptReportHandle();
// Sends to whoever called RunSelf.
void SendReport(std::string_view report);

// Why no TCP connection can be made over loopback; "" if one was.
std::string WhySocketsFail();

// Every handle that this process has open, with its number and kind ("7: socket"); nothing where
// the system does not tell.
std::optional<std::vector<std::string>> OpenHandles();
std::optional<size_t> ThreadCount();

}  // namespace tare::conformance
