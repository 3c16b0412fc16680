// SPDX-License-Identifier: Apache-2.0
// The CPUs that a process may run on: asked, applied, printed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tare::cli {

// The CPUs that this process may run on, in ascending order (the kernel lists online ones only).
// Never empty.
std::vector<int> AllowedCpus();

// Such as "0-3,8".
std::string FormatCpus(const std::vector<int>& cpus);

// The same read back: ascending, each once. Nothing where the text is no such list.
std::optional<std::vector<int>> ParseCpus(absl::string_view text);

// A set of CPUs in the kernel's form, made beforehand so that applying it allocates nothing.
class CpuMask {
 public:
  explicit CpuMask(const std::vector<int>& cpus);

  bool empty() const { return empty_; }
  // Async-signal-safe. False with errno set where the kernel refuses.
  bool ApplyToThisThread() const;

 private:
  std::vector<unsigned long> words_;  // bit i of word w: CPU w * (bits of a word) + i
  bool empty_;
};

}  // namespace tare::cli
