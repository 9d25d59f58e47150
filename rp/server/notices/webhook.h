// POST of JSON to an address of the operator's, signed as Standard Webhooks 1.0 says (standardwebhooks.com, symmetric
// signatures): webhook-id, webhook-timestamp (seconds), and webhook-signature, which is "v1," and base64 of
// HMAC-SHA-256 over "<id>.<timestamp>.<body>". The receiver refuses what is old, and knows a repeat by its id.
#pragma once

#include <string>

#include "rp/base/bytes.h"
#include "rp/base/world.h"
#include "rp/server/config/config.h"

namespace tegata::server::notices {

// The key of a private file: one line, "whsec_" and base64 of 24 to 64 octets. Errors: config_invalid, those of private
// files (rp/host/private_file.h).
Result<Bytes> read_webhook_key(const std::string& path);
// Likewise; made with 32 octets where there is none.
Result<Bytes> open_webhook_key(const std::string& path, Random& random);

std::string webhook_signature(ByteView key, const std::string& id, std::int64_t seconds, const std::string& body);

class Webhook {
 public:
  // With the key of its file, which is made where there is none. Errors: those of open_webhook_key().
  static Result<Webhook> open(const config::WebhookConfig&, const Clock&, Random&);
  // `url`: https, or http on this machine. `authorities`: a PEM file; empty: the system's.
  Webhook(const std::string& url, std::string authorities, Bytes key, const Clock& clock);
  // Any 2xx is delivered; redirects are not followed. Error: notice_undeliverable.
  Status post(const std::string& id, const std::string& body) const;

 private:
  std::string origin_, path_, authorities_;
  Bytes key_;
  const Clock& clock_;
};

}  // namespace tegata::server::notices
