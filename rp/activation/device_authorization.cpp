#include "rp/activation/device_authorization.h"

#include "qr/qr.h"
#include "rp/activation/asked.h"
#include "rp/activation/begin.h"
#include "rp/activation/oauth_error.h"

namespace tegata::activation {
namespace {

// What only the EHR and the QR get to know of a new request.
struct Secrets {
  std::string device_code;  // 256 bit
  std::string scan_token;   // 128 bit
};

store::Handoff make_handoff(const Services& services, const AuthenticatedClient& client, const Asked& asked,
                            const Secrets& secrets) {
  store::Handoff out = make_activation(services, client.client(), asked, services.clock.now());
  out.flow = "device";
  out.secret = sha256(secrets.scan_token);
  out.device_code = sha256(secrets.device_code);
  out.user_code = make_user_code(services.random);
  out.number = out.user_code.substr(out.user_code.size() - 2);
  out.certificate = client.thumbprint();
  out.client_key = client.key();
  return out;
}

Result<Json> answer(const Services& services, const store::Handoff& handoff, const Secrets& secrets) {
  const std::string page = services.settings.issuer + "/d";
  const std::string link = page + "#t=" + secrets.scan_token;
  TEGATA_ASSIGN(const std::string svg, qr::svg(link));
  return Json{{"device_code", secrets.device_code},
              {"user_code", handoff.user_code},
              {"verification_uri", page},
              {"verification_uri_complete", link},
              {"expires_in", services.settings.expires_in.count()},
              {"interval", services.settings.interval.count()},
              {"number", handoff.number},
              {"qr_svg", svg}};
}

Result<Json> ask_device(const Services& services, const http::Request& request) {
  TEGATA_ASSIGN(const Form form, http::form_body(request));
  TEGATA_ASSIGN(const auto client, authenticate_client(services, request, form));
  TEGATA_ASSIGN(Asked parsed, parse_asked(form));
  TEGATA_ASSIGN(const Asked asked, verify_asked(std::move(parsed), client.client()));
  const Secrets secrets{random_secret(services.random, 32), random_secret(services.random, 16)};
  const store::Handoff next = make_handoff(services, client, asked, secrets);
  TEGATA_ASSIGN(const auto begun, services.store.write<store::Handoff>([&](store::Transaction& transaction) {
    return begin(transaction, services, request, next);
  }));
  return answer(services, begun, secrets);
}

}  // namespace

http::Response device_authorization(const Services& services, const http::Request& request) {
  const auto body = ask_device(services, request);
  if (body) return oauth_response(200, *body);
  return start_refusal(services, request, "device_authorization", body.error());
}

}  // namespace tegata::activation
