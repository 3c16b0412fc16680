// SPDX-License-Identifier: Apache-2.0
// What can be said of an operation without making it.
#include "impl/base/op.h"

#include <algorithm>

namespace tare::io {

uint64_t BytesOf(const Op& op) noexcept {
  if (op.kind == Op::Kind::kSendFile) return op.part->size;
  uint64_t bytes = 0;
  for (size_t i = 0; i < std::min(op.size, kMostPieces); ++i) bytes += op.message->pieces[i].size;
  return bytes;
}

size_t ConsumePieces(Op& op, size_t n) noexcept {
  Message& message = *op.message;
  while (op.size > 0 && n >= message.pieces->size) {
    n -= message.pieces->size;
    ++message.pieces;
    --op.size;
  }
  if (op.size == 0) return 0;
  message.pieces->data += n;
  message.pieces->size -= n;
  return BytesOf(op);
}

}  // namespace tare::io
