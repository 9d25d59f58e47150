#include "rp/store/audit/head.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "rp/host/private_file.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::audit {
namespace {

constexpr std::size_t slot_size = 512;

Error unavailable(const std::string& path, const std::string& what) {
  return Error(errors::store_unavailable, path + ": " + what + ": " + std::strerror(errno) +
                                              ": look at the disk and at what the kernel says of it (dmesg)");
}
Error head_broken(const std::string& what) { return Error(errors::store_audit_broken, what); }

// Each use of the key has a text of its own, so that none can stand for another.
std::string text_over(const char* use, const ChainTail& tail) {
  return std::string("tegata audit ") + use + "\n" + std::to_string(tail.count) + "\n" + hex(tail.hash) + "\n";
}
std::string head_text(const ChainTail& tail) { return text_over("head with macs", tail); }
std::string head_text_before_macs(const ChainTail& tail) { return text_over("head", tail); }
std::string checkpoint_text(const ChainTail& tail) { return text_over("checkpoint", tail); }

class FileLock {
 public:
  explicit FileLock(int file) : file_(file) { held_ = ::flock(file_, LOCK_EX) == 0; }
  ~FileLock() { ::flock(file_, LOCK_UN); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  bool held() const { return held_; }

 private:
  int file_;
  bool held_ = false;
};

}  // namespace

AuditHead::AuditHead(const engine::Options& options) : path_(engine::head_of(options.database)) {}

AuditHead::~AuditHead() { (void)sync(); }

Result<std::unique_ptr<AuditHead>> AuditHead::open_with(const engine::Options& options, int flags) {
  if (!host::is_there(options.audit_key)) {
    return head_broken(options.audit_key + ": the audit key is missing");
  }
  std::unique_ptr<AuditHead> head(new AuditHead(options));
  TEGATA_ASSIGN(head->key_, AuditKey::load(options.audit_key));
  if (host::is_there(head->path_)) {
    TEGATA_ASSIGN(head->file_, host::open_private_file(head->path_, flags));
  }
  return head;
}

Result<std::unique_ptr<AuditHead>> AuditHead::open(const engine::Options& options) {
  return open_with(options, O_RDWR);
}

Result<std::unique_ptr<AuditHead>> AuditHead::open_existing(const engine::Options& options) {
  return open_with(options, O_RDONLY);
}

Result<std::unique_ptr<AuditHead>> AuditHead::open_or_make(const engine::Options& options) {
  const auto path = engine::head_of(options.database);
  if (!host::is_there(path)) {
    const auto made = host::create_private_file(path);
    // Another process may have been quicker.
    if (!made && !host::is_there(path)) return made.error();
    TEGATA_TRY(host::sync_file(path));
  }
  return open(options);
}

std::string AuditHead::sign_slot(const ChainTail& tail) const {
  std::string slot = dump_json(
      Json{{"count", tail.count}, {"hash", hex(tail.hash)}, {"signature", base64url(key_->sign(head_text(tail)))}});
  slot.resize(slot_size - 1, ' ');
  return slot + "\n";
}

std::optional<VouchedTail> AuditHead::parse_slot(std::string_view slot) const {
  const auto object = parse_json(slot);
  if (!object) return std::nullopt;
  const auto count = json_integer(*object, "count");
  const auto hash = read_hash(*object, "hash");
  const auto signature = json_base64url(*object, "signature");
  if (!count || !hash || !signature) return std::nullopt;
  const ChainTail tail{*count, *hash};
  if (key_->verify(head_text(tail), *signature)) return VouchedTail{tail, true};
  if (key_->verify(head_text_before_macs(tail), *signature)) return VouchedTail{tail, false};
  return std::nullopt;
}

namespace {

bool is_newer(const VouchedTail& a, const VouchedTail& b) {
  return a.tail.count != b.tail.count ? a.tail.count > b.tail.count : a.has_macs && !b.has_macs;
}

std::string read_slots(int file) {
  std::string slots(2 * slot_size, '\0');
  const auto size = ::pread(file, slots.data(), slots.size(), 0);
  slots.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return slots;
}

}  // namespace

Result<std::optional<VouchedTail>> AuditHead::read() const {
  const auto slots = file_ ? read_slots(file_.get()) : std::string();
  if (slots.empty()) return std::optional<VouchedTail>();
  std::optional<VouchedTail> newest;
  for (std::size_t at = 0; at < slots.size(); at += slot_size) {
    const auto slot = parse_slot(std::string_view(slots).substr(at, slot_size));
    if (slot && (!newest || is_newer(*slot, *newest))) newest = slot;
  }
  if (!newest) return head_broken("the audit head has no right signature");
  return newest;
}

Result<VouchedTail> AuditHead::require() const {
  TEGATA_ASSIGN(const auto found, read());
  if (!found) return head_broken(path_ + ": the signed head is missing");
  return *found;
}

// The counts of the slots, -1 for one without a right signature. Slots that we wrote ourselves need no second look.
std::array<std::int64_t, 2> AuditHead::counts_in(const std::string& slots) {
  if (slots == seen_slots_) return seen_counts_;
  for (std::size_t i = 0; i < seen_counts_.size(); ++i) {
    const auto at = std::min(i * slot_size, slots.size());
    const auto slot = parse_slot(std::string_view(slots).substr(at, slot_size));
    seen_counts_[i] = slot ? slot->tail.count : -1;
  }
  seen_slots_ = slots;
  return seen_counts_;
}

Status AuditHead::write(const ChainTail& tail) {
  const FileLock lock(file_.get());
  if (!lock.held()) return unavailable(path_, "cannot lock the audit head");
  auto slots = read_slots(file_.get());
  const auto counts = counts_in(slots);
  if (std::max(counts[0], counts[1]) > tail.count) return {};
  const std::size_t older = counts[0] <= counts[1] ? 0 : 1;
  const auto slot = sign_slot(tail);
  if (::pwrite(file_.get(), slot.data(), slot.size(), static_cast<off_t>(older * slot_size)) !=
      static_cast<ssize_t>(slot.size())) {
    return unavailable(path_, "cannot write the audit head");
  }
  unsynced_ = true;
  slots.resize(std::max(slots.size(), (older + 1) * slot_size), ' ');
  slots.replace(older * slot_size, slot_size, slot);
  seen_slots_ = std::move(slots);
  seen_counts_[older] = tail.count;
  return {};
}

Bytes AuditHead::sign_checkpoint(const ChainTail& tail) const { return key_->sign(checkpoint_text(tail)); }

Result<ChainTail> AuditHead::start_of(engine::Connection& connection) const {
  TEGATA_ASSIGN(const auto checkpoint, read_checkpoint(connection));
  if (!checkpoint) return ChainTail{};
  if (!key_->verify(checkpoint_text(checkpoint->tail), checkpoint->signature)) {
    return head_broken("the checkpoint at record " + std::to_string(checkpoint->tail.count) +
                       " has no right signature");
  }
  return checkpoint->tail;
}

Result<ChainTail> AuditHead::check_end(engine::Connection& connection, const ChainTail& vouched) const {
  TEGATA_ASSIGN(const auto start, start_of(connection));
  TEGATA_ASSIGN(const auto log, view_log(connection, *key_, start));
  return check_against_head(log, std::max(vouched.count, start.count + 1), vouched);
}

Status AuditHead::sync() {
  if (!unsynced_) return {};
  if (::fdatasync(file_.get()) != 0) return unavailable(path_, "cannot sync the audit head");
  unsynced_ = false;
  return {};
}

}  // namespace tegata::store::audit
