// SPDX-License-Identifier: Apache-2.0
// Reads and changes the private configuration of a registered benchmark.
#include "bench/instance.h"

#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

namespace tare::bench {

using Benchmark = RegisteredBenchmark;

namespace {

// An explicit instantiation may name a private member, and so may hand out its address: access to
// the configuration without a change to the library. A member that another version lacks is an
// error of the compiler, not of the measurement.
template <typename Tag, typename Tag::Pointer kMember>
struct Reveal {
  friend typename Tag::Pointer Address(Tag) { return kMember; }
};

#define TARE_REVEAL(Tag, member, ...)  \
  struct Tag {                         \
    using Type = __VA_ARGS__;          \
    using Pointer = Type Benchmark::*; \
    friend Pointer Address(Tag);       \
  };                                   \
  template struct Reveal<Tag, &Benchmark::member>

TARE_REVEAL(Name, name_, std::string);
TARE_REVEAL(ArgNames, arg_names_, std::vector<std::string>);
TARE_REVEAL(Args, args_, std::vector<std::vector<int64_t>>);
TARE_REVEAL(ThreadCounts, thread_counts_, std::vector<int>);
TARE_REVEAL(MinTime, min_time_, double);
TARE_REVEAL(MinWarmUpTime, min_warmup_time_, double);
TARE_REVEAL(Iterations, iterations_, benchmark::IterationCount);
TARE_REVEAL(Repetitions, repetitions_, int);
TARE_REVEAL(Complexity, complexity_, benchmark::BigO);
TARE_REVEAL(MeasureProcessCpuTime, measure_process_cpu_time_, bool);
TARE_REVEAL(UseRealTime, use_real_time_, bool);
TARE_REVEAL(UseManualTime, use_manual_time_, bool);
TARE_REVEAL(AggregationMode, aggregation_report_mode_, benchmark::internal::AggregationReportMode);

#undef TARE_REVEAL

template <typename Tag>
typename Tag::Type& Field(Benchmark& benchmark) {
  return benchmark.*Address(Tag{});
}
template <typename Tag>
const typename Tag::Type& Field(const Benchmark& benchmark) {
  return benchmark.*Address(Tag{});
}

bool IsSet(double seconds) {
  return std::abs(seconds) >= std::numeric_limits<double>::epsilon();
}

std::string Seconds(const char* key, double seconds) {
  char text[64];
  std::snprintf(text, sizeof text, "%s:%0.3f", key, seconds);
  return text;
}

std::string JoinArgs(const Benchmark& benchmark, const std::vector<int64_t>& args) {
  const std::vector<std::string>& names = Field<ArgNames>(benchmark);
  std::string joined;
  for (size_t i = 0; i < args.size(); ++i) {
    if (i > 0) joined += '/';
    if (i < names.size() && !names[i].empty()) joined += names[i] + ':';
    joined += std::to_string(args[i]);
  }
  return joined;
}

std::string TimeType(const Benchmark& benchmark) {
  std::string type;
  if (Field<MeasureProcessCpuTime>(benchmark)) type = "process_time";
  const char* const clock = Field<UseManualTime>(benchmark) ? "manual_time"
                            : Field<UseRealTime>(benchmark) ? "real_time"
                                                            : "";
  if (!type.empty() && *clock != '\0') type += '/';
  return type + clock;
}

benchmark::BenchmarkName NameOf(const Benchmark& benchmark, const std::vector<int64_t>& args,
                                int threads) {
  benchmark::BenchmarkName name;
  name.function_name = Field<Name>(benchmark);
  name.args = JoinArgs(benchmark, args);
  if (const double t = Field<MinTime>(benchmark); IsSet(t)) name.min_time = Seconds("min_time", t);
  if (const double t = Field<MinWarmUpTime>(benchmark); IsSet(t)) {
    name.min_warmup_time = Seconds("min_warmup_time", t);
  }
  if (const auto n = Field<Iterations>(benchmark); n != 0) {
    name.iterations = "iterations:" + std::to_string(n);
  }
  if (const int n = Field<Repetitions>(benchmark); n != 0) {
    name.repetitions = "repeats:" + std::to_string(n);
  }
  name.time_type = TimeType(benchmark);
  if (!Field<ThreadCounts>(benchmark).empty()) {
    name.threads = "threads:" + std::to_string(threads);
  }
  return name;
}

}  // namespace

std::vector<Instance> InstancesOf(const Benchmark& benchmark) {
  std::vector<std::vector<int64_t>> all_args = Field<Args>(benchmark);
  // A benchmark that names arguments and gives none has no instance, in Google Benchmark as here.
  if (all_args.empty() && Field<ArgNames>(benchmark).empty()) all_args = {{}};
  std::vector<int> thread_counts = Field<ThreadCounts>(benchmark);
  if (thread_counts.empty()) thread_counts = {1};

  std::vector<Instance> instances;
  for (const std::vector<int64_t>& args : all_args) {
    for (const int threads : thread_counts) {
      Instance instance{args, threads, NameOf(benchmark, args, threads)};
      if (instance.name.str().rfind("DISABLED_", 0) == 0) continue;
      instances.push_back(std::move(instance));
    }
  }
  return instances;
}

int64_t IterationsOf(const Benchmark& benchmark) {
  return Field<Iterations>(benchmark);
}

void ShowEveryRepetition(Benchmark& benchmark) {
  auto& mode = Field<AggregationMode>(benchmark);
  mode = static_cast<benchmark::internal::AggregationReportMode>(
      (mode & benchmark::internal::ARM_FileReportAggregatesOnly) |
      benchmark::internal::ARM_Default);
}

struct OnlyInstance::Saved {
  std::string name;
  std::vector<std::vector<int64_t>> args;
  std::vector<int> thread_counts;
  double min_time = 0;
  double min_warmup_time = 0;
  benchmark::IterationCount iterations = 0;
  int repetitions = 1;
  benchmark::BigO complexity = benchmark::oNone;

  // Exchanges what is saved here with what the benchmark has.
  void Exchange(Benchmark& benchmark) {
    std::swap(name, Field<Name>(benchmark));
    std::swap(args, Field<Args>(benchmark));
    std::swap(thread_counts, Field<ThreadCounts>(benchmark));
    std::swap(min_time, Field<MinTime>(benchmark));
    std::swap(min_warmup_time, Field<MinWarmUpTime>(benchmark));
    std::swap(iterations, Field<Iterations>(benchmark));
    std::swap(repetitions, Field<Repetitions>(benchmark));
    std::swap(complexity, Field<Complexity>(benchmark));
  }
};

OnlyInstance::OnlyInstance(Benchmark& benchmark, const Instance& instance, const std::string& name,
                           int64_t iterations)
    : benchmark_(benchmark), saved_(std::make_unique<Saved>()) {
  saved_->name = name;
  saved_->args = {instance.args};
  saved_->thread_counts = {instance.threads};
  saved_->iterations = iterations;
  saved_->Exchange(benchmark_);
}

OnlyInstance::~OnlyInstance() {
  saved_->Exchange(benchmark_);
}

struct HideOthers::Saved {
  Benchmark* benchmark;
  std::vector<std::string> arg_names;
  std::vector<std::vector<int64_t>> args;
  std::vector<int> thread_counts;

  void Exchange() {
    std::swap(arg_names, Field<ArgNames>(*benchmark));
    std::swap(args, Field<Args>(*benchmark));
    std::swap(thread_counts, Field<ThreadCounts>(*benchmark));
  }
};

HideOthers::HideOthers(const std::vector<Benchmark*>& benchmarks, Benchmark& kept,
                       const Instance& instance) {
  for (Benchmark* benchmark : benchmarks) {
    // Arguments that have names and no values: there is no instance then.
    Saved saved = {benchmark, {"none"}, {}, {}};
    if (benchmark == &kept) {
      saved.arg_names = Field<ArgNames>(kept);
      saved.args = {instance.args};
      if (!Field<ThreadCounts>(kept).empty()) saved.thread_counts = {instance.threads};
    }
    saved_.push_back(std::move(saved));
    saved_.back().Exchange();
  }
}

HideOthers::~HideOthers() {
  for (Saved& saved : saved_) saved.Exchange();
}

}  // namespace tare::bench
