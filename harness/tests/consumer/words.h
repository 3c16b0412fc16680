// SPDX-License-Identifier: Apache-2.0
// The words of a line: copied, and without copying them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

// Calls `take` with each word of `line`.
template <class Take>
void ForEachWord(std::string_view line, Take take) {
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find(' '));
    if (!word.empty()) take(word);
    line.remove_prefix(word.size() < line.size() ? word.size() + 1 : word.size());
  }
}

inline std::vector<std::string> CopyWords(std::string_view line) {
  std::vector<std::string> words;
  ForEachWord(line, [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

// Keeps its memory from line to line.
class Words {
 public:
  // The words of `line`, until the next call, while `line` lives.
  const std::vector<std::string_view>& Split(std::string_view line) {
    words_.clear();
    ForEachWord(line, [&](std::string_view word) { words_.push_back(word); });
    return words_;
  }

 private:
  std::vector<std::string_view> words_;
};
