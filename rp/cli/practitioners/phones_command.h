#pragma once

namespace CLI {
class App;
}

namespace tegata::cli::practitioners {

// Adds credential, backup, and export below `audit`.
void add_phone_commands(CLI::App& app, CLI::App& audit, int& exit_code);

}  // namespace tegata::cli::practitioners
