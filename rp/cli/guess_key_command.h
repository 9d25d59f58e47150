// `tegata guess-key renew`: for whoever has lost the key of guesses and registration numbers.
#pragma once

namespace CLI {
class App;
}

namespace tegata::cli {

void add_guess_key_commands(CLI::App& app, int& exit_code);

}  // namespace tegata::cli
