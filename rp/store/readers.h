// A few connections that only read, each read in one transaction.
#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "rp/store/engine/connection.h"
#include "rp/store/engine/soundness.h"
#include "rp/store/store.h"

namespace tegata::store {

class Store::Readers {
 public:
  static Result<std::unique_ptr<Readers>> open(const Options& options, engine::Soundness& soundness);
  // One connection, in whose open transaction all reads are done.
  static std::unique_ptr<Readers> of(std::unique_ptr<engine::Connection> connection);
  // Error besides the operation's own: store_busy where no connection is free within the patience.
  Status run(const std::function<Status(Reader&)>& operation);

 private:
  explicit Readers(std::chrono::milliseconds patience) : patience_(patience) {}
  Result<engine::Connection*> borrow();
  void give_back(engine::Connection* connection);

  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable free_again_;
  std::vector<std::unique_ptr<engine::Connection>> all_;
  std::vector<engine::Connection*> free_;
};

}  // namespace tegata::store
