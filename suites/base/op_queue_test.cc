// SPDX-License-Identifier: Apache-2.0
// OpQueue: first in, first out, also after it has been empty or has given all away.
#include "impl/base/op_queue.h"

#include <gtest/gtest.h>

namespace tare::io {
namespace {

TEST(OpQueueTest, IsUsableAfterItsLastWasTaken) {
  OpQueue queue;
  Op a, b;
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(queue.empty());
    queue.Push(a);
    EXPECT_EQ(queue.Pop(), &a);
    EXPECT_EQ(queue.Pop(), nullptr);
    queue.Push(a);
    queue.Push(b);
    EXPECT_EQ(queue.Pop(), &a);
    EXPECT_EQ(queue.Pop(), &b);
  }
}

TEST(OpQueueTest, WhatIsTakenIsInTheOtherAlone) {
  OpQueue from, to;
  Op a, b, c;
  to.Push(a);
  from.Push(b);
  to.Take(from);
  EXPECT_TRUE(from.empty());
  from.Push(c);
  EXPECT_EQ(to.Pop(), &a);
  EXPECT_EQ(to.Pop(), &b);
  EXPECT_EQ(to.Pop(), nullptr);
  EXPECT_EQ(from.Pop(), &c);
}

}  // namespace
}  // namespace tare::io
