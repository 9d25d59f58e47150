#include "tests/mutation/fields.h"

#include <array>

#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/wire/authenticator_data.h"
#include "rp/webauthn/wire/openssl.h"

namespace tegata::mutation {
namespace {

using namespace webauthn;

std::string_view format_of(const Registration& one) {
  const auto object = webauthn::attestation::parse_attestation_object(one.response.attestation_object);
  return object ? object->format : std::string_view();
}

void name(std::vector<std::string>& fields, ByteView whole, ByteView part, const std::string& field) {
  const auto start = static_cast<std::size_t>(part.data() - whole.data());
  for (std::size_t i = 0; i < part.size(); ++i) fields[start + i] = field;
}

// The member and its value as the text writes them; both ceremonies' client data have no escapes there.
void name_member(std::vector<std::string>& fields, std::string_view text, const std::string& member) {
  const auto start = text.find("\"" + member + "\":\"");
  if (start == std::string_view::npos) return;
  const auto end = text.find('"', start + member.size() + 4);
  for (std::size_t i = start; i <= end; ++i) fields[i] = "client_data." + member;
}

void name_authenticator_data(std::vector<std::string>& fields, ByteView whole, ByteView bytes) {
  const auto data = webauthn::wire::parse_authenticator_data(bytes);
  if (!data || !data->attested) return;
  name(fields, whole, bytes, "auth_data.structure");
  name(fields, whole, data->rp_id_hash, "auth_data.rp_id_hash");
  name(fields, whole, bytes.subspan(32, 1), "auth_data.flags");
  name(fields, whole, bytes.subspan(33, 4), "auth_data.sign_count");
  name(fields, whole, data->attested->aaguid, "auth_data.aaguid");
  name(fields, whole, data->attested->credential_id, "auth_data.credential_id");
  name(fields, whole, data->attested->public_key, "auth_data.public_key");
  if (data->extensions) name(fields, whole, data->extensions->encoded(), "auth_data.extensions");
}

// "leaf", "issuer", or "root" for one that names itself as its issuer.
std::string certificate_kind(ByteView der, std::size_t index) {
  if (index == 0) return "leaf";
  const auto certificate = webauthn::attestation::parse_certificate(der);
  if (!certificate) return "issuer";
  const X509* x509 = certificate->get();
  return X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0 ? "root" : "issuer";
}

void name_statement(std::vector<std::string>& fields, ByteView whole, const webauthn::wire::Cbor& statement) {
  for (std::size_t i = 0; statement.is_map() && i < statement.size(); ++i) {
    const std::string member(statement.key_at(i).text().value_or("?"));
    const webauthn::wire::Cbor value = statement.value_at(i);
    name(fields, whole, value.encoded(), "statement." + member);
    for (std::size_t j = 0; value.is_array() && j < value.size(); ++j)
      name(fields, whole, value.at(j).encoded(),
           "statement.x5c." + certificate_kind(value.at(j).byte_string().value_or(ByteView()), j));
  }
}

struct Unsigned {
  std::string_view format;  // empty: every format
  std::string_view field;
  bool untrusted_only;  // only where no path to an anchor is asked for
  const char* reason;
};

constexpr std::array list{
    // none: an assertion about nothing. What remains is what the relying party compares by itself.
    Unsigned{"none", "client_data.rest", false,
             "the statement signs nothing; only type, challenge and origin are compared"},
    Unsigned{"none", "auth_data.flags", false, "the statement signs nothing; UV is preferred here, BE and BS are free"},
    Unsigned{"none", "auth_data.sign_count", false, "the statement signs nothing"},
    Unsigned{"none", "auth_data.aaguid", false, "the statement signs nothing"},
    Unsigned{"none", "auth_data.public_key", false,
             "the statement signs nothing; another point on the curve is another key"},
    Unsigned{"none", "auth_data.extensions", false, "the statement signs nothing"},
    // fido-u2f signs the RP ID hash, the client data, the credential ID and the key, and nothing else.
    Unsigned{"fido-u2f", "auth_data.flags", false, "not among the signed bytes of section 8.6"},
    Unsigned{"fido-u2f", "auth_data.sign_count", false, "not among the signed bytes of section 8.6"},
    Unsigned{"fido-u2f", "auth_data.aaguid", false,
             "not among the signed bytes of section 8.6; the policy lets it be anything here"},
    Unsigned{
        "android-key", "statement.x5c.root", false,
        "a copy of the root that the chain carries: the path ends at our own anchor, nobody looks at the copy's rest"},
    Unsigned{"", "statement.x5c.leaf", true, "vouched for by an issuer that acceptance `verify` does not ask for"},
    Unsigned{"", "statement.x5c.issuer", true, "a certificate that acceptance `verify` does not look at"},
};

}  // namespace

std::vector<std::string> fields_of(const Registration& one, Part part) {
  if (part == Part::client_data) {
    std::vector<std::string> fields(one.response.client_data_json.size(), "client_data.rest");
    for (const char* member : {"type", "challenge", "origin"})
      name_member(fields, as_text(one.response.client_data_json), member);
    return fields;
  }
  const ByteView whole = one.response.attestation_object;
  std::vector<std::string> fields(whole.size(), "structure");
  const auto object = webauthn::attestation::parse_attestation_object(whole);
  if (!object) return fields;
  name_authenticator_data(fields, whole, object->authenticator_data);
  name_statement(fields, whole, object->statement);
  return fields;
}

const char* unsigned_because(const Registration& one, const std::string& field) {
  const bool trusted = one.expected.policy.attestation == webauthn::wire::AttestationAcceptance::trust;
  for (const Unsigned& entry : list) {
    const bool format = entry.format.empty() || entry.format == format_of(one);
    if (format && entry.field == field && !(entry.untrusted_only && trusted)) return entry.reason;
  }
  return nullptr;
}

}  // namespace tegata::mutation
