// `tegata audit acknowledge`: an exported part of the log lies elsewhere, and may be purged here when its time is over.
#pragma once

namespace CLI {
class App;
}

namespace tegata::cli {

void add_acknowledge_command(CLI::App& audit, int& exit_code);

}  // namespace tegata::cli
