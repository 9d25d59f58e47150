#include "rp/server/next_step.h"

#include "enroll/card/errors.h"
#include "rp/activation/errors.h"
#include "rp/host/errors.h"
#include "rp/pass/errors.h"
#include "rp/server/config/errors.h"
#include "rp/store/engine/errors.h"

namespace tegata::server {
namespace {

struct NextStep {
  ErrorCode code;
  const char* text;
};

// FILE stands for the configuration.
constexpr NextStep next_steps[] = {
    {errors::activation_facility_inactive, "add it (`tegata facility add`), or correct [deployed_profile] of FILE"},
    {errors::card_authority_malformed,
     "put the right certificates into the files that [[authority]] and [haproxy] of FILE name"},
    {errors::config_invalid, "correct it; docs/settings.md has all keys and their forms"},
    {errors::file_not_written, "make that folder, mount its disk, or let this user write there"},
    {errors::file_unreadable, "put there what belongs there, let this user read it, or correct the path in FILE"},
    {errors::mynumber_authority_malformed,
     "put the right certificates into the files that [mynumber] generations of FILE names"},
    {errors::notice_undeliverable, "write user and password there, a line each"},
    {errors::pkcs11_unusable, "look at the token, and correct [signing_keys] of FILE"},
    {errors::server_socket_unusable,
     "give `sockets` of FILE a folder of this user's own, with a short path, where no other server listens"},
    {errors::signing_key_unusable, "bring back the file that belongs there"},
    {errors::store_audit_broken,
     "bring back the audit key and the head that belong to this database, or look whether their disks are mounted"},
    {errors::store_schema_newer, "install that version again, or a later one"},
    {errors::tls_file_unusable, "put the right certificates there, in PEM, with the key that belongs to the first"},
};

std::string filled_in(std::string text, const std::string& config_file) {
  for (const std::string before : {" of ", " in ", " --config "}) {
    const auto mark = before + "FILE";
    if (const auto at = text.find(mark); at != std::string::npos) text.replace(at, mark.size(), before + config_file);
  }
  return text;
}

}  // namespace

Error with_next_step(const Error& error, const std::string& config_file, const std::string& database) {
  const bool names_a_path = error.detail().find('/') != std::string::npos;
  const bool of_store = error.code().name().starts_with("store_") && !database.empty();
  auto detail = names_a_path ? error.detail() : (of_store ? database : config_file) + ": " + error.detail();
  for (const auto& step : next_steps) {
    if (step.code == error.code()) detail += std::string(": ") + step.text;
  }
  return Error(error.code(), filled_in(std::move(detail), config_file), error.clause());
}

}  // namespace tegata::server
