#include "rp/activation/request_object.h"

#include "rp/activation/errors.h"

namespace tegata::activation {
namespace {

namespace e = errors;

Result<pass::VerifiedRequestObject> verify_object(const std::string& object, const store::Client& client,
                                                  const std::string& issuer, pass::RequestKind kind, Instant now) {
  TEGATA_ASSIGN(const auto keys, pass::parse_client_keys(client.jwks));
  return pass::verify_request_object(object, keys, client.client_id, issuer, kind, now);
}

}  // namespace

Result<Form> open_request_object(const Services& services, const Form& form, const store::Client& client,
                                 pass::RequestKind kind) {
  if (!form.contains("request")) return form;
  if (form.contains("request_uri")) {
    return Error(e::activation_request_malformed, "request beside request_uri", "rfc9101#section-5: one of the two");
  }
  TEGATA_ASSIGN(const Instant now, services.store.read<Instant>(
                                       [&](store::Reader& reader) { return store::moment(reader, services.clock); }));
  const auto verified = verify_object(form.at("request"), client, services.settings.issuer, kind, now);
  if (verified) return verified->parameters();
  const Error& cause = verified.error();
  return Error(kind == pass::RequestKind::backchannel ? e::activation_backchannel_object : e::activation_request_object,
               std::string(cause.code().name()) + " " + cause.detail(), cause.clause());
}

}  // namespace tegata::activation
