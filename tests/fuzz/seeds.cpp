// Seeds for the fuzz targets, in FOLDER/<target>/: ceremonies of the software authenticator in every format and
// algorithm, and the recorded ones where they are there.
//   fuzz-seeds FOLDER [VECTORS]
#include <filesystem>
#include <fstream>
#include <iostream>

#include "rp/sandbox/authenticator/authenticator.h"
#include "rp/sandbox/test_pki/zoo.h"
#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/options.h"
#include "rp/webauthn/wire/signature_key.h"
#include "tests/mutation/ceremonies.h"
#include "tests/support/metadata_maker.h"
#include "tests/support/still_world.h"

namespace tegata {
namespace {

namespace fs = std::filesystem;

class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}

  void write(const std::string& target, ByteView bytes) {
    fs::create_directories(folder_ / target);
    std::ofstream out(folder_ / target / ("seed-" + hex(sha256(bytes)).substr(0, 16)), std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    ++count_;
  }
  std::size_t count() const { return count_; }

 private:
  fs::path folder_;
  std::size_t count_ = 0;
};

// `first`, with its length in front, then `second`.
Bytes pair(ByteView first, ByteView second) {
  Bytes out{static_cast<std::uint8_t>(first.size() >> 8), static_cast<std::uint8_t>(first.size())};
  out.insert(out.end(), first.begin(), first.end());
  out.insert(out.end(), second.begin(), second.end());
  return out;
}

void write_registration(Seeds& seeds, ByteView object, ByteView client_data) {
  seeds.write("registration", pair(object, client_data));
  seeds.write("attestation_object", object);
  seeds.write("cbor", object);
  seeds.write("client_data", client_data);
  const auto parsed = webauthn::attestation::parse_attestation_object(object);
  if (!parsed) return;
  seeds.write("authenticator_data", parsed->authenticator_data);
  const auto data = webauthn::wire::parse_authenticator_data(parsed->authenticator_data);
  if (data && data->attested) seeds.write("cose_key", pair(data->attested->public_key, Bytes(72, 1)));
}

Json options(std::int64_t algorithm) {
  webauthn::ExpectedRegistration expected;
  expected.rp_id = "localhost";
  expected.challenge = Bytes(32, 1);
  expected.algorithms = {algorithm};
  return webauthn::creation_options(expected, "Tegata", {Bytes(64, 2), "seed", "seed"}, {}, "direct", 60'000);
}

void own(Seeds& seeds) {
  using sandbox::authenticator::AttestationChoice;
  test::RepeatableRandom random;
  auto authenticator = sandbox::authenticator::Authenticator::make(random);
  for (const auto choice :
       {AttestationChoice::none, AttestationChoice::packed_self, AttestationChoice::packed_x5c,
        AttestationChoice::fido_u2f, AttestationChoice::tpm, AttestationChoice::android_key,
        AttestationChoice::android_safetynet, AttestationChoice::apple, AttestationChoice::compound}) {
    for (const std::int64_t algorithm : webauthn::wire::supported_algorithms()) {
      if (choice == AttestationChoice::fido_u2f && algorithm != -7) continue;
      sandbox::authenticator::Behaviour behaviour;
      behaviour.attestation = choice;
      const auto json = authenticator.create(options(algorithm), "https://localhost:8443", behaviour, random);
      if (!json) continue;
      seeds.write("client_data", as_bytes(dump_json(*json)));
      const auto response = webauthn::parse_registration_response(*json);
      if (response) write_registration(seeds, response->attestation_object, response->client_data_json);
    }
  }
}

void metadata(Seeds& seeds) {
  test::MetadataMaker maker;
  maker.add(test::MetadataMaker::entry(Bytes(16, 3), {maker.root_der()}));
  Json& entry = maker.add(test::MetadataMaker::entry(Bytes(16, 4), {}));
  entry["statusReports"].push_back(test::MetadataMaker::report("REVOKED", "2026-01-01"));
  seeds.write("metadata", as_bytes(maker.make()));
  seeds.write("metadata", as_bytes(dump_json(maker.payload)));
}

// Behind the byte that chooses what is read, see card.cpp.
void write_card(Seeds& seeds, std::uint8_t what, ByteView bytes) {
  Bytes out = {what};
  out.insert(out.end(), bytes.begin(), bytes.end());
  seeds.write("card", out);
}

void cards(Seeds& seeds) {
  const auto zoo = sandbox::test_pki::make_zoo(tegata::test::still_moment);
  for (const auto& card : zoo.cards) write_card(seeds, 1, card.der);
  for (const auto& list : zoo.lists) write_card(seeds, 2, list.der);
  write_card(seeds, 1, sandbox::test_pki::der(zoo.field.root.identity.certificate));
  write_card(seeds, 1, sandbox::test_pki::der(zoo.field.jpki[0].identity.certificate));
  write_card(seeds, 0, sandbox::test_pki::hc_role_extension({{"Medical Doctor", ""}, {"Pharmacist", "123"}}));
  write_card(seeds, 3, as_bytes(sandbox::test_pki::zoo_generations_pem(zoo.field)));
  write_card(seeds, 3, *parse_hex("3011300fa005a003860178a202a40081020640"));
}

void recorded(Seeds& seeds, const std::string& folder) {
  const auto loaded = mutation::load_ceremonies(folder);
  for (const auto& one : loaded.good.registrations)
    write_registration(seeds, one.response.attestation_object, one.response.client_data_json);
  for (const auto& one : loaded.good.assertions) {
    seeds.write("authenticator_data", one.response.authenticator_data);
    seeds.write("client_data", one.response.client_data_json);
    seeds.write("cose_key", pair(one.record.public_key, one.response.signature));
  }
}

}  // namespace
}  // namespace tegata

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  tegata::Seeds seeds(argv[1]);
  tegata::own(seeds);
  tegata::metadata(seeds);
  tegata::cards(seeds);
  if (argc > 2) tegata::recorded(seeds, argv[2]);
  std::cout << seeds.count() << " seeds\n";
  return seeds.count() > 0 ? 0 : 1;
}
