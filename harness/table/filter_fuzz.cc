// SPDX-License-Identifier: Apache-2.0
// libFuzzer's entry: any bytes as a filter.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "table/fixture/try_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tare::table::TryFilter({reinterpret_cast<const char*>(data), size});
  return 0;
}
