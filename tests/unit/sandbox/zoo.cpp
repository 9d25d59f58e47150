#include "rp/sandbox/zoo.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "rp/base/json.h"
#include "rp/sandbox/test_pki/crl.h"
#include "rp/sandbox/test_pki/zoo.h"
#include "tests/support/still_world.h"

using namespace tegata;

namespace {

std::string content_at(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("the zoo on disk: every case with its files and its answer") {
  const std::string folder =
      std::filesystem::temp_directory_path() / ("tegata-zoo-" + std::to_string(static_cast<long>(::getpid())));
  REQUIRE(sandbox::write_zoo(folder, tegata::test::still_moment));
  const std::string zoo = folder + "/zoo/";
  const auto facts = parse_json(content_at(zoo + "expected.json"));
  REQUIRE(facts);
  const auto& cases = facts->at("cases");
  CHECK(cases.size() ==
        tegata::sandbox::test_pki::hpki_cases().size() + tegata::sandbox::test_pki::mynumber_cases().size());
  std::size_t not_sendable = 0;
  for (const auto& one : cases) {
    const std::string certificate = content_at(zoo + one.at("cert").get<std::string>());
    if (one.at("not_sendable") != "") {
      ++not_sendable;
    } else {
      CHECK(tegata::sandbox::test_pki::read_certificates(certificate).size() == 1);
    }
    CHECK(tegata::sandbox::test_pki::read_key(content_at(zoo + one.at("key").get<std::string>())));
  }
  CHECK(not_sendable == 8);
  CHECK(facts->at("authorities").size() == 4);
  for (const auto& authority : facts->at("authorities")) {
    for (const char* file : {"roots", "intermediates", "advertise"}) {
      CHECK_FALSE(tegata::sandbox::test_pki::read_certificates(content_at(zoo + authority.at(file).get<std::string>()))
                      .empty());
    }
  }
  for (const auto& list : facts->at("lists")) CHECK_FALSE(content_at(zoo + list.at("file").get<std::string>()).empty());
  std::filesystem::remove_all(folder);
}
