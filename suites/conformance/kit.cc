// SPDX-License-Identifier: Apache-2.0
// The main of every conform_<subject> program: each row in a process of its own.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "suites/conformance/check.h"
#include "suites/conformance/options.h"
#include "suites/conformance/report.h"
#include "suites/conformance/run.h"
#include "suites/conformance/system.h"
#include "suites/conformance/trial.h"

namespace tare::conformance {
namespace {

int Complain(const Program& program, ExitCode code, const std::string& what) {
  std::fprintf(stderr, "conform_%s: %s\n", program.subject.c_str(), what.c_str());
  return code;
}

const Candidate* FindBackend(const Program& program, const std::string& name) {
  const auto& all = program.backends;
  const auto it = std::find_if(all.begin(), all.end(), [&](auto& c) { return c.name == name; });
  return it == all.end() ? nullptr : &*it;
}

std::string KnownBackends(const Program& program) {
  std::string text = "; there are:";
  for (const Candidate& c : program.backends) {
    text += (text.back() == ':' ? " " : ", ") + c.name;
    if (!c.why_not.empty()) text += " (does not run here: " + c.why_not + ")";
  }
  return text;
}

bool IsRow(std::string_view id) {
  for (const Theme& theme : Themes()) {
    for (const Row& row : theme.rows) {
      if (row.id == id) return true;
    }
  }
  return false;
}

// DL-01 selects the row of that id; DL-02, of which there are parts only, DL-02a to DL-02z.
bool Selects(std::string_view wanted, std::string_view id) {
  if (id == wanted) return true;
  return !IsRow(wanted) && id.starts_with(wanted) && id.size() == wanted.size() + 1 &&
         id.back() >= 'a' && id.back() <= 'z';
}

// Every registered row, marked as selected or not; empty and the id that is none otherwise.
std::vector<RowResult> Select(const std::vector<std::string>& wanted, std::string* unknown) {
  std::vector<RowResult> results;
  std::vector<bool> found(wanted.size(), false);
  for (const Theme& theme : Themes()) {
    for (const Row& row : theme.rows) {
      bool selected = wanted.empty();
      for (size_t i = 0; i < wanted.size(); ++i) {
        if (!Selects(wanted[i], row.id)) continue;
        selected = true;
        found[i] = true;
      }
      RowResult& r = results.emplace_back();
      r.row = &row;
      r.theme = theme.name;
      r.selected = selected;
      if (!selected) r.detail = "not selected";
    }
  }
  const auto missing = std::find(found.begin(), found.end(), false);
  if (missing != found.end()) *unknown = wanted[static_cast<size_t>(missing - found.begin())];
  return results;
}

bool Write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  return file.good();
}

int ExitStatus(const std::vector<RowResult>& results, bool fault) {
  const auto any = [&](Outcome outcome) {
    return std::any_of(results.begin(), results.end(),
                       [&](const RowResult& r) { return r.outcome == outcome; });
  };
  if (fault || any(Outcome::kBrokenEnvironment)) return kFault;
  return any(Outcome::kFail) || any(Outcome::kTimeout) ? kRowFailed : kAllWell;
}

int RunRows(const Program& program, const Options& o, const Candidate& candidate,
            std::vector<RowResult>& results) {
  // Before all the work, to be told in time.
  if (!o.json.empty() && !Write(o.json, "")) {
    return Complain(program, kUsage, "--json: cannot write '" + o.json + "'");
  }
  std::printf("%s\n", HeadLine(program, o).c_str());
  bool fault = false;
  for (RowResult& r : results) {
    if (!r.selected) continue;
    if (!candidate.why_not.empty()) {
      r.detail = candidate.why_not;
    } else if (!RunRow(o, candidate, &r)) {
      fault = true;
    }
    std::printf("%s\n", RowLine(r).c_str());
    std::fflush(stdout);
  }
  std::printf("%s\n", SummaryLine(results).c_str());
  if (!o.json.empty() && !Write(o.json, ResultsJson(program, o, results))) {
    return Complain(program, kFault, "--json: writing '" + o.json + "' failed");
  }
  return ExitStatus(results, fault);
}

int RunOne(const Program& program, const Options& o, const Candidate& candidate,
           const std::vector<RowResult>& results) {
  if (o.rows.size() != 1 || !candidate.why_not.empty() || !AdoptReportHandle()) {
    return Complain(program, kUsage, "--trial is for the program itself; use --row");
  }
  Set({.seed = o.seed, .scale = o.scale});
  for (const RowResult& r : results) {
    if (o.rows.front() != r.row->id) continue;
    RunTrial(*r.row, candidate, o.Limit());
  }
  return kAllWell;
}

int Main(int argc, char** argv) {
  const Program program = TheProgram();
  Options o;
  if (const std::string error = Parse(argc, argv, &o); !error.empty()) {
    return Complain(program, kUsage, error);
  }
  if (o.help || o.list_json) {
    std::fputs((o.help ? Help(program) : ListJson(program)).c_str(), stdout);
    return kAllWell;
  }
  if (program.backends.empty()) return Complain(program, kEmpty, "this subject has no backend");
  const Candidate* const candidate = FindBackend(program, o.backend);
  if (candidate == nullptr) {
    const std::string what =
        o.backend.empty() ? "--backend is missing" : "no backend '" + o.backend + "'";
    return Complain(program, kUsage, what + KnownBackends(program));
  }
  std::string unknown;
  std::vector<RowResult> results = Select(o.rows, &unknown);
  if (!unknown.empty()) {
    return Complain(program, kUsage, "no row '" + unknown + "'; --list-json lists them");
  }
  return o.trial ? RunOne(program, o, *candidate, results)
                 : RunRows(program, o, *candidate, results);
}

}  // namespace
}  // namespace tare::conformance

int main(int argc, char** argv) {
  return tare::conformance::Main(argc, argv);
}
