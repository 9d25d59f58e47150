// What the commands of `tegata facility` share.
#pragma once

#include "rp/cli/command/ended.h"
#include "rp/cli/facilities/facility.h"
#include "rp/store/passes.h"

namespace tegata::cli::facilities {

using Change = std::function<Result<Json>(store::Transaction&)>;
// Runs the change and adds "ok" and "dry_run" to its answer. A rehearsal is rolled back.
Result<Json> change(const practitioners::Operator&, bool dry_run, const Change&, store::Purpose = store::Purpose::give);
Result<Json> look(const practitioners::Operator&, const std::function<Result<Json>(store::Reader&)>&);

store::AuditEvent facility_event(const practitioners::Operator&, std::string kind, std::string subject, Json details);
Json optional_time(const std::optional<Instant>&);
Json describe_client(const store::Client&);
// `passes`: those that live by it.
Json describe_certificate(const store::ClientCertificate&, const std::vector<store::IssuedPass>& passes, Instant now);
Result<Json> describe_certificates(store::Reader&, const std::string& client_id, Instant now);

// Errors: facility_unknown, facility_client_unknown.
Result<store::Facility> require_facility(store::Reader&, const std::string& code);
Result<store::Client> require_client(store::Reader&, const std::string& client_id);

// Registers the certificate, and ends the client's others in time if asked to; gives the details of the audit record.
// Error: facility_certificate_taken.
Result<Json> put_certificate(store::Transaction&, const practitioners::Operator&, const store::ClientCertificate&,
                             bool replace);

}  // namespace tegata::cli::facilities
