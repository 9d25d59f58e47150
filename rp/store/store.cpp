#include "rp/store/store.h"

#include "rp/store/audit/epoch.h"
#include "rp/store/audit/head.h"
#include "rp/store/audit/macs.h"
#include "rp/store/batch.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/disk_room.h"
#include "rp/store/engine/errors.h"
#include "rp/store/engine/integrity.h"
#include "rp/store/engine/open_files.h"
#include "rp/store/readers.h"
#include "rp/store/schema.h"
#include "rp/store/writer.h"

namespace tegata::store {
namespace {

// The chain must reach what the head vouches for, and what is beyond it must have right MACs.
Result<audit::ChainTail> verify_end(engine::Connection& connection, const audit::AuditHead& head,
                                    const audit::VouchedTail& vouched) {
  TEGATA_ASSIGN(const auto tail, head.check_end(connection, vouched.tail));
  TEGATA_TRY(audit::check_lag(connection, vouched.tail));
  return tail;
}

// In the transaction that is open, with the tables of this version. One that was put back is told apart from one that
// was altered: the first is not to be accepted.
Result<audit::ChainTail> verify_database(engine::Connection& connection, const audit::AuditHead& head,
                                         const Options& options, const audit::VouchedTail& vouched) {
  TEGATA_TRY(audit::verify_reaches_epoch(connection, head, options));
  if (!vouched.has_macs) TEGATA_TRY(audit::make_macs_in_transaction(connection, head, vouched.tail));
  return verify_end(connection, head, vouched);
}

// One transaction: a database that is refused stays as it is. From then on the head vouches for all of the log.
Result<audit::ChainTail> take_into_use(engine::Connection& connection, audit::AuditHead& head, const Options& options,
                                       Instant now) {
  TEGATA_ASSIGN(const auto vouched, head.require());
  // Immediate, so that two processes that start at once do not both bring it up to date.
  TEGATA_TRY(connection.run("BEGIN IMMEDIATE"));
  TEGATA_TRY(migrate_in_transaction(connection));
  TEGATA_ASSIGN(const auto tail, verify_database(connection, head, options, vouched));
  TEGATA_TRY(audit::begin_in_epoch(connection, head, options, tail, now));
  TEGATA_TRY(connection.run("COMMIT"));
  TEGATA_TRY(head.write(tail));
  TEGATA_TRY(head.sync());
  return tail;
}

// In a transaction that nobody commits.
Status verify_look(engine::Connection& connection, const audit::AuditHead& head, const Options& options) {
  TEGATA_ASSIGN(const auto vouched, head.require());
  TEGATA_ASSIGN(const bool new_enough, is_up_to_date(connection));
  const bool current = new_enough && vouched.has_macs;
  if (current) TEGATA_TRY(connection.script("PRAGMA query_only=ON;"));
  TEGATA_TRY(connection.run(current ? "BEGIN" : "BEGIN IMMEDIATE"));
  if (!current) TEGATA_TRY(migrate_in_transaction(connection));
  TEGATA_TRY(verify_database(connection, head, options, vouched));
  return audit::verify_epoch(connection, head, options);
}

// The log and its index lie beside the file itself, wherever a link to it may be. Without the index that is open,
// another process would make one of its own, and neither would know what the other wrote.
std::vector<std::string> files_of(const Options& options) {
  const auto real = engine::real_path_of(options.database);
  return {options.database, real + "-wal", real + "-shm", engine::head_of(options.database)};
}

}  // namespace

Store::Store() = default;

Store::~Store() {
  // The last connection to close folds the log into the database: that is the writer's.
  readers_.reset();
  writer_.reset();
}

Result<std::unique_ptr<Store>> Store::open(const Options& options, const Clock& clock) {
  auto soundness = std::make_unique<engine::Soundness>();
  TEGATA_ASSIGN(auto connection, engine::open_database(options, engine::Connection::Mode::write, soundness.get()));
  TEGATA_ASSIGN(auto head, audit::AuditHead::open(options));
  const auto vouched = take_into_use(*connection, *head, options, clock.now());
  if (!vouched) return stopped_by(vouched.error());
  TEGATA_ASSIGN(auto files, engine::OpenFiles::at(files_of(options)));
  soundness->note_write({}, engine::Soundness::Steady::now());
  std::unique_ptr<Store> store(new Store());
  store->options_ = options;
  store->soundness_ = std::move(soundness);
  TEGATA_ASSIGN(store->readers_, Readers::open(options, *store->soundness_));
  store->room_ = std::make_unique<engine::DiskRoom>(options);
  store->clock_ = &clock;
  store->writer_ = std::make_unique<Writer>(options, clock, *store->room_, *store->soundness_, std::move(files),
                                            std::move(connection), std::move(head), *vouched);
  return store;
}

Result<std::unique_ptr<Store>> Store::look(const Options& options, const Clock& clock) {
  TEGATA_ASSIGN(auto connection, engine::open_database(options, engine::Connection::Mode::look));
  TEGATA_ASSIGN(const auto head, audit::AuditHead::open_existing(options));
  TEGATA_TRY(head->read());
  if (const auto verified = verify_look(*connection, *head, options); !verified) return stopped_by(verified.error());
  return look_by(std::move(connection), clock);
}

Result<std::unique_ptr<Store>> Store::look_at_none(const Clock& clock) {
  TEGATA_ASSIGN(auto connection, engine::Connection::open_empty());
  TEGATA_TRY(connection->run("BEGIN"));
  TEGATA_TRY(migrate_in_transaction(*connection));
  return look_by(std::move(connection), clock);
}

std::unique_ptr<Store> Store::look_by(std::unique_ptr<engine::Connection> connection, const Clock& clock) {
  std::unique_ptr<Store> store(new Store());
  store->readers_ = Readers::of(std::move(connection));
  store->clock_ = &clock;
  return store;
}

Status Store::run_write(const std::function<Status(Transaction&)>& operation, Purpose purpose) {
  if (!writer_) return Error(errors::store_unavailable, "a look writes nothing");
  return writer_->run(operation, purpose);
}

Status Store::run_read(const std::function<Status(Reader&)>& operation) { return readers_->run(operation); }

Status Store::ready() {
  TEGATA_TRY(verify_writes());
  TEGATA_TRY(verify_pages());
  TEGATA_TRY(soundness_->verify_values());
  return room_->verify();
}

Status Store::verify_writes() {
  TEGATA_TRY(writer_->verify());
  TEGATA_TRY(verify_log());
  return verify_clock();
}

Status Store::verify_log() {
  // First what is vouched for, then a view, which has at least that.
  const auto vouched = writer_->vouched();
  return run_read([&](Reader& reader) { return writer_->verify_log(reader.connection(), vouched); });
}

Status Store::verify_clock() {
  return run_read([this](Reader& reader) -> Status {
    TEGATA_TRY(moment(reader, *clock_));
    return {};
  });
}

Status Store::verify_pages() const { return soundness_->verify_pages(); }

// A connection of its own has read nothing yet: what others hold in memory may be right while the file is not.
Status Store::check_pages(const std::stop_token& stop) {
  TEGATA_TRY(writer_->verify_files());
  TEGATA_ASSIGN(const auto connection, engine::open_database(options_, engine::Connection::Mode::read));
  const std::stop_callback interrupt(stop, [&] { connection->interrupt(); });
  // What was met already may be such that only a look at the whole finds it.
  const auto depth = verify_pages() ? engine::Depth::pages : engine::Depth::whole;
  const auto found = engine::verify_integrity(*connection, options_.database, depth);
  const bool has_looked = found || found.error().code() != errors::store_busy;
  if (has_looked && !stop.stop_requested()) soundness_->note_check(found);
  return found;
}

Store::Figures Store::figures() const { return writer_->figures(); }

}  // namespace tegata::store
