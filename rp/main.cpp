#include "rp/cli/commands.h"
#include "rp/host/process.h"

int main(int argc, char** argv) {
  tegata::host::shut_process();
  return tegata::cli::run(argc, argv);
}
