// The subcommands of tegata. Each returns an exit code: 0, 1 (refused or failed), 2 (usage).
#pragma once

#include <memory>
#include <string>

#include "rp/base/world.h"

namespace CLI {
class App;
}

namespace tegata::cli {

// Adds serve, haproxy-config, audit, check and verify to the program; a chosen one runs while the arguments are parsed
// and leaves its exit code in `exit_code`.
// `sandbox`: the verification environment's own edition, which believes JPKI's test authorities. `clock`: by which it
// serves; the system's where there is none.
void add_commands(CLI::App& app, int& exit_code, bool sandbox = false, std::shared_ptr<const Clock> clock = nullptr);

// `tegata serve`: runs until SIGTERM or SIGINT.
int serve(const std::string& config_file, const Clock& clock, bool sandbox = false);

// The whole of main().
int run(int argc, char** argv);

}  // namespace tegata::cli
