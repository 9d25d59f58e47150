#include "rp/sandbox/signature_service.h"

#include <httplib.h>
#include <openssl/ssl.h>

#include <thread>

#include "rp/base/errors.h"
#include "rp/sandbox/https.h"

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

void refuse(httplib::Response& response) {
  response.status = 401;
  response.set_header("WWW-Authenticate", "Bearer error=\"invalid_token\"");
  response.set_content(R"({"error":"invalid_token"})", "application/json");
}

void check(const Json& sandbox, const httplib::Request& request, httplib::Response& response) {
  response.set_header("Cache-Control", "no-store");
  const auto authorization = request.get_header_value("Authorization");
  const auto caller = thumbprint(request.ssl);
  if (!authorization.starts_with("Bearer ") || caller.empty()) return refuse(response);
  const auto& service = sandbox.at("signature_service");
  HttpsClient facility(sandbox.at("facility_origin"), {sandbox.at("tls_ca"), service.at("cert"), service.at("key")},
                       false);
  const auto answer = facility.post_form(
      "/introspect",
      {{"client_id", service.at("client_id")}, {"token", authorization.substr(7)}, {"presented_x5t_s256", caller}});
  if (!answer || answer->status != 200) {
    response.status = 503;
    response.set_header("Retry-After", "2");
    return response.set_content(R"({"error":"temporarily_unavailable"})", "application/json");
  }
  // Active for the certificate that we saw: tegata has compared it, and knows whether the facility's other ones do too.
  if (!answer->body.value("active", false)) return refuse(response);
  response.set_content(dump_json({{"accepted", true}, {"sub", answer->body.value("sub", "")}}), "application/json");
}

}  // namespace

struct SignatureService::Parts {
  explicit Parts(const std::function<bool(SSL_CTX&)>& setup) : server(setup) {}
  httplib::SSLServer server;
  std::thread thread;
};

SignatureService::SignatureService() = default;
SignatureService::~SignatureService() {
  if (!parts_) return;
  parts_->server.stop();
  if (parts_->thread.joinable()) parts_->thread.join();
}

Result<std::unique_ptr<SignatureService>> SignatureService::start(const Json& sandbox, const std::string& server_pem,
                                                                  const std::string& client_ca, int port) {
  std::unique_ptr<SignatureService> service(new SignatureService);
  service->parts_ = std::make_unique<Parts>([&](SSL_CTX& context) {
    SSL_CTX_set_client_CA_list(&context, SSL_load_client_CA_file(client_ca.c_str()));
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, take_any);
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
    return SSL_CTX_use_certificate_chain_file(&context, server_pem.c_str()) == 1 &&
           SSL_CTX_use_PrivateKey_file(&context, server_pem.c_str(), SSL_FILETYPE_PEM) == 1;
  });
  auto& server = service->parts_->server;
  if (!server.is_valid()) return Error(errors::internal, "signature service: TLS files");
  server.Post("/check", [sandbox](const auto& request, auto& response) { check(sandbox, request, response); });
  server.set_payload_max_length(1024);
  if (!server.bind_to_port("127.0.0.1", port))
    return Error(errors::internal, "signature service: port " + std::to_string(port));
  service->parts_->thread = std::thread([&server] { server.listen_after_bind(); });
  return service;
}

}  // namespace tegata::sandbox
