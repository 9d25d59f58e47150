// The kinds of fault that Wycheproof's vectors have, put into the signatures of whole tokens that are right otherwise:
// client assertions, request objects, DPoP proofs, and passes of our own.
#include <openssl/bn.h>

#include <catch2/catch.hpp>
#include <functional>

#include "rp/pass/client_key.h"
#include "rp/pass/dpop.h"
#include "rp/pass/jws.h"
#include "rp/pass/request_object.h"
#include "tests/support/client_signer.h"
#include "tests/support/roca_key.h"
#include "tests/support/still_world.h"
#include "tests/unit/pass/sample_keys.h"

namespace tegata::pass::encodings {

using tegata::test::ClientSigner;
using tegata::test::still_moment;

namespace {

const std::string issuer_of_ours = "https://localhost:8443";
const std::string token_url = issuer_of_ours + "/token";

template <typename T>
std::string code_of(const Result<T>& result) {
  return result ? "accepted" : std::string(result.error().code().name());
}

struct Door {
  const char* name;
  std::function<std::string()> make;
  std::function<std::string(const std::string&)> verdict;
};

std::vector<Door> doors_of(const ClientSigner& signer, const std::vector<ClientKey>& keys) {
  return {
      {"client assertion", [&] { return signer.assertion("ehr", issuer_of_ours, still_moment); },
       [&](const std::string& token) {
         return code_of(verify_client_assertion(token, keys, "ehr", issuer_of_ours, still_moment));
       }},
      {"request object", [&] { return signer.request_object("ehr", issuer_of_ours, still_moment); },
       [&](const std::string& token) {
         return code_of(
             verify_request_object(token, keys, "ehr", issuer_of_ours, RequestKind::authorization, still_moment));
       }},
      {"DPoP proof", [&] { return signer.proof("POST", token_url, still_moment); },
       [](const std::string& token) { return code_of(verify_dpop_proof(token, "POST", token_url, still_moment)); }},
  };
}

// Our own passes, whose key is on P-256.
Door pass_door() {
  static const KeySet keys{tegata::test::sample_key(), {}};
  return {"pass",
          [] {
            return sign_jws(keys.current, "at+jwt", {{"sub", "AB123"}}).value();
          },
          [](const std::string& token) { return code_of(verify_jws(token, keys, "at+jwt")); }};
}

struct Fault {
  const char* what;
  std::function<Bytes(Bytes)> edit;
};

Bytes joined(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
Bytes first_half(const Bytes& in) { return Bytes(in.begin(), in.begin() + 32); }
Bytes second_half(const Bytes& in) { return Bytes(in.begin() + 32, in.end()); }
Bytes one_octet_shorter(const Bytes& in) { return Bytes(in.begin(), in.end() - 1); }

const Bytes order = parse_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").value();
const Bytes order_less_one = parse_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550").value();
Bytes one() {
  Bytes out(32);
  out.back() = 1;
  return out;
}

Bytes sum(const Bytes& left, const Bytes& right) {
  BIGNUM *a = BN_bin2bn(left.data(), static_cast<int>(left.size()), nullptr),
         *b = BN_bin2bn(right.data(), static_cast<int>(right.size()), nullptr);
  BN_add(a, a, b);
  Bytes out(static_cast<std::size_t>(BN_num_bytes(a)));
  BN_bn2bin(a, out.data());
  BN_free(a), BN_free(b);
  return out;
}

// Every pair of the numbers at the edges of the group, none of which signs anything.
void add_edges(std::vector<Fault>& out) {
  for (const Bytes& r : {Bytes(32), one(), order_less_one, order, Bytes(32, 0xff)}) {
    for (const Bytes& s : {Bytes(32), one(), order_less_one, order, Bytes(32, 0xff)})
      out.push_back({"numbers at the edges of the group", [=](const Bytes&) { return joined(r, s); }});
  }
}

std::vector<Fault> es256_faults() {
  std::vector<Fault> out = {
      {"r + n", [](const Bytes& in) { return joined(sum(first_half(in), order), second_half(in)); }},
      {"s + n", [](const Bytes& in) { return joined(first_half(in), sum(second_half(in), order)); }},
      {"DER", [](const Bytes& in) { return ecdsa_der(in); }},
      {"each number with a zero before it",
       [](const Bytes& in) { return joined(joined({0}, first_half(in)), joined({0}, second_half(in))); }},
      {"zeros behind it",
       [](const Bytes& in) {
         return joined(in, {0, 0});
       }},
      {"last octet missing", one_octet_shorter},
      {"r alone", first_half},
      {"halves exchanged", [](const Bytes& in) { return joined(second_half(in), first_half(in)); }},
      {"384 bits each", [](const Bytes& in) { return joined(in, Bytes(32)); }},
  };
  add_edges(out);
  return out;
}

std::vector<Fault> rsa_faults(const Bytes& modulus) {
  return {
      {"s + n: the signature's twin", [=](const Bytes& in) { return sum(in, modulus); }},
      {"zero before it", [](const Bytes& in) { return joined({0}, in); }},
      {"zero behind it", [](const Bytes& in) { return joined(in, {0}); }},
      {"last octet missing", one_octet_shorter},
      {"0", [](const Bytes& in) { return Bytes(in.size()); }},
      {"1", [](const Bytes& in) { return joined(Bytes(in.size() - 1), {1}); }},
      {"n", [=](const Bytes&) { return modulus; }},
  };
}

std::string with_signature(const std::string& token, const std::function<Bytes(Bytes)>& edit) {
  const auto dot = token.rfind('.');
  return token.substr(0, dot + 1) + base64url(edit(parse_base64url(token.substr(dot + 1)).value()));
}

void refuse_each(const Door& door, const std::vector<Fault>& faults) {
  const std::string token = door.make();
  CHECK(door.verdict(token) == "accepted");
  for (const Fault& fault : faults) {
    INFO(door.name << ": " << fault.what);
    CHECK(door.verdict(with_signature(token, fault.edit)) == "jws_signature");
  }
}

}  // namespace

TEST_CASE("whole tokens by ES256: each malformed or impossible signature is refused at every door") {
  const ClientSigner signer;
  const auto keys = parse_client_keys(signer.jwks()).value();
  for (const Door& door : doors_of(signer, keys)) refuse_each(door, es256_faults());
  refuse_each(pass_door(), es256_faults());
}

TEST_CASE("whole tokens by RS256 and PS256: each malformed, impossible or twin signature is refused at every door") {
  for (const char* alg : {"RS256", "PS256"}) {
    const ClientSigner signer(alg);
    const auto keys = parse_client_keys(signer.jwks()).value();
    const Bytes modulus = parse_base64url(signer.jwk()["n"].get<std::string>()).value();
    for (const Door& door : doors_of(signer, keys)) refuse_each(door, rsa_faults(modulus));
  }
}

TEST_CASE("whole tokens: a part that is base64url with anything beside it is refused at every door") {
  const ClientSigner signer;
  const auto keys = parse_client_keys(signer.jwks()).value();
  std::vector<Door> doors = doors_of(signer, keys);
  doors.push_back(pass_door());
  for (const Door& door : doors) {
    const std::string token = door.make();
    const std::size_t first = token.find('.'), last = token.rfind('.');
    for (const char* more : {"=", " ", "\n", "\r\n", "+", "/", "!", "\xc2\xa0"}) {
      for (const std::size_t at : {std::size_t{3}, first, first + 3, last, last + 3, token.size()}) {
        std::string changed = token;
        INFO(door.name << " '" << more << "' at " << at);
        const std::string code = door.verdict(changed.insert(at, more));
        // What stands in header or payload may be found out by the signature first.
        CHECK((code == "jws_malformed" || (code == "jws_signature" && at > first && at <= last)));
      }
    }
    CHECK(door.verdict(token + ".") == "jws_malformed");
    CHECK(door.verdict("." + token) == "jws_malformed");
  }
}

TEST_CASE("defect: a key whose modulus tells how to factor it (ROCA) was taken from a client") {
  const Json jwk = {{"kty", "RSA"}, {"e", "AQAB"}, {"n", base64url(tegata::test::roca_modulus())}};
  CHECK(code_of(ClientKey::parse(jwk)) == "jwk_unusable");
  CHECK(code_of(ClientKey::parse(ClientSigner("RS256").jwk())) == "accepted");
}

}  // namespace tegata::pass::encodings
