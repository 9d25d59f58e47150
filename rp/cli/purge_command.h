// `tegata purge`: forgets what is over, as the server does once a day.
#pragma once

namespace CLI {
class App;
}

namespace tegata::cli {

void add_purge_command(CLI::App& app, int& exit_code);

}  // namespace tegata::cli
