// SPDX-License-Identifier: Apache-2.0
// Suite: one body times variants times backends times rows, as Google Benchmark registrations.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "impl/backend/backends.h"
#include "suites/support/row.h"
#include "tare/benchmem.h"
#include "tare/meter.h"

namespace tare::suites {

// clang-format off
// A body is the one program that all variants of a scenario run. It is made in each thread of a
// row, and destroyed there.
//   Body(const Row&)      keeps the parameters; does nothing yet
//   std::string Open()    readies everything, untimed; "" or what went wrong; where that begins
//                         with kNotApplicable, the row is absent for the reason behind it
//   std::string Check()   does the operation once, untimed, and looks at the answer; "" or what is
//                         wrong with it
//   int64_t PerCall()     how many operations one call of Trip makes
//   bool Trip()           the timed operation; false when it failed
//   std::string Error()   after that: how
//   static int64_t Counted(const Row&)   over how many operations counts are taken: 1,000, or fewer
//                         where that would take more than 0.1 s
//   static constexpr bool kLibraryApart  may be left out; true: allocations are given apart as ours
//                         and a library's (tare/account.h)
// clang-format on

// In place of a Meter, where nothing is given apart.
struct NoMeter {
  explicit NoMeter(benchmark::State&) {}
};

class LibraryMeter : public Meter {
 public:
  explicit LibraryMeter(benchmark::State& state) : Meter(state, Meter::kLibraryApart) {}
};

template <class Body>
concept GivesLibraryApart = requires {
  requires Body::kLibraryApart;
};

// Checks the body, then times it: a wrong answer is reported and never timed.
template <class Body>
void Time(benchmark::State& state, const Row& row) {
  Body body(row);
  std::string wrong = body.Open();
  if (wrong.empty()) wrong = body.Check();
  if (!wrong.empty()) {
    state.SkipWithError(wrong.c_str());
    return;
  }
  [[maybe_unused]] const std::conditional_t<GivesLibraryApart<Body>, LibraryMeter, NoMeter> meter(
      state);
  bool good = true;
  if (const int64_t per_call = body.PerCall(); per_call == 1) {
    for (auto _ : state) {
      good = body.Trip();
      if (!good) break;
    }
  } else {
    while (good && state.KeepRunningBatch(per_call)) good = body.Trip();
  }
  if (!good) state.SkipWithError(body.Error().c_str());
}

// What is known of a body of one variant without its type: all that a row needs.
struct Timed {
  void (*time)(benchmark::State&, const Row&) = nullptr;
  const char* (*why_not)() = nullptr;
  int64_t (*counted)(const Row&) = nullptr;
};

// Rows and variants of a scenario; of its bodies it knows no type, so that nothing here is compiled
// again for each.
class SuiteRows {
 public:
  using Where = bool (*)(const Row&);

 protected:
  struct Line {
    Row row;
    bool quick;
  };
  // A variant on what it runs on: neither a backend nor a mode, or one, or both.
  struct Column {
    std::string variant;
    std::string_view backend, mode;
    Timed timed;
    std::string absent;  // instead of `timed`: why it is not in this binary
    Where on, quick;     // may be null: on all rows
  };

  explicit SuiteRows(std::string scenario) : scenario_(std::move(scenario)) {}
  void Add(std::vector<Row> rows, bool quick);
  void RegisterAll() const;

  std::vector<Line> lines_, mode_lines_;
  std::vector<Column> columns_, mode_columns_;
  std::vector<Param> always_;

 private:
  void RegisterOne(const Line& line, const Column& column) const;

  std::string scenario_;
};

// Suite<RoundTripsOf>("FdOps/TCP4Persistent")
//     .Quick({{{"size", 512}}}).Rows({{{"size", 64}}, {{"size", 4096}}})
//     .Floor<Floor>().PerBackend<Reference>("reference").Register();
//
// Registers, row by row, all variants side by side. A variant is a type V that makes Body<V>, with
// V::WhyNot(): where that gives a reason the row stays in the table, with it. So do the rows of
// backends that are not in this binary.
//
// Whoever names a variant compiles its timed loop, in all scenarios of the file. A suite of several
// variants therefore has a file for each, with a function that adds it to a Suite&, and the order
// of rows and variants in its bench.cc.
template <template <class> class Body>
class Suite : public SuiteRows {
 public:
  explicit Suite(std::string scenario) : SuiteRows(std::move(scenario)) {}

  // Parameters of all rows that the scenario's name says already: they are not in the rows' names.
  Suite& Always(std::vector<Param> params) {
    always_ = std::move(params);
    return *this;
  }

  // Rows that `tare run --quick` runs too.
  Suite& Quick(std::vector<Row> rows) {
    Add(std::move(rows), true);
    return *this;
  }
  Suite& Rows(std::vector<Row> rows) {
    Add(std::move(rows), false);
    return *this;
  }

  // Rows of the modes of the backends: in those of PerMode's variants, at the parameters of rows
  // given before.
  Suite& InModes(std::vector<Row> rows) {
    for (Row& row : rows) mode_lines_.push_back({std::move(row), false});
    return *this;
  }

  // What another file adds to suites of this body.
  Suite& With(void (*add)(Suite&)) {
    add(*this);
    return *this;
  }

  // A variant without backends, such as a floor or a library that has its own; on those rows alone
  // for which `on` is true, and quick on no others than those for which `quick` is, if they are
  // given.
  template <class V>
  Suite& Variant(std::string name, Where on = nullptr, Where quick = nullptr) {
    columns_.push_back({std::move(name), "", "", TimedOf<V>(), "", on, quick});
    return *this;
  }

  // A variant made of each backend: V<B>.
  template <template <class> class V>
  Suite& PerBackend(const std::string& name) {
    AddEach<V>(name, io::Backends{}, columns_);
    AddAbsent(name);
    return *this;
  }

  // A variant made of one backend alone.
  template <template <class> class V, class B>
  Suite& OnBackend(const std::string& name) {
    AddOn<V<B>, B>(name, columns_);
    return *this;
  }

  // A variant made of each backend for which there is a V<B>, without kUnwritten.
  template <template <class> class V>
  Suite& WhereWritten(const std::string& name) {
    AddWritten<V>(name, io::Backends{});
    AddAbsent(name);
    return *this;
  }

  // The same variant in the modes of the backends, on the rows of InModes. Where V<B>::kUnwritten
  // there is none.
  template <template <class> class V>
  Suite& PerMode(const std::string& name) {
    AddEach<V>(name, io::Modes{}, mode_columns_);
    return *this;
  }

  // The names of the constitution.
  template <class V>
  Suite& Floor() {
    return Variant<V>("floor");
  }
  template <template <class> class V>
  Suite& HandLoop() {
    return PerBackend<V>("hand_loop");
  }
  template <template <class> class V>
  Suite& Baseline() {
    return PerBackend<V>("baseline");
  }
  template <template <class> class V>
  Suite& Reference() {
    return PerBackend<V>("reference");
  }

  bool Register() const {
    RegisterAll();
    return true;
  }

 private:
  template <class V>
  static Timed TimedOf() {
    return {&Time<Body<V>>, &V::WhyNot, &Body<V>::Counted};
  }

  template <template <class> class V, class... B>
  static void AddEach(const std::string& name, io::BackendList<B...>, std::vector<Column>& to) {
    (AddOn<V<B>, B>(name, to), ...);
  }

  void AddAbsent(const std::string& name) {
    for (const io::AbsentBackend& absent : io::kAbsentBackends) {
      columns_.push_back({name, absent.name, "", {}, std::string(absent.reason), nullptr, nullptr});
    }
  }

  template <template <class> class V, class... B>
  void AddWritten(const std::string& name, io::BackendList<B...>) {
    const auto add = [&]<class One>() {
      if constexpr (!requires { V<One>::kUnwritten; }) AddOn<V<One>, One>(name, columns_);
    };
    (add.template operator()<B>(), ...);
  }

  template <class V, class B>
  static void AddOn(const std::string& name, std::vector<Column>& to) {
    std::string_view mode;
    if constexpr (requires { B::kMode; }) mode = B::kMode;
    if constexpr (requires { V::kUnwritten; }) {
      if (!mode.empty()) return;
    }
    to.push_back({name, B::kName, mode, TimedOf<V>(), "", nullptr, nullptr});
  }
};

}  // namespace tare::suites
