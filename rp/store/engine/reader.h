// A view of the database, for whoever reads in it.
#pragma once

namespace tegata::store::engine {

class Connection;

// A consistent view of the database.
class Reader {
 public:
  explicit Reader(Connection& connection) : connection_(connection) {}
  Connection& connection() { return connection_; }

 private:
  Connection& connection_;
};

}  // namespace tegata::store::engine
