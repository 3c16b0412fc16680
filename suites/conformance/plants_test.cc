// SPDX-License-Identifier: Apache-2.0
// Every row passes on the sound subject, and fails, saying why, where its fault is planted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "suites/conformance/plants/faults.h"
#include "suites/conformance/row.h"

namespace tare::conformance {

// What GoogleTest shows in place of the bytes.
static void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

namespace {

using testing::HasSubstr;

struct Printed {
  int status = -1;
  std::string out;
};

Printed Conform(const std::string& args) {
  Printed run;
  std::FILE* const pipe = popen((std::string(CONFORM_PLANTED) + " " + args).c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  char bytes[4096];
  while (const size_t n = std::fread(bytes, 1, sizeof bytes, pipe)) run.out.append(bytes, n);
  run.status = pclose(pipe) >> 8;
  return run;
}

std::string Args(const std::string& backend, const std::string& row) {
  return "--backend=" + backend + " --row=" + row;
}

std::string Readable(std::string name) {
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

class Sound : public testing::TestWithParam<const Row*> {};

TEST_P(Sound, Passes) {
  const Printed run = Conform(Args("sound", GetParam()->id));
  EXPECT_EQ(run.status, 0) << run.out;
  EXPECT_THAT(run.out, HasSubstr("rows: 1 pass"));
}

std::vector<const Row*> AllRows() {
  std::vector<const Row*> rows;
  for (const Theme& theme : Themes()) {
    for (const Row& row : theme.rows) rows.push_back(&row);
  }
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, Sound, testing::ValuesIn(AllRows()),
                         [](const auto& named) { return Readable(named.param->id); });

class Planted : public testing::TestWithParam<Fault> {};

TEST_P(Planted, IsCaught) {
  const Fault& fault = GetParam();
  const Printed run = Conform(Args(fault.name, fault.row));
  EXPECT_EQ(run.status, 1) << run.out;
  EXPECT_THAT(run.out, HasSubstr(", 1 fail ("));
  EXPECT_THAT(run.out, HasSubstr(fault.sign));
}

INSTANTIATE_TEST_SUITE_P(Faults, Planted, testing::ValuesIn(Faults().begin(), Faults().end()),
                         [](const auto& named) {
                           return Readable(std::string(named.param.row) + "_" + named.param.name);
                         });

class ProgramFault : public testing::TestWithParam<Fault> {};

TEST_P(ProgramFault, IsTold) {
  const Fault& fault = GetParam();
  const Printed run = Conform(Args(fault.name, fault.row) + " --scale=1 --timeout=1");
  EXPECT_EQ(run.status, 1) << run.out;
  EXPECT_THAT(run.out, HasSubstr(fault.sign));
}

INSTANTIATE_TEST_SUITE_P(Faults, ProgramFault,
                         testing::ValuesIn(ProgramFaults().begin(), ProgramFaults().end()),
                         [](const auto& named) { return std::string(named.param.name); });

TEST(Faults, ThereIsOneForEveryRow) {
  std::set<std::string> caught;
  for (const Fault& fault : Faults()) caught.insert(fault.row);
  for (const Row* row : AllRows()) EXPECT_TRUE(caught.count(row->id)) << row->id;
}

}  // namespace
}  // namespace tare::conformance
