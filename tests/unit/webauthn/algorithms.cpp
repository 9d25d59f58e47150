// Signatures: every algorithm both ways, and the encodings that a strict verifier refuses.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>

#include "rp/sandbox/authenticator/keys.h"
#include "rp/webauthn/wire/signature_key.h"
#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

const Bytes message = "what was signed"_b;

wire::PkeyPtr shared(const sandbox::test_pki::Key& key) {
  EVP_PKEY_up_ref(key.get());
  return wire::PkeyPtr(key.get());
}

wire::BignumPtr number(BN_ULONG value) {
  wire::BignumPtr out(BN_new());
  BN_set_word(out.get(), value);
  return out;
}

Bytes magnitude(const BIGNUM* value) {
  Bytes out(BN_num_bytes(value));
  BN_bn2bin(value, out.data());
  return out;
}

Bytes tlv(std::uint8_t tag, const Bytes& content) {
  Bytes out{tag};
  if (content.size() >= 0x80) out.push_back(0x81);
  out.push_back(static_cast<std::uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

// An INTEGER with as many needless zeros in front as are asked for.
Bytes integer(const BIGNUM* value, std::size_t needless = 0) {
  Bytes content = magnitude(value);
  if (content.empty() || content[0] >= 0x80) content.insert(content.begin(), 0);
  content.insert(content.begin(), needless, 0);
  return tlv(0x02, content);
}

Bytes sequence(const Bytes& r, const Bytes& s) {
  Bytes content = r;
  content.insert(content.end(), s.begin(), s.end());
  return tlv(0x30, content);
}

// An RSA key that says of itself that it is for PSS alone.
sandbox::test_pki::Key pss_key() {
  const wire::PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr));
  EVP_PKEY* key = nullptr;
  EVP_PKEY_keygen_init(context.get());
  REQUIRE(EVP_PKEY_generate(context.get(), &key) == 1);
  return {key, EVP_PKEY_free};
}

struct Ecdsa {
  explicit Ecdsa(std::int64_t algorithm) : key(sandbox::authenticator::make_key(algorithm)) {
    const Bytes der = sandbox::authenticator::sign(key, algorithm, message);
    const unsigned char* cursor = der.data();
    const std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>> signature(
        d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())));
    r.reset(BN_dup(ECDSA_SIG_get0_r(signature.get())));
    s.reset(BN_dup(ECDSA_SIG_get0_s(signature.get())));
    BIGNUM* raw = nullptr;
    EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_EC_ORDER, &raw);
    order.reset(raw);
  }
  sandbox::test_pki::Key key;
  wire::BignumPtr r, s, order;
};

}  // namespace

TEST_CASE("algorithms: what is offered by default, what is understood, and what never is") {
  CHECK(ExpectedRegistration().algorithms == std::vector<std::int64_t>{-8, -7, -257});
  CHECK(wire::supported_algorithms().size() == 11);
  for (const auto algorithm : wire::supported_algorithms()) CHECK(wire::is_supported_algorithm(algorithm));
  for (const std::int64_t other : {-65535, -9, -19, -47, -48, -49, -50, -51, -52, 0, 7, -260}) {
    INFO(other);
    CHECK_FALSE(wire::is_supported_algorithm(other));
    CHECK(code_of(wire::SignatureKey::make(other, shared(sandbox::test_pki::p256_key()))) ==
          "webauthn_algorithm_unsupported");
  }
}

TEST_CASE("algorithms: a kept key verifies, again and again, what its private half signed") {
  for (const auto algorithm : wire::supported_algorithms()) {
    INFO(algorithm);
    const auto key = sandbox::authenticator::make_key(algorithm);
    const auto parsed = PublicKey::parse(sandbox::authenticator::cose_key(key, algorithm));
    REQUIRE(code_of(parsed) == "accepted");
    CHECK(parsed->algorithm() == algorithm);
    for (int i = 0; i < 3; ++i) {
      const Bytes signature = sandbox::authenticator::sign(key, algorithm, message);
      CHECK(parsed->verify(message, signature));
      CHECK_FALSE(parsed->verify("another"_b, signature));
      CHECK_FALSE(parsed->verify(message, {}));
      CHECK_FALSE(parsed->verify(message, Bytes(signature.size())));
      Bytes longer = signature;
      longer.push_back(0);
      CHECK_FALSE(parsed->verify(message, longer));
      CHECK_FALSE(parsed->verify(message, ByteView(signature).first(signature.size() - 1)));
    }
  }
}

TEST_CASE("algorithms: RS1 signs TPM statements and nothing else") {
  const auto key = sandbox::test_pki::rsa_key();
  CHECK(code_of(wire::SignatureKey::make(-65535, shared(key))) == "webauthn_algorithm_unsupported");
  CHECK(code_of(PublicKey::parse(sandbox::authenticator::cose_key(key, -65535))) == "webauthn_algorithm_unsupported");
  const auto made = wire::SignatureKey::make(-65535, shared(key), wire::AlgorithmUse::tpm_statement);
  REQUIRE(code_of(made) == "accepted");
  CHECK(made->verify(message, sandbox::authenticator::sign(key, -65535, message)));
  CHECK_FALSE(made->verify(message, sandbox::authenticator::sign(key, -257, message)));
  CHECK(code_of(wire::SignatureKey::make(-257, shared(key), wire::AlgorithmUse::tpm_statement)) == "accepted");
}

TEST_CASE("algorithms: the key is of the kind, the curve and the size that its algorithm names") {
  const auto invalid = [](std::int64_t algorithm, const sandbox::test_pki::Key& key) {
    CHECK(code_of(wire::SignatureKey::make(algorithm, shared(key))) == "webauthn_cose_key_invalid");
  };
  invalid(-7, sandbox::authenticator::make_key(-35));
  invalid(-35, sandbox::authenticator::make_key(-7));
  invalid(-36, sandbox::authenticator::make_key(-35));
  invalid(-7, sandbox::test_pki::ec_key("secp256k1"));
  invalid(-7, sandbox::test_pki::rsa_key());
  invalid(-257, sandbox::authenticator::make_key(-7));
  invalid(-8, sandbox::authenticator::make_key(-53));
  invalid(-53, sandbox::authenticator::make_key(-8));
  invalid(-8, sandbox::authenticator::make_key(-7));
  invalid(-257, sandbox::test_pki::rsa_key(1024));
  invalid(-37, sandbox::test_pki::rsa_key(2040));
  invalid(-257, pss_key());
  CHECK(code_of(wire::SignatureKey::make(-7, nullptr)) == "webauthn_cose_key_invalid");
}

TEST_CASE("algorithms: a signature of one hash or padding is none of another") {
  const auto key = sandbox::test_pki::rsa_key();
  const std::vector<std::int64_t> all{-257, -258, -259, -37, -38, -39};
  for (const auto algorithm : all) {
    const auto made = wire::SignatureKey::make(algorithm, shared(key));
    REQUIRE(made);
    for (const auto other : all) {
      INFO(algorithm << " " << other);
      CHECK(made->verify(message, sandbox::authenticator::sign(key, other, message)) == (algorithm == other));
    }
  }
}

TEST_CASE("algorithms: a PSS salt is as long as the hash") {
  const auto key = sandbox::test_pki::rsa_key();
  const std::pair<std::int64_t, int> cases[] = {{-37, 32}, {-38, 48}, {-39, 64}};
  for (const auto& [algorithm, right] : cases) {
    const auto made = wire::SignatureKey::make(algorithm, shared(key));
    REQUIRE(made);
    for (const int salt : {0, 20, 31, 32, 33, 48, 64, 100}) {
      INFO(algorithm << " " << salt);
      CHECK(made->verify(message, sandbox::authenticator::sign_with_salt(key, algorithm, message, salt)) ==
            (salt == right));
    }
  }
}

TEST_CASE("algorithms: ECDSA signatures are DER with both numbers in range") {
  const std::int64_t algorithm = GENERATE(-7, -35, -36);
  const Ecdsa sample(algorithm);
  const auto made = wire::SignatureKey::make(algorithm, shared(sample.key));
  REQUIRE(made);
  const auto verifies = [&](const Bytes& signature) { return made->verify(message, signature); };
  const Bytes r = integer(sample.r.get()), s = integer(sample.s.get());
  const Bytes good = sequence(r, s);
  CHECK(verifies(good));
  CHECK_FALSE(verifies(sequence(s, r)));
  // Needless zeros, and the minus sign that comes of leaving out a needed one.
  CHECK_FALSE(verifies(sequence(integer(sample.r.get(), 1), s)));
  CHECK_FALSE(verifies(sequence(r, integer(sample.s.get(), 1))));
  CHECK_FALSE(verifies(sequence(tlv(0x02, Bytes{0xff}), s)));
  wire::BignumPtr negative(BN_dup(sample.r.get()));
  BN_sub(negative.get(), sample.order.get(), sample.r.get());
  Bytes minus_sign = magnitude(negative.get());
  minus_sign[0] |= 0x80;
  CHECK_FALSE(verifies(sequence(tlv(0x02, minus_sign), s)));
  // Zero, the order, and one order too many.
  for (const auto& bad : {number(0), wire::BignumPtr(BN_dup(sample.order.get()))}) {
    CHECK_FALSE(verifies(sequence(integer(bad.get()), s)));
    CHECK_FALSE(verifies(sequence(r, integer(bad.get()))));
    CHECK_FALSE(verifies(sequence(integer(bad.get()), integer(bad.get()))));
  }
  wire::BignumPtr larger(BN_new());
  BN_add(larger.get(), sample.s.get(), sample.order.get());
  CHECK_FALSE(verifies(sequence(r, integer(larger.get()))));
  BN_add(larger.get(), sample.r.get(), sample.order.get());
  CHECK_FALSE(verifies(sequence(integer(larger.get()), s)));
  // Bytes left over: inside the sequence, after it; and no second number.
  Bytes inside = s;
  inside.insert(inside.end(), {0x05, 0x00});
  CHECK_FALSE(verifies(sequence(r, inside)));
  Bytes after = good;
  after.push_back(0);
  CHECK_FALSE(verifies(after));
  CHECK_FALSE(verifies(sequence(r, {})));
  CHECK_FALSE(verifies({}));
  // The same numbers, raw: other formats' form.
  Bytes raw = magnitude(sample.r.get());
  const Bytes second = magnitude(sample.s.get());
  raw.insert(raw.end(), second.begin(), second.end());
  CHECK_FALSE(verifies(raw));
}

TEST_CASE("algorithms: ECDSA signatures in BER that is not DER") {
  const Ecdsa sample(-7);
  const auto made = wire::SignatureKey::make(-7, shared(sample.key));
  REQUIRE(made);
  Bytes content = integer(sample.r.get());
  const Bytes s = integer(sample.s.get());
  content.insert(content.end(), s.begin(), s.end());
  Bytes long_length{0x30, 0x81, static_cast<std::uint8_t>(content.size())};
  long_length.insert(long_length.end(), content.begin(), content.end());
  CHECK_FALSE(made->verify(message, long_length));
  Bytes indefinite{0x30, 0x80};
  indefinite.insert(indefinite.end(), content.begin(), content.end());
  indefinite.insert(indefinite.end(), {0x00, 0x00});
  CHECK_FALSE(made->verify(message, indefinite));
  Bytes set = sequence(integer(sample.r.get()), s);
  set[0] = 0x31;
  CHECK_FALSE(made->verify(message, set));
}

// What ECDSA itself leaves open, and no verifier can close: not a change of one bit.
TEST_CASE("algorithms: ECDSA has a second signature, s against n - s, and a nonce each time") {
  const Ecdsa sample(-7);
  const auto made = wire::SignatureKey::make(-7, shared(sample.key));
  REQUIRE(made);
  wire::BignumPtr other(BN_new());
  BN_sub(other.get(), sample.order.get(), sample.s.get());
  CHECK(made->verify(message, sequence(integer(sample.r.get()), integer(other.get()))));
}

TEST_CASE("algorithms: an RSA signature has the length of the modulus and a value below it") {
  const auto key = sandbox::test_pki::rsa_key();
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_N, &raw);
  const wire::BignumPtr modulus(raw);
  for (const std::int64_t algorithm : {-257, -37}) {
    const auto made = wire::SignatureKey::make(algorithm, shared(key));
    REQUIRE(made);
    const Bytes good = sandbox::authenticator::sign(key, algorithm, message);
    wire::BignumPtr sum(BN_bin2bn(good.data(), static_cast<int>(good.size()), nullptr));
    BN_add(sum.get(), sum.get(), modulus.get());
    Bytes longer = good;
    longer.insert(longer.begin(), 0);
    CHECK_FALSE(made->verify(message, longer));
    CHECK_FALSE(made->verify(message, magnitude(sum.get())));
    CHECK_FALSE(made->verify(message, magnitude(modulus.get())));
  }
}

TEST_CASE("algorithms: the second half of an EdDSA signature is below the order") {
  // The orders of RFC 8032, little-endian.
  const std::pair<std::int64_t, const char*> cases[] = {
      {-8, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"},
      {-53,
       "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7cffffffffffffffffffffffffffffffffffffffffffffff3f00"}};
  for (const auto& [algorithm, order] : cases) {
    INFO(algorithm);
    const auto key = sandbox::authenticator::make_key(algorithm);
    const auto made = wire::SignatureKey::make(algorithm, shared(key));
    REQUIRE(made);
    Bytes signature = sandbox::authenticator::sign(key, algorithm, message);
    CHECK(made->verify(message, signature));
    const Bytes more = from_hex(order);
    unsigned carry = 0;
    for (std::size_t i = 0; i < more.size(); ++i) {
      carry += signature[signature.size() / 2 + i] + more[i];
      signature[signature.size() / 2 + i] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    CHECK_FALSE(made->verify(message, signature));
  }
}

TEST_CASE("algorithms: no bit of a signature can change") {
  for (const auto algorithm : wire::supported_algorithms()) {
    INFO(algorithm);
    const auto key = sandbox::authenticator::make_key(algorithm);
    const auto made = wire::SignatureKey::make(algorithm, shared(key));
    REQUIRE(made);
    const Bytes good = sandbox::authenticator::sign(key, algorithm, message);
    std::size_t accepted = 0;
    // Every bit of what is short; of RSA, where one is like another, every eleventh.
    for (std::size_t bit = 0; bit<good.size() * 8; bit += good.size()> 200 ? 11 : 1) {
      Bytes changed = good;
      changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      accepted += made->verify(message, changed) ? 1 : 0;
    }
    CHECK(accepted == 0);
  }
}

TEST_CASE("algorithms: the software phone's file keeps a key of every kind") {
  Sample sample;
  for (const auto algorithm : wire::supported_algorithms()) {
    INFO(algorithm);
    sample.registration.algorithms = {algorithm};
    sample.bind({.attestation = AttestationChoice::packed_self});
    auto loaded = sandbox::authenticator::Authenticator::load(sample.authenticator.save());
    REQUIRE(code_of(loaded) == "accepted");
    sample.authenticator = std::move(*loaded);
    CHECK(code_of(sample.sign_in()) == "accepted");
  }
}

}  // namespace tegata::webauthn::test
