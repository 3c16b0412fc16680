// SPDX-License-Identifier: Apache-2.0
// The door to CLI11: the only file that includes it, for it takes the compiler some 14 seconds.
#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <utility>

#include "cli/exit_code.h"

namespace tare::cli {
namespace {

// CLI11's words for what it could not make sense of, in the form of all our messages.
std::string Misuse(const CLI::App* app, const CLI::Error& error) {
  const std::vector<CLI::App*> named = app->get_subcommands();
  const std::string command =
      named.empty() ? app->get_name() : app->get_name() + " " + named.front()->get_name();
  return app->get_name() + ": " + std::string(error.what()) + "; `" + command + " --help` helps\n";
}

}  // namespace

Option& Option::Named(const char* value) {
  option_->type_name(value);
  return *this;
}

Option& Option::Required() {
  option_->required();
  return *this;
}

Option& Option::OneEachTime() {
  option_->allow_extra_args(false);
  return *this;
}

Option& Option::Separated(char delimiter) {
  option_->delimiter(delimiter);
  return *this;
}

Option& Option::ShowDefault() {
  option_->capture_default_str();
  return *this;
}

Option& Option::OneOf(std::initializer_list<const char*> values) {
  option_->check(CLI::IsMember(std::vector<std::string>(values.begin(), values.end())));
  return *this;
}

Option& Option::Within(int least, int most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option& Option::Within(double least, double most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option& Option::Must(const Check& check) {
  option_->check(check.what_is_wrong, check.help);
  return *this;
}

Option& Option::Excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Option& Option::Needs(const Option& other) {
  option_->needs(other.option_);
  return *this;
}

Subcommand Subcommand::AddCommand(const char* name, const char* description,
                                  const char* exit_help) {
  CLI::App* command = app_->add_subcommand(name, description);
  command->footer(exit_help);
  return Subcommand(command, work_);
}

Option Subcommand::AddOption(const char* name, std::string& target, const char* help) {
  return Option(app_->add_option(name, target, help));
}

Option Subcommand::AddOption(const char* name, std::vector<std::string>& target, const char* help) {
  return Option(app_->add_option(name, target, help));
}

Option Subcommand::AddOption(const char* name, int& target, const char* help) {
  return Option(app_->add_option(name, target, help));
}

Option Subcommand::AddOption(const char* name, double& target, const char* help) {
  return Option(app_->add_option(name, target, help));
}

Option Subcommand::AddOption(const char* name, const char* help) {
  const std::string description = help;  // CLI11 takes what is const for one, else for a target
  return Option(app_->add_option(name, description));
}

Option Subcommand::AddFlag(const char* name, bool& target, const char* help) {
  return Option(app_->add_flag(name, target, help));
}

void Subcommand::RequireCommand() {
  app_->require_subcommand(1);
}

void Subcommand::Does(Work work) {
  app_->callback([chosen = work_, work = std::move(work)] { *chosen = work; });
}

CommandLine::CommandLine(const char* name, const char* description, const char* version,
                         const char* exit_help)
    : app_(std::make_unique<CLI::App>(description, name)) {
  app_->set_version_flag("--version", version);
  app_->footer(exit_help);
  app_->require_subcommand(0, 1);  // none is for us to refuse: CLI11 would not name an unknown one
  app_->failure_message(Misuse);
}

CommandLine::~CommandLine() = default;

Subcommand CommandLine::AddCommand(const char* name, const char* description,
                                   const char* exit_help) {
  return Subcommand(app_.get(), &work_).AddCommand(name, description, exit_help);
}

int CommandLine::Run(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has exit statuses of its own; help and version count as success.
    return app_->exit(error) == 0 ? kOk : kUsage;
  }
  if (app_->get_subcommands().empty()) {
    std::fprintf(stderr, "%s: a subcommand is required\n\n%s", app_->get_name().c_str(),
                 app_->help().c_str());
    return kUsage;
  }
  return work_();
}

}  // namespace tare::cli
