// SPDX-License-Identifier: Apache-2.0
// What checks are written with: wants that end the row, bounds in time, seeded randomness.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include "suites/conformance/conn.h"
#include "suites/conformance/row.h"

namespace tare::conformance {

// Where in a check something is said. As the default argument of a helper it is the helper's
// caller.
struct Place {
  const char* file = "";
  int line = 0;

  static constexpr Place Here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};
// "rows/deadline.cc:12".
std::string Show(Place at);

// Ends the row, and with it the process, from any thread. Of several the first one is told.
[[noreturn]] void Fail(Place at, std::string_view why);
[[noreturn]] void End(Outcome outcome, std::string_view detail);

std::string Show(const Result& r);  // "n=0 timeout"
std::string Show(Error e);
std::string Show(Duration d);  // "12.3 ms"
std::string Show(uint64_t n);
inline std::string Show(std::string_view text) {
  return std::string(text);
}

// The condition, and what to show if it does not hold: any of the above.
#define TARE_WANT(condition, got) TARE_WANT_AT(::tare::conformance::Place::Here(), condition, got)
#define TARE_WANT_AT(at, condition, got)    \
  ((condition) ? static_cast<void>(0)       \
               : ::tare::conformance::Fail( \
                     at, "want " #condition "; got " + ::tare::conformance::Show(got)))

// How a call must have ended.
void Want(Error error, const Result& r, Place at = Place::Here());
// The same, with n = 0.
void WantNothing(Error error, const Result& r, Place at = Place::Here());

// What all rows of this process share; set once, before the row.
struct Setting {
  uint64_t seed = 1;
  double scale = 1;
};
void Set(const Setting& setting);

// A time as a promise or a check names it, on this machine: times the scale.
Duration Scaled(Duration d);
// How long "promptly" and "at once" may take.
Duration Prompt();
// How long to watch for what must not happen.
Duration Watch();

// Numbers that depend on the seed and on `stream`, to be different for different threads.
class Random {
 public:
  explicit Random(uint64_t stream);
  uint64_t Below(uint64_t bound) { return engine_() % bound; }
  void Fill(std::span<std::byte> to);

 private:
  std::mt19937_64 engine_;
};

}  // namespace tare::conformance
