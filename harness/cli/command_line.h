// SPDX-License-Identifier: Apache-2.0
// How commands declare their options: the one door to the library that parses the command line.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tare::cli {

// A rule for the text of a value.
struct Check {
  // What is wrong with the text, as the end of a sentence; "" if nothing is.
  std::function<std::string(const std::string& text)> what_is_wrong;
  std::string help = {};  // what --help adds to the name of the value
};

// A handle of an option, or of a flag, of a Subcommand. Each call adds a rule and returns the
// handle.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option& Named(const char* value);  // what --help calls the value, such as "FILE"
  Option& Required();
  Option& OneEachTime();              // of a list: `--suite a b` gives it a, and b to somebody else
  Option& Separated(char delimiter);  // of a list: `--show a,b` gives it both
  Option& ShowDefault();              // --help prints what the target holds now
  Option& OneOf(std::initializer_list<const char*> values);
  Option& Within(int least, int most);
  Option& Within(double least, double most);
  Option& Must(const Check& check);
  Option& Excludes(const Option& other);
  Option& Needs(const Option& other);

 private:
  CLI::Option* option_;  // belongs to its command
};

// What a command does once everything is parsed; returns the exit status.
using Work = std::function<int()>;

// A handle of a command of a CommandLine.
class Subcommand {
 public:
  // `work` is where Does() leaves what is to be done if the command is the one that is named.
  Subcommand(CLI::App* app, Work* work) : app_(app), work_(work) {}

  // `exit_help` is what the help of the command ends with.
  Subcommand AddCommand(const char* name, const char* description, const char* exit_help);

  // An option whose value goes into `target`, which must outlive the parsing. `name` begins with
  // dashes ("--filter", "-o,--output"), or is that of what stands without ("files").
  Option AddOption(const char* name, std::string& target, const char* help);
  Option AddOption(const char* name, std::vector<std::string>& target, const char* help);
  Option AddOption(const char* name, int& target, const char* help);
  Option AddOption(const char* name, double& target, const char* help);
  Option AddOption(const char* name, const char* help);  // without a target: for checks alone
  Option AddFlag(const char* name, bool& target, const char* help);

  void RequireCommand();  // of the ones added to it
  void Does(Work work);

 private:
  CLI::App* app_;  // belongs to its CommandLine, as does
  Work* work_;
};

class CommandLine {
 public:
  // `version` is what --version prints; messages begin with `name`.
  CommandLine(const char* name, const char* description, const char* version,
              const char* exit_help);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Subcommand AddCommand(const char* name, const char* description, const char* exit_help);

  // Parses, and runs the command that is named: its exit status. What makes no sense is said on
  // standard error: kUsage.
  int Run(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
  Work work_;
};

}  // namespace tare::cli
