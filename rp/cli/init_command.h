// `tegata init`: the beginning of an installation.
#pragma once

namespace CLI {
class App;
}

namespace tegata::cli {

void add_init_command(CLI::App& app, int& exit_code);

}  // namespace tegata::cli
