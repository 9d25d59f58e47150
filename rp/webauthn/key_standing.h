// The key of a phone that was bound before, judged by what is known now. Pure.
#pragma once

#include "rp/webauthn/credential_record.h"
#include "rp/webauthn/metadata/metadata.h"

namespace tegata::webauthn {

// The statement of the registration is judged again, as of the moment `registered_at` at which it was made, because its
// certificates may have ended since: a phone that was bound while metadata was missing or unusable comes right by it,
// and one whose model lost its anchors does not stay what it was. Reports count as of `now`. Without metadata that
// vouches for the model nothing is proved. Error: webauthn_metadata_status_unwanted, whatever else is known.
Result<wire::KeyStanding> judge_key(const metadata::Metadata*, const CredentialRecord&, Instant registered_at,
                                    Instant now);

}  // namespace tegata::webauthn
