#include "rp/activation/certificate_download.h"

#include "rp/activation/oauth_error.h"
#include "rp/facility/errors.h"
#include "rp/store/facility_changes.h"

namespace tegata::activation {
namespace {

Result<Digest> parse_token(const Services& services, const http::Request& request) {
  TEGATA_TRY(http::require_same_origin(request, services.settings.issuer));
  TEGATA_ASSIGN(const auto body, http::json_body(request));
  TEGATA_ASSIGN(const auto token, json_string(body, "token"));
  return sha256(token);
}

Result<store::CertificateDownload> take(const Services& services, const http::Request& request, const Digest& token) {
  Deed deed = deed_of_phone(request, "unknown", "certificate");
  return write<store::CertificateDownload>(
      services, request, deed, [&](store::Transaction& transaction) -> Result<store::CertificateDownload> {
        TEGATA_ASSIGN(auto taken, store::take_download(transaction, token));
        if (!taken) return Error(errors::facility_download_unknown);
        transaction.audit(
            event(request, deed, "certificate_downloaded", {{"thumbprint", base64url(taken->thumbprint)}}));
        return std::move(*taken);
      });
}

}  // namespace

http::Response download_certificate(const Services& services, const http::Request& request) {
  const auto token = parse_token(services, request);
  if (!token) return page_refusal(request, token.error(), false);
  const auto taken = take(services, request, *token);
  if (!taken) return page_refusal(request, taken.error(), false);
  return oauth_response(
      200, {{"name", taken->name}, {"file", base64(taken->file)}, {"thumbprint", base64url(taken->thumbprint)}});
}

}  // namespace tegata::activation
