// The kinds of fault that Wycheproof's vectors have, put into the signatures of whole assertions that are right
// otherwise.
#include <openssl/bn.h>
#include <openssl/ecdsa.h>

#include "rp/webauthn/wire/algorithm.h"
#include "rp/webauthn/wire/cbor.h"
#include "rp/webauthn/wire/openssl.h"
#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test::encodings {
namespace {

using Edit = std::function<Bytes(Bytes)>;
struct Fault {
  const char* what;
  Edit edit;
};

wire::BignumPtr number(ByteView bytes) {
  return wire::BignumPtr(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}
wire::BignumPtr hex_number(const char* text) {
  BIGNUM* out = nullptr;
  BN_hex2bn(&out, text);
  return wire::BignumPtr(out);
}
Bytes big_endian(const wire::BignumPtr& value) {
  Bytes out(static_cast<std::size_t>(BN_num_bytes(value.get())));
  BN_bn2bin(value.get(), out.data());
  return out;
}
wire::BignumPtr sum(const wire::BignumPtr& left, const wire::BignumPtr& right) {
  wire::BignumPtr out(BN_new());
  BN_add(out.get(), left.get(), right.get());
  return out;
}
wire::BignumPtr difference(const wire::BignumPtr& left, const wire::BignumPtr& right) {
  wire::BignumPtr out(BN_new());
  BN_sub(out.get(), left.get(), right.get());
  return out;
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const Bytes& part : parts) sandbox::authenticator::append(out, part);
  return out;
}
// Everything here is shorter than 128 octets.
Bytes tagged(std::uint8_t tag, const Bytes& content) {
  return joined({{tag, static_cast<std::uint8_t>(content.size())}, content});
}
Bytes sequence(std::initializer_list<Bytes> parts) { return tagged(0x30, joined(parts)); }
Bytes integer(const wire::BignumPtr& value) {
  Bytes content = big_endian(value);
  if (content.empty() || content.front() >= 0x80) content.insert(content.begin(), 0);
  return tagged(0x02, content);
}

struct Pair {
  wire::BignumPtr r, s;
};
Pair read(const Bytes& der) {
  const std::uint8_t* at = der.data();
  const std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>> parsed(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  return {wire::BignumPtr(BN_dup(ECDSA_SIG_get0_r(parsed.get()))),
          wire::BignumPtr(BN_dup(ECDSA_SIG_get0_s(parsed.get())))};
}

const char* const p256_order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";

// An edit of the two numbers, written as right DER again.
Edit numbers(std::function<void(Pair&, const wire::BignumPtr& order)> change) {
  return [change](const Bytes& der) {
    Pair pair = read(der);
    change(pair, hex_number(p256_order));
    return sequence({integer(pair.r), integer(pair.s)});
  };
}
// An edit of the DER of the same two numbers.
Edit encoding(std::function<Bytes(const Bytes& r, const Bytes& s)> write) {
  return [write](const Bytes& der) {
    const Pair pair = read(der);
    return write(integer(pair.r), integer(pair.s));
  };
}
Bytes padded(const Bytes& der_integer) {
  Bytes content(der_integer.begin() + 2, der_integer.end());
  content.insert(content.begin(), 0);
  return tagged(0x02, content);
}
Bytes long_form(std::uint8_t tag, const Bytes& content) {
  return joined({{tag, 0x81, static_cast<std::uint8_t>(content.size())}, content});
}

std::vector<Fault> ecdsa_faults() {
  return {
      {"r + n", numbers([](Pair& p, const wire::BignumPtr& n) { p.r = sum(p.r, n); })},
      {"s + n", numbers([](Pair& p, const wire::BignumPtr& n) { p.s = sum(p.s, n); })},
      {"r = 0", numbers([](Pair& p, const wire::BignumPtr&) { BN_zero(p.r.get()); })},
      {"s = 0", numbers([](Pair& p, const wire::BignumPtr&) { BN_zero(p.s.get()); })},
      {"r = n", numbers([](Pair& p, const wire::BignumPtr& n) { BN_copy(p.r.get(), n.get()); })},
      {"s = n", numbers([](Pair& p, const wire::BignumPtr& n) { BN_copy(p.s.get(), n.get()); })},
      {"r = 1, s = 1", numbers([](Pair& p, const wire::BignumPtr&) { BN_one(p.r.get()), BN_one(p.s.get()); })},
      {"r and s exchanged", numbers([](Pair& p, const wire::BignumPtr&) { std::swap(p.r, p.s); })},
      {"n - r", numbers([](Pair& p, const wire::BignumPtr& n) { p.r = difference(n, p.r); })},
      {"zero before r", encoding([](const Bytes& r, const Bytes& s) {
         return sequence({padded(r), s});
       })},
      {"zero before s", encoding([](const Bytes& r, const Bytes& s) {
         return sequence({r, padded(s)});
       })},
      {"long form of the sequence's length", encoding([](const Bytes& r, const Bytes& s) {
         return long_form(0x30, joined({r, s}));
       })},
      {"long form of r's length", encoding([](const Bytes& r, const Bytes& s) {
         return sequence({long_form(0x02, Bytes(r.begin() + 2, r.end())), s});
       })},
      {"indefinite length", encoding([](const Bytes& r, const Bytes& s) {
         return joined({{0x30, 0x80}, r, s, {0, 0}});
       })},
      {"third number", encoding([](const Bytes& r, const Bytes& s) {
         return sequence({r, s, {2, 1, 1}});
       })},
      {"NULL behind the numbers", encoding([](const Bytes& r, const Bytes& s) {
         return sequence({r, s, {5, 0}});
       })},
      {"r alone", encoding([](const Bytes& r, const Bytes&) { return sequence({r}); })},
      {"no sequence", encoding([](const Bytes& r, const Bytes& s) {
         return joined({r, s});
       })},
      {"SET for SEQUENCE", encoding([](const Bytes& r, const Bytes& s) {
         return tagged(0x31, joined({r, s}));
       })},
      {"octet string for r", encoding([](Bytes r, const Bytes& s) {
         r.front() = 0x04;
         return sequence({r, s});
       })},
      {"something behind it",
       [](Bytes der) {
         return joined({der, {0}});
       }},
      {"last octet missing", [](Bytes der) { return Bytes(der.begin(), der.end() - 1); }},
      {"r || s, as JOSE has it",
       [](Bytes der) {
         const Pair pair = read(der);
         Bytes out(64);
         BN_bn2binpad(pair.r.get(), out.data(), 32);
         BN_bn2binpad(pair.s.get(), out.data() + 32, 32);
         return out;
       }},
      {"nothing in it",
       [](Bytes) {
         return Bytes{0x30, 0};
       }},
  };
}

// The order of the base point of edwards25519.
const char* const ed25519_order = "1000000000000000000000000000000014DEF9DEA2F79CD65812631A5CF5D3ED";

Bytes plus_order(Bytes signature) {
  const wire::BignumPtr s(BN_lebin2bn(signature.data() + 32, 32, nullptr));
  const wire::BignumPtr twin = sum(s, hex_number(ed25519_order));
  BN_bn2lebinpad(twin.get(), signature.data() + 32, 32);
  return signature;
}

std::vector<Fault> eddsa_faults() {
  return {
      {"s plus the order: the signature's twin", plus_order},
      {"s = 0",
       [](Bytes in) {
         return joined({Bytes(in.begin(), in.begin() + 32), Bytes(32)});
       }},
      {"R = 0",
       [](Bytes in) {
         return joined({Bytes(32), Bytes(in.begin() + 32, in.end())});
       }},
      {"R of order one, s = 0",
       [](Bytes) {
         return joined({{1}, Bytes(63)});
       }},
      {"all bits set", [](Bytes) { return Bytes(64, 0xff); }},
      {"halves exchanged",
       [](Bytes in) {
         return joined({Bytes(in.begin() + 32, in.end()), Bytes(in.begin(), in.begin() + 32)});
       }},
      {"something behind it",
       [](Bytes in) {
         return joined({in, {0}});
       }},
      {"last octet missing", [](Bytes in) { return Bytes(in.begin(), in.end() - 1); }},
      {"R alone", [](Bytes in) { return Bytes(in.begin(), in.begin() + 32); }},
  };
}

std::vector<Fault> rsa_faults(const Bytes& modulus) {
  return {
      {"s + n: the signature's twin", [=](Bytes in) { return big_endian(sum(number(in), number(modulus))); }},
      {"zero before it",
       [](Bytes in) {
         return joined({{0}, in});
       }},
      {"zero behind it",
       [](Bytes in) {
         return joined({in, {0}});
       }},
      {"last octet missing", [](Bytes in) { return Bytes(in.begin(), in.end() - 1); }},
      {"0", [](Bytes in) { return Bytes(in.size()); }},
      {"1",
       [](Bytes in) {
         return joined({Bytes(in.size() - 1), {1}});
       }},
      {"n", [=](Bytes) { return modulus; }},
      {"n - s", [=](Bytes in) { return big_endian(difference(number(modulus), number(in))); }},
  };
}

Bytes modulus_of(const CredentialRecord& record) {
  const auto map = wire::Cbor::scan(record.public_key).value();
  return to_bytes(*map.find(-1)->byte_string());
}

void bind_for(Sample& sample, std::int64_t algorithm) {
  sample.registration.algorithms = {algorithm};
  Behaviour behaviour;
  behaviour.algorithm = algorithm;
  sample.bind(behaviour);
}

void refuse_each(Sample& sample, const std::vector<Fault>& faults) {
  CHECK(code_of(sample.sign_in()) == "accepted");
  for (const Fault& fault : faults) {
    INFO(fault.what);
    CHECK(code_of(sample.sign_in(signing([&](Bytes& signature) { signature = fault.edit(signature); }))) ==
          "webauthn_signature_invalid");
  }
}

}  // namespace

TEST_CASE("whole assertions by ES256: each malformed or impossible signature is refused") {
  Sample sample;
  bind_for(sample, wire::cose::es256);
  refuse_each(sample, ecdsa_faults());
}

TEST_CASE("whole assertions by EdDSA: each malformed, impossible or twin signature is refused") {
  Sample sample;
  bind_for(sample, wire::cose::eddsa);
  refuse_each(sample, eddsa_faults());
}

TEST_CASE("whole assertions by RS256: each malformed, impossible or twin signature is refused") {
  Sample sample;
  bind_for(sample, wire::cose::rs256);
  refuse_each(sample, rsa_faults(modulus_of(sample.record)));
}

// s and n - s are both right (FIPS 186-5), and authenticators write either: what is used once is the challenge.
TEST_CASE("whole assertions by ES256: the other of the two right signatures is accepted, being right") {
  Sample sample;
  bind_for(sample, wire::cose::es256);
  const Edit twin = numbers([](Pair& p, const wire::BignumPtr& n) { p.s = difference(n, p.s); });
  CHECK(code_of(sample.sign_in(signing([&](Bytes& signature) { signature = twin(signature); }))) == "accepted");
}

}  // namespace tegata::webauthn::test::encodings
