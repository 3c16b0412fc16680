// SPDX-License-Identifier: Apache-2.0
// Order statistics of pairwise differences; their ranks come from the test's null distribution.
#include "stat/shift.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "stat/rank_sum.h"
#include "stat/signed_rank.h"

namespace tare::stat {
namespace {

// So many differences are made and sorted as they are; more are only counted.
constexpr size_t kMostMade = 1 << 14;

// Doubles in their order as integers, and back. Zero has one sign.
int64_t Place(double x) {
  const auto bits = std::bit_cast<int64_t>(x);
  return bits >= 0 ? bits : std::numeric_limits<int64_t>::min() - bits;
}

double AtPlace(int64_t place) {
  return std::bit_cast<double>(place >= 0 ? place : std::numeric_limits<int64_t>::min() - place);
}

// Values made of pairs from sorted samples, which grow with either.
class Made {
 public:
  explicit Made(std::vector<double> values) : values_(std::move(values)) {}

  size_t size() const { return values_.size(); }
  // The k-th smallest, from 0.
  double Select(size_t k) {
    const auto at = values_.begin() + static_cast<std::ptrdiff_t>(k);
    std::nth_element(values_.begin(), at, values_.end());
    return *at;
  }

 private:
  std::vector<double> values_;
};

// The same without making them: `count` says how many are at most x.
template <class Count>
class Counted {
 public:
  Counted(size_t size, double least, double most, Count count)
      : size_(size), least_(least), most_(most), count_(count) {}

  size_t size() const { return size_; }
  double Select(size_t k) const {
    int64_t low = Place(least_), high = Place(most_);
    while (low < high) {
      const int64_t middle = std::midpoint(low, high);
      if (count_(AtPlace(middle)) > k) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return AtPlace(low);
  }

 private:
  size_t size_;
  double least_, most_;
  Count count_;
};

// Cuts `low` values off below and `high` above.
template <class Values>
Shift ShiftOf(Values values, size_t low, size_t high) {
  const size_t n = values.size();
  Shift shift;
  shift.estimate = values.Select(n / 2);
  if (n % 2 == 0) {
    const double lower = values.Select(n / 2 - 1);
    shift.estimate = lower + (shift.estimate - lower) / 2;
  }
  if (low > 0 && high > 0 && low + high <= n) {
    shift.interval = Interval{values.Select(low - 1), values.Select(n - high)};
  }
  return shift;
}

std::vector<double> Sorted(std::span<const double> sample) {
  std::vector<double> sorted(sample.begin(), sample.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double WalshAverage(double x, double y) {
  return x / 2 + y / 2;  // grows with both, rounding included, and does not overflow
}

}  // namespace

Shift IndependentShift(std::span<const double> a, std::span<const double> b, double confidence) {
  const Cuts cuts = RankSumCuts(a, b, (1 - confidence) / 2);
  Shift shift;
  if (a.size() <= kMostMade / b.size()) {
    std::vector<double> differences;
    differences.reserve(a.size() * b.size());
    for (const double x : a) {
      for (const double y : b) differences.push_back(y - x);
    }
    shift = ShiftOf(Made(std::move(differences)), cuts.low, cuts.high);
  } else {
    const std::vector<double> x = Sorted(a), y = Sorted(b);
    const auto count = [&](double most) {
      size_t pairs = 0, j = 0;  // the larger x, the more of y lie low enough
      for (const double from : x) {
        while (j < y.size() && y[j] - from <= most) ++j;
        pairs += j;
      }
      return pairs;
    };
    shift = ShiftOf(Counted(x.size() * y.size(), y.front() - x.back(), y.back() - x.front(), count),
                    cuts.low, cuts.high);
  }
  shift.approximate = cuts.approximate;
  return shift;
}

Shift PairedShift(std::span<const double> differences, double confidence) {
  const SignedRankCut cut = CutOfSignedRanks(differences, (1 - confidence) / 2);
  const std::vector<double> d = Sorted(differences);
  const size_t n = d.size(), averages = n * (n + 1) / 2;
  Shift shift;
  if (averages <= kMostMade) {
    std::vector<double> walsh;
    walsh.reserve(averages);
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = i; j < n; ++j) walsh.push_back(WalshAverage(d[i], d[j]));
    }
    shift = ShiftOf(Made(std::move(walsh)), cut.k, cut.k);
  } else {
    const auto count = [&](double most) {
      size_t pairs = 0, end = n;  // the larger d[i], the fewer partners lie low enough
      for (size_t i = 0; i < n; ++i) {
        while (end > i && WalshAverage(d[i], d[end - 1]) > most) --end;
        if (end <= i) break;
        pairs += end - i;
      }
      return pairs;
    };
    shift = ShiftOf(Counted(averages, d.front(), d.back(), count), cut.k, cut.k);
  }
  shift.approximate = cut.approximate;
  return shift;
}

}  // namespace tare::stat
