#include "rp/webauthn/wire/client_data.h"

#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::wire {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

Result<ClientData> read(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  TEGATA_ASSIGN(const Json json, parse_json(text));
  ClientData data;
  TEGATA_ASSIGN(data.type, json_string(json, "type"));
  TEGATA_ASSIGN(data.challenge, json_string(json, "challenge"));
  TEGATA_ASSIGN(data.origin, json_string(json, "origin"));
  TEGATA_ASSIGN(const auto cross_origin, json_optional_bool(json, "crossOrigin"));
  data.cross_origin = cross_origin.value_or(false);
  TEGATA_ASSIGN(data.top_origin, json_optional_string(json, "topOrigin"));
  if (json.contains("tokenBinding")) data.token_binding = json["tokenBinding"];
  return data;
}

}  // namespace

Result<ClientData> parse_client_data(ByteView json) {
  auto data = read(as_text(json));
  if (data) return data;
  const Error& fault = data.error();
  return Error(errors::webauthn_client_data_malformed, std::string(fault.code().name()) + " " + fault.detail());
}

}  // namespace tegata::webauthn::wire
