// Project Wycheproof's vectors at the doors where clients' keys verify: JWK sets, client assertions, request objects
// and DPoP proofs. A vector's payload is never the claims of ours, so a signature that is right is refused for its
// claims, and that it was right is asked of ClientKey::verify, too.
#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "rp/pass/client_key.h"
#include "rp/pass/compact_jws.h"
#include "rp/pass/dpop.h"
#include "rp/pass/errors.h"
#include "rp/pass/request_object.h"
#include "tests/support/client_signer.h"
#include "tests/support/still_world.h"
#include "tests/support/wycheproof.h"

namespace tegata::pass::wycheproof {

using tegata::test::ClientSigner;
using tegata::test::still_moment;
using tegata::vectors::hex_at;

namespace {

const std::string vector_issuer = "https://localhost:8443";
const std::string vector_url = vector_issuer + "/token";

template <typename T>
std::string code_of(const Result<T>& result) {
  return result ? "accepted" : std::string(result.error().code().name());
}

Json key_set(const Json& group) {
  const Json& key = group.contains("public") ? group["public"] : group["private"];
  return key.contains("keys") ? key : Json{{"keys", {key}}};
}

// Cases of algorithms that nobody here takes, with the reason of each door: HMAC has no place among public keys.
bool is_taken(const Json& jws_header) {
  const Json alg = jws_header.value("alg", Json());
  return std::ranges::find(client_algorithms, alg.is_string() ? alg.get<std::string>() : "") !=
         std::end(client_algorithms);
}

Json header_of(const std::string& jws) {
  const auto part = parse_base64url(jws.substr(0, jws.find('.')));
  const Json header = part ? Json::parse(as_text(*part), nullptr, false) : Json();
  return header.is_object() ? header : Json::object();
}

// Refusals that come before the payload is looked at.
const std::set<std::string> unproved = {"jws_malformed", "jws_header_member", "jws_algorithm",
                                        "jws_type",      "jws_signature",     "assertion_key_unknown"};

// Whether one of the keys finds the signature right.
bool signature_is_right(const std::string& jws, const std::vector<ClientKey>& keys, const std::string& alg) {
  const auto parts = parse_compact_jws(jws);
  const auto signature = parts ? decode_part(parts->signature) : Error(errors::jws_malformed);
  return signature && std::ranges::any_of(keys, [&](const ClientKey& key) {
           return key.verify(alg, as_bytes(parts->signed_part), *signature);
         });
}

// Both doors where the key is one that was registered.
std::pair<std::string, std::string> registered_doors(const std::string& jws, const std::vector<ClientKey>& keys) {
  return {code_of(verify_client_assertion(jws, keys, "ehr", vector_issuer, still_moment)),
          code_of(verify_request_object(jws, keys, "ehr", vector_issuer, RequestKind::authorization, still_moment))};
}

void judge_jws(const std::vector<ClientKey>& keys, const Json& test, std::map<std::string, int>& counts) {
  const std::string jws = test["jws"].is_string() ? test["jws"].get<std::string>() : test["jws"].dump();
  const Json header = header_of(jws);
  const auto [assertion, object] = registered_doors(jws, keys);
  CHECK(unproved.contains(code_of(verify_dpop_proof(jws, "POST", vector_url, still_moment))));
  if (!is_taken(header)) {
    CHECK((assertion == "jws_algorithm" || assertion == "jws_malformed"));
    CHECK(object == assertion);
    ++counts["of no algorithm that is taken, refused: " + assertion];
    return;
  }
  const bool right = signature_is_right(jws, keys, header["alg"]);
  CHECK(right == (test["result"] == "valid"));
  ++counts[test["result"].get<std::string>() + (right ? ", signature right" : ", refused: " + assertion)];
  // An empty payload is one that a compact JWS of ours never has: jws_malformed, after the signature.
  const bool empty = jws.find("..") != std::string::npos;
  if (right) {
    CHECK(assertion == (empty ? "jws_malformed" : "assertion_claims_malformed"));
    CHECK(object == (empty ? "jws_malformed" : "request_object_claims_malformed"));
  } else {
    CHECK(unproved.contains(assertion));
    CHECK(object == assertion);
  }
}

Json ec_jwk(const Json& group) {
  const Bytes point = hex_at(group["publicKey"], "uncompressed");
  REQUIRE(point.size() == 65);
  return {{"kty", "EC"},
          {"crv", "P-256"},
          {"x", base64url(ByteView(point).subspan(1, 32))},
          {"y", base64url(ByteView(point).subspan(33))}};
}

Json rsa_jwk(const Json& group) {
  Json jwk = {{"kty", "RSA"}, {"alg", "RS256"}};
  for (const auto& [member, part] : {std::pair("n", "modulus"), std::pair("e", "publicExponent")}) {
    Bytes number = hex_at(group["publicKey"], part);
    while (number.front() == 0) number.erase(number.begin());
    jwk[member] = base64url(number);
  }
  return jwk;
}

ClientKey usable(const Json& jwk) {
  auto key = ClientKey::parse(jwk);
  REQUIRE(code_of(key) == "accepted");
  return *std::move(key);
}

// r || s of DER that is right and whose numbers have their place in 64 octets; empty otherwise.
Bytes raw_of(const Bytes& der) {
  const std::uint8_t* at = der.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parsed(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
  Bytes out(64);
  if (!parsed || at != der.data() + der.size() || BN_is_negative(ECDSA_SIG_get0_r(parsed.get())) ||
      BN_is_negative(ECDSA_SIG_get0_s(parsed.get())) ||
      BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out.data(), 32) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out.data() + 32, 32) < 0) {
    return {};
  }
  return out;
}

}  // namespace

TEST_CASE(
    "Wycheproof: every JWS has its expected result as client assertion and request object, none is a DPoP proof") {
  if (!vectors::wycheproof_or_skipped(1)) return;
  for (const char* name : {"json_web_signature_test.json", "json_web_key_test.json"}) {
    std::map<std::string, int> counts;
    vectors::for_each_case(name, [&](const Json& group) {
      const auto keys = parse_client_keys(key_set(group));
      REQUIRE(keys);
      return [&counts, keys = *keys](const Json& test) { judge_jws(keys, test, counts); };
    });
    for (const auto& [what, count] : counts) std::cout << name << ": " << count << " " << what << "\n";
  }
}

TEST_CASE("Wycheproof: every ECDSA signature on P-256 has its expected result as r || s with a client's key") {
  if (!vectors::wycheproof_or_skipped(1)) return;
  int right = 0;
  vectors::for_each_case("ecdsa_secp256r1_sha256_test.json", [&](const Json& group) {
    return [&right, key = usable(ec_jwk(group))](const Json& test) {
      const Bytes message = hex_at(test, "msg"), der = hex_at(test, "sig"), raw = raw_of(der);
      const bool verified = key.verify("ES256", message, raw);
      // JOSE has no DER: a vector that is invalid by its encoding alone is right as r || s.
      const bool by_encoding_alone = test["result"] == "invalid" && verified;
      if (by_encoding_alone) CHECK(test["flags"][0] == "BerEncodedSignature");
      if (!by_encoding_alone) CHECK(verified == (test["result"] == "valid"));
      CHECK_FALSE(key.verify("ES256", message, der));
      CHECK_FALSE(key.verify("RS256", message, raw));
      right += verified;
    };
  });
  CHECK(right >= 174);
}

TEST_CASE(
    "Wycheproof: every RSA signature has its expected result with a client's key, by RS256 and by no other name") {
  if (!vectors::wycheproof_or_skipped(1)) return;
  for (const char* name : {"rsa_signature_2048_sha256_test.json", "rsa_signature_3072_sha256_test.json"}) {
    vectors::for_each_case(name, [&](const Json& group) {
      return [key = usable(rsa_jwk(group))](const Json& test) {
        const Bytes message = hex_at(test, "msg"), signature = hex_at(test, "sig");
        // The acceptable case, a digest's identifier without its NULL, is refused: docs/divergences.md.
        CHECK(key.verify("RS256", message, signature) == (test["result"] == "valid"));
        CHECK_FALSE(key.verify("PS256", message, signature));
        CHECK_FALSE(key.verify("ES256", message, signature));
      };
    });
  }
}

TEST_CASE(
    "Wycheproof: keys of ML-DSA and of edwards25519 are no clients' keys, and their names no algorithm of a token") {
  if (!vectors::wycheproof_or_skipped(1)) return;
  const ClientSigner signer;
  const auto keys = parse_client_keys(signer.jwks());
  for (const char* alg : {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "EdDSA", "Ed25519", "ES384", "HS256", "none"}) {
    const Json header = {{"alg", alg}};
    CHECK(registered_doors(signer.assertion("ehr", vector_issuer, still_moment, {}, header), *keys) ==
          std::pair<std::string, std::string>("jws_algorithm", "jws_algorithm"));
    CHECK(code_of(verify_dpop_proof(signer.proof("POST", vector_url, still_moment, {}, header), "POST", vector_url,
                                    still_moment)) == "jws_algorithm");
  }
  vectors::for_each_case("mldsa_44_verify_test.json", [](const Json& group) {
    const Json jwk = {{"kty", "AKP"}, {"alg", "ML-DSA-44"}, {"pub", base64url(hex_at(group, "publicKey"))}};
    return [code = code_of(ClientKey::parse(jwk))](const Json&) { CHECK(code == "jwk_unusable"); };
  });
  vectors::for_each_case("ed25519_test.json", [](const Json& group) {
    return [code = code_of(ClientKey::parse(group["publicKeyJwk"]))](const Json&) { CHECK(code == "jwk_unusable"); };
  });
}

}  // namespace tegata::pass::wycheproof
