// SPDX-License-Identifier: Apache-2.0
// Reads the command line and TARE_TIME_SCALE.
#include "suites/conformance/options.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

#if defined(__has_feature)
#define TARE_HAS_FEATURE(x) __has_feature(x)
#else
#define TARE_HAS_FEATURE(x) 0
#endif

namespace tare::conformance {
namespace {

// How much slower this build is than the one that the bounds in time are made for.
constexpr double DefaultScale() {
#if defined(__SANITIZE_THREAD__) || TARE_HAS_FEATURE(thread_sanitizer)
  return 5;
#elif defined(__SANITIZE_ADDRESS__) || TARE_HAS_FEATURE(address_sanitizer)
  return 3;
#else
  return 1;
#endif
}

template <class T>
bool Number(std::string_view text, T least, T most, T* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size() && *value >= least &&
         *value <= most;
}

bool Scale(std::string_view text, double* scale) {
  return Number(text, 0.1, 1000.0, scale);
}

// One flag with its value; false if the value is none.
bool Take(std::string_view flag, std::string_view value, Options* o) {
  if (flag == "--backend") o->backend = value;
  if (flag == "--row") o->rows.emplace_back(value);
  if (flag == "--json") o->json = value;
  if (flag == "--seed") return Number(value, uint64_t{0}, UINT64_MAX, &o->seed);
  if (flag == "--scale") return Scale(value, &o->scale);
  if (flag == "--timeout") return Number(value, 0.1, 86400.0, &o->timeout);
  return !value.empty();
}

bool TakesValue(std::string_view flag) {
  for (const char* known : {"--backend", "--row", "--json", "--seed", "--scale", "--timeout"}) {
    if (flag == known) return true;
  }
  return false;
}

}  // namespace

std::string Parse(int argc, char** argv, Options* o) {
  o->scale = DefaultScale();
  if (const char* scale = std::getenv("TARE_TIME_SCALE"); scale != nullptr) {
    if (!Scale(scale, &o->scale)) {
      return "TARE_TIME_SCALE='" + std::string(scale) + "': want a factor from 0.1 to 1000";
    }
  }
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    const size_t equals = arg.find('=');
    const std::string flag(arg.substr(0, equals));
    if (TakesValue(flag)) {
      std::string_view value;
      if (equals != arg.npos) {
        value = arg.substr(equals + 1);
      } else if (++i < argc) {
        value = argv[i];
      } else {
        return flag + ": its value is missing; see --help";
      }
      if (!Take(flag, value, o)) {
        return flag + "='" + std::string(value) + "': no such value; see --help";
      }
    } else if (arg == "--list-json") {
      o->list_json = true;
    } else if (arg == "--trial") {
      o->trial = true;
    } else if (arg == "--help" || arg == "-h") {
      o->help = true;
    } else {
      return "unknown argument '" + std::string(arg) + "'; see --help";
    }
  }
  return "";
}

std::string Help(const Program& program) {
  return "usage: conform_" + program.subject +
         " --backend=B [--row ID]... [--seed N] [--scale X] [--timeout S] [--json FILE]\n"
         "       conform_" +
         program.subject +
         " --list-json\n\n"
         "Runs the rows of the conformance kit, each in a process of its own.\n\n"
         "  --backend=B    what the subject runs on; an unknown name lists them\n"
         "  --row ID       only this row; DL-02 stands for its parts DL-02a, DL-02r, ...\n"
         "  --seed N       of all randomness (default 1)\n"
         "  --scale X      stretches every bound in time, 0.1 to 1000 (default: TARE_TIME_SCALE,\n"
         "                 else 1, more under a sanitizer)\n"
         "  --timeout S    seconds before scaling after which a row is ended (default 30)\n"
         "  --json FILE    writes the outcomes there too\n"
         "  --list-json    prints id, promise, theme and needs of every row\n\n"
         "Exit status:\n"
         "  0  every row passed, or deviates, does not apply or did not run as documented\n"
         "  1  a row failed or timed out\n"
         "  2  usage: unknown flag, backend or row, FILE cannot be written\n"
         "  4  nothing to judge: the subject has no backend\n"
         "  5  fault: a row could not be started, or the machine has no working sockets\n";
}

}  // namespace tare::conformance
