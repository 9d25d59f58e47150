// `tegata facility certificate list | add | revoke`.
#include "rp/facility/certificate.h"

#include "rp/base/thumbprint.h"
#include "rp/cli/facilities/common.h"
#include "rp/facility/errors.h"
#include "rp/host/public_file.h"
#include "rp/server/config/config.h"

namespace tegata::cli::facilities {
namespace {

namespace e = errors;

Result<std::vector<std::string>> clients_of(store::Reader& reader, const CertificateFilter& filter) {
  std::vector<std::string> out;
  if (!filter.client_id.empty()) {
    TEGATA_ASSIGN(const auto client, require_client(reader, filter.client_id));
    return std::vector{client.client_id};
  }
  if (!filter.facility_code.empty()) TEGATA_TRY(require_facility(reader, filter.facility_code));
  TEGATA_ASSIGN(const auto all, filter.facility_code.empty() ? store::list_all_clients(reader)
                                                             : store::list_clients(reader, filter.facility_code));
  for (const auto& client : all) out.push_back(client.client_id);
  return out;
}

// The one certificate whose thumbprint begins so.
Result<store::ClientCertificate> require_certificate(store::Reader& reader, const std::string& beginning) {
  const auto range = parse_thumbprint_beginning(beginning);
  if (!range) return Error(e::facility_certificate_unknown, beginning + ": " + range.error().detail());
  TEGATA_ASSIGN(const auto found, store::list_certificates_between(reader, range->first, range->second));
  if (found.empty()) return Error(e::facility_certificate_unknown, beginning);
  if (found.size() > 1) return Error(e::facility_certificate_ambiguous, beginning);
  return found.front();
}

}  // namespace

Result<Json> list_certificates(const practitioners::Operator& by, const CertificateFilter& filter) {
  return look(by, [&](store::Reader& reader) -> Result<Json> {
    Json out = {{"certificates", Json::array()}};
    TEGATA_ASSIGN(const auto clients, clients_of(reader, filter));
    for (const auto& client_id : clients) {
      TEGATA_ASSIGN(const Json some, describe_certificates(reader, client_id, by.clock.now()));
      out["certificates"].insert(out["certificates"].end(), some.begin(), some.end());
    }
    return out;
  });
}

Result<Json> add_certificate(const practitioners::Operator& by, const CertificateRegistration& registration,
                             bool dry_run) {
  TEGATA_ASSIGN(const auto text, host::read_input(registration.file));
  TEGATA_ASSIGN(const auto verified, facility::verify_facility_certificate(text, by.clock.now()));
  store::ClientCertificate certificate;
  certificate.client_id = registration.client_id;
  certificate.thumbprint = verified.thumbprint();
  certificate.subject = verified.subject();
  certificate.not_before = verified.not_before();
  certificate.not_after = verified.not_after();
  return change(by, dry_run, [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_TRY(require_client(transaction, certificate.client_id));
    TEGATA_ASSIGN(const Json details, put_certificate(transaction, by, certificate, registration.replace));
    transaction.audit(facility_event(by, "certificate_registered", "client:" + certificate.client_id, details));
    Json answer = describe_certificate(certificate, {}, by.clock.now());
    answer["replaced"] = details["replaced"];
    if (details.contains("replaced_until")) answer["replaced_until"] = details["replaced_until"];
    return answer;
  });
}

Result<Json> revoke_certificate(const practitioners::Operator& by, const std::string& thumbprint,
                                const std::string& reason, bool dry_run) {
  return change(
      by, dry_run,
      [&](store::Transaction& transaction) -> Result<Json> {
        TEGATA_ASSIGN(const auto certificate, require_certificate(transaction, thumbprint));
        TEGATA_ASSIGN(const auto passes,
                      store::live_passes_of_certificate(transaction, certificate.thumbprint, transaction.now()));
        TEGATA_ASSIGN(const auto ended,
                      store::revoke_client_certificate(transaction, certificate.thumbprint,
                                                       std::string(e::facility_certificate_revoked.name())));
        if (!ended) return Error(e::facility_certificate_revoked, base64url(certificate.thumbprint));
        const auto counts = command::describe_ended(*ended);
        transaction.audit(
            facility_event(by, "certificate_revoked", "client:" + certificate.client_id,
                           {{"thumbprint", base64url(certificate.thumbprint)}, {"reason", reason}, {"ended", counts}}));
        auto after = certificate;
        after.active = false;
        after.revoked_at = transaction.now();
        Json answer = describe_certificate(after, passes, transaction.now());
        answer["ended"] = counts;
        return answer;
      },
      store::Purpose::take_away);
}

}  // namespace tegata::cli::facilities
