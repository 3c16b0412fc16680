// SPDX-License-Identifier: Apache-2.0
// OpQueue: operations in line, linked through themselves.
#pragma once

#include "impl/base/op.h"

namespace tare::io {

// First in, first out. Not thread-safe. An Op is in at most one queue.
class OpQueue {
 public:
  OpQueue() = default;
  OpQueue(const OpQueue&) = delete;
  OpQueue& operator=(const OpQueue&) = delete;

  bool empty() const noexcept { return head_ == nullptr; }

  void Push(Op& op) noexcept {
    op.next = nullptr;
    *tail_ = &op;
    tail_ = &op.next;
  }

  // nullptr when empty. The popped Op belongs to the caller, who may push it again at once.
  Op* Pop() noexcept {
    Op* op = head_;
    if (op == nullptr) return nullptr;
    head_ = op->next;
    if (head_ == nullptr) tail_ = &head_;
    return op;
  }

  // Moves everything in `other` to the end of this queue.
  void Take(OpQueue& other) noexcept {
    if (other.empty()) return;
    *tail_ = other.head_;
    tail_ = other.tail_;
    other.head_ = nullptr;
    other.tail_ = &other.head_;
  }

 private:
  Op* head_ = nullptr;
  Op** tail_ = &head_;
};

}  // namespace tare::io
