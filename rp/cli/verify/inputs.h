// The files of `tegata verify`: trust anchors and credential records.
#pragma once

#include "rp/base/json.h"
#include "rp/webauthn/credential_record.h"

namespace tegata::cli::verify {

// PEM certificates (anything between them is skipped), or one certificate in DER. Whether they are certificates is
// for the verifier to say. Error: cli_option_invalid.
Result<std::vector<Bytes>> read_anchors(const std::string& file);

// A credential record as JSON: id and publicKey (COSE) in base64url, and what else is there. An answer of
// `tegata verify`, which holds one, is taken too.
struct CapturedRecord {
  Json json;  // as it was read
  webauthn::CredentialRecord record;
  bool backup_eligible_known = false;
};
// Error: cli_option_invalid.
Result<CapturedRecord> read_record(const std::string& file);

Json record_json(const webauthn::CredentialRecord& record);

}  // namespace tegata::cli::verify
