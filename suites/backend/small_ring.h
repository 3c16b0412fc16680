// SPDX-License-Identifier: Apache-2.0
// A mode of io_uring whose queues are soon full.
#pragma once

#include <string_view>

#include "impl/backend/io_uring.h"

namespace tare::io::contract {

// With four entries in the submission queue and eight in the other one.
template <bool sqpoll>
struct Small {
  static constexpr std::string_view kMode = "small";
  static constexpr IoUringOptions kOptions = {.sqpoll = sqpoll, .submissions = 4, .completions = 8};
};

}  // namespace tare::io::contract
