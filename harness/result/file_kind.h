// SPDX-License-Identifier: Apache-2.0
// Files that are given as results and are something else: said by name, with what to give instead.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tare::result {

// Of how many bytes from the beginning of a file NotResults must be shown, or of all of it.
inline constexpr size_t kTellingBytes = 4096;

// What the file that begins like this is, and what to do about it, such as "compressed by gzip:
// unpack it first"; the empty string where it may be results. Known are what is empty or blank,
// compressed and packed files, UTF-16 (encoding.h), CSV (Google Benchmark's and any with a line of
// headers), and the table that Google Benchmark prints on a terminal.
std::string NotResults(std::string_view beginning);

}  // namespace tare::result
