// One line on standard error before the program ends by an exception that nobody takes.
#pragma once

namespace tegata::server::running {

// From now on. The line is one of the log ("ended_by_exception"), made without memory and locks, and waits for no
// reader; then the program ends with the exit code 1, for its supervisor to start it again.
void say_last_words();

}  // namespace tegata::server::running
