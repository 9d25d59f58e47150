// `tegata restore`.
#pragma once

namespace CLI {
class App;
}

namespace tegata::cli {

void add_restore_command(CLI::App& app, int& exit_code);

}  // namespace tegata::cli
