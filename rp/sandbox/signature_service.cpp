#include "rp/sandbox/signature_service.h"

#include <httplib.h>
#include <openssl/ssl.h>

#include <optional>

#include "rp/base/errors.h"
#include "rp/sandbox/sample_check.h"
#include "rp/server/edge/listening_thread.h"

namespace tegata::sandbox {
namespace {

// The path is judged by introspection (the certificate is registered, or the pass is inactive), as tegata does.
int take_any(int, X509_STORE_CTX*) { return 1; }

std::string thumbprint(const SSL* ssl) {
  X509* certificate = ssl ? SSL_get1_peer_certificate(ssl) : nullptr;
  if (!certificate) return {};
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  X509_free(certificate);
  if (size <= 0) return {};
  const auto digest = sha256(ByteView(der, static_cast<std::size_t>(size)));
  OPENSSL_free(der);
  return base64url(digest);
}

void check(SampleCheck& judge, const std::string& origin, const httplib::Request& request,
           httplib::Response& response) {
  const auto verdict =
      judge.judge({origin + request.path, request.get_header_value("Authorization"), request.get_header_value("DPoP"),
                   thumbprint(request.ssl), request.get_param_value("acr_values"), request.get_param_value("max_age")});
  response.status = verdict.status;
  response.set_header("Cache-Control", "no-store");
  if (!verdict.challenge.empty()) response.set_header("WWW-Authenticate", verdict.challenge);
  if (verdict.status == 503) response.set_header("Retry-After", "2");
  response.set_content(dump_json(verdict.body), "application/json");
}

}  // namespace

struct SignatureService::Parts {
  Parts(const Json& sandbox, const Clock& clock, const std::function<bool(SSL_CTX&)>& setup)
      : judge(sandbox, clock), server(setup) {}
  SampleCheck judge;
  httplib::SSLServer server;
  std::optional<server::edge::ListeningThread> thread;
};

SignatureService::SignatureService() = default;
SignatureService::~SignatureService() = default;

Result<std::unique_ptr<SignatureService>> SignatureService::start(const Json& sandbox, const std::string& server_pem,
                                                                  const std::string& client_ca, int port,
                                                                  const Clock& clock) {
  std::unique_ptr<SignatureService> service(new SignatureService);
  service->parts_ = std::make_unique<Parts>(sandbox, clock, [&](SSL_CTX& context) {
    SSL_CTX_set_client_CA_list(&context, SSL_load_client_CA_file(client_ca.c_str()));
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, take_any);
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
    return SSL_CTX_use_certificate_chain_file(&context, server_pem.c_str()) == 1 &&
           SSL_CTX_use_PrivateKey_file(&context, server_pem.c_str(), SSL_FILETYPE_PEM) == 1;
  });
  auto& server = service->parts_->server;
  if (!server.is_valid()) return Error(errors::internal, "signature service: TLS files");
  server.Post("/check", [&judge = service->parts_->judge, origin = "https://localhost:" + std::to_string(port)](
                            const auto& request, auto& response) { check(judge, origin, request, response); });
  server.set_payload_max_length(1024);
  if (!server.bind_to_port("127.0.0.1", port))
    return Error(errors::internal, "signature service: port " + std::to_string(port));
  service->parts_->thread.emplace(server);
  return service;
}

}  // namespace tegata::sandbox
