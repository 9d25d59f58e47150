#include "rp/cli/verify/inputs.h"

#include <limits>

#include "rp/base/pem.h"
#include "rp/cli/command/errors.h"
#include "rp/host/public_file.h"
#include "rp/server/config/config.h"
#include "rp/webauthn/pem.h"

namespace tegata::cli::verify {
namespace {

Error file_invalid(const std::string& file, const std::string& what) {
  return Error(errors::cli_option_invalid, file + ": " + what);
}

Result<std::string> read(const std::string& file) {
  auto text = host::read_input(file);
  if (!text) return Error(errors::cli_option_invalid, text.error().detail());
  return text;
}

// "6d44ba9b-f6ec-2e49-b930-0c8fe920cb73"
std::string uuid(ByteView bytes) {
  std::string text = hex(bytes);
  for (const std::size_t at : {20, 16, 12, 8}) {
    if (text.size() > at) text.insert(at, "-");
  }
  return text;
}

Result<webauthn::CredentialRecord> parse_record(const Json& json) {
  webauthn::CredentialRecord record;
  TEGATA_ASSIGN(record.id, json_base64url(json, "id"));
  TEGATA_ASSIGN(record.public_key, json_base64url(json, "publicKey"));
  TEGATA_ASSIGN(const auto sign_count, json_optional_integer(json, "signCount"));
  if (sign_count.value_or(0) < 0 || sign_count.value_or(0) > std::numeric_limits<std::uint32_t>::max()) {
    return Error(errors::cli_option_invalid, "signCount is no 32-bit number");
  }
  record.sign_count = static_cast<std::uint32_t>(sign_count.value_or(0));
  TEGATA_ASSIGN(const auto uv_initialized, json_optional_bool(json, "uvInitialized"));
  record.uv_initialized = uv_initialized.value_or(false);
  TEGATA_ASSIGN(const auto backup_eligible, json_optional_bool(json, "backupEligible"));
  record.backup_eligible = backup_eligible.value_or(false);
  TEGATA_ASSIGN(const auto backup_state, json_optional_bool(json, "backupState"));
  record.backup_state = backup_state.value_or(false);
  TEGATA_ASSIGN(record.transports, json_strings(json, "transports"));
  TEGATA_ASSIGN(const auto rp_id, json_optional_string(json, "rpId"));
  record.rp_id = rp_id.value_or("");
  return record;
}

}  // namespace

Result<std::vector<Bytes>> read_anchors(const std::string& file) {
  TEGATA_ASSIGN(const std::string text, read(file));
  const auto blocks = parse_pem(text);
  if (!blocks) return file_invalid(file, "a block is broken");
  std::vector<Bytes> anchors;
  for (const PemBlock& block : *blocks) {
    if (block.label == webauthn::pem_certificate) anchors.push_back(block.der);
  }
  constexpr char der_sequence = 0x30;
  if (anchors.empty() && text.starts_with(der_sequence)) anchors.push_back(to_bytes(as_bytes(text)));
  if (anchors.empty()) return file_invalid(file, "holds no certificate");
  return anchors;
}

Result<CapturedRecord> read_record(const std::string& file) {
  TEGATA_ASSIGN(const std::string text, read(file));
  auto json = parse_json(text);
  if (!json) return file_invalid(file, std::string(json.error().code().name()));
  CapturedRecord captured;
  const bool answer = json->is_object() && json->contains("credential_record");
  captured.json = answer ? (*json)["credential_record"] : *json;
  auto record = parse_record(captured.json);
  if (!record) return file_invalid(file, std::string(record.error().code().name()) + " " + record.error().detail());
  captured.record = std::move(*record);
  captured.backup_eligible_known =
      captured.json.contains("backupEligible") && captured.json["backupEligible"].is_boolean();
  return captured;
}

Json record_json(const webauthn::CredentialRecord& record) {
  return {{"type", "public-key"},
          {"id", base64url(record.id)},
          {"publicKey", base64url(record.public_key)},
          {"algorithm", record.algorithm},
          {"signCount", record.sign_count},
          {"uvInitialized", record.uv_initialized},
          {"backupEligible", record.backup_eligible},
          {"backupState", record.backup_state},
          {"transports", record.transports},
          {"rpId", record.rp_id},
          {"aaguid", uuid(record.aaguid)},
          {"attestationFormat", record.attestation_format},
          {"attestationType", record.attestation_type}};
}

}  // namespace tegata::cli::verify
