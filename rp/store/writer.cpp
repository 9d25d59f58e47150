#include "rp/store/writer.h"

#include <algorithm>

#include "rp/store/engine/errors.h"

namespace tegata::store {
namespace {

constexpr std::chrono::seconds head_sync_interval{1}, longest_write{30};

// Where the disk had no room, the last frame of the commit was not written: nothing of the batch can stand. After any
// other failure the callers must take the outcome as unknown.
Error why_lost(const Error& error) {
  if (error.code() == errors::store_disk_full) return error;
  return Error(errors::store_commit_failed, "the database gave up the transaction: " + error.detail());
}

Status status_of(const Result<audit::ChainTail>& checked) { return checked ? Status() : stopped_by(checked.error()); }

}  // namespace

Error stopped_by(const Error& fault) {
  if (fault.code() != errors::store_audit_broken) return fault;
  return Error(errors::store_audit_stopped,
               fault.detail() +
                   ": nothing is written until it is restored, where an older state was put there "
                   "(`tegata restore --reason TEXT`), or understood (`tegata audit verify`) and accepted "
                   "(`tegata audit accept --reason TEXT`)");
}

Store::Writer::Writer(const Options& options, const Clock& clock, const engine::DiskRoom& room,
                      engine::Soundness& soundness, engine::OpenFiles files,
                      std::unique_ptr<engine::Connection> connection, std::unique_ptr<audit::AuditHead> head,
                      const audit::ChainTail& vouched)
    : options_(options),
      clock_(clock),
      room_(room),
      soundness_(soundness),
      files_(std::move(files)),
      connection_(std::move(connection)),
      head_(std::move(head)),
      vouched_(vouched),
      told_(vouched),
      sample_(options.unproven_per_minute),
      syncing_([this] { keep_head_synced(); }) {}

Store::Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  closes_.notify_all();
  syncing_.join();
  {
    // Whoever is in the queue writes it empty, and still has to read the outcome: under this mutex.
    Lock lock(mutex_);
    all_left_.wait(lock, [this] { return callers_ == 0; });
  }
  say_last_words();
}

Status Store::Writer::run(const Operation& operation, Purpose purpose) {
  if (std::this_thread::get_id() == writing_thread_) {
    return Error(errors::store_busy, "a write inside a write would wait for itself");
  }
  Job job(operation, purpose);
  Lock lock(mutex_);
  ++callers_;
  auto outcome = wait_for_turn(job, lock);
  if (--callers_ == 0) all_left_.notify_all();
  return outcome;
}

Status Store::Writer::wait_for_turn(Job& job, Lock& lock) {
  if (closing_) return Error(errors::store_unavailable, "the store is closing");
  if (queue_.size() >= options_.queue)
    return Error(errors::store_busy, options_.database + ": " + std::to_string(queue_.size()) +
                                         " writes wait already: the disk is too slow for what is asked");
  const auto latest = std::chrono::steady_clock::now() + options_.patience;
  queue_.push_back(&job);
  while (job.phase != Phase::done) {
    if (!writing_) {
      write_alone(lock, [this] { run_batch(); });
    } else if (job.phase == Phase::running) {
      // It has begun: its references must stay valid, and its outcome is about to be known.
      job.finished.wait(lock);
    } else {
      job.finished.wait_until(lock, latest);
    }
    if (job.phase == Phase::queued && std::chrono::steady_clock::now() >= latest) {
      queue_.erase(std::find(queue_.begin(), queue_.end(), &job));
      if (!writing_) wake_next();
      return Error(errors::store_busy,
                   options_.database +
                       ": the writer did not get to it in time: the disk is slow, or another process writes (`fuser " +
                       options_.database + "`)");
    }
  }
  return std::move(job.result);
}

// `work` runs without the lock, and nothing else touches connection, head and limits meanwhile. What it throws ends the
// program: nobody could tell any more what is committed.
void Store::Writer::write_alone(Lock& lock, const std::function<void()>& work) noexcept {
  writing_ = true;
  writing_since_ = engine::Soundness::Steady::now();
  writing_thread_ = std::this_thread::get_id();
  lock.unlock();
  work();
  lock.lock();
  writing_thread_ = std::thread::id();
  writing_ = false;
  wake_next();
}

// Nobody writes: the oldest one that waits is to do it.
void Store::Writer::wake_next() {
  if (!queue_.empty()) queue_.front()->finished.notify_one();
}

Store::Figures Store::Writer::figures() const {
  const std::lock_guard lock(mutex_);
  auto out = figures_;
  out.queued = queue_.size();
  return out;
}

// Once a second, also while nobody writes.
void Store::Writer::keep_head_synced() {
  Lock lock(mutex_);
  while (!closes_.wait_for(lock, head_sync_interval, [this] { return closing_; })) {
    if (writing_) continue;
    write_alone(lock, [this] {
      probe_when_due();
      sync_head_when_due();
    });
  }
}

// Where nobody writes, nobody would learn that nothing can be written, nor that it can be again.
void Store::Writer::probe_when_due() {
  const auto now = engine::Soundness::Steady::now();
  if (!soundness_.last_write_failed() && now - soundness_.last_written() < options_.idle) return;
  auto probed = prepare();
  if (probed) probed = connection_->write_nothing();
  soundness_.note_write(probed, engine::Soundness::Steady::now());
}

Store::Writer::Job* Store::Writer::take() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) return nullptr;
  Job* job = queue_.front();
  queue_.pop_front();
  job->phase = Phase::running;
  return job;
}

void Store::Writer::run_batch() {
  auto begun = prepare();
  std::vector<Job*> jobs;
  const auto committed = begun ? run_jobs(jobs) : begun;
  // A log that stops all writes is asked after by itself, and an operator ends that beside us.
  const bool stopped = !committed && committed.error().code() == errors::store_audit_stopped;
  if (!stopped) soundness_.note_write(committed, engine::Soundness::Steady::now());
  release(jobs, committed);
  sync_head_when_due();
}

Status Store::Writer::prepare() {
  TEGATA_TRY(files_.verify());
  if (head_stands_) return {};
  TEGATA_TRY(write_head(vouched_));
  return sync_head();
}

Status Store::Writer::sync_head() {
  auto synced = head_->sync();
  if (!synced) head_stands_ = false;
  return synced;
}

Status Store::Writer::verify() const {
  TEGATA_TRY(files_.verify());
  TEGATA_TRY(soundness_.verify_writes());
  const std::lock_guard lock(mutex_);
  const auto lasts =
      std::chrono::duration_cast<std::chrono::seconds>(engine::Soundness::Steady::now() - writing_since_);
  if (!writing_ || lasts < longest_write) return {};
  return Error(errors::store_unavailable, options_.database + ": a write has not ended for " +
                                              std::to_string(lasts.count()) +
                                              " s: look at the disk and at what the kernel says of it (dmesg)");
}

// The batch ends, by COMMIT or by ROLLBACK, before anybody hears of it.
Status Store::Writer::run_jobs(std::vector<Job*>& jobs) {
  Batch batch(*connection_, head_->key(), sample_, clock_, room_.verify());
  TEGATA_TRY(begin(batch));
  TEGATA_TRY(fill(batch, jobs));
  return finish(batch);
}

// What this process last vouched for still stands under whatever another process (an operator's command) added, and
// that has right MACs: nothing is signed over a chain that was cut, written anew or added to by others.
Status Store::Writer::begin(Batch& batch) {
  TEGATA_TRY(batch.begin());
  if (batch.tail() == vouched_) return {};
  return status_of(head_->check_end(*connection_, vouched_));
}

Status Store::Writer::verify_log(engine::Connection& connection, const audit::ChainTail& vouched) const {
  TEGATA_ASSIGN(const auto tail, audit::read_tail(connection));
  return tail == vouched ? Status() : status_of(head_->check_end(connection, vouched));
}

audit::ChainTail Store::Writer::vouched() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

// Takes what is waiting, and what comes while it works, up to the size of a batch.
Status Store::Writer::fill(Batch& batch, std::vector<Job*>& jobs) {
  if (auto recorded = batch.record_left_out(); !recorded && batch.lost()) return why_lost(recorded.error());
  while (jobs.size() < options_.batch) {
    Job* job = take();
    if (!job) break;
    jobs.push_back(job);
    job->result = batch.run(job->operation, job->purpose);
    if (batch.lost()) return why_lost(job->result ? Error(errors::store_commit_failed) : job->result.error());
  }
  return {};
}

Status Store::Writer::finish(Batch& batch) {
  if (auto committed = batch.commit(); !committed) return why_lost(committed.error());
  TEGATA_TRY(write_head(batch.tail()));
  // Whoever hears of success finds it again.
  TEGATA_TRY(files_.verify());
  const std::lock_guard lock(mutex_);
  figures_.audit_records += static_cast<std::uint64_t>(batch.records());
  figures_.audit_left_out = sample_.left_out_in_all();
  return {};
}

// Where the database could not even begin, one caller learns it, and the next gets a try of its own.
void Store::Writer::release(std::vector<Job*>& jobs, const Status& committed) {
  if (jobs.empty() && !committed) {
    if (Job* job = take()) jobs.push_back(job);
  }
  const std::lock_guard lock(mutex_);
  figures_.operations += jobs.size();
  ++(committed ? figures_.commits : figures_.failed_commits);
  for (Job* job : jobs) {
    if (!committed) job->result = committed.error();
    if (!job->result) ++figures_.failed_operations;
    job->phase = Phase::done;
    // Under the lock: once the caller sees the phase, the job is gone.
    job->finished.notify_one();
  }
}

Status Store::Writer::write_head(const audit::ChainTail& tail) {
  if (head_stands_ && tail == vouched_) return {};
  vouched_ = tail;
  {
    const std::lock_guard lock(mutex_);
    told_ = tail;
  }
  auto written = head_->write(tail);
  head_stands_ = written.has_value();
  return written;
}

void Store::Writer::sync_head_when_due() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_sync_ < head_sync_interval) return;
  last_sync_ = now;
  if (const auto synced = sync_head(); !synced) soundness_.note_write(synced, now);
}

void Store::Writer::say_last_words() {
  Batch batch(*connection_, head_->key(), sample_, clock_, room_.verify());
  if (!sample_.has_left_out() || !begin(batch) || !batch.record_left_out(true)) return;
  if (batch.commit()) (void)write_head(batch.tail());
}

}  // namespace tegata::store
