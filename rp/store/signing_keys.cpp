#include "rp/store/signing_keys.h"

#include "rp/store/engine/connection.h"
#include "rp/store/engine/errors.h"

namespace tegata::store {
namespace {

SigningKeyRow read_key(engine::Row& row) {
  SigningKeyRow out;
  out.kid = row.text();
  out.material = row.text();
  out.public_jwk = row.json();
  out.published_at = row.instant();
  out.times.use_from = row.instant();
  out.times.withdrawn_at = row.optional_instant();
  out.times.last_pass_end = row.instant();
  return out;
}

#define KEY_INSERT                                                               \
  "INSERT INTO signing_key (kid, material, public_jwk, published_at, use_from) " \
  "SELECT :kid, :material, :public_jwk, :now, :use_from WHERE "

Result<bool> insert(Transaction& transaction, const char* statement, const SigningKeyRow& key) {
  TEGATA_ASSIGN(const auto inserted, transaction.connection().run(statement, {{":kid", key.kid},
                                                                              {":material", key.material},
                                                                              {":public_jwk", key.public_jwk},
                                                                              {":now", transaction.now()},
                                                                              {":use_from", key.times.use_from}}));
  return inserted == 1;
}

}  // namespace

Result<std::vector<SigningKeyRow>> list_signing_keys(Reader& reader) {
  return reader.connection().list<SigningKeyRow>(
      "SELECT k.kid, k.material, k.public_jwk, k.published_at, k.use_from, k.withdrawn_at, "
      "COALESCE((SELECT MAX(p.expires_at) FROM pass p WHERE p.kid = k.kid), 0) "
      "FROM signing_key k ORDER BY k.use_from, k.published_at, k.kid",
      {}, read_key);
}

Result<bool> adopt_signing_key(Transaction& transaction, const SigningKeyRow& key) {
  TEGATA_ASSIGN(const bool first,
                insert(transaction, KEY_INSERT ":use_from <= :now AND NOT EXISTS (SELECT 1 FROM signing_key)", key));
  if (!first) return false;
  TEGATA_TRY(transaction.connection().run("UPDATE pass SET kid = :kid WHERE kid = ''", {{":kid", key.kid}}));
  return true;
}

Result<bool> publish_signing_key(Transaction& transaction, const SigningKeyRow& key) {
  return insert(transaction,
                KEY_INSERT
                ":use_from <= :now OR NOT EXISTS "
                "(SELECT 1 FROM signing_key WHERE use_from > :now AND withdrawn_at IS NULL)",
                key);
}

Result<Withdrawal> withdraw_signing_keys(Transaction& transaction, const std::optional<std::string>& kid) {
  TEGATA_ASSIGN(auto out, preview_withdrawal(transaction, kid, transaction.now()));
  for (const auto& each : out.kids) {
    TEGATA_TRY(transaction.connection().run("UPDATE signing_key SET withdrawn_at = :now WHERE kid = :kid",
                                            {{":now", transaction.now()}, {":kid", each}}));
    TEGATA_TRY(transaction.connection().run(
        "UPDATE pass SET revoked_at = :now, revoked_why = :why "
        "WHERE kid = :kid AND expires_at > :now AND revoked_at IS NULL",
        {{":now", transaction.now()}, {":why", errors::store_pass_key_withdrawn.name()}, {":kid", each}}));
  }
  return out;
}

Result<Withdrawal> preview_withdrawal(Reader& reader, const std::optional<std::string>& kid, Instant now) {
  Withdrawal out;
  TEGATA_ASSIGN(out.kids, reader.connection().list<std::string>(
                              "SELECT kid FROM signing_key WHERE withdrawn_at IS NULL AND (:kid IS NULL OR kid = :kid) "
                              "ORDER BY use_from, kid",
                              {{":kid", kid}}, engine::read_text));
  for (const auto& each : out.kids) {
    TEGATA_ASSIGN(const auto passes,
                  reader.connection().find<std::int64_t>(
                      "SELECT COUNT(*) FROM pass WHERE kid = :kid AND expires_at > :now AND revoked_at IS NULL",
                      {{":kid", each}, {":now", now}}, engine::read_integer));
    out.passes += passes.value_or(0);
  }
  return out;
}

}  // namespace tegata::store
