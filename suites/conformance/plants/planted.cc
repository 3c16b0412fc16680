// SPDX-License-Identifier: Apache-2.0
// The program conform_planted: the sound subject, and every fault planted in it, as backends.
#include <algorithm>
#include <memory>

#include "suites/conformance/plants/faults.h"
#include "suites/conformance/plants/posix_subject.h"

namespace tare::conformance {
namespace {

void AddOnce(std::span<const Fault> faults, std::vector<Candidate>* all) {
  for (const Fault& fault : faults) {
    const auto same = [&](const Candidate& c) { return c.name == fault.name; };
    if (std::any_of(all->begin(), all->end(), same)) continue;
    all->push_back({.name = fault.name, .why_not = "", .make = [plant = fault.plant] {
                      return plant(MakePosixSubject());
                    }});
  }
}

}  // namespace

Program TheProgram() {
  Program program{.subject = "planted", .backends = {}};
  std::vector<Candidate>& all = program.backends;
  all.push_back({.name = "sound", .why_not = "", .make = MakePosixSubject});
  AddOnce(Faults(), &all);
  AddOnce(ProgramFaults(), &all);

  const Excuse excuse{"IO-01", "a known deviation", "docs/conformance.md"};
  Candidate excused = all[1];
  excused.name = "excused";
  excused.excuses = {excuse};
  Candidate in_vain = all[0];
  in_vain.name = "excused_in_vain";
  in_vain.excuses = {excuse};
  all.push_back(excused);
  all.push_back(in_vain);
  all.push_back({.name = "absent", .why_not = "needs another planet", .make = nullptr});
  return program;
}

}  // namespace tare::conformance
