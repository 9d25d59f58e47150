// Registrations and an assertion, in one run on one core: ours, raw OpenSSL doing the same public-key operations, and
// @simplewebauthn/server (npm) on the same ceremonies.
#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "rp/server/running/system.h"
#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/options.h"
#include "rp/webauthn/wire/authenticator_data.h"
#include "rp/webauthn/wire/openssl.h"
#include "tests/bench/bench.h"
#include "tests/bench/ceremony.h"

namespace tegata::bench {
namespace {

using sandbox::authenticator::AttestationChoice;

constexpr int registrations = 1000, registration_rounds = 7;

struct Row {
  const char* name;
  AttestationChoice attestation;
  webauthn::ExpectedRegistration expected;
  Json json;
  webauthn::RegistrationResponse response;
  Bytes anchor;
};

Row make_row(const char* name, AttestationChoice attestation) {
  server::running::SystemRandom random;
  auto authenticator = sandbox::authenticator::Authenticator::make(random);
  Row row{name, attestation, {}, {}, {}, authenticator.attestation_root()};
  row.expected.rp_id = "localhost";
  row.expected.origins = {public_origin};
  row.expected.challenge = random_bytes(random, 32);
  row.expected.algorithms = {-7};
  row.expected.policy = webauthn::wire::standard_policy();
  row.expected.now = server::running::SystemClock().now();
  // The row with certificates goes all the way to its anchor.
  if (attestation == AttestationChoice::packed_x5c) {
    row.expected.policy.attestation = webauthn::wire::AttestationAcceptance::trust;
    row.expected.anchors = {row.anchor};
  }
  sandbox::authenticator::Behaviour behaviour;
  behaviour.attestation = attestation;
  const auto options = webauthn::creation_options(row.expected, "Tegata", {random_bytes(random, 64), "bench", "bench"},
                                                  {}, "direct", 60'000);
  row.json = authenticator.create(options, public_origin, behaviour, random).value();
  row.response = webauthn::parse_registration_response(row.json).value();
  return row;
}

void verify(const Row& row, webauthn::SecondVerifier second) {
  if (!webauthn::verify_registration(row.expected, row.response, second)) std::abort();
}

// --- the same public-key operations by OpenSSL alone ---

using webauthn::wire::CertificatePtr;
using webauthn::wire::DigestContextPtr;
using webauthn::wire::PkeyContextPtr;
using webauthn::wire::PkeyPtr;

// What is taken out of the row beforehand: bytes only.
struct RawParts {
  Bytes point;      // the credential's public key, uncompressed
  Bytes message;    // authenticator data and the hash of the client data
  Bytes signature;  // empty for none
  Bytes leaf;       // DER, empty without certificates
  Bytes anchor;
};

RawParts raw_parts(const Row& row) {
  RawParts parts;
  const auto object = webauthn::attestation::parse_attestation_object(row.response.attestation_object).value();
  const auto data = webauthn::wire::parse_authenticator_data(object.authenticator_data).value();
  const auto key = webauthn::wire::Cbor::scan(data.attested->public_key).value();
  parts.point = {0x04};
  for (const std::int64_t label : {-2, -3}) {
    const auto coordinate = *key.find(label)->byte_string();
    parts.point.insert(parts.point.end(), coordinate.begin(), coordinate.end());
  }
  parts.message = to_bytes(object.authenticator_data);
  const auto hash = sha256(row.response.client_data_json);
  parts.message.insert(parts.message.end(), hash.begin(), hash.end());
  if (const auto signature = object.statement.find("sig")) parts.signature = to_bytes(*signature->byte_string());
  if (const auto x5c = object.statement.find("x5c")) parts.leaf = to_bytes(*x5c->at(0).byte_string());
  parts.anchor = row.anchor;
  return parts;
}

PkeyPtr import_point(const Bytes& point) {
  static char group[] = "prime256v1";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string("group", group, 0),
      OSSL_PARAM_construct_octet_string("pub", const_cast<std::uint8_t*>(point.data()), point.size()),
      OSSL_PARAM_construct_end()};
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
    std::abort();
  return PkeyPtr(key);
}

CertificatePtr import_certificate(const Bytes& der) {
  const unsigned char* cursor = der.data();
  return CertificatePtr(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
}

void raw_verify(EVP_PKEY* key, const RawParts& parts) {
  const DigestContextPtr context(EVP_MD_CTX_new());
  if (EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestVerify(context.get(), parts.signature.data(), parts.signature.size(), parts.message.data(),
                       parts.message.size()) != 1)
    std::abort();
}

void raw(const RawParts& parts) {
  const PkeyPtr credential = import_point(parts.point);
  if (parts.signature.empty()) return;
  if (parts.leaf.empty()) return raw_verify(credential.get(), parts);
  const CertificatePtr leaf = import_certificate(parts.leaf), anchor = import_certificate(parts.anchor);
  raw_verify(X509_get0_pubkey(leaf.get()), parts);
  if (X509_verify(leaf.get(), X509_get0_pubkey(anchor.get())) != 1) std::abort();
}

// --- the other server ---

Json for_others(const std::vector<Row>& rows, const Ceremony& ceremony) {
  Json all = Json::array();
  for (const Row& row : rows) {
    all.push_back({{"name", row.name},
                   {"response", row.json},
                   {"challenge", base64url(row.expected.challenge)},
                   {"anchor", row.attestation == AttestationChoice::packed_x5c ? base64url(row.anchor) : ""}});
  }
  const auto& response = ceremony.response;
  const Json parts = {{"clientDataJSON", base64url(response.client_data_json)},
                      {"authenticatorData", base64url(response.authenticator_data)},
                      {"signature", base64url(response.signature)}};
  all.push_back({{"name", "assertion"},
                 {"response",
                  {{"id", base64url(response.id)},
                   {"rawId", base64url(response.id)},
                   {"type", "public-key"},
                   {"clientExtensionResults", Json::object()},
                   {"response", parts}}},
                 {"challenge", base64url(ceremony.expected.challenge)},
                 {"public_key", base64url(ceremony.record.public_key)}});
  return {{"origin", public_origin}, {"rp_id", "localhost"}, {"ceremonies", all}};
}

// Name to ceremonies per second; empty where node or the package is not there.
std::map<std::string, double> measure_others(const std::vector<Row>& rows, const Ceremony& ceremony) {
  const std::string file = "/tmp/tegata-bench-" + std::to_string(::getpid()) + ".json";
  std::ofstream(file) << dump_json(for_others(rows, ceremony));
  const std::string command = "node tests/bench/simplewebauthn.mjs " + file + " 2>&1";
  std::map<std::string, double> rates;
  FILE* pipe = ::popen(command.c_str(), "r");
  char name[64];
  double rate = 0;
  char line[256];
  while (pipe && std::fgets(line, sizeof line, pipe)) {
    if (std::sscanf(line, "%63[^\t]\t%lf", name, &rate) == 2) {
      rates[name] = rate;
    } else {
      std::printf("  @simplewebauthn/server: %s", line);
    }
  }
  if (pipe) ::pclose(pipe);
  std::remove(file.c_str());
  return rates;
}

void print_row(const Row& row, const std::map<std::string, double>& others) {
  const RawParts parts = raw_parts(row);
  const auto repeat = [](const auto& work) {
    return [&work] {
      for (int i = 0; i < registrations; ++i) work();
    };
  };
  const auto with_raw = [&] { raw(parts); };
  const auto alone = [&] { verify(row, nullptr); };
  const auto with_second = [&] { verify(row, webauthn::libfido2_second_opinion); };
  const std::string name = std::string("registration ") + row.name;
  const Pair off = compare(registration_rounds, registrations, repeat(alone), repeat(with_raw));
  print(name, off, 0.6);
  const Pair on = compare(registration_rounds, registrations, repeat(with_second), repeat(with_raw));
  std::printf("  %-42s ours %9.0f/s   raw %9.0f/s   ratio %.2f\n", "with the second verifier", on.ours_per_second,
              on.raw_per_second, on.ratio);
  if (const auto other = others.find(row.name); other != others.end())
    std::printf("  %-42s %9.0f/s, so ours is %.1f times as fast\n", "@simplewebauthn/server", other->second,
                off.ours_per_second / other->second);
}

}  // namespace

void registration() {
  // One core for all of them; children keep it.
  cpu_set_t before, one;
  sched_getaffinity(0, sizeof before, &before);
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof one, &one);
  std::vector<Row> rows;
  rows.push_back(make_row("none", AttestationChoice::none));
  rows.push_back(make_row("packed self", AttestationChoice::packed_self));
  rows.push_back(make_row("packed x5c", AttestationChoice::packed_x5c));
  const Ceremony ceremony = make_ceremony();
  const auto others = measure_others(rows, ceremony);
  for (const Row& row : rows) print_row(row, others);
  const double ours =
      registrations / measure([&] {
                        for (int i = 0; i < registrations; ++i) {
                          if (!webauthn::verify_authentication(ceremony.expected, ceremony.response, ceremony.record,
                                                               ceremony.user_handle, ceremony.key))
                            std::abort();
                        }
                      }).wall;
  if (const auto other = others.find("assertion"); other != others.end())
    std::printf("assertion: ours %.0f/s, @simplewebauthn/server %.0f/s, so ours is %.1f times as fast\n", ours,
                other->second, ours / other->second);
  sched_setaffinity(0, sizeof before, &before);
}

}  // namespace tegata::bench
