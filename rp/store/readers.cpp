#include "rp/store/readers.h"

#include "rp/base/errors.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"

namespace tegata::store {
namespace {

Status read_in_transaction(engine::Connection& connection, const std::function<Status(Reader&)>& operation) {
  // A look is one transaction from its beginning to its end.
  const bool own = !connection.in_transaction();
  if (own) TEGATA_TRY(connection.run("BEGIN"));
  Reader reader(connection);
  Status outcome;
  try {
    outcome = operation(reader);
  } catch (const std::exception& thrown) {
    outcome = Error(errors::internal, std::string("a read threw: ") + thrown.what());
  }
  if (own && connection.in_transaction()) TEGATA_TRY(connection.run("ROLLBACK"));
  return outcome;
}

}  // namespace

Result<std::unique_ptr<Store::Readers>> Store::Readers::open(const Options& options, engine::Soundness& soundness) {
  std::unique_ptr<Readers> readers(new Readers(options.patience));
  for (std::size_t i = 0; i < std::max<std::size_t>(options.readers, 1); ++i) {
    TEGATA_ASSIGN(auto connection, engine::open_database(options, engine::Connection::Mode::read, &soundness));
    readers->free_.push_back(connection.get());
    readers->all_.push_back(std::move(connection));
  }
  return readers;
}

std::unique_ptr<Store::Readers> Store::Readers::of(std::unique_ptr<engine::Connection> connection) {
  std::unique_ptr<Readers> readers(new Readers(std::chrono::milliseconds(0)));
  readers->free_.push_back(connection.get());
  readers->all_.push_back(std::move(connection));
  return readers;
}

Status Store::Readers::run(const std::function<Status(Reader&)>& operation) {
  TEGATA_ASSIGN(auto* connection, borrow());
  auto outcome = read_in_transaction(*connection, operation);
  give_back(connection);
  return outcome;
}

Result<engine::Connection*> Store::Readers::borrow() {
  std::unique_lock lock(mutex_);
  if (!free_again_.wait_for(lock, patience_, [this] { return !free_.empty(); })) {
    return Error(errors::store_busy, "every reading connection is in use: the disk is too slow for what is asked");
  }
  engine::Connection* connection = free_.back();
  free_.pop_back();
  return connection;
}

void Store::Readers::give_back(engine::Connection* connection) {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(connection);
  }
  free_again_.notify_one();
}

}  // namespace tegata::store
