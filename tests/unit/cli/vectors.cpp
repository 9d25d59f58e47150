// The W3C's test vectors as a person would check them: registration, then authentication with its answer.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "rp/cli/verify/verify.h"
#include "tests/support/still_world.h"
#include "tests/support/vectors.h"

namespace tegata::cli::verify_test {
namespace {

std::string base64url_of(const Json& hex_member) { return base64url(parse_hex(hex_member.get<std::string>()).value()); }

verify::VerifyArguments arguments_of_vector(const Json& file, const Json& ceremony) {
  verify::VerifyArguments arguments;
  arguments.rp_id = file["rp_id"];
  arguments.origins = {file["origin"]};
  arguments.challenge = base64url_of(ceremony["challenge"]);
  arguments.profile = "w3c";
  return arguments;
}

Json response_of(const Json& id, const Json& ceremony, const std::vector<std::string>& members) {
  Json response;
  for (const auto& member : members) response[member] = base64url_of(ceremony[member]);
  return {{"id", base64url_of(id)},
          {"rawId", base64url_of(id)},
          {"type", "public-key"},
          {"response", response},
          {"clientExtensionResults", Json::object()}};
}

std::string verdict_of(const Result<Json>& verdict) {
  return verdict ? "verified" : std::string(verdict.error().code().name());
}

}  // namespace

TEST_CASE("tegata verify passes all pairs of the W3C under --profile w3c") {
  if (!vectors::present()) {
    WARN("SKIPPED 1: no outside vectors; configure with -DTEGATA_VECTORS=<folder>");
    return;
  }
  const Instant now = tegata::test::still_moment;
  const auto kept = std::filesystem::temp_directory_path() / ("tegata-record-" + std::to_string(getpid()));
  const Json file = vectors::read_json("w3c-webauthn-l3.json");
  int verified = 0;
  for (const Json& pair : file["vectors"]) {
    const Json &created = pair["registration"], &got = pair["authentication"], &id = created["credential_id"];
    INFO(pair["name"]);
    const Json registration = response_of(id, created, {"clientDataJSON", "attestationObject"});
    const auto record =
        verify::verify_captured_registration(arguments_of_vector(file, created), registration.dump(), now);
    REQUIRE(verdict_of(record) == "verified");
    std::ofstream(kept) << record->dump();
    auto arguments = arguments_of_vector(file, got);
    arguments.credential_record = kept;
    Json assertion = response_of(id, got, {"clientDataJSON", "authenticatorData", "signature"});
    CHECK(verdict_of(verify::verify_captured_authentication(arguments, assertion.dump(), now)) == "verified");
    Bytes signature = parse_hex(got["signature"].get<std::string>()).value();
    signature.back() ^= 1;
    assertion["response"]["signature"] = base64url(signature);
    CHECK(verdict_of(verify::verify_captured_authentication(arguments, assertion.dump(), now)) ==
          "webauthn_signature_invalid");
    ++verified;
  }
  std::filesystem::remove(kept);
  CHECK(verified == 15);
  std::cout << "tegata verify --profile w3c: " << verified << " of 15 pairs\n";
}

}  // namespace tegata::cli::verify_test
