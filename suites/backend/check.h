// SPDX-License-Identifier: Apache-2.0
// How a sentence of the contract is written as a check, proved on every backend, and shown to catch
// planted faults.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "suites/support/backend_types.h"

namespace tare::io::contract {

// CONTRACT_SUITE(CancelTest);
// CONTRACT(CancelTest, S13_WhatItProves) {    // the number is that of the sentence in backend.h
//   Bed<B> bed;                               // B: the backend
//   ...
//   MUST(call.result.n == 3);                 // ends the check with these words if not
//   return bed.verdict();                     // "" or what was wrong
// }
// CATCHES(CancelTest, S13_WhatItProves, LosesBytes, "call.result.n == 3");
//
// A check is a function of the backend, so that it can also be shown one that breaks the sentence:
// LosesBytes<B>.
#define CONTRACT_SUITE(Suite)            \
  template <class B>                     \
  class Suite : public testing::Test {}; \
  TYPED_TEST_SUITE(Suite, suites::AllBackends, suites::BackendNames)

#define CONTRACT(Suite, name)          \
  template <class B>                   \
  std::string name();                  \
  TYPED_TEST(Suite, name) {            \
    Prove<TypeParam>(name<TypeParam>); \
  }                                    \
  template <class B>                   \
  std::string name()

#ifdef TARE_OVER_MODES  // the program over the backends has shown it
#define CATCHES(Suite, name, Fault, words)
#else
#define CATCHES(Suite, name, Fault, words)                 \
  TYPED_TEST(Suite, name##_Catches##Fault) {               \
    ProveCaught<TypeParam>(name<Fault<TypeParam>>, words); \
  }
#endif

#define MUST(condition)                                               \
  do {                                                                \
    if (!(condition)) return Failure(__FILE__, __LINE__, #condition); \
  } while (false)

inline std::string Failure(const char* file, int line, const char* condition) {
  return std::string(file) + ":" + std::to_string(line) + ": not true: " + condition;
}

// The verdict of a check that has nothing to look at here.
inline std::string NotApplicable(const std::string& reason) {
  std::printf("not applicable: %s\n", reason.c_str());
  return "";
}

// Whether the tests of B have nothing to run on.
template <class B>
bool CannotRun() {
  const char* why = B::WhyNot();
  return why != nullptr && NotApplicable(why).empty();
}

// Of checks in which a send must end although the peer is silent.
template <class B>
inline constexpr bool kHolds = (B::kFeatures & kHoldsSends) != 0;
inline constexpr char kHeld[] = "here a send is held until the peer has what was sent";

template <class B>
void Prove(std::string (*check)()) {
  if (CannotRun<B>()) return;
  EXPECT_EQ(check(), "");
}

template <class B>
void ProveCaught(std::string (*check)(), const std::string& words) {
  if (CannotRun<B>()) return;
  EXPECT_THAT(check(), testing::HasSubstr(words));
}

}  // namespace tare::io::contract
