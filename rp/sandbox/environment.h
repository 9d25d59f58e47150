// The verification environment as a whole: made, filled, started, ready.
#pragma once

#include <memory>

#include "rp/base/world.h"
#include "rp/sandbox/demo_ehr.h"
#include "rp/sandbox/layout.h"
#include "rp/sandbox/lists.h"
#include "rp/sandbox/running.h"
#include "rp/sandbox/signature_service.h"
#include "rp/sandbox/supervisor.h"

namespace tegata::sandbox {

class Environment {
 public:
  // Returns when everything answers and sandbox.json is written. Error: internal and those of its parts.
  static Result<std::unique_ptr<Environment>> start(const Layout&, const Clock&, Random&);
  // Ends its parts, and takes the folder of the sockets away where that lies elsewhere.
  ~Environment();
  const Json& facts() const { return facts_; }
  void print_where_to_click() const;

 private:
  Environment() = default;
  Layout layout_;
  Json facts_;
  std::unique_ptr<Supervisor> children_;
  std::unique_ptr<SignatureService> service_;
  std::unique_ptr<DemoEhr> ehr_;
  std::unique_ptr<ListPublisher> lists_;
  std::unique_ptr<Running> running_;
};

}  // namespace tegata::sandbox
