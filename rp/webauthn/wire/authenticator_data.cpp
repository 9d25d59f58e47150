#include "rp/webauthn/wire/authenticator_data.h"

#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::wire {
namespace {

Error authenticator_data_malformed(std::string detail) {
  return Error(errors::webauthn_authenticator_data_malformed, std::move(detail), clauses::authenticator_data);
}

// Cuts `count` bytes off the front of `rest`.
Result<ByteView> take(ByteView& rest, std::size_t count) {
  TEGATA_REQUIRE(rest.size() >= count, authenticator_data_malformed("too short"));
  const ByteView taken = rest.first(count);
  rest = rest.subspan(count);
  return taken;
}

Result<Cbor> take_item(ByteView& rest) {
  TEGATA_ASSIGN(const Cbor item, Cbor::scan_first(rest));
  rest = rest.subspan(item.encoded().size());
  return item;
}

Result<AttestedCredentialData> take_attested(ByteView& rest) {
  AttestedCredentialData data;
  TEGATA_ASSIGN(data.aaguid, take(rest, 16));
  TEGATA_ASSIGN(const ByteView length, take(rest, 2));
  const std::size_t size = length[0] << 8 | length[1];
  TEGATA_REQUIRE(size >= 1 && size <= max_credential_id,
                 Error(errors::webauthn_credential_id_length, std::to_string(size), clauses::credential_id));
  TEGATA_ASSIGN(data.credential_id, take(rest, size));
  TEGATA_ASSIGN(const Cbor key, take_item(rest));
  data.public_key = key.encoded();
  return data;
}

Result<Cbor> take_extensions(ByteView& rest) {
  TEGATA_ASSIGN(const Cbor extensions, take_item(rest));
  bool good = extensions.is_map();
  for (std::size_t i = 0; good && i < extensions.size(); ++i) good = extensions.key_at(i).text().has_value();
  TEGATA_REQUIRE(good, Error(errors::webauthn_extensions_malformed, {}, clauses::extensions));
  return extensions;
}

}  // namespace

Result<AuthenticatorData> parse_authenticator_data(ByteView bytes) {
  ByteView rest = bytes;
  AuthenticatorData data;
  TEGATA_ASSIGN(data.rp_id_hash, take(rest, 32));
  TEGATA_ASSIGN(const ByteView fixed, take(rest, 5));
  const unsigned flags = fixed[0];
  data.user_present = flags & 0x01;
  data.user_verified = flags & 0x04;
  data.backup_eligible = flags & 0x08;
  data.backup_state = flags & 0x10;
  data.reserved_flags = flags & 0x22;
  data.sign_count = static_cast<std::uint32_t>(fixed[1]) << 24 | fixed[2] << 16 | fixed[3] << 8 | fixed[4];
  if (flags & 0x40) {
    TEGATA_ASSIGN(data.attested, take_attested(rest));
  }
  if (flags & 0x80) {
    TEGATA_ASSIGN(data.extensions, take_extensions(rest));
  }
  TEGATA_REQUIRE(rest.empty(), Error(errors::webauthn_authenticator_data_leftover, {}, clauses::authenticator_data));
  return data;
}

}  // namespace tegata::webauthn::wire
