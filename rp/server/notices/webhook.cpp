#include "rp/server/notices/webhook.h"

#include <httplib.h>

#include "rp/host/private_file.h"
#include "rp/server/config/errors.h"

namespace tegata::server::notices {
namespace {

constexpr std::string_view key_prefix = "whsec_";
constexpr std::size_t made_key_octets = 32, least_key_octets = 24, most_key_octets = 64;

Error webhook_failed(const std::string& why) { return Error(errors::notice_undeliverable, why); }

}  // namespace

Result<Bytes> read_webhook_key(const std::string& path) {
  TEGATA_ASSIGN(auto text, host::read_private_file(path));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const Error malformed(errors::config_invalid, path + ": is not whsec_ and base64 of 24 to 64 octets");
  if (!text.starts_with(key_prefix)) return malformed;
  auto key = parse_base64(std::string_view(text).substr(key_prefix.size()));
  if (!key || key->size() < least_key_octets || key->size() > most_key_octets) return malformed;
  return std::move(*key);
}

Result<Bytes> open_webhook_key(const std::string& path, Random& random) {
  if (!host::is_there(path)) {
    const auto made = std::string(key_prefix) + base64(random_bytes(random, made_key_octets)) + "\n";
    TEGATA_TRY(host::write_private_file(path, made, true));
  }
  return read_webhook_key(path);
}

std::string webhook_signature(ByteView key, const std::string& id, std::int64_t seconds, const std::string& body) {
  const auto signed_text = id + "." + std::to_string(seconds) + "." + body;
  return "v1," + base64(hmac_sha256(key, as_bytes(signed_text)));
}

Result<Webhook> Webhook::open(const config::WebhookConfig& config, const Clock& clock, Random& random) {
  TEGATA_ASSIGN(auto key, open_webhook_key(config.key, random));
  return Webhook(config.url, config.ca, std::move(key), clock);
}

Webhook::Webhook(const std::string& url, std::string authorities, Bytes key, const Clock& clock)
    : authorities_(std::move(authorities)), key_(std::move(key)), clock_(clock) {
  const auto scheme = url.find("://");
  const auto slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  origin_ = url.substr(0, slash);
  path_ = slash == std::string::npos ? "/" : url.substr(slash);
}

Status Webhook::post(const std::string& id, const std::string& body) const {
  httplib::Client client(origin_);
  client.set_connection_timeout(5);
  client.set_read_timeout(10);
  client.set_follow_location(false);
  if (!authorities_.empty()) client.set_ca_cert_path(authorities_.c_str());
  const auto seconds = unix_seconds(clock_.now());
  const httplib::Headers headers = {{"webhook-id", id},
                                    {"webhook-timestamp", std::to_string(seconds)},
                                    {"webhook-signature", webhook_signature(key_, id, seconds, body)}};
  const auto answer = client.Post(path_.c_str(), headers, body, "application/json");
  if (!answer) return webhook_failed(origin_ + ": " + httplib::to_string(answer.error()));
  if (answer->status / 100 != 2) return webhook_failed(origin_ + " answered " + std::to_string(answer->status));
  return {};
}

}  // namespace tegata::server::notices
