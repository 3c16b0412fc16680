// SPDX-License-Identifier: Apache-2.0
// Every branch, threshold and rounding of the original, from a description of it in words; what it
// printed, in harness/testdata/benchstat, is the judge.
#include "stat/benchstat.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "stat/deals.h"

namespace tare::stat {
namespace {

constexpr size_t kBinomialUpTo = 30;
constexpr size_t kExactUpTo = 50;
constexpr size_t kExactWithTiesUpTo = 25;

double NormalCdf(double z) {
  return std::erfc(-z / std::sqrt(2.0)) / 2;
}

// The z below which `p` of the normal distribution lies, by bisection to the last digit.
double NormalQuantile(double p) {
  double low = -40, high = 40;
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) return middle;
    (NormalCdf(middle) < p ? low : high) = middle;
  }
}

// n over k times 2^-n. From n = 21 on through logarithms, whose rounding decides between neighbours
// that are equal.
double BinomialMass(size_t n, long k) {
  if (k < 0 || k > static_cast<long>(n)) return 0;
  const double coefficient =
      n <= 20 ? Choose(n, static_cast<size_t>(k))
              : std::exp(std::lgamma(static_cast<double>(n + 1)) -
                         std::lgamma(static_cast<double>(k + 1)) -
                         std::lgamma(static_cast<double>(static_cast<long>(n) - k + 1)));
  return coefficient * std::ldexp(1.0, -static_cast<int>(n));
}

BenchstatRanks BinomialRanks(size_t n, double confidence) {
  const long end = static_cast<long>(n) + 1;
  long low = (end + 1) / 2 - 1;
  long high = low + 1;
  double mass = BinomialMass(n, low);
  while (mass < confidence && (low > 0 || high < end)) {
    const double left = BinomialMass(n, low - 1);
    const double right = BinomialMass(n, high);
    if (low > 0 && left >= right) {
      mass += left;
      --low;
    } else {
      mass += right;
      ++high;
    }
  }
  return {static_cast<size_t>(low), static_cast<size_t>(high), mass};
}

BenchstatRanks NormalRanks(size_t n, double confidence) {
  const double mu = static_cast<double>(n) / 2;
  const double deviation = std::sqrt(static_cast<double>(n) / 4);
  const double end = static_cast<double>(n) + 1;
  const auto mass = [&](double low, double high) {
    return NormalCdf((high - 0.5 - mu) / deviation) - NormalCdf((low - 0.5 - mu) / deviation);
  };
  const double low_end = mu + deviation * NormalQuantile((1 - confidence) / 2);
  const double high_end = 2 * mu - low_end;
  double low = std::floor(std::floor(low_end - 0.5) + 0.5) + 1;
  double high = std::floor(std::ceil(high_end - 0.5) + 0.5) + 1;
  double held = mass(low, high);
  if (const double less = mass(low, high - 1); less >= confidence && less < held) {
    --high;
    held = less;
  }
  if (low <= 0 && high >= end) held = 1;
  return {static_cast<size_t>(std::clamp(low, 0.0, end)),
          static_cast<size_t>(std::clamp(high, 0.0, end)), held};
}

BenchstatRanks RanksOf(size_t n, double confidence) {
  if (confidence >= 1) return {0, n + 1, 1};
  return n <= kBinomialUpTo ? BinomialRanks(n, confidence) : NormalRanks(n, confidence);
}

// The original sums U of the first sample up to min(U1, U2), though that distribution is skewed
// where values tie and the sizes differ.
double ExactTail(const std::vector<TieGroup>& groups, size_t n1, size_t n2, size_t twice_u) {
  const double all = Choose(n1 + n2, n1);
  double ways = 0;
  if (groups.size() == 2) {
    const long t0 = static_cast<long>(groups[0].size()), t1 = static_cast<long>(groups[1].size());
    const long first = static_cast<long>(n1);
    // Towards 0, not down, as integers divide in the original too.
    const long last = (static_cast<long>(twice_u) - first * (t0 - first)) / (t0 + t1);
    for (long r = std::max(0L, first - t0); r <= last && r <= first && r <= t1; ++r) {
      ways += Choose(static_cast<size_t>(t0), static_cast<size_t>(first - r)) *
              Choose(static_cast<size_t>(t1), static_cast<size_t>(r));
    }
    return ways / all;
  }
  const bool ties = groups.size() < n1 + n2;
  const size_t limit = ties ? twice_u : twice_u / 2;
  for (const double count : CountDeals(groups, n1, n2, ties ? 2 : 1, limit)) ways += count;
  return ways / all;
}

double NormalP(const std::vector<TieGroup>& groups, double n1, double n2, double u1) {
  double ties = 0;
  for (const TieGroup& group : groups) {
    const double t = static_cast<double>(group.size());
    ties += t * t * t - t;
  }
  const double n = n1 + n2;
  const double deviation = std::sqrt(n1 * n2 * ((n + 1) - ties / (n * (n - 1))) / 12);
  const double distance = u1 - n1 * n2 / 2;
  const double sign = distance > 0 ? 1 : distance < 0 ? -1 : 0;
  const double z = (distance - sign / 2) / deviation;
  return 2 * std::min(NormalCdf(z), 1 - NormalCdf(z));
}

}  // namespace

double BenchstatMedian(std::span<const double> sorted) {
  const double n = static_cast<double>(sorted.size());
  const double h = 1.0 / 3.0 + 0.5 * (n + 1.0 / 3.0);
  const double floor = std::floor(h);
  if (floor < 1) return sorted.front();
  if (floor >= n) return sorted.back();
  const size_t k = static_cast<size_t>(floor);
  return sorted[k - 1] + (h - floor) * (sorted[k] - sorted[k - 1]);
}

BenchstatRanks BenchstatMedianRanks(size_t n, double confidence) {
  struct Remembered {
    size_t n = 0;
    double confidence = 0;
    BenchstatRanks ranks;
  };
  thread_local Remembered last;
  if (last.n != n || last.confidence != confidence) {
    last = {n, confidence, RanksOf(n, confidence)};
  }
  return last.ranks;
}

size_t BenchstatLeastForInterval(double confidence) {
  for (size_t n = 2; n <= 50; ++n) {
    const BenchstatRanks ranks = RanksOf(n, confidence);
    if (ranks.low > 0 && ranks.high <= n) return n;
  }
  return 0;
}

BenchstatTest BenchstatUTest(std::span<const double> x1, std::span<const double> x2) {
  BenchstatTest test;
  if (x1.empty() || x2.empty()) {
    test.error = "sample is too small";
    return test;
  }
  const std::vector<TieGroup> groups = GroupsOf(x1, x2);
  const size_t n1 = x1.size(), n2 = x2.size();
  const size_t twice_u1 = TwiceU(groups);
  test.u1 = static_cast<double>(twice_u1) / 2;
  if (groups.size() == 1) {
    test.error = "all samples are equal";
    return test;
  }
  const size_t limit = groups.size() < n1 + n2 ? kExactWithTiesUpTo : kExactUpTo;
  if (n1 > limit || n2 > limit) {
    test.p = NormalP(groups, static_cast<double>(n1), static_cast<double>(n2), test.u1);
    return test;
  }
  const size_t twice_u2 = 2 * n1 * n2 - twice_u1;
  if (twice_u1 != twice_u2) {
    test.p = 2 * ExactTail(groups, n1, n2, std::min(twice_u1, twice_u2));
  }
  return test;
}

size_t BenchstatLeastForTest(double alpha) {
  for (size_t n = 1; n <= 9; ++n) {
    if (2 / Choose(2 * n, n) <= alpha) return n;
  }
  return 0;
}

double BenchstatGeomean(std::span<const double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  double mean = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] > 0)) return std::numeric_limits<double>::quiet_NaN();
    mean += (std::log(values[i]) - mean) / static_cast<double>(i + 1);
  }
  return std::exp(mean);
}

}  // namespace tare::stat
