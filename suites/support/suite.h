// SPDX-License-Identifier: Apache-2.0
// Suite: one body times variants times backends times rows, as Google Benchmark registrations.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "impl/backend/backends.h"
#include "suites/support/row.h"
#include "tare/benchmem.h"

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
// clang-format on

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

// Suite<TCP4Persistent>("FdOps/TCP4Persistent")
//     .Quick({{"size", 512}}).Rows({{{"size", 64}}, {{"size", 4096}}})
//     .Floor<Floor>().PerBackend<Reference>("reference").Register();
//
// Registers, row by row, all variants side by side. A variant is a type V that makes Body<V>, with
// V::WhyNot(): where that gives a reason the row stays in the table, with it. So do the rows of
// backends that are not in this binary.
template <template <class> class Body>
class Suite {
 public:
  explicit Suite(std::string scenario) : scenario_(std::move(scenario)) {}

  // Rows that `tare run --quick` runs too.
  Suite& Quick(std::vector<Row> rows) { return Add(std::move(rows), true); }
  Suite& Rows(std::vector<Row> rows) { return Add(std::move(rows), false); }

  // Rows of the modes of the backends: in those of PerMode's variants, at the parameters of rows
  // given before.
  Suite& InModes(std::vector<Row> rows) {
    for (Row& row : rows) mode_lines_.push_back({std::move(row), false});
    return *this;
  }

  // A variant without backends, such as a floor or a library that has its own; on those rows alone
  // for which `on` is true, and quick on no others than those for which `quick` is, if they are
  // given.
  using Where = bool (*)(const Row&);
  template <class V>
  Suite& Variant(std::string name, Where on = nullptr, Where quick = nullptr) {
    variants_.push_back([name = std::move(name), on, quick](const Suite& suite, Line line) {
      if (on != nullptr && !on(line.row)) return;
      line.quick = line.quick && (quick == nullptr || quick(line.row));
      suite.template RegisterOne<V>(line, name, {});
    });
    return *this;
  }

  // A variant made of each backend: V<B>.
  template <template <class> class V>
  Suite& PerBackend(std::string name) {
    variants_.push_back([name = std::move(name)](const Suite& suite, const Line& line) {
      suite.template RegisterEach<V>(line, name, io::Backends{});
      for (const io::AbsentBackend& absent : io::kAbsentBackends) {
        suite.RegisterReason(line, name, {absent.name}, std::string(absent.reason));
      }
    });
    return *this;
  }

  // The same variant in the modes of the backends, on the rows of InModes. Where V<B>::kUnwritten
  // there is none.
  template <template <class> class V>
  Suite& PerMode(std::string name) {
    in_modes_.push_back([name = std::move(name)](const Suite& suite, const Line& line) {
      suite.template RegisterEach<V>(line, name, io::Modes{});
    });
    return *this;
  }

  // The names of the constitution.
  template <class V>
  Suite& Floor() {
    return Variant<V>("floor");
  }
  template <template <class> class V>
  Suite& HandLoop() {
    return PerBackend<V>("hand_loop").template PerMode<V>("hand_loop");
  }
  template <template <class> class V>
  Suite& Baseline() {
    return PerBackend<V>("baseline");
  }
  template <template <class> class V>
  Suite& Reference() {
    return PerBackend<V>("reference").template PerMode<V>("reference");
  }

  bool Register() const {
    for (const Line& line : lines_) {
      for (const auto& variant : variants_) variant(*this, line);
    }
    for (const Line& line : mode_lines_) {
      for (const auto& variant : in_modes_) variant(*this, line);
    }
    return true;
  }

 private:
  struct Line {
    Row row;
    bool quick;
  };

  Suite& Add(std::vector<Row> rows, bool quick) {
    for (Row& row : rows) lines_.push_back({std::move(row), quick});
    return *this;
  }

  // How a row says on what it runs.
  struct On {
    std::string_view backend = "";
    std::string_view mode = "";
  };

  template <template <class> class V, class... B>
  void RegisterEach(const Line& line, std::string_view variant, io::BackendList<B...>) const {
    (RegisterOn<V<B>, B>(line, variant), ...);
  }

  template <class V, class B>
  void RegisterOn(const Line& line, std::string_view variant) const {
    On on{B::kName};
    if constexpr (requires { B::kMode; }) on.mode = B::kMode;
    if constexpr (requires { V::kUnwritten; }) {
      if (!on.mode.empty()) return;
    }
    RegisterOne<V>(line, variant, on);
  }

  template <class V>
  void RegisterOne(const Line& line, std::string_view variant, On on) const {
    if (const char* reason = V::WhyNot()) return RegisterReason(line, variant, on, reason);
    const Row& row = line.row;
    const std::string name = row.Name(scenario_, variant, on.backend, on.mode);
    auto* b = benchmark::RegisterBenchmark(name.c_str(),
                                           [row](benchmark::State& s) { Time<Body<V>>(s, row); });
    FixCountedIterations(b, Body<V>::Counted(row));
    Finish(line, b);
  }

  void RegisterReason(const Line& line, std::string_view variant, On on,
                      const std::string& reason) const {
    Finish(line, RegisterAbsent(line.row.Name(scenario_, variant, on.backend, on.mode), reason));
  }

  // Threads wait for each other and for the kernel: wall time is what an operation takes, and the
  // CPU time of the whole process what it costs.
  static void Finish(const Line& line, tare::RegisteredBenchmark* b) {
    b->UseRealTime()->MeasureProcessCPUTime();
    if (line.row["threads"] != 1) b->Threads(static_cast<int>(line.row["threads"]));
    if (line.quick) MarkQuick(b);
  }

  std::string scenario_;
  std::vector<Line> lines_;
  std::vector<Line> mode_lines_;
  std::vector<std::function<void(const Suite&, const Line&)>> variants_;
  std::vector<std::function<void(const Suite&, const Line&)>> in_modes_;
};

}  // namespace tare::suites
