#include "rp/host/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "rp/host/errors.h"

namespace tegata::host {

void shut_process() {
  const rlimit none{0, 0};
  const bool shut = ::setrlimit(RLIMIT_CORE, &none) == 0 && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  ::umask(077);
#if defined(__SANITIZE_ADDRESS__)
  // The leak checker looks into the process once all else is over.
  std::atexit([] { ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); });
#endif
  if (shut) return;
  std::fputs("tegata: the system does not let this process be shut against others\n", stderr);
  std::exit(1);
}

Status allow_open_files(std::uint64_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return Error(errors::process_limit_too_low, "open files");
  if (limit.rlim_cur >= count) return {};
  const auto most = limit.rlim_max;
  limit.rlim_cur = count;
  if (most >= count && ::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return Error(errors::process_limit_too_low,
               "server.workers needs " + std::to_string(count) + " open files, and " + std::to_string(most) +
                   " are allowed: LimitNOFILE=" + std::to_string(count) + " in the unit, or ulimit -n");
}

}  // namespace tegata::host
