// SPDX-License-Identifier: Apache-2.0
// tare list: the suites and their rows, which are quick, and which cannot run here and why.
#include <re2/re2.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/bench_program.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/suite_options.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "result/utf8.h"
#include "result/words.h"

namespace tare::cli {
namespace {

struct ListOptions {
  SuiteOptions suites;
  std::string filter;
  bool json = false;
};

struct ListedSuite {
  BenchProgram program;
  std::vector<ListedRow> rows;  // those that the filter lets through
};

std::string Text(const ListedSuite& suite) {
  using Align = TextTable::Align;
  TextTable table({Align::kLeft, Align::kLeft});
  size_t quick = 0, absent = 0;
  for (const ListedRow& row : suite.rows) {
    quick += row.quick ? 1 : 0;
    absent += row.absent.empty() ? 0 : 1;
    table.AddRowWithText({"  " + row.name, row.quick ? "quick" : ""},
                         row.absent.empty() ? "" : "absent: " + row.absent);
  }
  return absl::StrCat(suite.program.suite, ": ", result::CountOf(suite.rows.size(), "row"), ", ",
                      quick, " quick, ", absent, " absent\n",
                      table.Render(TerminalWidth(STDOUT_FILENO)));
}

// {"schema_version": 1, "suites": [{"suite", "program", "rows": [{"name", "quick", "absent"}]}]};
// `absent` is the reason, and is there only where the row is.
std::string Json(const std::vector<ListedSuite>& suites) {
  std::string text = "{\"schema_version\": 1, \"suites\": [";
  for (const ListedSuite& suite : suites) {
    absl::StrAppend(&text, &suite == &suites.front() ? "" : ",",
                    "\n {\"suite\": ", result::QuoteJson(suite.program.suite),
                    ", \"program\": ", result::QuoteJson(suite.program.path), ", \"rows\": [");
    for (const ListedRow& row : suite.rows) {
      absl::StrAppend(&text, &row == &suite.rows.front() ? "" : ",",
                      "\n  {\"name\": ", result::QuoteJson(row.name),
                      ", \"quick\": ", row.quick ? "true" : "false");
      if (!row.absent.empty()) {
        absl::StrAppend(&text, ", \"absent\": ", result::QuoteJson(row.absent));
      }
      text += "}";
    }
    text += "]}";
  }
  return text + "\n]}\n";
}

int Refuse(const absl::Status& status) {
  Complain(status);
  return kUsage;
}

int List(const ListOptions& options) {
  const RE2 filter(options.filter, RE2::Quiet);
  if (!filter.ok()) {
    return Refuse(absl::InvalidArgumentError(absl::StrCat(
        "--filter '", options.filter, "' is no regular expression: ", filter.error())));
  }
  const auto programs = options.suites.Programs();
  if (!programs.ok()) return Refuse(programs.status());
  const Interrupt interrupt;
  int exit_code = kOk;
  std::vector<ListedSuite> suites;
  for (const BenchProgram& program : *programs) {
    auto rows = ListRows(program, options.suites.Timeout(), &interrupt);
    if (interrupt.signal() != 0) return kSignalBase + interrupt.signal();
    if (!rows.ok()) {
      Complain(rows.status());
      exit_code = kFault;
      continue;
    }
    std::erase_if(*rows,
                  [&](const ListedRow& row) { return !RE2::PartialMatch(row.name, filter); });
    if (!rows->empty()) suites.push_back({program, *std::move(rows)});
  }
  if (suites.empty() && exit_code == kOk) {
    return Refuse(absl::NotFoundError(absl::StrCat("no row matches --filter '", options.filter,
                                                   "'; without it all rows are listed")));
  }
  std::string text = options.json ? Json(suites) : "";
  if (!options.json) {
    for (const ListedSuite& suite : suites) text += Text(suite);
  }
  std::fputs(text.c_str(), stdout);
  return exit_code;
}

}  // namespace

void AddListCommand(CommandLine& line) {
  auto options = std::make_shared<ListOptions>();
  Subcommand command = line.AddCommand(
      "list", "Suites and their rows: which are quick, which cannot run here and why",
      kListExitHelp);
  AddSuiteOptions(command, options->suites);
  command
      .AddOption("--filter", options->filter,
                 "Only rows whose name holds a match of this regular expression (RE2)")
      .Named("RE");
  command.AddFlag("--json", options->json, "Print them as JSON");
  command.Does([options] { return List(*options); });
}

}  // namespace tare::cli
