// SPDX-License-Identifier: Apache-2.0
// How a row ends early, and how values look in messages.
#include "suites/conformance/check.h"

#include <atomic>
#include <cstdio>
#include <thread>

#include "suites/conformance/system.h"

namespace tare::conformance {
namespace {

Setting g_setting;

}  // namespace

std::string Show(Place at) {
  std::string_view file = at.file;
  // The folder and the file: what comes before is this machine's affair.
  const size_t folder = file.rfind('/');
  const size_t cut = folder == 0 || folder == file.npos ? file.npos : file.rfind('/', folder - 1);
  if (cut != file.npos) file.remove_prefix(cut + 1);
  return std::string(file) + ":" + std::to_string(at.line);
}

void Fail(Place at, std::string_view why) {
  End(Outcome::kFail, Show(at) + ": " + std::string(why));
}

void End(Outcome outcome, std::string_view detail) {
  static std::atomic<bool> ended{false};
  if (ended.exchange(true)) {
    // Another thread has been first and is about to end the process.
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }
  SendReport(std::string(Name(outcome)) + "\t" + std::string(detail) + "\n");
  std::fflush(nullptr);
  std::_Exit(0);
}

std::string Show(const Result& r) {
  std::string text = "n=" + std::to_string(r.n) + " " + std::string(Name(r.error));
  if (r.os != 0) text += " (system code " + std::to_string(r.os) + ")";
  return text;
}
std::string Show(Error e) {
  return std::string(Name(e));
}
std::string Show(Duration d) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms", std::chrono::duration<double, std::milli>(d).count());
  return text;
}
std::string Show(uint64_t n) {
  return std::to_string(n);
}

void Want(Error error, const Result& r, Place at) {
  if (r.error != error) Fail(at, "want " + Show(error) + "; got " + Show(r));
}
void WantNothing(Error error, const Result& r, Place at) {
  if (r.error != error || r.n != 0) Fail(at, "want n=0 " + Show(error) + "; got " + Show(r));
}

void Set(const Setting& setting) {
  g_setting = setting;
}

Duration Scaled(Duration d) {
  return std::chrono::duration_cast<Duration>(d * g_setting.scale);
}
Duration Prompt() {
  return Scaled(std::chrono::seconds(2));
}
Duration Watch() {
  return Scaled(std::chrono::milliseconds(50));
}

Random::Random(uint64_t stream) {
  std::seed_seq seeds{g_setting.seed, g_setting.seed >> 32, stream};
  engine_.seed(seeds);
}

void Random::Fill(std::span<std::byte> to) {
  for (std::byte& b : to) b = static_cast<std::byte>(Below(256));
}

}  // namespace tare::conformance
