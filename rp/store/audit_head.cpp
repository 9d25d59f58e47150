#include "rp/store/audit_head.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "rp/base/p256.h"
#include "rp/store/errors.h"

namespace tegata::store {
namespace {

constexpr std::size_t slot_size = 512;

Error unavailable(const std::string& what) {
  return Error(errors::store_unavailable, what + ": " + std::strerror(errno));
}
Error head_broken(const std::string& what) { return Error(errors::store_audit_broken, what); }

std::string head_path(const Options& options) { return options.database + ".audit-head"; }

std::string signed_text(const ChainTail& tail) {
  return "tegata audit head\n" + std::to_string(tail.count) + "\n" + hex(tail.hash) + "\n";
}

std::string checkpoint_text(const ChainTail& tail) {
  return "tegata audit checkpoint\n" + std::to_string(tail.count) + "\n" + hex(tail.hash) + "\n";
}

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

void sync_directory_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const int directory = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  ::fsync(directory);
  ::close(directory);
}

template <typename T, auto release>
using Own = std::unique_ptr<T, Release<release>>;

}  // namespace

class AuditHead::Key {
 public:
  static Result<std::unique_ptr<Key>> load(const std::string& path);
  static Status make(const std::string& path, Random& random);
  ~Key() { EVP_PKEY_free(key_); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  Bytes sign(const std::string& text) const;
  bool verify(const std::string& text, ByteView signature) const;

 private:
  explicit Key(EVP_PKEY* key) : key_(key) {}
  bool is_p256() const;
  bool is_ed25519() const { return EVP_PKEY_is_a(key_, "ED25519") == 1; }
  // Ed25519 hashes by itself.
  const char* hash_name() const { return is_ed25519() ? nullptr : "SHA256"; }
  EVP_PKEY* key_;
};

Result<std::unique_ptr<AuditHead::Key>> AuditHead::Key::load(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (!file) return unavailable("cannot read the audit key " + path);
  EVP_PKEY* key = PEM_read_PrivateKey(file, nullptr, nullptr, nullptr);
  std::fclose(file);
  std::unique_ptr<Key> loaded(new Key(key));
  if (!key || !(loaded->is_p256() || loaded->is_ed25519())) {
    return head_broken("the audit key is no private key on P-256 and none for Ed25519");
  }
  return loaded;
}

bool AuditHead::Key::is_p256() const {
  std::array<char, 64> group{};
  return EVP_PKEY_is_a(key_, "EC") == 1 && EVP_PKEY_get_group_name(key_, group.data(), group.size(), nullptr) == 1 &&
         std::string_view(group.data()) == "prime256v1";
}

// Whole or not at all: written beside its place, then linked to it. Whoever loses the race uses the winner's key.
Status AuditHead::Key::make(const std::string& path, Random& random) {
  const auto seed = random_bytes(random, 32);
  const Key key(p256_private_key(seed).release());
  if (!key.key_) return unavailable("cannot make the audit key " + path);
  const std::string temporary = path + ".new-" + std::to_string(::getpid());
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return unavailable("cannot make the audit key " + path);
  std::FILE* file = ::fdopen(descriptor, "w");
  const bool written = PEM_write_PrivateKey(file, key.key_, nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
                       std::fflush(file) == 0 && ::fsync(descriptor) == 0;
  std::fclose(file);
  const bool placed = written && (::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
  ::unlink(temporary.c_str());
  if (!placed) return unavailable("cannot write the audit key " + path);
  sync_directory_of(path);
  return {};
}

Bytes AuditHead::Key::sign(const std::string& text) const {
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_)));
  std::size_t size = signature.size();
  const Own<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  const bool done = EVP_DigestSignInit_ex(context.get(), nullptr, hash_name(), nullptr, nullptr, key_, nullptr) == 1 &&
                    EVP_DigestSign(context.get(), signature.data(), &size, as_bytes(text).data(), text.size()) == 1;
  signature.resize(done ? size : 0);
  return signature;
}

bool AuditHead::Key::verify(const std::string& text, ByteView signature) const {
  const Own<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit_ex(context.get(), nullptr, hash_name(), nullptr, nullptr, key_, nullptr) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), as_bytes(text).data(), text.size()) == 1;
}

AuditHead::AuditHead() = default;

AuditHead::~AuditHead() {
  if (file_ < 0) return;
  (void)sync();
  ::close(file_);
}

Result<std::unique_ptr<AuditHead>> AuditHead::open(const Options& options, Random& random) {
  const auto path = head_path(options);
  std::error_code ignored;
  const bool head_exists = std::filesystem::exists(path, ignored) && std::filesystem::file_size(path, ignored) > 0;
  if (!std::filesystem::exists(options.audit_key, ignored)) {
    if (head_exists) return head_broken("the audit key is missing while a signed head exists");
    TEGATA_TRY(Key::make(options.audit_key, random));
  }
  std::unique_ptr<AuditHead> head(new AuditHead());
  TEGATA_ASSIGN(head->key_, Key::load(options.audit_key));
  head->file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (head->file_ < 0) return unavailable("cannot open the audit head " + path);
  if (!head_exists) sync_directory_of(path);
  return head;
}

Result<std::unique_ptr<AuditHead>> AuditHead::open_existing(const Options& options) {
  std::unique_ptr<AuditHead> head(new AuditHead());
  TEGATA_ASSIGN(head->key_, Key::load(options.audit_key));
  head->file_ = ::open(head_path(options).c_str(), O_RDONLY | O_CLOEXEC);
  if (head->file_ < 0 && errno != ENOENT) return unavailable("cannot open the audit head");
  return head;
}

std::string AuditHead::sign_slot(const ChainTail& tail) const {
  std::string slot = dump_json(
      Json{{"count", tail.count}, {"hash", hex(tail.hash)}, {"signature", base64url(key_->sign(signed_text(tail)))}});
  slot.resize(slot_size - 1, ' ');
  return slot + "\n";
}

std::optional<ChainTail> AuditHead::parse_slot(std::string_view slot) const {
  const auto object = parse_json(slot);
  if (!object) return std::nullopt;
  const auto count = json_integer(*object, "count");
  const auto hash = json_string(*object, "hash");
  const auto signature = json_base64url(*object, "signature");
  if (!count || !hash || !signature) return std::nullopt;
  const auto octets = parse_hex(*hash);
  ChainTail tail{*count, {}};
  if (!octets || octets->size() != tail.hash.size()) return std::nullopt;
  std::copy(octets->begin(), octets->end(), tail.hash.begin());
  if (!key_->verify(signed_text(tail), *signature)) return std::nullopt;
  return tail;
}

namespace {

std::string read_slots(int file) {
  std::string slots(2 * slot_size, '\0');
  const auto size = ::pread(file, slots.data(), slots.size(), 0);
  slots.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return slots;
}

}  // namespace

Result<std::optional<ChainTail>> AuditHead::read() const {
  const auto slots = file_ < 0 ? std::string() : read_slots(file_);
  if (slots.empty()) return std::optional<ChainTail>();
  std::optional<ChainTail> newest;
  for (std::size_t at = 0; at < slots.size(); at += slot_size) {
    const auto slot = parse_slot(std::string_view(slots).substr(at, slot_size));
    if (slot && (!newest || slot->count > newest->count)) newest = slot;
  }
  if (!newest) return head_broken("the audit head has no right signature");
  return newest;
}

// The counts of the slots, -1 for one without a right signature. Slots that we wrote ourselves need no second look.
std::array<std::int64_t, 2> AuditHead::counts_in(const std::string& slots) {
  if (slots == seen_slots_) return seen_counts_;
  for (std::size_t i = 0; i < seen_counts_.size(); ++i) {
    const auto at = std::min(i * slot_size, slots.size());
    const auto slot = parse_slot(std::string_view(slots).substr(at, slot_size));
    seen_counts_[i] = slot ? slot->count : -1;
  }
  seen_slots_ = slots;
  return seen_counts_;
}

Status AuditHead::write(const ChainTail& tail) {
  const FileLock lock(file_);
  if (!lock.held()) return unavailable("cannot lock the audit head");
  auto slots = read_slots(file_);
  const auto counts = counts_in(slots);
  if (std::max(counts[0], counts[1]) > tail.count) return {};
  const std::size_t older = counts[0] <= counts[1] ? 0 : 1;
  const auto slot = sign_slot(tail);
  if (::pwrite(file_, slot.data(), slot.size(), static_cast<off_t>(older * slot_size)) !=
      static_cast<ssize_t>(slot.size())) {
    return unavailable("cannot write the audit head");
  }
  unsynced_ = true;
  slots.resize(std::max(slots.size(), (older + 1) * slot_size), ' ');
  slots.replace(older * slot_size, slot_size, slot);
  seen_slots_ = std::move(slots);
  seen_counts_[older] = tail.count;
  return {};
}

Bytes AuditHead::sign_checkpoint(const ChainTail& tail) const { return key_->sign(checkpoint_text(tail)); }

Result<ChainTail> AuditHead::start_of(Connection& connection) const {
  TEGATA_ASSIGN(const auto checkpoint, read_checkpoint(connection));
  if (!checkpoint) return ChainTail{};
  if (!key_->verify(checkpoint_text(checkpoint->tail), checkpoint->signature)) {
    return head_broken("the checkpoint at record " + std::to_string(checkpoint->tail.count) +
                       " has no right signature");
  }
  return checkpoint->tail;
}

Result<ChainTail> AuditHead::check_end(Connection& connection, const ChainTail& vouched) const {
  TEGATA_ASSIGN(const auto start, start_of(connection));
  return check_against_head(connection, std::max(vouched.count, start.count + 1), start, vouched);
}

Status AuditHead::sync() {
  if (!unsynced_) return {};
  if (::fdatasync(file_) != 0) return unavailable("cannot sync the audit head");
  unsynced_ = false;
  return {};
}

}  // namespace tegata::store
