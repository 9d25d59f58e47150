// `tegata key list | rotate`: the keys that sign passes.
#pragma once

#include <optional>
#include <string>

#include "rp/cli/practitioners/practitioner.h"

namespace tegata::cli {

void add_key_commands(CLI::App& app, int& exit_code);

// {"keys": [...]}: kid, state (published, active, retiring, ended, withdrawn), published_at, use_from, withdrawn_at,
// last_pass_end (null where it signed none), material.
Result<Json> list_keys(const practitioners::Operator&);

struct Rotation {
  bool emergency = false;          // withdraw, and use the new key at once
  std::optional<std::string> kid;  // withdraw this one alone; needs emergency
  std::string reason;              // for the audit log; an emergency needs one
  bool dry_run = false;
};
// Makes a key and publishes it: to come into use after [signing_keys] ahead_seconds, or at once where it is the first,
// or in an emergency, whose passes end in the same transaction. The answer has kid (null for a dry run), use_from,
// withdrawn (kids), passes_ended, rotated.
// Errors: signing_key_rotation_waiting, signing_key_unknown, cli_option_invalid, those of KeyMaterial::make, store_*.
Result<Json> rotate_key(const practitioners::Operator&, const Rotation&);

}  // namespace tegata::cli
