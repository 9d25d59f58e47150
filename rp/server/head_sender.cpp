#include "rp/server/head_sender.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "rp/host/private_file.h"
#include "rp/server/config/errors.h"
#include "rp/server/notices/webhook.h"
#include "rp/server/running/caught.h"
#include "rp/store/audit/epoch.h"

namespace tegata::server {
namespace {

Error unsent(const std::string& why) { return Error(errors::audit_head_unsent, why); }

// A power cut may have left half a line: the next one begins on its own.
bool ends_in_a_line(int file) {
  const auto end = ::lseek(file, 0, SEEK_END);
  char last = '\n';
  return end <= 0 || (::pread(file, &last, 1, end - 1) == 1 && last == '\n');
}

Result<host::Descriptor> open_or_make(const std::string& path) {
  if (host::is_there(path)) return host::open_private_file(path, O_RDWR | O_APPEND);
  return host::create_private_file(path);
}

Status append_line(const std::string& path, const std::string& line) {
  const auto file = open_or_make(path);
  if (!file) return unsent(file.error().detail());
  const auto text = (ends_in_a_line(file->get()) ? "" : "\n") + line + "\n";
  const bool written = ::write(file->get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (written && ::fsync(file->get()) == 0) return {};
  return unsent(path + ": " + std::strerror(errno));
}

std::string figure_line(const char* name, const std::string& target, std::uint64_t value) {
  return std::string(name) + "{to=\"" + target + "\"} " + std::to_string(value) + "\n";
}

}  // namespace

HeadTarget head_file(const std::string& path) {
  return {"file", [path](const store::audit::HeadLines::Line& line) { return append_line(path, line.text); }};
}

HeadTarget head_epoch(const std::string& path) {
  return {"epoch", [path](const store::audit::HeadLines::Line& line) -> Status {
            const auto written = store::audit::write_epoch(path, line.text);
            return written ? Status() : unsent(written.error().detail());
          }};
}

Result<std::vector<HeadTarget>> head_targets(const config::Config& config, const Clock& clock, Random& random) {
  std::vector<HeadTarget> out;
  const auto& audit = config.audit;
  if (!audit.heads_file.empty()) out.push_back(head_file(audit.heads_file));
  if (audit.heads_webhook.url.empty()) return out;
  TEGATA_ASSIGN(const auto hook, notices::Webhook::open(audit.heads_webhook, clock, random));
  out.push_back({"webhook", [hook](const store::audit::HeadLines::Line& line) -> Status {
                   // The hash tells apart the same number of a log that was put back.
                   const auto id = "head_" + std::to_string(line.count) + "_" + hex(line.hash).substr(0, 16);
                   const auto posted = hook.post(id, line.text);
                   return posted ? Status() : unsent(posted.error().detail());
                 }});
  return out;
}

HeadSender::HeadSender(std::unique_ptr<store::audit::HeadLines> lines, std::vector<HeadTarget> targets,
                       const Clock& clock, running::Vitals& vitals, const running::Log& log, Pace pace)
    : lines_(std::move(lines)), targets_(std::move(targets)), clock_(clock), log_(log), standings_(targets_.size()) {
  rounds_.emplace(vitals, log, running::Rounds::Plan{"heads of the log", std::chrono::minutes(5)},
                  [this, pace](const std::stop_token&) {
                    send_all();
                    return pace.every;
                  });
}

HeadSender::~HeadSender() {
  rounds_.reset();
  send_all();
}

void HeadSender::send_all() {
  if (targets_.empty()) return;
  const auto line = lines_->read(clock_.now());
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (line) {
      send(i, *line);
    } else {
      note(i, unsent(line.error().detail()), -1);
    }
  }
}

void HeadSender::send(std::size_t target, const store::audit::HeadLines::Line& line) {
  {
    const std::lock_guard lock(mutex_);
    if (standings_[target].count == line.count && standings_[target].fault.empty()) return;
  }
  note(target, running::caught(errors::audit_head_unsent, [&] { return targets_[target].send(line); }), line.count);
}

void HeadSender::note(std::size_t target, const Status& sent, std::int64_t count) {
  const std::lock_guard lock(mutex_);
  auto& standing = standings_[target];
  if (sent) {
    ++standing.sent;
    standing.count = count;
    standing.fault.clear();
    return;
  }
  ++standing.failed;
  standing.fault = sent.error().detail();
  log_.error("audit_head_unsent", {{"to", targets_[target].name}, {"detail", standing.fault}});
}

std::string HeadSender::figures() const {
  if (targets_.empty()) return {};
  const std::lock_guard lock(mutex_);
  const auto all = [&](const char* name, const char* kind, const std::function<std::uint64_t(const Standing&)>& value) {
    std::string out = std::string("# TYPE ") + name + " " + kind + "\n";
    for (std::size_t i = 0; i < targets_.size(); ++i) out += figure_line(name, targets_[i].name, value(standings_[i]));
    return out;
  };
  return all("tegata_audit_heads_sent_total", "counter", [](const Standing& each) { return each.sent; }) +
         all("tegata_audit_heads_failed_total", "counter", [](const Standing& each) { return each.failed; }) +
         all("tegata_audit_head_unsent", "gauge", [](const Standing& each) { return each.fault.empty() ? 0 : 1; });
}

std::string HeadSender::warnings() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (!standings_[i].fault.empty())
      out += "warning audit_head_unsent " + targets_[i].name + " " + standings_[i].fault + "\n";
  }
  return out;
}

}  // namespace tegata::server
