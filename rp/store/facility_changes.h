// What operators change of facilities, clients and certificates. Each is one conditional statement with what follows
// from it, inside the caller's transaction; where its condition does not hold it says so and nothing was changed.
#pragma once

#include "rp/store/facilities.h"
#include "rp/store/standing.h"

namespace tegata::store {

// False where the code is known, also as a former one.
Result<bool> add_facility(Transaction&, const Facility&);
// Name, profile, cut-off and binding of the facility with that code. Ends what they allow no longer. Nothing where
// there is none.
Result<std::optional<EndedRequests>> change_facility(Transaction&, const Facility&);
// Ends what is open and live in its name; nothing where it is not active. `why` becomes the reason of what ended.
Result<std::optional<EndedRequests>> suspend_facility(Transaction&, const std::string& code, const std::string& why);
Result<bool> resume_facility(Transaction&, const std::string& code);
// Its clients, open requests and live passes go with it, so that nobody at the facility notices. False where `to` is
// known, also as a former code, or `from` is not.
Result<bool> change_facility_code(Transaction&, const std::string& from, const std::string& to, bool provisional);
// By which the facility was known before, the newest last.
Result<std::vector<std::string>> list_former_codes(Reader&, const std::string& code);

// False where the ID is known. REQUIRES: facility_code is empty or a facility's.
Result<bool> add_client(Transaction&, const Client&);
// Scopes, audiences, redirect addresses and keys of the client with that ID. Ends what they allow no longer. Nothing
// where there is none.
Result<std::optional<EndedRequests>> change_client(Transaction&, const Client&);
// As for a facility.
Result<std::optional<EndedRequests>> suspend_client(Transaction&, const std::string& client_id, const std::string& why);
Result<bool> resume_client(Transaction&, const std::string& client_id);

// False where that certificate is known, whoever's and in whatever state: a revoked one never comes back.
Result<bool> add_client_certificate(Transaction&, const ClientCertificate&);
// The client's other certificates count until `until` at the longest; gives how many that concerned.
Result<std::int64_t> replace_certificates(Transaction&, const std::string& client_id, const Digest& by, Instant until);
// Nothing where it is not active. Ends the requests that it began and the passes that were fetched with it, and the
// link to its file.
Result<std::optional<EndedRequests>> revoke_client_certificate(Transaction&, const Digest& thumbprint,
                                                               const std::string& why);

// A link to the file of an issued certificate.
struct CertificateDownload {
  Digest token{};  // SHA-256 of the link's secret
  Digest thumbprint{};
  std::string name;  // of the file
  Bytes file;
  Instant expires_at{};
};
Status put_download(Transaction&, const CertificateDownload&);
// Once: takes the file out of the database. Nothing where the link is unknown, was used, or has expired, and where its
// certificate does not stand any more.
Result<std::optional<CertificateDownload>> take_download(Transaction&, const Digest& token);

}  // namespace tegata::store
