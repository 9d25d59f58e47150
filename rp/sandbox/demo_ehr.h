// The demo record system: a page, on an origin of its own on this machine (http://127.0.0.1:<port>, as RFC 8252
// section 7.3 has it for programs on a desk), that asks for passes in the three ways. Part of the sandbox alone.
#pragma once

#include <memory>
#include <string>

#include "rp/base/json.h"
#include "rp/base/world.h"

namespace tegata::sandbox {

class DemoEhr {
 public:
  // Error: internal, where the port is taken. `random` must outlive it.
  static Result<std::unique_ptr<DemoEhr>> start(const Json& sandbox, int port, Random& random);
  ~DemoEhr();

 private:
  struct Parts;
  DemoEhr();
  std::unique_ptr<Parts> parts_;
};

}  // namespace tegata::sandbox
