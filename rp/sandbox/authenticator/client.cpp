#include "rp/sandbox/authenticator/client.h"

#include "rp/sandbox/authenticator/cbor.h"

namespace tegata::sandbox::authenticator {
namespace {

constexpr const char* another_challenge = "YW5vdGhlciBjaGFsbGVuZ2U";

Json response_json(const Bytes& id, Json response) {
  return {{"id", base64url(id)},
          {"rawId", base64url(id)},
          {"type", "public-key"},
          {"authenticatorAttachment", "platform"},
          {"clientExtensionResults", Json::object()},
          {"response", std::move(response)}};
}

}  // namespace

std::string make_client_data(const char* type, const Json& options, const std::string& origin,
                             const Behaviour& behaviour) {
  const Json data = {
      {"type", behaviour.lie == Lie::type ? "webauthn.other" : type},
      {"challenge", behaviour.lie == Lie::challenge ? another_challenge : options.value("challenge", std::string())},
      {"origin", behaviour.lie == Lie::origin ? "https://evil.example" : origin},
      {"crossOrigin", false}};
  std::string text = dump_json(data);
  if (behaviour.edit_client_data) behaviour.edit_client_data(text);
  return text;
}

std::string host_of(const std::string& origin) {
  const auto start = origin.find("://");
  const std::string rest = start == std::string::npos ? origin : origin.substr(start + 3);
  return rest.substr(0, rest.find_first_of(":/"));
}

Result<std::vector<Bytes>> descriptor_ids(const Json& options, const char* name) {
  std::vector<Bytes> ids;
  for (const Json& descriptor : options.value(name, Json::array())) {
    TEGATA_ASSIGN(Bytes id, json_base64url(descriptor, "id"));
    ids.push_back(std::move(id));
  }
  return ids;
}

Bytes attestation_object_cbor(const std::string& format, ByteView statement, ByteView authenticator_data) {
  CborWriter object;
  object.map(3).text("fmt").text(format);
  object.text("attStmt").raw(statement).text("authData").bytes(authenticator_data);
  return object.out();
}

Json registration_json(const Bytes& id, const std::string& client_data, const Bytes& attestation_object,
                       const Bytes& authenticator_data, std::int64_t algorithm) {
  Json json = response_json(id, {{"clientDataJSON", base64url(as_bytes(client_data))},
                                 {"attestationObject", base64url(attestation_object)},
                                 {"authenticatorData", base64url(authenticator_data)},
                                 {"publicKeyAlgorithm", algorithm},
                                 {"transports", {"internal"}}});
  json["clientExtensionResults"] = {{"credProps", {{"rk", true}}}};
  return json;
}

Json authentication_json(const Bytes& id, const std::string& client_data, const Bytes& authenticator_data,
                         const Bytes& signature) {
  return response_json(id, {{"clientDataJSON", base64url(as_bytes(client_data))},
                            {"authenticatorData", base64url(authenticator_data)},
                            {"signature", base64url(signature)}});
}

}  // namespace tegata::sandbox::authenticator
