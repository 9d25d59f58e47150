#include "rp/cli/commands.h"

int main(int argc, char** argv) { return tegata::cli::run(argc, argv); }
