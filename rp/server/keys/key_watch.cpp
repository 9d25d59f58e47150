#include "rp/server/keys/key_watch.h"

#include <algorithm>

#include "rp/pass/errors.h"
#include "rp/server/config/errors.h"

namespace tegata::server::keys {
namespace {

using pass::KeyState;

std::vector<KeyState> states_of(const std::vector<store::SigningKeyRow>& rows, Instant now) {
  std::vector<pass::KeyTimes> times;
  for (const auto& row : rows) times.push_back(row.times);
  return pass::key_states(times, now);
}

std::string fault_of(const std::string& kid, const Error& why) {
  return "signing_key_unusable " + kid + " " + std::string(why.code().name()) + " " + why.detail() +
         ": no pass is signed until it can be had again. Bring back its file, token or PIN, or: tegata key rotate "
         "--emergency\n";
}

Error lost_file(const std::string& kid, const Error& why) {
  return Error(why.code(), why.detail() + " (the file of the signing key " + kid +
                               "; to give that up: tegata key rotate --emergency --kid " + kid + ")");
}

}  // namespace

Status adopt_key(store::Store& store, const MadeKey& first, const std::string& actor) {
  return store.write<void>(
      [&](store::Transaction& transaction) -> Status {
        store::SigningKeyRow row{first.key.kid(), first.material, first.key.public_jwk(), {}, {}};
        row.times.use_from = transaction.now();
        TEGATA_ASSIGN(const bool adopted, store::adopt_signing_key(transaction, row));
        // Another process was quicker.
        if (!adopted) return {};
        transaction.audit(
            {"signing_key_adopted", actor, "signing_key:" + row.kid, "", {{"material", row.material}}, "", ""});
        return {};
      },
      store::Purpose::upkeep);
}

Status adopt_first_key(store::Store& store, const config::Config& config, const std::string& actor) {
  TEGATA_ASSIGN(const auto rows, store.read<std::vector<store::SigningKeyRow>>(store::list_signing_keys));
  if (!rows.empty()) return {};
  TEGATA_ASSIGN(const MadeKey first, first_key(config));
  return adopt_key(store, first, actor);
}

Status KeyWatch::start() {
  const std::lock_guard lock(mutex_);
  TEGATA_TRY(refresh());
  looked_at_ = clock_.monotonic();
  // A token comes back, and until then everything but signing works.
  if (keys_->current.can_sign() || KeyMaterial::is_in_token(current_material_)) return {};
  const auto why = unusable_.find(keys_->current.kid());
  if (why != unusable_.end()) return lost_file(why->first, why->second);
  return Error(errors::signing_key_unusable, keys_->current.kid() + " cannot sign");
}

Status KeyWatch::verify_files() {
  const std::lock_guard lock(mutex_);
  for (const auto& [kid, why] : unusable_) {
    if (why.code() == errors::pkcs11_unusable || why.code() == errors::pkcs11_pin_refused) continue;
    return lost_file(kid, why);
  }
  return {};
}

std::shared_ptr<const pass::KeySet> KeyWatch::look(bool newest) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  if (!newest && looked_at_ && now - *looked_at_ < interval) return keys_;
  looked_at_ = now;
  const auto done = refresh();
  if (!done) log_.error("signing_keys_unread", done.error());
  return keys_;
}

Result<pass::SigningKey> KeyWatch::hold(const store::SigningKeyRow& row) {
  const auto found = held_.find(row.kid);
  if (found != held_.end()) return found->second;
  auto key = material_.load(row.material, row.public_jwk);
  if (key) held_.emplace(row.kid, *key);
  return key;
}

void KeyWatch::note(const std::string& kid, const Error& error, Unusable& unusable) const {
  unusable.emplace(kid, error);
  // Once, not at every look.
  if (!unusable_.contains(kid)) log_.error("signing_key_unusable", error);
}

Result<pass::KeySet> KeyWatch::choose(const std::vector<store::SigningKeyRow>& rows, Instant now) {
  const auto states = states_of(rows, now);
  std::vector<pass::SigningKey> keys;  // the newest first
  std::optional<std::size_t>
      current;                // of those whose turn has come: the newest that may and can sign, else the newest
  bool token_is_due = false;  // then no file signs in its place
  Unusable unusable;
  kept_.clear();
  for (std::size_t i = rows.size(); i-- > 0;) {
    const bool chosen = current && keys[*current].can_sign();
    if (states[i] == KeyState::withdrawn || states[i] == KeyState::ended) continue;
    auto key = hold(rows[i]);
    if (!key && !chosen) note(rows[i].kid, key.error(), unusable);
    if (key && !chosen) kept_.push_back(rows[i].material);
    // What only verifies needs no private part.
    if (!key) key = pass::SigningKey::parse_jwk(rows[i].public_jwk);
    if (!key) return key.error();
    keys.push_back(std::move(*key));
    if (chosen || states[i] == KeyState::published) continue;
    const bool in_token = KeyMaterial::is_in_token(rows[i].material);
    if (!current || (keys.back().can_sign() && (in_token || !token_is_due))) {
      current = keys.size() - 1;
      current_material_ = rows[i].material;
    }
    token_is_due = token_is_due || in_token;
  }
  unusable_ = std::move(unusable);
  if (!current) return Error(errors::signing_key_unusable, "there is no key whose turn has come");
  pass::KeySet out{keys[*current], {}};
  keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(*current));
  out.others = std::move(keys);
  return out;
}

Status KeyWatch::refresh() {
  fresh_ = false;
  Instant now;
  TEGATA_ASSIGN(const auto rows, store_.read<std::vector<store::SigningKeyRow>>(
                                     [&](store::Reader& reader) -> Result<std::vector<store::SigningKeyRow>> {
                                       // An emergency's key is good from a moment on that the clock may not say yet.
                                       TEGATA_ASSIGN(now, store::moment(reader, clock_, store::Purpose::take_away));
                                       return store::list_signing_keys(reader);
                                     }));
  TEGATA_ASSIGN(auto chosen, choose(rows, now));
  if (!keys_ || keys_->current.kid() != chosen.current.kid()) {
    log_.info("signing_key_in_use", {{"kid", chosen.current.kid()}});
  }
  keys_ = std::make_shared<const pass::KeySet>(std::move(chosen));
  fresh_ = true;
  tell_of_refused_pin();
  return {};
}

// Once for each refusal: log-ins are tried where a key is loaded, and where a token that forgot us is to sign.
void KeyWatch::tell_of_refused_pin() {
  const auto refused = material_.refused_pin();
  if (refused && refused != told_) log_.error("signing_pin_refused", {{"detail", *refused}});
  told_ = refused;
}

std::string KeyWatch::faults() {
  const auto keys = look(false);
  std::unique_lock lock(mutex_);
  const auto& kid = keys_->current.kid();
  if (!keys_->current.can_sign()) {
    const auto why = unusable_.find(kid);
    return fault_of(kid, why == unusable_.end() ? Error(errors::signing_key_unusable) : why->second);
  }
  const auto token = KeyMaterial::is_in_token(current_material_) ? material_.opened_token() : nullptr;
  lock.unlock();
  const auto answers = token ? token->check(longest_turn) : Status();
  return answers ? "" : fault_of(keys->current.kid(), answers.error());
}

std::vector<Error> KeyWatch::lost_files() {
  look(false);
  const std::lock_guard lock(mutex_);
  std::vector<Error> lost;
  for (const auto& material : kept_) {
    if (const auto there = material_.verify_file(material); !there) lost.push_back(there.error());
  }
  return lost;
}

std::string KeyWatch::figures() {
  const auto keys = look(false);
  const std::lock_guard lock(mutex_);
  const auto gauge = [](const char* name, std::size_t value) {
    return std::string("# TYPE ") + name + " gauge\n" + name + " " + std::to_string(value) + "\n";
  };
  return gauge("tegata_signing_keys", keys->others.size() + 1) +
         gauge("tegata_signing_keys_unusable", unusable_.size() + (fresh_ ? 0 : 1)) +
         gauge("tegata_signing_pin_refused", material_.refused_pin() ? 1 : 0);
}

std::string KeyWatch::warnings() {
  look(false);
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [kid, why] : unusable_) {
    if (kid != keys_->current.kid()) out += "warning signing_key_unusable " + kid + "\n";
  }
  return out;
}

}  // namespace tegata::server::keys
