// Server conformance cases 37 to 56: attestation object, authenticator data, packed statement. The words are ours.
#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test::conformance {
namespace {

Bytes one_extension() { return CborWriter().map(1).text("sample").boolean(true).out(); }

// CBOR items that are neither map, text, bytes nor number.
std::vector<Bytes> items_but(int major) {
  std::vector<Bytes> all;
  const auto add = [&](int type, const CborWriter& item) {
    if (type != major) all.push_back(item.out());
  };
  add(0, CborWriter().integer(7));
  add(2, CborWriter().bytes("packed"_b));
  add(3, CborWriter().text("packed"));
  add(4, CborWriter().array(1).integer(1));
  add(5, CborWriter().map(1).text("a").integer(1));
  add(7, CborWriter().boolean(true));
  return all;
}

// An attestation object of members that may be left out (nothing) or be of any kind.
EditJson object_of(const std::optional<Bytes>& format, const std::optional<Bytes>& statement,
                   const std::optional<Bytes>& data) {
  return [=](const Json& good) {
    CborWriter object;
    object.map((format ? 1u : 0u) + (statement ? 1u : 0u) + (data ? 1u : 0u));
    if (format) object.text("fmt").raw(*format);
    if (statement) object.text("attStmt").raw(*statement);
    if (data) object.text("authData").raw(*data);
    return with_object(good, object.out());
  };
}

// A packed self attestation with another statement.
EditJson packed_with(const Bytes& statement) {
  return [=](const Json& good) { return with_statement(good, "packed", statement); };
}
Bytes statement_of(const Bytes& alg, const Bytes& sig) {
  return CborWriter().map(2).text("alg").raw(alg).text("sig").raw(sig).out();
}

const Bytes none_format = CborWriter().text("none").out(), empty = CborWriter().map(0).out();
const Bytes es256 = CborWriter().integer(-7).out(), some_signature = CborWriter().bytes(Bytes(70, 1)).out();
const Behaviour self_attested = attesting(AttestationChoice::packed_self, -7);

}  // namespace

TEST_CASE("case 037: extension outputs with ED set") {
  for (const auto attestation : {AttestationChoice::packed_self, AttestationChoice::packed_x5c}) {
    Behaviour behaviour = attesting(attestation, -7);
    behaviour.extensions = one_extension();
    check_created(behaviour);
  }
}

TEST_CASE("case 038: attestation object is no map") {
  for (const Bytes& wrong : items_but(5)) {
    check_created([&](const Json& good) { return with_object(good, wrong); },
                  errors::webauthn_attestation_object_malformed, wire::clauses::attestation_object);
  }
}

TEST_CASE("case 039: attestation object without fmt") {
  check_created(object_of({}, empty, CborWriter().bytes("x"_b).out()), errors::webauthn_attestation_object_malformed,
                wire::clauses::attestation_object);
}

TEST_CASE("case 040: fmt is no text") {
  for (const Bytes& wrong : items_but(3)) {
    check_created(object_of(wrong, empty, CborWriter().bytes("x"_b).out()),
                  errors::webauthn_attestation_object_malformed, wire::clauses::attestation_object);
  }
}

TEST_CASE("case 041: attestation object without attStmt") {
  check_created(object_of(none_format, {}, CborWriter().bytes("x"_b).out()),
                errors::webauthn_attestation_object_malformed, wire::clauses::attestation_object);
}

TEST_CASE("case 042: attStmt is no map") {
  for (const Bytes& wrong : items_but(5)) {
    check_created(object_of(none_format, wrong, CborWriter().bytes("x"_b).out()),
                  errors::webauthn_attestation_object_malformed, wire::clauses::attestation_object);
  }
}

TEST_CASE("case 043: attestation object without authData") {
  check_created(object_of(none_format, empty, {}), errors::webauthn_attestation_object_malformed,
                wire::clauses::attestation_object);
}

TEST_CASE("case 044: authData is no byte string") {
  for (const Bytes& wrong : items_but(2)) {
    check_created(object_of(none_format, empty, wrong), errors::webauthn_attestation_object_malformed,
                  wire::clauses::attestation_object);
  }
}

TEST_CASE("case 045: authData is empty") {
  check_created(object_of(none_format, empty, CborWriter().bytes({}).out()),
                errors::webauthn_authenticator_data_malformed, wire::clauses::authenticator_data);
}

TEST_CASE("case 046: AT is clear, attested credential data is there") {
  check_created(flagging(0, 0x40), errors::webauthn_authenticator_data_leftover, wire::clauses::authenticator_data);
}

TEST_CASE("case 047: AT is clear, no attested credential data is there") {
  check_created(editing([](Bytes& data) {
                  data[flags_at] &= 0xbf;
                  data.resize(attested_at);
                }),
                errors::webauthn_attested_data_missing, wire::clauses::attested_data);
}

TEST_CASE("case 048: AT is set, no attested credential data is there") {
  check_created(editing([](Bytes& data) { data.resize(attested_at); }), errors::webauthn_authenticator_data_malformed,
                wire::clauses::authenticator_data);
}

TEST_CASE("case 049: bytes are left over behind the authenticator data") {
  check_created(editing([](Bytes& data) { data.push_back(0); }), errors::webauthn_authenticator_data_leftover,
                wire::clauses::authenticator_data);
  Behaviour extended = editing([](Bytes& data) { data.insert(data.end(), 17, 0xa0); });
  extended.extensions = one_extension();
  check_created(extended, errors::webauthn_authenticator_data_leftover, wire::clauses::authenticator_data);
}

TEST_CASE("case 050: packed with an empty statement") {
  check_created(packed_with(empty), errors::webauthn_attestation_statement_malformed, wire::clauses::packed_syntax,
                self_attested);
}

TEST_CASE("case 051: packed without alg") {
  check_created(packed_with(CborWriter().map(1).text("sig").raw(some_signature).out()),
                errors::webauthn_attestation_statement_malformed, wire::clauses::packed_syntax, self_attested);
}

TEST_CASE("case 052: alg of packed is no number") {
  for (const Bytes& wrong : items_but(0)) {
    check_created(packed_with(statement_of(wrong, some_signature)), errors::webauthn_attestation_statement_malformed,
                  wire::clauses::packed_syntax, self_attested);
  }
}

TEST_CASE("case 054: packed without sig") {
  check_created(packed_with(CborWriter().map(1).text("alg").raw(es256).out()),
                errors::webauthn_attestation_statement_malformed, wire::clauses::packed_syntax, self_attested);
}

TEST_CASE("case 055: sig of packed is no byte string") {
  for (const Bytes& wrong : items_but(2)) {
    check_created(packed_with(statement_of(es256, wrong)), errors::webauthn_attestation_statement_malformed,
                  wire::clauses::packed_syntax, self_attested);
  }
}

TEST_CASE("case 056: sig of packed is empty") {
  check_created(packed_with(statement_of(es256, CborWriter().bytes({}).out())),
                errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature, self_attested);
}

}  // namespace tegata::webauthn::test::conformance
