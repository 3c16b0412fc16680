// SPDX-License-Identifier: Apache-2.0
// The sites of a verdict for people: each guilty line once, with the benchmarks that fail by it.
#pragma once

#include <string>

#include "gate/verdict.h"

namespace tare::gate {

// Whether the site is worth showing: it is not as recorded.
bool IsNews(const Blame& site);

// "new: 1 allocs/op, 32 B/op at read.cc:7, in Parse"
std::string SiteLine(const Blame& site);

// Below the list of findings: what is not as recorded, by line, with one stack each; then what is
// to be said of benchmarks, or why they have no stack. "" if there is nothing.
std::string RenderWhere(const Verdict& verdict);

}  // namespace tare::gate
