#include "rp/activation/dpop.h"

#include "rp/activation/deployed_profile.h"
#include "rp/activation/errors.h"
#include "rp/pass/dpop.h"
#include "rp/store/proofs.h"

namespace tegata::activation {
namespace {

namespace e = errors;

std::string url_of(const Settings& settings, const http::Request& request) {
  return (request.origin == http::Origin::facility ? settings.facility_origin : settings.issuer) + request.path;
}

}  // namespace

Result<std::optional<Digest>> dpop_key(const Services& services, const http::Request& request) {
  const auto header = request.header("dpop");
  if (!header) return std::optional<Digest>();
  if (request.headers.count("dpop") != 1) {
    return Error(e::activation_dpop_refused, "several", "rfc9449#section-4.3: there is one DPoP header");
  }
  const auto proof =
      pass::verify_dpop_proof(*header, request.method, url_of(services.settings, request), services.clock.now());
  if (!proof) {
    return Error(e::activation_dpop_refused, std::string(proof.error().code().name()) + " " + proof.error().detail(),
                 proof.error().clause());
  }
  const Digest spent = sha256("dpop\n" + base64url(proof->thumbprint()) + "\n" + proof->jti());
  TEGATA_ASSIGN(const bool first, services.store.write<bool>([&](store::Transaction& transaction) {
    return store::spend_proof(transaction, spent, proof->forget_after());
  }));
  if (!first) {
    return Error(e::activation_dpop_replayed, base64url(proof->thumbprint()),
                 "rfc9449#section-11.1: a jti is used once");
  }
  return std::optional(proof->thumbprint());
}

Result<Binding> binding_of(const AuthenticatedClient& client, const std::optional<Digest>& dpop_key) {
  if (is_deployed(client)) return Binding{};
  if (dpop_key) return Binding{*dpop_key, true};
  if (client.thumbprint()) return Binding{*client.thumbprint(), false};
  return Error(e::activation_dpop_missing, client.id(), "rfc9449#section-5: a client without certificate proves a key");
}

}  // namespace tegata::activation
