// packed: what the format itself asks for. Certificates and paths are in certificate.cpp.
#include "rp/webauthn/wire/algorithm.h"
#include "tests/unit/webauthn/attested_sample.h"
#include "tests/unit/webauthn/statements.h"

namespace tegata::webauthn::test {
namespace {

using conformance::Chain;
using sandbox::authenticator::CborWriter;

const Behaviour packed_self_es256 = attesting(AttestationChoice::packed_self, -7);
const Behaviour packed_full_es256 = attesting(AttestationChoice::packed_x5c, -7);

Behaviour signing_as(const Behaviour& behaviour, std::function<void(Bytes&)> edit) {
  Behaviour out = behaviour;
  out.edit_signature = std::move(edit);
  return out;
}

Result<VerifiedRegistration> packed_judged_with(const Behaviour& behaviour, std::string_view name,
                                                const std::optional<Bytes>& value) {
  return test::judged_with(behaviour, "packed", name, value);
}

}  // namespace

TEST_CASE("packed: self attestation by keys of every algorithm") {
  for (const std::int64_t algorithm : wire::supported_algorithms()) {
    INFO(algorithm);
    const auto verified = judged(attesting(AttestationChoice::packed_self, algorithm));
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().attestation_type == "self");
    CHECK(verified->record().algorithm == algorithm);
  }
}

TEST_CASE("packed: batch keys of every algorithm, trusted through two intermediates") {
  for (const std::int64_t algorithm : wire::supported_algorithms()) {
    INFO(algorithm);
    Behaviour behaviour = packed_full_es256;
    behaviour.packed_algorithm = algorithm;
    CHECK(trusted(behaviour) == "trusted");
  }
  CHECK(trusted(packed_full_es256) == "trusted");
}

TEST_CASE("packed: SHA-1 signs nothing here") {
  Behaviour behaviour = packed_full_es256;
  behaviour.packed_algorithm = -65535;
  CHECK_REFUSED(judged(behaviour), errors::webauthn_algorithm_unsupported, wire::clauses::cose_algorithm);
}

TEST_CASE("packed: alg and sig are there and of their types") {
  const auto behaviour = GENERATE(0, 1) == 0 ? packed_self_es256 : packed_full_es256;
  const auto malformed = errors::webauthn_attestation_statement_malformed;
  CHECK_REFUSED(lied(behaviour, Lie::packed_alg_missing), malformed, wire::clauses::packed_syntax);
  CHECK_REFUSED(lied(behaviour, Lie::packed_sig_missing), malformed, wire::clauses::packed_syntax);
  CHECK_REFUSED(lied(behaviour, Lie::packed_other_member), malformed, wire::clauses::packed_syntax);
  CHECK_REFUSED(packed_judged_with(behaviour, "alg", CborWriter().text("-7").out()), malformed,
                wire::clauses::packed_syntax);
  CHECK_REFUSED(packed_judged_with(behaviour, "sig", CborWriter().text("sig").out()), malformed,
                wire::clauses::packed_syntax);
  CHECK_REFUSED(packed_judged_with(behaviour, "ecdaaKeyId", CborWriter().bytes("id"_b).out()), malformed,
                wire::clauses::packed_syntax);
}

TEST_CASE("packed: signatures by another key or over something else") {
  const auto wrong = errors::webauthn_attestation_signature_invalid;
  for (const Behaviour& behaviour : {packed_self_es256, packed_full_es256}) {
    CHECK_REFUSED(lied(behaviour, Lie::bogus_signature), wrong, wire::clauses::packed_signature);
    CHECK_REFUSED(packed_judged_with(behaviour, "sig", CborWriter().bytes({}).out()), wrong,
                  wire::clauses::packed_signature);
  }
  CHECK_REFUSED(lied(packed_full_es256, Lie::batch_key_is_credential_key), wrong, wire::clauses::packed_signature);
  CHECK_REFUSED(packed_judged_with(packed_full_es256, "x5c", {}), wrong, wire::clauses::packed_signature);
}

TEST_CASE("packed: the algorithm of a self attestation is the credential's") {
  CHECK_REFUSED(lied(packed_self_es256, Lie::packed_self_algorithm), errors::webauthn_attestation_algorithm_mismatch,
                wire::clauses::packed_self_alg);
}

TEST_CASE("packed: the certificate's key is of the kind that alg names") {
  CHECK_REFUSED(packed_judged_with(packed_full_es256, "alg", CborWriter().integer(-8).out()),
                errors::webauthn_attestation_algorithm_mismatch, wire::clauses::packed_signature);
  CHECK_REFUSED(packed_judged_with(packed_full_es256, "alg", CborWriter().integer(-35).out()),
                errors::webauthn_attestation_algorithm_mismatch, wire::clauses::packed_signature);
  CHECK_REFUSED(packed_judged_with(packed_full_es256, "alg", CborWriter().integer(-9).out()),
                errors::webauthn_algorithm_unsupported, wire::clauses::cose_algorithm);
}

TEST_CASE("psychic signatures: zero and the order of the curve are no numbers of a signature") {
  const std::string n = "00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
  const std::string zero = "020100", one = "020101", order = "0221" + n;
  const auto pair = [](const std::string& r, const std::string& s) {
    const Bytes both = from_hex(r + s);
    Bytes out{0x30, static_cast<std::uint8_t>(both.size())};
    out.insert(out.end(), both.begin(), both.end());
    return out;
  };
  const std::vector<Bytes> psychic = {pair(zero, zero), pair(zero, one),   pair(one, zero), pair(order, order),
                                      pair(order, one), pair(one, order),  pair(one, one),  pair(zero, order),
                                      Bytes{},          Bytes{0x30, 0x00}, Bytes(64, 0x00), Bytes(72, 0x00)};
  for (const Behaviour& behaviour : {packed_self_es256, packed_full_es256, attesting(AttestationChoice::fido_u2f, -7),
                                     attesting(AttestationChoice::android_key, -7)}) {
    for (const Bytes& signature : psychic) {
      INFO(hex(signature));
      const auto judgement = judged(signing_as(behaviour, [&](Bytes& out) { out = signature; }));
      CHECK(code_of(judgement) == "webauthn_attestation_signature_invalid");
    }
  }
}

TEST_CASE("signatures are DER, all of it, and nothing behind it") {
  const std::vector<std::function<void(Bytes&)>> edits = {
      [](Bytes& der) { der.push_back(0); },
      [](Bytes& der) { ++der[1], der.push_back(0); },                                // leftover inside the sequence
      [](Bytes& der) { der.insert(der.begin() + 1, 0x81); },                         // a length in long form
      [](Bytes& der) { der[1] += 1, der[3] += 1, der.insert(der.begin() + 4, 0); },  // r with one zero too many
      [](Bytes& der) {
        der[1] = 0x80, der.insert(der.end(), {0, 0});
      },  // an indefinite length
      [](Bytes& der) { der.pop_back(); },
      [](Bytes& der) { der[0] = 0x31; },
  };
  for (const Behaviour& behaviour : {packed_self_es256, packed_full_es256, attesting(AttestationChoice::fido_u2f, -7),
                                     attesting(AttestationChoice::android_key, -7)}) {
    CHECK(code_of(judged(behaviour)) == "accepted");
    for (std::size_t i = 0; i < edits.size(); ++i) {
      INFO(i);
      CHECK(code_of(judged(signing_as(behaviour, edits[i]))) == "webauthn_attestation_signature_invalid");
    }
  }
}

TEST_CASE("packed: the vectors of the W3C reach their root") {
  for (const char* name :
       {"packed.ES256", "packed.ES384", "packed.ES512", "packed.RS256", "packed.EdDSA", "packed.Ed448"}) {
    INFO(name);
    auto vector = w3c_registration(name);
    if (!vector) continue;
    vector->expected.algorithms = wire::supported_algorithms();
    const auto verified = verify_registration(vector->expected, vector->response);
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().attestation_type == "trusted");
  }
}

TEST_CASE("packed: real batches reach their anchor at their time") {
  for (auto& [entry, recorded] : real_registrations("packed")) {
    if (!entry.contains("anchor") || !entry["anchor"].is_string()) continue;
    INFO(entry["id"]);
    recorded.expected.policy.attestation = wire::AttestationAcceptance::trust;
    recorded.expected.anchors = {recorded_anchor(entry)};
    const auto verified = verify_registration(recorded.expected, recorded.response);
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().attestation_type == "trusted");
  }
}

}  // namespace tegata::webauthn::test
