// The lists of the verification environment: issued out of its folder, as often as anybody likes.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "enroll/card/authorities.h"
#include "enroll/card/certificate.h"
#include "enroll/card/errors.h"
#include "rp/sandbox/test_pki/test_pki.h"
#include "tests/unit/card/judging.h"

using namespace tegata;
using namespace tegata::card;
using std::chrono::hours;
using test::still_moment;

namespace {

struct Folder {
  std::string path = std::filesystem::temp_directory_path() / ("tegata-lists-" + std::to_string(::getpid()));
  Folder() { std::filesystem::remove_all(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string read(const char* name) const {
    std::ifstream in(path + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
};

CardAuthority authority_in(const Folder& folder) {
  const auto authority = parse_card_authority(
      {"TEST", folder.read("hpki-roots.pem"), folder.read("hpki-intermediates.pem"), {}, "", {"file:/lists"}});
  REQUIRE(authority);
  return *authority;
}

RevocationLists lists_of(const Folder& folder, const CardAuthority& authority, Instant at) {
  RevocationLists lists;
  for (const char* name : {"hpki-root.crl", "hpki-authentication.crl"}) {
    const std::string der = folder.read(name);
    const auto list = verify_revocation_list(as_bytes(der), revocation_issuers(authority), at);
    REQUIRE(list);
    CHECK(list->next_update() == at + hours(96));
    lists.put(std::make_shared<RevocationList>(*list));
  }
  return lists;
}

}  // namespace

TEST_CASE("a card is revoked with the next lists of the environment") {
  const Folder folder;
  tegata::sandbox::test_pki::TestPki pki(still_moment);
  const tegata::sandbox::test_pki::CardRequest request = {"card",        "hpki-auth", "good",      "1",
                                                          "Kensho Taro", "",          {"Dentist"}, ""};
  auto revoked_request = request;
  revoked_request.name = "card-revoked";
  revoked_request.state = "revoked";
  const auto good = pki.make_card(request), revoked = pki.make_card(revoked_request);
  REQUIRE(pki.write_files(folder.path));
  struct stat facts {};
  REQUIRE(::stat((folder.path + "/hpki-authentication.key").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);

  const auto authority = authority_in(folder);
  const auto judge = [&](const tegata::sandbox::test_pki::Issued& card, Instant at) {
    const auto holder = verify_card_certificate(tegata::sandbox::test_pki::der(card.identity.certificate), {authority},
                                                {"Dentist"}, at, lists_of(folder, authority, at));
    return holder ? std::string() : std::string(holder.error().code().name());
  };
  REQUIRE(tegata::sandbox::test_pki::TestPki::write_lists(folder.path, still_moment));
  CHECK(judge(good, still_moment) == "");
  CHECK(judge(revoked, still_moment) == "card_revoked");

  std::ofstream(folder.path + "/revoked.pem", std::ios::app) << tegata::sandbox::test_pki::certificate_pem(good);
  REQUIRE(tegata::sandbox::test_pki::TestPki::write_lists(folder.path, still_moment + hours(24)));
  CHECK(judge(good, still_moment + hours(24)) == "card_revoked");
  CHECK_FALSE(tegata::sandbox::test_pki::TestPki::write_lists(folder.path + "/nowhere", still_moment));
}
