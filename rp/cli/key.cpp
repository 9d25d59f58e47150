#include "rp/cli/key.h"

#include <algorithm>

#include "rp/cli/command/errors.h"
#include "rp/server/compose.h"
#include "rp/server/keys/key_watch.h"

namespace tegata::cli {
namespace {

using pass::KeyState;
using Rows = std::vector<store::SigningKeyRow>;

std::vector<KeyState> states_of(const Rows& rows, Instant now) {
  std::vector<pass::KeyTimes> times;
  for (const auto& row : rows) times.push_back(row.times);
  return pass::key_states(times, now);
}

Json describe(const store::SigningKeyRow& row, KeyState state) {
  Json out = {{"kid", row.kid},
              {"state", pass::name_of(state)},
              {"published_at", format_rfc3339(row.published_at)},
              {"use_from", format_rfc3339(row.times.use_from)},
              {"withdrawn_at", nullptr},
              {"last_pass_end", nullptr},
              {"material", row.material}};
  if (row.times.withdrawn_at) out["withdrawn_at"] = format_rfc3339(*row.times.withdrawn_at);
  if (row.times.last_pass_end != Instant{}) out["last_pass_end"] = format_rfc3339(row.times.last_pass_end);
  return out;
}

Instant use_from(const practitioners::Operator& by, const Rotation& rotation, const Rows& rows, Instant now) {
  return rotation.emergency || rows.empty() ? now : now + by.config.signing_keys.ahead;
}

Json answer(const std::optional<std::string>& kid, Instant use, const store::Withdrawal& withdrawn) {
  return {{"kid", kid ? Json(*kid) : Json()},
          {"use_from", format_rfc3339(use)},
          {"withdrawn", withdrawn.kids},
          {"passes_ended", withdrawn.passes},
          {"rotated", kid.has_value()}};
}

store::AuditEvent key_event(const practitioners::Operator& by, const char* kind, const std::string& kid, Json details) {
  store::AuditEvent out;
  out.kind = kind;
  out.actor = by.actor;
  out.subject = "signing_key:" + kid;
  out.details = std::move(details);
  out.source = by.actor;
  return out;
}

Status verify_options(const Rotation& rotation) {
  if (rotation.kid && !rotation.emergency) return Error(errors::cli_option_invalid, "--kid needs --emergency");
  if (rotation.emergency && rotation.reason.empty()) {
    return Error(errors::cli_option_invalid, "--emergency needs --reason");
  }
  return {};
}

store::Purpose purpose_of(const Rotation& rotation) {
  return rotation.emergency ? store::Purpose::take_away : store::Purpose::give;
}

Error waiting() {
  return Error(errors::signing_key_rotation_waiting, "a new key is published already: see `tegata key list`");
}

Status verify_withdrawn(const Rotation& rotation, const store::Withdrawal& withdrawn) {
  if (!rotation.kid || !withdrawn.kids.empty()) return {};
  return Error(errors::signing_key_unknown, *rotation.kid);
}

Result<Json> preview(const practitioners::Operator& by, const Rotation& rotation, store::Reader& reader) {
  TEGATA_ASSIGN(const Instant now, store::moment(reader, by.clock, purpose_of(rotation)));
  TEGATA_ASSIGN(const Rows rows, store::list_signing_keys(reader));
  store::Withdrawal withdrawn;
  if (rotation.emergency) {
    TEGATA_ASSIGN(withdrawn, store::preview_withdrawal(reader, rotation.kid, now));
    TEGATA_TRY(verify_withdrawn(rotation, withdrawn));
  } else {
    const auto states = states_of(rows, now);
    if (std::find(states.begin(), states.end(), KeyState::published) != states.end()) return waiting();
  }
  return answer(std::nullopt, use_from(by, rotation, rows, now), withdrawn);
}

Result<Json> rotate(const practitioners::Operator& by, const Rotation& rotation, const server::keys::MadeKey& made,
                    store::Transaction& transaction) {
  TEGATA_ASSIGN(const Rows rows, store::list_signing_keys(transaction));
  store::Withdrawal withdrawn;
  if (rotation.emergency) {
    TEGATA_ASSIGN(withdrawn, store::withdraw_signing_keys(transaction, rotation.kid));
    TEGATA_TRY(verify_withdrawn(rotation, withdrawn));
    for (const auto& kid : withdrawn.kids) {
      transaction.audit(key_event(by, "signing_key_withdrawn", kid, {{"alarm", true}, {"reason", rotation.reason}}));
    }
  }
  store::SigningKeyRow row{made.key.kid(), made.material, made.key.public_jwk(), {}, {}};
  row.times.use_from = use_from(by, rotation, rows, transaction.now());
  TEGATA_ASSIGN(const bool published, store::publish_signing_key(transaction, row));
  if (!published) return waiting();
  transaction.audit(key_event(by, "signing_key_published", row.kid,
                              {{"use_from", format_rfc3339(row.times.use_from)},
                               {"material", row.material},
                               {"passes_ended", withdrawn.passes},
                               {"reason", rotation.reason}}));
  return answer(row.kid, row.times.use_from, withdrawn);
}

}  // namespace

Result<Json> list_keys(const practitioners::Operator& by) {
  TEGATA_ASSIGN(const auto store, practitioners::open_store(by));
  return store->read<Json>([&](store::Reader& reader) -> Result<Json> {
    TEGATA_ASSIGN(const Instant now, store::moment(reader, by.clock, store::Purpose::take_away));
    TEGATA_ASSIGN(const Rows rows, store::list_signing_keys(reader));
    const auto states = states_of(rows, now);
    Json keys = Json::array();
    for (std::size_t i = 0; i < rows.size(); ++i) keys.push_back(describe(rows[i], states[i]));
    return Json{{"keys", std::move(keys)}};
  });
}

Result<Json> rotate_key(const practitioners::Operator& by, const Rotation& rotation) {
  TEGATA_TRY(verify_options(rotation));
  TEGATA_ASSIGN(const auto store, practitioners::open_store(by));
  // A server that never ran has not taken its first key in yet.
  if (!by.config.signing_key.empty()) TEGATA_TRY(server::keys::adopt_first_key(*store, by.config, by.actor));
  if (rotation.dry_run) {
    return store->read<Json>([&](store::Reader& reader) { return preview(by, rotation, reader); });
  }
  server::keys::KeyMaterial material(by.config.signing_keys);
  TEGATA_ASSIGN(const auto made, material.make(by.random, by.clock.now()));
  auto done = store->write<Json>(
      [&](store::Transaction& transaction) { return rotate(by, rotation, made, transaction); }, purpose_of(rotation));
  // Whether it counts is not known where the database did not answer: then the key stays.
  if (!done && (done.error().code() == errors::signing_key_rotation_waiting ||
                done.error().code() == errors::signing_key_unknown)) {
    material.discard(made);
  }
  return done;
}

}  // namespace tegata::cli
