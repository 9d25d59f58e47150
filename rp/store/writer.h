// One writer at a time. A caller that finds nobody writing writes itself, and takes along what waits; the others wait
// until theirs is done or nobody writes. So a lone caller changes no thread, and many share one COMMIT.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "rp/store/audit/head.h"
#include "rp/store/batch.h"
#include "rp/store/engine/disk_room.h"
#include "rp/store/engine/open_files.h"
#include "rp/store/engine/soundness.h"
#include "rp/store/store.h"

namespace tegata::store {

// Why nothing is written: the code store_audit_stopped, and what to do, in place of store_audit_broken.
Error stopped_by(const Error& fault);

class Store::Writer {
 public:
  // REQUIRES: the schema is up to date and the head agrees with the chain, whose end is `vouched`.
  Writer(const Options& options, const Clock& clock, const engine::DiskRoom& room, engine::Soundness& soundness,
         engine::OpenFiles files, std::unique_ptr<engine::Connection> connection,
         std::unique_ptr<audit::AuditHead> head, const audit::ChainTail& vouched);
  // Ends once every caller has its outcome.
  ~Writer();

  // Waits until the operation has finished, or takes it out of the queue when patience ends before it began.
  Status run(const Operation& operation, Purpose purpose);
  Figures figures() const;
  Status verify_files() const { return files_.verify(); }
  // Whether what is written now would stand: files at their paths, the last write a success, none that hangs.
  Status verify() const;
  // What the head vouches for; any thread may ask.
  audit::ChainTail vouched() const;
  // Whether a view of the database, begun after `vouched` was asked for, goes on from there by right records alone.
  Status verify_log(engine::Connection& connection, const audit::ChainTail& vouched) const;

 private:
  enum class Phase { queued, running, done };
  // Lives on the stack of the caller, who leaves only when it is done or out of the queue.
  struct Job {
    Job(const Operation& wanted, Purpose wanted_for) : operation(wanted), purpose(wanted_for) {}
    const Operation& operation;
    const Purpose purpose;
    Phase phase = Phase::queued;
    Status result{};
    std::condition_variable finished{};
  };

  using Lock = std::unique_lock<std::mutex>;
  Status wait_for_turn(Job& job, Lock& lock);
  void write_alone(Lock& lock, const std::function<void()>& work) noexcept;
  void wake_next();
  void keep_head_synced();
  void run_batch();
  Status prepare();
  void probe_when_due();
  Status run_jobs(std::vector<Job*>& jobs);
  Status begin(Batch& batch);
  Job* take();
  Status fill(Batch& batch, std::vector<Job*>& jobs);
  Status finish(Batch& batch);
  void release(std::vector<Job*>& jobs, const Status& committed);
  Status write_head(const audit::ChainTail& tail);
  Status sync_head();
  void sync_head_when_due();
  void say_last_words();

  const Options options_;
  const Clock& clock_;
  const engine::DiskRoom& room_;
  engine::Soundness& soundness_;
  const engine::OpenFiles files_;
  std::unique_ptr<engine::Connection> connection_;
  std::unique_ptr<audit::AuditHead> head_;
  audit::ChainTail vouched_, told_;  // the second under the mutex, for others
  audit::AuditSample sample_;
  std::chrono::steady_clock::time_point last_sync_{};
  bool head_stands_ = true;

  mutable std::mutex mutex_;
  std::deque<Job*> queue_;
  bool writing_ = false;
  engine::Soundness::Steady::time_point writing_since_{};
  std::atomic<std::thread::id> writing_thread_{};
  bool closing_ = false;
  std::condition_variable closes_;
  std::size_t callers_ = 0;
  std::condition_variable all_left_;
  Figures figures_;
  std::thread syncing_;
};

}  // namespace tegata::store
