// SPDX-License-Identifier: Apache-2.0
// sched_getaffinity and sched_setaffinity with masks large enough for any machine.
#include "cli/cpus.h"

#include <sched.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tare::cli {
namespace {

// 16,384 CPUs: the kernel refuses to report into a mask smaller than its own.
constexpr size_t kBitsPerWord = sizeof(unsigned long) * CHAR_BIT;
constexpr size_t kWords = 16384 / kBitsPerWord;
constexpr size_t kBytes = kWords * sizeof(unsigned long);

}  // namespace

std::vector<int> AllowedCpus() {
  std::vector<unsigned long> words(kWords);
  std::vector<int> cpus;
  if (sched_getaffinity(0, kBytes, reinterpret_cast<cpu_set_t*>(words.data())) == 0) {
    for (size_t cpu = 0; cpu < kWords * kBitsPerWord; ++cpu) {
      if ((words[cpu / kBitsPerWord] >> (cpu % kBitsPerWord) & 1) != 0) {
        cpus.push_back(static_cast<int>(cpu));
      }
    }
  }
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

std::string FormatCpus(const std::vector<int>& cpus) {
  std::string text;
  for (size_t i = 0; i < cpus.size();) {
    size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    absl::StrAppend(&text, text.empty() ? "" : ",", cpus[i]);
    if (last > i) absl::StrAppend(&text, "-", cpus[last]);
    i = last + 1;
  }
  return text;
}

std::optional<std::vector<int>> ParseCpus(absl::string_view text) {
  std::set<int> cpus;
  for (const absl::string_view range : absl::StrSplit(text, ',')) {
    const std::vector<absl::string_view> ends = absl::StrSplit(range, absl::MaxSplits('-', 1));
    int first = 0, last = 0;
    for (const absl::string_view end : ends) {  // SimpleAtoi takes signs and white space
      if (end.empty() || !std::all_of(end.begin(), end.end(), absl::ascii_isdigit)) return {};
    }
    if (!absl::SimpleAtoi(ends.front(), &first) || !absl::SimpleAtoi(ends.back(), &last)) return {};
    if (last < first || last >= static_cast<int>(kWords * kBitsPerWord)) return {};
    for (int cpu = first; cpu <= last; ++cpu) cpus.insert(cpu);
  }
  return std::vector<int>(cpus.begin(), cpus.end());
}

CpuMask::CpuMask(const std::vector<int>& cpus) : words_(kWords), empty_(cpus.empty()) {
  for (const int cpu : cpus) {
    words_[static_cast<size_t>(cpu) / kBitsPerWord] |= 1UL
                                                       << (static_cast<size_t>(cpu) % kBitsPerWord);
  }
}

bool CpuMask::ApplyToThisThread() const {
  return sched_setaffinity(0, kBytes, reinterpret_cast<const cpu_set_t*>(words_.data())) == 0;
}

}  // namespace tare::cli
