// `tegata clock repair`: goes on from the clock as it stands (rp/store/upkeep/clock_repair.h).
#pragma once

namespace CLI {
class App;
}

namespace tegata::cli {

void add_clock_command(CLI::App& app, int& exit_code);

}  // namespace tegata::cli
