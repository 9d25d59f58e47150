// The BLOB as a signed whole: the JWS, its signer, and its place among its predecessors.
#include <openssl/ec.h>

#include <algorithm>

#include "rp/base/json.h"
#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/metadata/metadata.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::metadata {
namespace {

constexpr int least_security = 2;  // OpenSSL's level of 112 bits: no SHA-1, no RSA below 2048

using CrlPtr = std::unique_ptr<X509_CRL, Release<X509_CRL_free>>;
using EcdsaPtr = std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>>;

struct CrlsRelease {
  void operator()(STACK_OF(X509_CRL) * stack) const { sk_X509_CRL_pop_free(stack, X509_CRL_free); }
};
using CrlsPtr = std::unique_ptr<STACK_OF(X509_CRL), CrlsRelease>;

struct SignedBlob {
  std::int64_t algorithm = 0;
  attestation::AttestationPath signer;  // the leaf first
  std::string_view signed_part;
  Bytes payload, signature;
};

Result<Bytes> decode(std::string_view part) {
  auto bytes = parse_base64url(part);
  TEGATA_REQUIRE(bytes && !bytes->empty(),
                 Error(errors::webauthn_metadata_malformed, "a part is not base64url", wire::clauses::metadata_jws));
  return bytes;
}

Result<attestation::AttestationPath> parse_signer(const Json& header) {
  const auto texts = json_strings(header, "x5c");
  TEGATA_REQUIRE(texts && !texts->empty() && texts->size() <= attestation::max_certificates,
                 Error(errors::webauthn_metadata_header, "x5c", wire::clauses::metadata_x5c));
  attestation::AttestationPath path;
  for (const std::string& text : *texts) {
    const auto der = parse_base64(text);
    auto certificate = attestation::parse_certificate(der.value_or(Bytes()));
    TEGATA_REQUIRE(certificate,
                   Error(errors::webauthn_metadata_header, "x5c is no certificate", wire::clauses::metadata_x5c));
    path.push_back(std::move(*certificate));
  }
  return path;
}

Result<std::int64_t> parse_algorithm(const Json& header) {
  const std::string name = json_string(header, "alg").value_or("");
  TEGATA_REQUIRE(name == "RS256" || name == "ES256",
                 Error(errors::webauthn_metadata_algorithm, name.substr(0, 32), wire::clauses::metadata_alg));
  return name == "RS256" ? wire::cose::rs256 : wire::cose::es256;
}

Result<Json> parse_header(std::string_view part) {
  TEGATA_ASSIGN(const Bytes raw, decode(part));
  auto header = parse_json(as_text(raw));
  TEGATA_REQUIRE(header && header->is_object(),
                 Error(errors::webauthn_metadata_malformed, "header", wire::clauses::metadata_jws));
  TEGATA_REQUIRE(!header->contains("x5u"), Error(errors::webauthn_metadata_header, "x5u", wire::clauses::metadata_x5c));
  TEGATA_REQUIRE(!header->contains("crit"), Error(errors::webauthn_metadata_header, "crit", wire::clauses::jws_crit));
  return std::move(*header);
}

Result<SignedBlob> parse_blob(std::string_view blob) {
  const auto malformed = [](const char* detail) {
    return Error(errors::webauthn_metadata_malformed, detail, wire::clauses::metadata_jws);
  };
  TEGATA_REQUIRE(blob.size() <= largest_metadata, malformed("too large"));
  TEGATA_REQUIRE(std::ranges::count(blob, '.') == 2, malformed("not three parts"));
  const auto first = blob.find('.'), second = blob.rfind('.');
  TEGATA_ASSIGN(const Json header, parse_header(blob.substr(0, first)));
  SignedBlob out;
  TEGATA_ASSIGN(out.algorithm, parse_algorithm(header));
  TEGATA_ASSIGN(out.signer, parse_signer(header));
  TEGATA_ASSIGN(out.payload, decode(blob.substr(first + 1, second - first - 1)));
  TEGATA_ASSIGN(out.signature, decode(blob.substr(second + 1)));
  out.signed_part = blob.substr(0, second);
  return out;
}

Result<CrlsPtr> make_crls(const std::vector<Bytes>& crls) {
  CrlsPtr stack(sk_X509_CRL_new_null());
  for (const Bytes& der : crls) {
    const unsigned char* cursor = der.data();
    CrlPtr crl(d2i_X509_CRL(nullptr, &cursor, static_cast<long>(der.size())));
    TEGATA_REQUIRE(crl && cursor == der.data() + der.size(),
                   Error(errors::webauthn_metadata_crl_malformed, {}, wire::clauses::metadata_revocation));
    sk_X509_CRL_push(stack.get(), crl.release());
  }
  return stack;
}

// What the path failed of.
Error path_error(int error) {
  const char* detail = X509_verify_cert_error_string(error);
  switch (error) {
    case X509_V_ERR_CERT_REVOKED:
      return Error(errors::webauthn_metadata_revoked, detail, wire::clauses::metadata_revocation);
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
      return Error(errors::webauthn_metadata_crl_missing, detail, wire::clauses::metadata_revocation);
    default:
      return Error(errors::webauthn_metadata_untrusted, detail, wire::clauses::metadata_chain);
  }
}

Status verify_signer_path(const SignedBlob& blob, const ExpectedMetadata& expected) {
  TEGATA_REQUIRE(!expected.crls_required || !expected.crls.empty(),
                 Error(errors::webauthn_metadata_crl_missing, "none given", wire::clauses::metadata_revocation));
  TEGATA_ASSIGN(const wire::StorePtr store, attestation::make_store(expected.anchors));
  TEGATA_ASSIGN(const CrlsPtr crls, make_crls(expected.crls));
  const wire::CertificatesPtr path = attestation::make_stack(blob.signer);
  const wire::StoreContextPtr context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), sk_X509_value(path.get(), 0), path.get()) != 1)
    return path_error(X509_V_ERR_UNSPECIFIED);  // out of memory
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, unix_seconds(expected.now));
  X509_VERIFY_PARAM_set_auth_level(parameters, least_security);
  if (!expected.crls.empty())
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  X509_STORE_CTX_set0_crls(context.get(), crls.get());
  const bool stands = X509_verify_cert(context.get()) == 1;
  TEGATA_REQUIRE(stands, path_error(X509_STORE_CTX_get_error(context.get())));
  return {};
}

Status verify_host(X509& leaf, const std::string& host) {
  if (host.empty()) return {};
  const bool named = X509_check_host(&leaf, host.data(), host.size(), X509_CHECK_FLAG_NO_WILDCARDS, nullptr) == 1;
  TEGATA_REQUIRE(named, Error(errors::webauthn_metadata_host, "not for " + host, wire::clauses::metadata_chain));
  return {};
}

// JWS writes r and s one behind the other, X.509 in DER. Nothing where it is not 64 bytes.
Bytes ecdsa_der(ByteView signature) {
  if (signature.size() != 64) return {};
  const EcdsaPtr parts(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(signature.data(), 32, nullptr);
  BIGNUM* s = BN_bin2bn(signature.data() + 32, 32, nullptr);
  ECDSA_SIG_set0(parts.get(), r, s);
  unsigned char* out = nullptr;
  const int size = i2d_ECDSA_SIG(parts.get(), &out);
  const Bytes der(out, out + std::max(size, 0));
  OPENSSL_free(out);
  return der;
}

Status verify_signature(const SignedBlob& blob, X509& leaf) {
  EVP_PKEY* shared = X509_get0_pubkey(&leaf);
  if (shared) EVP_PKEY_up_ref(shared);
  const auto key = wire::SignatureKey::make(blob.algorithm, wire::PkeyPtr(shared));
  TEGATA_REQUIRE(key,
                 Error(errors::webauthn_metadata_algorithm, "not of the signer's key", wire::clauses::metadata_alg));
  const Bytes signature = blob.algorithm == wire::cose::es256 ? ecdsa_der(blob.signature) : blob.signature;
  TEGATA_REQUIRE(key->verify(as_bytes(blob.signed_part), signature),
                 Error(errors::webauthn_metadata_signature, {}, wire::clauses::metadata_signature));
  return {};
}

Status verify_edition(const MetadataPayload& payload, const Digest& digest, const ExpectedMetadata& expected) {
  if (!expected.newest) return {};
  const std::string numbers = std::to_string(payload.number) + " after " + std::to_string(expected.newest->number);
  TEGATA_REQUIRE(payload.number >= expected.newest->number,
                 Error(errors::webauthn_metadata_number_older, numbers, wire::clauses::metadata_number));
  TEGATA_REQUIRE(payload.number > expected.newest->number || digest == expected.newest->digest,
                 Error(errors::webauthn_metadata_number_reused, numbers, wire::clauses::metadata_number));
  return {};
}

}  // namespace

Result<Metadata> verify_metadata(std::string_view blob, const ExpectedMetadata& expected) {
  const ErrorScope errors_stay_here;
  TEGATA_ASSIGN(const SignedBlob parsed, parse_blob(blob));
  TEGATA_TRY(verify_signer_path(parsed, expected));
  X509& leaf = *parsed.signer.front();
  TEGATA_TRY(verify_host(leaf, expected.host));
  TEGATA_TRY(verify_signature(parsed, leaf));
  TEGATA_ASSIGN(MetadataPayload payload, parse_metadata_payload(parsed.payload));
  const Digest digest = sha256(blob);
  TEGATA_TRY(verify_edition(payload, digest, expected));
  Metadata metadata(std::move(payload), digest, !expected.crls.empty());
  TEGATA_REQUIRE(expected.stale_allowed || !metadata.is_stale(expected.now),
                 Error(errors::webauthn_metadata_stale, format_rfc3339(metadata.next_update()),
                       wire::clauses::metadata_next_update));
  return metadata;
}

Metadata warnings_of(std::string_view blob, const Metadata* before) {
  const ErrorScope errors_stay_here;
  const auto parsed = parse_blob(blob);
  auto payload = parsed ? parse_metadata_payload(parsed->payload) : Result<MetadataPayload>(parsed.error());
  if (!payload) payload = before ? before->payload_ : MetadataPayload{};
  for (MetadataEntry& entry : payload->entries) {
    entry.vouches = false;
    entry.protection = wire::KeyProtection::unproven;
    entry.algorithms.clear();
    entry.attestation_types.clear();
    entry.anchors.clear();
  }
  Metadata warnings(std::move(*payload), sha256(blob), false);
  warnings.verified_ = false;
  return warnings;
}

}  // namespace tegata::webauthn::metadata
