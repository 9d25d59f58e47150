#include "rp/cli/facilities/common.h"

#include "rp/base/errors.h"
#include "rp/facility/errors.h"
#include "rp/server/compose.h"

namespace tegata::cli::facilities {
namespace {

using OneStore = std::unique_ptr<store::Store>;

const char* state_of(const store::ClientCertificate& certificate, Instant now) {
  if (!certificate.active) return "revoked";
  if (certificate.not_after <= now) return "ended";
  if (certificate.not_before > now) return "not-yet-valid";
  return certificate.replaced_at ? "replaced" : "active";
}

Json describe_pass(const store::IssuedPass& pass) {
  return {{"jti", pass.jti},
          {"practitioner_id", pass.practitioner_id},
          {"issued_at", format_rfc3339(pass.issued_at)},
          {"expires_at", format_rfc3339(pass.expires_at)},
          {"bound_to", pass.dpop ? "key" : "certificate"}};
}

}  // namespace

Result<Json> change(const practitioners::Operator& by, bool dry_run, const Change& operation, store::Purpose purpose) {
  TEGATA_ASSIGN(const auto store, practitioners::open_store(by));
  std::optional<Json> rehearsed;
  auto done = store->write<Json>(
      [&](store::Transaction& transaction) -> Result<Json> {
        TEGATA_ASSIGN(Json answer, operation(transaction));
        answer.update({{"ok", true}, {"dry_run", dry_run}});
        if (!dry_run) return answer;
        rehearsed = std::move(answer);
        return Error(errors::internal, "a rehearsal: rolled back");
      },
      purpose);
  if (rehearsed) return std::move(*rehearsed);
  return done;
}

Result<Json> look(const practitioners::Operator& by, const std::function<Result<Json>(store::Reader&)>& operation) {
  TEGATA_ASSIGN(const auto store, practitioners::open_store(by));
  TEGATA_ASSIGN(Json answer, store->read<Json>(operation));
  answer["ok"] = true;
  return answer;
}

store::AuditEvent facility_event(const practitioners::Operator& by, std::string kind, std::string subject,
                                 Json details) {
  store::AuditEvent out;
  out.kind = std::move(kind);
  out.actor = by.actor;
  out.subject = std::move(subject);
  out.details = std::move(details);
  out.source = by.actor;
  return out;
}

Json optional_time(const std::optional<Instant>& instant) {
  return instant ? Json(format_rfc3339(*instant)) : Json(nullptr);
}

Json describe_client(const store::Client& client) {
  return {{"client_id", client.client_id},
          {"facility", client.facility_code},
          {"state", client.active ? "active" : "suspended"},
          {"auth_method", client.auth_method},
          {"resource_server", client.resource_server},
          {"scopes", client.scopes},
          {"audiences", client.audiences},
          {"redirect_uris", client.redirect_uris},
          {"jwks", client.jwks}};
}

Json describe_certificate(const store::ClientCertificate& certificate, const std::vector<store::IssuedPass>& passes,
                          Instant now) {
  Json out = {{"thumbprint", base64url(certificate.thumbprint)},
              {"client_id", certificate.client_id},
              {"subject", certificate.subject},
              {"origin", certificate.origin},
              {"state", state_of(certificate, now)},
              {"not_before", format_rfc3339(certificate.not_before)},
              {"not_after", format_rfc3339(certificate.not_after)},
              {"added_at", optional_time(certificate.added_at)},
              {"replaced_at", optional_time(certificate.replaced_at)},
              {"revoked_at", optional_time(certificate.revoked_at)},
              {"live_passes", passes.size()},
              {"passes", Json::array()}};
  for (const auto& pass : passes) out["passes"].push_back(describe_pass(pass));
  return out;
}

Result<Json> describe_certificates(store::Reader& reader, const std::string& client_id, Instant now) {
  TEGATA_ASSIGN(const auto certificates, store::list_client_certificates(reader, client_id));
  Json out = Json::array();
  for (const auto& one : certificates) {
    TEGATA_ASSIGN(const auto passes, store::live_passes_of_certificate(reader, one.thumbprint, now));
    out.push_back(describe_certificate(one, passes, now));
  }
  return out;
}

Result<store::Facility> require_facility(store::Reader& reader, const std::string& code) {
  TEGATA_ASSIGN(auto facility, store::find_facility(reader, code));
  if (!facility) return Error(errors::facility_unknown, code);
  return std::move(*facility);
}

Result<store::Client> require_client(store::Reader& reader, const std::string& client_id) {
  TEGATA_ASSIGN(auto client, store::find_client(reader, client_id));
  if (!client) return Error(errors::facility_client_unknown, client_id);
  return std::move(*client);
}

Result<Json> put_certificate(store::Transaction& transaction, const practitioners::Operator& by,
                             const store::ClientCertificate& certificate, bool replace) {
  TEGATA_ASSIGN(const bool added, store::add_client_certificate(transaction, certificate));
  if (!added) return Error(errors::facility_certificate_taken, base64url(certificate.thumbprint));
  Json details = {{"thumbprint", base64url(certificate.thumbprint)},
                  {"origin", certificate.origin},
                  {"not_after", format_rfc3339(certificate.not_after)},
                  {"replaced", 0}};
  if (!replace) return details;
  const Instant until = transaction.now() + by.config.facilities.overlap;
  TEGATA_ASSIGN(const auto replaced,
                store::replace_certificates(transaction, certificate.client_id, certificate.thumbprint, until));
  details["replaced"] = replaced;
  details["replaced_until"] = format_rfc3339(until);
  return details;
}

}  // namespace tegata::cli::facilities
