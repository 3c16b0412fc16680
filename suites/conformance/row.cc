// SPDX-License-Identifier: Apache-2.0
// The table of themes, and the names of errors and outcomes.
#include "suites/conformance/row.h"

namespace tare::conformance {

std::span<const Theme> Themes() {
  static const Theme themes[] = {
      {"io", kIoRows},       {"eof", kEofRows},       {"deadline", kDeadlineRows},
      {"close", kCloseRows}, {"cancel", kCancelRows}, {"resource", kResourceRows},
  };
  return themes;
}

std::string_view Name(Error error) {
  switch (error) {
    case Error::kOk:
      return "ok";
    case Error::kEof:
      return "eof";
    case Error::kTimeout:
      return "timeout";
    case Error::kClosed:
      return "closed";
    case Error::kRefused:
      return "refused";
    case Error::kReset:
      return "reset";
    case Error::kShutdown:
      return "shutdown";
    case Error::kUnsupported:
      return "unsupported";
    case Error::kOther:
      return "other";
  }
  return "?";
}

std::string_view Name(Part part) {
  switch (part) {
    case Part::kNone:
      return "nothing";
    case Part::kPackets:
      return "packet sockets";
  }
  return "?";
}

std::string_view Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "pass";
    case Outcome::kDeviation:
      return "deviation";
    case Outcome::kNotApplicable:
      return "not applicable";
    case Outcome::kNotRun:
      return "not run";
    case Outcome::kFail:
      return "fail";
    case Outcome::kTimeout:
      return "timeout";
    case Outcome::kBrokenEnvironment:
      return "broken environment";
  }
  return "?";
}

}  // namespace tare::conformance
