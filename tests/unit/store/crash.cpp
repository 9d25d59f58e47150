// kill -9 and power cuts: what was acknowledged is there, once, with its audit record.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "rp/store/engine/connection.h"
#include "tests/support/power_cut_vfs.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

tegata::store::AuditEvent event_about(const std::string& kind, const std::string& id) {
  return {kind, "system", "handoff:" + id, "", Json::object(), "", ""};
}

Status begin_handoff(store::Store& store, const std::string& id) {
  auto done = store.write<bool>([&](store::Transaction& transaction) {
    transaction.audit(event_about("begun", id));
    return insert_handoff(transaction, sample_enrollment(id, transaction.now()));
  });
  if (!done) return done.error();
  return *done ? Status() : Status(Error(errors::internal, "not inserted"));
}

Status claim_handoff(store::Store& store, const std::string& id) {
  auto done = store.write<bool>([&](store::Transaction& transaction) {
    transaction.audit(event_about("claimed", id));
    return advance(transaction, handoff::Kind::enrollment, id, handoff::Event::claim);
  });
  if (!done) return done.error();
  return *done ? Status() : Status(Error(errors::internal, "not claimed"));
}

using Acknowledge = std::function<void(const std::string& kind, const std::string& id)>;

// Several threads begin and claim hand-offs until something fails or it is enough.
void work(store::Store& store, const std::string& prefix, int threads, int each, const Acknowledge& acknowledge) {
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const auto id = prefix + "-" + std::to_string(t) + "-" + std::to_string(i);
        if (!begin_handoff(store, id)) return;
        acknowledge("begun", id);
        if (!claim_handoff(store, id)) return;
        acknowledge("claimed", id);
      }
    });
  }
  for (auto& worker : workers) worker.join();
}

using Acknowledged = std::set<std::pair<std::string, std::string>>;

// Every acknowledged effect is there and has exactly one record; every effect that is there has a record.
void check_promises(World& world, const Acknowledged& acknowledged) {
  std::map<std::string, int> records;
  const auto all = world.read<std::vector<tegata::store::audit::AuditRecord>>(
      [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 1, 1'000'000); });
  for (const auto& record : all) ++records[record.event.kind + " " + record.event.subject];
  for (const auto& [key, times] : records) {
    INFO(key);
    if (key.starts_with("begun ") || key.starts_with("claimed ")) REQUIRE(times == 1);
  }
  for (const auto& [kind, id] : acknowledged) {
    INFO(kind << " " << id);
    REQUIRE(records[kind + " handoff:" + id] == 1);
    const auto found = world.read<std::optional<store::Handoff>>(
        [&](tegata::store::Reader& reader) { return store::find_handoff(reader, id); });
    REQUIRE(found);
    REQUIRE((kind == "begun" || found->state == handoff::State::claimed));
    REQUIRE((found->state != handoff::State::claimed || records["claimed handoff:" + id] == 1));
  }
  const auto verdict = store::audit::verify_audit(world.options);
  INFO((verdict ? std::string() : verdict.error().detail()));
  REQUIRE(verdict);
  REQUIRE(verdict->records == static_cast<std::int64_t>(all.size()));
}

// The child: works, and writes each acknowledgement into the pipe as one line. Never returns.
[[noreturn]] void run_child(const tegata::store::Options& options, const std::string& prefix, int pipe) {
  StillClock clock;
  RepeatableRandom random;
  auto opened = store::Store::open(options, clock);
  if (!opened) _exit(3);
  work(**opened, prefix, 4, 100'000, [&](const std::string& kind, const std::string& id) {
    const std::string line = kind + " " + id + "\n";
    if (::write(pipe, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(4);
  });
  _exit(5);
}

void take_lines(const std::string& text, Acknowledged& acknowledged) {
  std::size_t at = 0;
  for (std::size_t end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    const auto line = text.substr(at, end - at);
    const auto space = line.find(' ');
    acknowledged.emplace(line.substr(0, space), line.substr(space + 1));
  }
}

// Starts a child, kills it a random while after its first acknowledgement, and collects what it acknowledged.
void kill_one_child(const tegata::store::Options& options, const std::string& prefix, std::chrono::microseconds life,
                    Acknowledged& acknowledged) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    run_child(options, prefix, ends[1]);
  }
  ::close(ends[1]);
  std::string text;
  char block[65536];
  ssize_t got = ::read(ends[0], block, sizeof block);
  if (got > 0) text.append(block, static_cast<std::size_t>(got));
  std::thread killer([&] {
    std::this_thread::sleep_for(life);
    ::kill(child, SIGKILL);
  });
  while ((got = ::read(ends[0], block, sizeof block)) > 0) text.append(block, static_cast<std::size_t>(got));
  killer.join();
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  take_lines(text, acknowledged);
}

}  // namespace

TEST_CASE("kill -9 at 20 random moments loses nothing that was acknowledged") {
  World world;
  put_samples(world);
  std::mt19937 chance(20261120);
  Acknowledged acknowledged;
  for (int round = 0; round < 20; ++round) {
    world.close();
    const auto before = acknowledged.size();
    const std::chrono::microseconds life(chance() % 60'000);
    kill_one_child(world.options, "r" + std::to_string(round), life, acknowledged);
    INFO("round " << round);
    REQUIRE(acknowledged.size() > before);
    world.reopen();
    check_promises(world, acknowledged);
  }
}

TEST_CASE("50 power cuts lose nothing that was acknowledged") {
  PowerCutVfs vfs("power-cut");
  World world([&](tegata::store::Options& options) { options.vfs = vfs.name(); });
  put_samples(world);
  std::mt19937_64 chance(7);
  std::mutex mutex;
  Acknowledged acknowledged;
  for (int round = 0; round < 50; ++round) {
    vfs.cut_after(1 + chance() % 500);
    work(*world.store, "r" + std::to_string(round), 4, 100'000, [&](const std::string& kind, const std::string& id) {
      const std::lock_guard lock(mutex);
      acknowledged.emplace(kind, id);
    });
    REQUIRE(vfs.is_off());
    world.close();
    // Every other time some of what was not synced survives, in no order.
    vfs.restore(round % 2 == 0 ? 0 : chance() | 1);
    INFO("round " << round);
    world.reopen();
    check_promises(world, acknowledged);
  }
  CHECK(acknowledged.size() > 500);
}

namespace {

// Looks with a bare connection, since the store itself may refuse to open what is left.
bool is_there(const tegata::store::Options& options, const std::string& id) {
  auto connection = tegata::store::engine::Connection::open(
      options.database, tegata::store::engine::Connection::Mode::read, {options.vfs});
  if (!connection) return false;
  tegata::store::Reader reader(**connection);
  const auto found = store::find_handoff(reader, id);
  return found && *found;
}

bool one_cut_loses_something(PowerCutVfs& vfs, bool synchronous_full, std::uint64_t writes) {
  World world([&](tegata::store::Options& options) {
    options.vfs = vfs.name();
    options.synchronous_full = synchronous_full;
  });
  put_samples(world);
  std::vector<std::string> acknowledged;
  vfs.cut_after(writes);
  work(*world.store, "x", 1, 100'000, [&](const std::string&, const std::string& id) { acknowledged.push_back(id); });
  world.close();
  vfs.restore();
  bool lost = false;
  for (const auto& id : acknowledged) lost = lost || !is_there(world.options, id);
  REQUIRE(!acknowledged.empty());
  return lost;
}

int rounds_with_loss(bool synchronous_full) {
  PowerCutVfs vfs("power-cut");
  std::mt19937_64 chance(11);
  int lost = 0;
  for (int round = 0; round < 50; ++round) lost += one_cut_loses_something(vfs, synchronous_full, 40 + chance() % 300);
  return lost;
}

}  // namespace

TEST_CASE("a power cut does lose something when the store does not sync, so the test can fail") {
  CHECK(rounds_with_loss(false) > 0);
  CHECK(rounds_with_loss(true) == 0);
}

TEST_CASE("the head is found out to be ahead when the database lost its end") {
  PowerCutVfs vfs("power-cut");
  World world([&](tegata::store::Options& options) {
    options.vfs = vfs.name();
    options.synchronous_full = false;
  });
  put_samples(world);
  vfs.cut();
  world.close();
  vfs.restore();
  const auto opened = store::Store::open(world.options, world.clock);
  REQUIRE(!opened);
  CHECK(opened.error().code() == errors::store_audit_stopped);
}

TEST_CASE("a disk that cannot sync fails every waiter, and nothing of it is visible") {
  PowerCutVfs vfs("power-cut");
  World world([&](tegata::store::Options& options) { options.vfs = vfs.name(); });
  put_samples(world);
  const bool full = GENERATE(false, true);
  full ? vfs.fail_writes(true) : vfs.fail_syncs(true);
  std::vector<std::thread> callers;
  std::atomic<int> refused{0};
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&, i] {
      const auto done = begin_handoff(*world.store, "lost" + std::to_string(i));
      if (!done && done.error().code() == (full ? errors::store_disk_full : errors::store_commit_failed)) ++refused;
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(refused == 16);
  vfs.fail_syncs(false);
  vfs.fail_writes(false);
  CHECK(begin_handoff(*world.store, "kept"));
  world.reopen();
  for (int i = 0; i < 16; ++i) CHECK(!is_there(world.options, "lost" + std::to_string(i)));
  check_promises(world, {{"begun", "kept"}});
}
