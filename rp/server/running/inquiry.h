// A question that may hang (a disk, a token) is asked on a thread of its own: whoever wants to know waits a moment, and
// no longer.
#pragma once

#include <optional>

#include "rp/server/config/errors.h"
#include "rp/server/running/rounds.h"

namespace tegata::server::running {

template <typename Answer>
class Inquiry {
 public:
  static constexpr std::chrono::seconds longest{15};  // an answer that takes longer hangs (vitals.h)
  static constexpr std::chrono::milliseconds moment{1000};

  // What `ask` uses must outlive this object. Throws std::system_error where the system gives no thread.
  Inquiry(Vitals& vitals, const Log& log, const std::string& name, std::function<Answer()> ask)
      : name_(name), ask_(std::move(ask)), rounds_(vitals, log, {name, longest}, [this](const std::stop_token&) {
          find_answer();
          return std::chrono::milliseconds(std::chrono::hours(1));
        }) {}

  // Asked anew. Any thread may call. Nothing where that takes longer than a moment; nobody waits for the same answer
  // afterwards. What `ask` throws is thrown here.
  std::optional<Answer> fresh() {
    std::unique_lock lock(mutex_);
    const auto wanted = ++asked_;
    rounds_.wake();
    const auto is_there = [&] { return answered_ >= wanted; };
    if (late_ || !found_.wait_for(lock, moment, is_there)) {
      late_ = true;
      return std::nullopt;
    }
    if (thrown_) std::rethrow_exception(thrown_);
    return last_;
  }

  // Asked anew, or what was answered last. Error: server_thread_hangs, where nothing ever was.
  Result<Answer> newest() {
    if (auto answer = fresh()) return std::move(*answer);
    const std::lock_guard lock(mutex_);
    if (last_) return *last_;
    return Error(errors::server_thread_hangs, name_ + ": there is no answer yet");
  }

 private:
  void find_answer() {
    std::unique_lock lock(mutex_);
    const auto asked = asked_;
    lock.unlock();
    std::optional<Answer> answer;
    std::exception_ptr thrown;
    try {
      answer = ask_();
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    if (answer) last_ = std::move(answer);
    thrown_ = thrown;
    answered_ = asked;
    late_ = false;
    lock.unlock();
    found_.notify_all();
  }

  const std::string name_;
  const std::function<Answer()> ask_;
  std::mutex mutex_;
  std::condition_variable found_;
  std::uint64_t asked_ = 0, answered_ = 0;
  bool late_ = false;  // somebody has waited for a moment in vain
  std::optional<Answer> last_;
  std::exception_ptr thrown_;
  Rounds rounds_;  // last: it ends before what it uses
};

}  // namespace tegata::server::running
