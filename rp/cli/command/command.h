// What the commands of `tegata` have in common.
#pragma once

#include <string>
#include <vector>

#include "rp/base/error.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tegata::cli::command {

// Says why a command failed, in JSON on standard output or in words on standard error; gives the exit code 1.
int fail(const Error&, bool json);
// All of them, each on a line; in JSON the first, and all as `problems`. REQUIRES: there is one.
int fail(const std::vector<Error>&, bool json);
// The same, with the clause in JSON, for commands that judge what others wrote.
int fail_with_clause(const Error&, bool json);

// Who runs the command, for the audit log: "operator:uid-1000".
std::string operator_name();

// A command that reads the configuration, and can answer in JSON where `json` is given.
CLI::App* add_command(CLI::App& parent, const char* name, const char* what, std::string& config, bool* json);

// An option whose text people read later, on a page or in the log: it may be shown (rp/base/shown_text.h), or the
// command does not run.
CLI::Option* add_shown(CLI::App& command, const char* option, std::string& text, const std::string& what);
// --reason, likewise.
CLI::Option* add_reason(CLI::App& command, std::string& reason, const std::string& more = "");

}  // namespace tegata::cli::command
