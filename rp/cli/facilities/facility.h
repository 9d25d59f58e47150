// `tegata facility ...`: facilities, their clients and their certificates, by their operators. Every change is one
// transaction with its audit record; a rehearsal (`dry_run`) is that transaction, undone at its end.
#pragma once

#include <functional>

#include "rp/cli/practitioners/practitioner.h"
#include "rp/store/facility_changes.h"

namespace tegata::cli::facilities {

void add_facility_commands(CLI::App& app, int& exit_code);

// --- facilities

struct FacilityOrder {
  std::string code;
  // Absent: as it is, or the default of a new one. day_cut_off: "none" takes it away.
  std::optional<std::string> name, profile, day_cut_off;
  std::optional<bool> any_active_certificate, typed_code;
  bool provisional = false;
};
// Errors: facility_code_*, facility_malformed.
Result<Json> add_facility(const practitioners::Operator&, const FacilityOrder&, bool dry_run);
// Ends, and counts, what its new profile and hours allow no longer. Errors: facility_unknown, facility_malformed.
Result<Json> change_facility(const practitioners::Operator&, const FacilityOrder&, bool dry_run);
Result<Json> list_facilities(const practitioners::Operator&);
// With its clients and their certificates. Error: facility_unknown.
Result<Json> show_facility(const practitioners::Operator&, const std::string& code);
// Ends open requests and live passes. Errors: facility_unknown, facility_state_unchanged.
Result<Json> suspend_facility(const practitioners::Operator&, const std::string& code, const std::string& reason,
                              bool dry_run);
Result<Json> resume_facility(const practitioners::Operator&, const std::string& code, const std::string& reason,
                             bool dry_run);
// Errors: facility_unknown, facility_code_*.
Result<Json> change_facility_code(const practitioners::Operator&, const std::string& from, const std::string& to,
                                  bool provisional, bool dry_run);

// --- clients

struct ClientOrder {
  store::Client client;
  std::string jwks_file;
};
// "keys_passed_over" of the answer: which of the file's keys do not count, and why.
// Errors: facility_unknown, facility_client_malformed, facility_client_taken, jwk_*.
Result<Json> add_client(const practitioners::Operator&, const ClientOrder&, bool dry_run);
// Scopes, audiences, redirect addresses and keys, each where it is given. Ends, and counts, what they allow no longer.
// Errors: facility_client_unknown, facility_client_malformed, jwk_*.
Result<Json> change_client(const practitioners::Operator&, const ClientOrder&, bool dry_run);
// Errors: facility_client_unknown, facility_client_state_unchanged.
Result<Json> suspend_client(const practitioners::Operator&, const std::string& client_id, const std::string& reason,
                            bool dry_run);
Result<Json> resume_client(const practitioners::Operator&, const std::string& client_id, const std::string& reason,
                           bool dry_run);

// --- certificates

struct CertificateFilter {
  std::string facility_code, client_id;  // empty: all
};
// {"certificates": [...]}, each with the passes that live by it: what revoking it would end.
Result<Json> list_certificates(const practitioners::Operator&, const CertificateFilter&);

struct CertificateRegistration {
  std::string client_id;
  std::string file;      // PEM or DER
  bool replace = false;  // the client's others count for [facilities] overlap_days more
};
// Errors: facility_client_unknown, facility_certificate_*.
Result<Json> add_certificate(const practitioners::Operator&, const CertificateRegistration&, bool dry_run);
// `thumbprint`: base64url; its beginning does, from 8 characters on. Errors: facility_certificate_unknown, _ambiguous,
// _revoked.
Result<Json> revoke_certificate(const practitioners::Operator&, const std::string& thumbprint,
                                const std::string& reason, bool dry_run);

// --- the built-in authority

// Makes key and certificate in [facilities] ca. Errors: facility_ca_missing (not configured), facility_ca_exists.
Result<Json> make_ca(const practitioners::Operator&, const std::string& name, std::int64_t years);

struct CertificateIssue {
  std::string client_id;
  std::string folder;    // for the password sheet, and the file unless `link`
  bool link = false;     // the file waits behind a link that works once
  bool replace = false;  // as above
};
// Errors: facility_ca_*, facility_client_unknown, file_not_written.
Result<Json> issue_certificate(const practitioners::Operator&, const CertificateIssue&, bool dry_run);

}  // namespace tegata::cli::facilities
