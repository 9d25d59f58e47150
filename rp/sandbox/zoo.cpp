#include "rp/sandbox/zoo.h"

#include <filesystem>
#include <fstream>

#include "rp/base/errors.h"
#include "rp/base/json.h"
#include "rp/sandbox/test_pki/zoo.h"

namespace tegata::sandbox {
namespace {

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  // Remembers the first file that could not be written.
  std::string add(const std::string& name, std::string_view content) {
    std::ofstream out(path_ + "/" + name, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    if (!out && failed_.empty()) failed_ = name;
    return name;
  }
  Status status() const {
    if (failed_.empty()) return {};
    return Error(errors::internal, "cannot write " + path_ + "/" + failed_);
  }

 private:
  std::string path_, failed_;
};

std::string certificate_pem(ByteView der) {
  std::string out = "-----BEGIN CERTIFICATE-----\n";
  const std::string text = base64(der);
  for (std::size_t at = 0; at < text.size(); at += 64) out += text.substr(at, 64) + "\n";
  return out + "-----END CERTIFICATE-----\n";
}

Json write_case(Folder& folder, const test_pki::ZooCard& card) {
  const bool sendable = card.not_sendable.empty();
  const std::string certificate = sendable ? folder.add(card.name + ".pem", certificate_pem(card.der))
                                           : folder.add(card.name + ".der", as_text(card.der));
  return {{"name", card.name},
          {"kind", card.mynumber ? "mynumber" : "hpki"},
          {"expected", card.expected},
          {"person", card.known_person},
          {"cert", certificate},
          {"key", folder.add(card.name + ".key", test_pki::pem(card.key))},
          {"not_sendable", card.not_sendable}};
}

Json write_authority(Folder& folder, const test_pki::ZooAuthority& authority) {
  const std::string stem = "hpki-" + authority.name;
  return {{"name", authority.name},
          {"roots", folder.add(stem + "-roots.pem", authority.roots_pem)},
          {"intermediates", folder.add(stem + "-intermediates.pem", authority.intermediates_pem)},
          {"advertise", folder.add(stem + "-advertise.pem", authority.advertised_pem)},
          {"lists", authority.addresses}};
}

Json write_all(Folder& folder, const test_pki::Zoo& zoo) {
  Json facts{{"made_at", format_rfc3339(zoo.field.now)}};
  facts["authorities"] = Json::array();
  for (const auto& authority : test_pki::zoo_authorities(zoo.field))
    facts["authorities"].push_back(write_authority(folder, authority));
  facts["jpki"] = {{"generations", folder.add("jpki-generations.pem", test_pki::zoo_generations_pem(zoo.field))}};
  facts["lists"] = Json::array();
  for (const auto& list : zoo.lists) {
    const std::string name = "list-" + std::to_string(facts["lists"].size() + 1) + ".crl";
    facts["lists"].push_back(
        {{"address", list.address}, {"file", folder.add(name, as_text(list.der))}, {"authority", list.authority}});
  }
  facts["cases"] = Json::array();
  for (const auto& card : zoo.cards) facts["cases"].push_back(write_case(folder, card));
  return facts;
}

}  // namespace

Status write_zoo(const std::string& directory, Instant now) {
  const std::string path = directory + "/zoo";
  std::error_code failed;
  std::filesystem::remove_all(path, failed);
  std::filesystem::create_directories(path, failed);
  if (failed) return Error(errors::internal, path + ": " + failed.message());
  Folder folder(path);
  const Json facts = write_all(folder, test_pki::make_zoo(now));
  folder.add("expected.json", facts.dump(2) + "\n");
  return folder.status();
}

}  // namespace tegata::sandbox
