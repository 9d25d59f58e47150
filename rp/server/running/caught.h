// What is handed to others (a webhook, a folder, a mail server) may fail in any way: what it throws is an error like
// any other, for whoever counts errors and tries again.
#pragma once

#include <exception>

#include "rp/base/result.h"

namespace tegata::server::running {

template <typename Work>
Status caught(ErrorCode code, const Work& work) {
  try {
    return work();
  } catch (const std::exception& thrown) {
    return Error(code, std::string("it threw: ") + thrown.what());
  }
}

}  // namespace tegata::server::running
