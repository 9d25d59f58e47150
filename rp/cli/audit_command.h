// `tegata audit verify` and `tegata audit accept`: whether the log holds, and that an operator knows why it did not.
#pragma once

namespace CLI {
class App;
}

namespace tegata::cli {

void add_audit_commands(CLI::App& audit, int& exit_code);

}  // namespace tegata::cli
