#include "rp/server/keys/guess_key.h"

#include "enroll/registration_number.h"
#include "rp/host/errors.h"
#include "rp/host/private_file.h"
#include "rp/server/config/config.h"
#include "rp/server/config/errors.h"
#include "rp/store/guess_key_mark.h"
#include "rp/store/registration_numbers.h"

namespace tegata::server::keys {
namespace {

using Mark = std::optional<Digest>;

constexpr std::size_t key_bytes = 32;

// Whoever loses the race uses the winner's key.
Result<Bytes> read_or_make(const std::string& path, Random& random) {
  if (!host::is_there(path)) TEGATA_TRY(host::write_private_file(path, as_text(random_bytes(random, key_bytes)), true));
  return read_guess_key(path);
}

Result<Mark> read_mark(store::Store& store) {
  return store.read<Mark>([](store::Reader& reader) { return store::find_guess_key_mark(reader); });
}

Status verify_mark(const Mark& mark, const Bytes& key, const std::string& path) {
  if (!mark || equal_constant_time(*mark, enroll::mark_of_key(key))) return {};
  return Error(errors::guess_key_other, path +
                                            " is not the key by which this database was written. Bring that key "
                                            "back, or give it up: tegata guess-key renew");
}

store::AuditEvent record(const char* kind, const std::string& actor, Json details) {
  store::AuditEvent out;
  out.kind = kind;
  out.actor = actor;
  out.subject = "guess-key";
  out.details = std::move(details);
  return out;
}

Status note_mark(store::Store& store, const Bytes& key, const std::string& path) {
  return store.write<void>(
      [&](store::Transaction& transaction) -> Status {
        TEGATA_ASSIGN(const auto there, store::find_guess_key_mark(transaction));
        if (there) return verify_mark(there, key, path);
        transaction.audit(record("guess_key_noted", "system", Json::object()));
        return store::put_guess_key_mark(transaction, enroll::mark_of_key(key));
      },
      store::Purpose::upkeep);
}

// A database that was written with a key has one: where its file is not, it is missing, not none.
Status verify_there(const Mark& mark, const std::string& path) {
  if (!mark || host::is_there(path)) return {};
  return Error(errors::guess_key_missing, path +
                                              ": this database was written with a key that is not there. Bring it "
                                              "back, or give it up: tegata guess-key renew");
}

}  // namespace

Result<Bytes> read_guess_key(const std::string& path) {
  TEGATA_ASSIGN(const auto text, host::read_private_file(path));
  if (text.size() != key_bytes) return Error(errors::config_invalid, path + ": is not a key of 32 bytes");
  return to_bytes(as_bytes(text));
}

Result<Bytes> open_guess_key(const std::string& path, store::Store& store, Random& random) {
  TEGATA_ASSIGN(const auto mark, read_mark(store));
  TEGATA_TRY(verify_there(mark, path));
  TEGATA_ASSIGN(auto key, read_or_make(path, random));
  if (mark) {
    TEGATA_TRY(verify_mark(mark, key, path));
  } else {
    TEGATA_TRY(note_mark(store, key, path));
  }
  return key;
}

Result<std::optional<Bytes>> find_guess_key(const std::string& path, store::Store& store) {
  TEGATA_ASSIGN(const auto mark, read_mark(store));
  TEGATA_TRY(verify_there(mark, path));
  if (!host::is_there(path)) return std::optional<Bytes>();
  TEGATA_ASSIGN(auto key, read_guess_key(path));
  TEGATA_TRY(verify_mark(mark, key, path));
  return std::optional<Bytes>(std::move(key));
}

Result<Renewed> renew_guess_key(const std::string& path, store::Store& store, Random& random,
                                const std::string& actor) {
  Renewed out;
  out.made = !host::is_there(path);
  TEGATA_ASSIGN(const auto key, read_or_make(path, random));
  TEGATA_TRY(store.write<void>([&](store::Transaction& transaction) -> Status {
    TEGATA_ASSIGN(const auto mark, store::find_guess_key_mark(transaction));
    if (mark && verify_mark(mark, key, path)) return {};
    TEGATA_ASSIGN(out.numbers_forgotten, store::forget_number_pairs(transaction));
    transaction.audit(record("guess_key_renewed", actor, {{"numbers_forgotten", out.numbers_forgotten}}));
    return store::put_guess_key_mark(transaction, enroll::mark_of_key(key));
  }));
  return out;
}

Status copy_guess_key(const std::string& path, const std::string& to) {
  if (host::is_there(to)) return Error(errors::file_not_written, to + " exists already");
  TEGATA_ASSIGN(const auto key, read_guess_key(path));
  return host::write_private_file(to, as_text(key), true);
}

}  // namespace tegata::server::keys
