#include "rp/server/beginning.h"

#include <filesystem>

#include "rp/host/private_file.h"
#include "rp/server/compose.h"
#include "rp/server/keys/guess_key.h"
#include "rp/server/keys/key_watch.h"
#include "rp/store/audit/epoch.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/upkeep/beginning.h"

namespace tegata::server {
namespace {

void sort_in(Beginning& out, const std::string& path) { (host::is_there(path) ? out.used : out.made).push_back(path); }

// As it stands before anything is made.
Beginning plan(const config::Config& config) {
  Beginning out;
  out.made = {config.database, store::engine::head_of(config.database),
              store::engine::epoch_path(store_options(config))};
  for (const auto& path : {config.audit_key, config.tickets.guess_key}) sort_in(out, path);
  if (!config.signing_key.empty()) sort_in(out, config.signing_key);
  if (config.signing_key.empty()) {
    const auto& keys = config.signing_keys;
    out.made.push_back("a signing key in " + (keys.in_token() ? "the token " + keys.token : keys.directory));
  }
  return out;
}

class FirstKey {
 public:
  FirstKey(const config::Config& config, const Clock& clock, Random& random)
      : config_(config), clock_(clock), random_(random), material_(config.signing_keys) {}

  Status add_to(store::Store& store, const std::string& actor) {
    if (!config_.signing_key.empty()) return keys::adopt_first_key(store, config_, actor);
    TEGATA_ASSIGN(made_, material_.make(random_, clock_.now()));
    return keys::adopt_key(store, *made_, actor);
  }
  void discard() {
    if (made_) material_.discard(*made_);
  }

 private:
  const config::Config& config_;
  const Clock& clock_;
  Random& random_;
  keys::KeyMaterial material_;
  std::optional<keys::MadeKey> made_;
};

}  // namespace

Result<Beginning> begin_database(const config::Config& config, const Clock& clock, Random& random,
                                 const std::string& actor) {
  auto out = plan(config);
  FirstKey key(config, clock, random);
  const auto begun = store::upkeep::begin(store_options(config), clock, random, [&](store::Store& store) -> Status {
    TEGATA_TRY(keys::open_guess_key(config.tickets.guess_key, store, random));
    return key.add_to(store, actor);
  });
  if (begun) return out;
  // A database that could not be taken away again knows its key.
  if (!host::is_there(config.database)) key.discard();
  return begun.error();
}

Result<Beginning> preview_beginning(const config::Config& config) {
  TEGATA_TRY(store::upkeep::verify_draft(store_options(config)));
  TEGATA_TRY(store::engine::verify_none(store_options(config)));
  for (const auto& path : {config.database, config.audit_key, config.tickets.guess_key}) {
    if (!host::is_there(path)) TEGATA_TRY(host::verify_folder(std::filesystem::path(path).parent_path().string()));
  }
  if (!config.signing_key.empty()) TEGATA_TRY(keys::first_key(config));
  return plan(config);
}

}  // namespace tegata::server
