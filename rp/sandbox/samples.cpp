#include "rp/sandbox/samples.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "rp/base/thumbprint.h"
#include "rp/host/private_file.h"
#include "rp/host/public_file.h"
#include "rp/pass/signing_key.h"
#include "rp/sandbox/facility_authority.h"
#include "rp/sandbox/lists.h"
#include "rp/sandbox/test_pki/test_pki.h"
#include "rp/server/config/config.h"
#include "rp/server/haproxy_config.h"
#include "rp/store/facilities.h"
#include "rp/store/mynumber_link.h"

namespace tegata::sandbox {
namespace {

struct Person {
  const char *id, *kanji, *romaji, *role, *number, *file;
  const char* second_role = nullptr;
  std::vector<std::string> roles() const {
    return second_role ? std::vector<std::string>{role, second_role} : std::vector<std::string>{role};
  }
};
constexpr Person people[] = {
    {"AB12345689", "検証 太郎", "Kensho Taro", "Medical Doctor", "1000001", "card-doctor"},
    {"CD23456790", "検証 花子", "Kensho Hanako", "Dentist", "1000002", "card-dentist"},
    {"EF34567801", "検証 次郎", "Kensho Jiro", "Pharmacist", "1000003", "card-pharmacist"},
    {"IJ56789023", "検証 四郎", "Kensho Shiro", "Medical Doctor", "1000006", "card-two-roles", "Dentist"},
};
struct OddCard {
  const char *state, *kind, *file, *number;
};
// Cards of the first person, except where the state says otherwise.
constexpr OddCard odd_cards[] = {
    {"expired", "hpki-auth", "card-expired", "1000001"},
    {"no-role", "hpki-auth", "card-no-role", "1000004"},
    {"unknown-person", "hpki-auth", "card-unknown", "1999999"},
    {"foreign-ca", "hpki-auth", "card-foreign", "1000001"},
    {"good", "hpki-sign", "card-signing", "1000001"},
    {"not-yet-valid", "hpki-auth", "card-not-yet-valid", "1000001"},
    {"role-not-eligible", "hpki-auth", "card-technologist", "1000005"},
    {"revoked", "hpki-auth", "card-revoked", "1000001"},
};
// My Number cards. The last person has no HPKI card: an operator linked the My Number card.
constexpr Person without_hpki = {"GH45678912", "検証 三郎", "Kensho Saburo", "Medical Doctor", "", ""};
struct MyNumberCard {
  const char *state, *kind, *file, *opaque;
  const Person& person;
};
constexpr MyNumberCard mynumber_cards[] = {
    {"good", "jpki-auth", "mynumber-doctor", "20260401TEST00000000001", people[0]},
    {"good", "jpki-auth", "mynumber-doctor-renewed", "20260401TEST00000000002", people[0]},
    {"good", "jpki-auth", "mynumber-dentist", "20260401TEST00000000003", people[1]},
    {"good", "jpki-auth", "mynumber-without-hpki", "20260401TEST00000000004", without_hpki},
    {"expired", "jpki-auth", "mynumber-expired", "20260401TEST00000000005", people[0]},
    {"revoked", "jpki-auth", "mynumber-revoked", "20260401TEST00000000006", people[0]},
    {"good", "jpki-sign", "mynumber-signing", "20260401TEST00000000001", people[0]},
};
struct SampleFacility {
  const char *code, *name, *client_id, *file;
};
constexpr SampleFacility facilities[] = {
    {"1312345678", "検証中央病院", "ehr-chuo", "facility-chuo"},
    {"1398765432", "検証みなみ歯科医院", "ehr-minami", "facility-minami"},
};
// A client of the first facility that stands behind a proxy of its own: it proves a key, not a certificate.
constexpr const char* key_client = "ehr-chuo-key";
constexpr const char* sample_callback = "http://127.0.0.1/callback";
constexpr const char* service_audience = "https://signature.sandbox.invalid";
constexpr const char* service_client = "signature-service";

Json mynumber_facts(const MyNumberCard& card, const test_pki::Certificate& certificate) {
  Json facts{{"kind", card.kind},         {"practitioner_id", card.person.id},
             {"name", card.person.kanji}, {"roles", Json::array({card.person.role})},
             {"file", card.file},         {"fingerprint", base64url(sha256(test_pki::der(certificate)))}};
  if (std::string(card.state) != "good") facts["state"] = card.state;
  return facts;
}

Json card_facts(const Person& person, const OddCard& card) {
  const std::string state = card.state;
  Json facts{{"kind", card.kind},    {"practitioner_id", state == "unknown-person" ? "" : person.id},
             {"name", person.kanji}, {"roles", state == "no-role" ? Json::array() : Json(person.roles())},
             {"file", card.file},    {"holder_number", card.number}};
  if (state != "good") facts["state"] = state;
  return facts;
}

void make_card(test_pki::TestPki& pki, const Person& person, const OddCard& card) {
  test_pki::CardRequest request;
  request.name = card.file;
  request.kind = card.kind;
  request.state = card.state;
  request.holder_number = card.number;
  request.romaji = person.romaji;
  request.kanji = person.kanji;
  if (request.state != "no-role") request.roles = person.roles();
  if (request.state == "role-not-eligible") {
    request.state = "good";
    request.roles = {"Medical Technologist"};
  }
  pki.make_card(request);
}

// Everything that is made once and must survive a restart.
Result<Json> make_samples(const Layout& layout, Instant now) {
  test_pki::TestPki pki(now, layout.host);
  Json facts{{"cards", Json::array()}, {"facilities", Json::array()}};
  for (const auto& person : people) {
    const OddCard good{"good", "hpki-auth", person.file, person.number};
    make_card(pki, person, good);
    facts["cards"].push_back(card_facts(person, good));
  }
  for (const auto& card : odd_cards) {
    make_card(pki, people[0], card);
    facts["cards"].push_back(card_facts(people[0], card));
  }
  for (const auto& card : mynumber_cards) {
    test_pki::CardRequest request;
    request.name = card.file;
    request.kind = card.kind;
    request.state = card.state;
    request.holder_number = card.opaque;
    facts["cards"].push_back(mynumber_facts(card, pki.make_card(request).identity.certificate));
  }
  for (const auto& facility : facilities) {
    const auto issued = pki.make_facility(facility.file, facility.code, facility.client_id);
    facts["facilities"].push_back({{"code", facility.code},
                                   {"name", facility.name},
                                   {"client_id", facility.client_id},
                                   {"file", facility.file},
                                   {"thumbprint", base64url(sha256(test_pki::der(issued.identity.certificate)))}});
  }
  const auto service = pki.make_service("signature-service", "localhost");
  facts["service"] = {{"thumbprint", base64url(sha256(test_pki::der(service.identity.certificate)))}};
  TEGATA_TRY(pki.write_files(layout.file("pki")));
  const auto client_key = test_pki::pem(test_pki::p256_key());
  TEGATA_ASSIGN(const auto parsed, pass::SigningKey::parse_pem(client_key));
  write_file(layout.file("pki/ehr-chuo-key.key"), client_key);
  facts["key_client"] = {{"jwks", {{"keys", Json::array({parsed.public_jwk()})}}}};
  write_file(layout.file("signing.key"), test_pki::pem(test_pki::p256_key()));
  write_file(layout.file("samples.json"), dump_json(facts));
  return facts;
}

bool has_ipv6_loopback() {
  const int descriptor = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool works =
      descriptor >= 0 && ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  if (descriptor >= 0) ::close(descriptor);
  return works;
}

// As whom HAProxy runs: only root can have it run as somebody else.
std::string proxy_user() { return ::geteuid() == 0 && ::getpwnam("haproxy") ? "haproxy" : ""; }

std::string config_text(const Layout& layout) {
  std::string text = "# Written by tegata-sandbox at every start.\n";
  const auto line = [&text](const std::string& key, const std::string& value) {
    text += key + " = " + dump_json(value) + "\n";
  };
  line("public_origin", layout.public_origin());
  line("card_origin_pattern", layout.card_origin_pattern());
  line("mynumber_origin_pattern", layout.mynumber_origin_pattern());
  line("facility_origin", layout.facility_origin());
  line("sockets", sockets_directory(layout));
  line("database", layout.file("tegata.db"));
  line("audit_key", layout.file("audit.key"));
  line("signing_key", layout.file("signing.key"));
  text += "\n[haproxy]\n";
  line("user", proxy_user());
  line("tls_certificate", layout.file("pki/server.pem"));
  line("card_client_ca", layout.file("pki/hpki-advertise.pem"));
  line("mynumber_client_ca", layout.file("pki/jpki-advertise.pem"));
  line("facility_client_ca", layout.file("pki/facility-advertise.pem"));
  text += has_ipv6_loopback() ? "addresses = [\"127.0.0.1\", \"::1\"]\n" : "addresses = [\"127.0.0.1\"]\n";
  // Every party of a test or a bench connects from the same address.
  text += "source_connections = 6000\nsource_rate = 100000\n";
  // Few facilities stand for all there are: a test or a bench begins more in a minute than any one of them may.
  text += "\n[limits]\nfacility_starts_per_minute = 100000\n";
  text += "[[limits.network]]\naddresses = [\"127.0.0.99\"]\nfactor = 2\n";  // to see that one counts
  // Files on the same disk: what `tegata-sandbox revoke` writes counts at once.
  text += "\n[cards]\nlists_every_seconds = 1\n";
  text += "\n[facilities]\n";
  line("ca", layout.file("facility-ca"));
  text += "\n[mynumber]\ngenerations = [" + dump_json(layout.file("pki/jpki-roots.pem")) + "]\n";
  text += "revocation = \"list\"\nlists = [" + dump_json(layout.file("pki/jpki.crl")) + "]\n";
  text += "\n[[authority]]\nname = \"TEST\"\n";
  text += "roots = [" + dump_json(layout.file("pki/hpki-roots.pem")) + "]\n";
  text += "intermediates = [" + dump_json(layout.file("pki/hpki-intermediates.pem")) + "]\n";
  line("contact", "検証用認証局（架空）");
  text += "crls = [" + dump_json("file:" + layout.file("pki/hpki-root.crl")) + ", " +
          dump_json("file:" + layout.file("pki/hpki-authentication.crl")) + "]\n";
  return text;
}

// Settings of whoever tries something out: tables that the text above does not have.
std::string further_settings(const Layout& layout) {
  const auto file = layout.file("further.toml");
  if (!std::filesystem::exists(file)) return {};
  const auto text = host::read_public_file(file);
  return text ? "\n# further.toml\n" + *text : std::string();
}

Json sandbox_facts(const Layout& layout, const Json& samples) {
  const auto pki = [&layout](const std::string& name) { return layout.file("pki/" + name); };
  Json out{{"public_origin", layout.public_origin()},
           {"card_origin_pattern", layout.card_origin_pattern()},
           {"mynumber_origin_pattern", layout.mynumber_origin_pattern()},
           {"facility_origin", layout.facility_origin()},
           {"issuer", layout.public_origin()},
           {"ehr_url", layout.ehr_origin()},
           {"tls_ca", pki("tls-ca.pem")},
           {"cards", Json::array()},
           {"facilities", Json::array()}};
  for (auto card : samples.at("cards")) {
    const auto file = card.at("file").get<std::string>();
    card.update({{"p12", pki(file + ".p12")},
                 {"p12_password", test_pki::sample_p12_password},
                 {"cert", pki(file + ".pem")},
                 {"key", pki(file + ".key")}});
    card.erase("file");
    out["cards"].push_back(std::move(card));
  }
  for (auto facility : samples.at("facilities")) {
    const auto file = facility.at("file").get<std::string>();
    facility.update({{"cert", pki(file + ".pem")}, {"key", pki(file + ".key")}});
    facility.erase("file");
    out["facilities"].push_back(std::move(facility));
  }
  if (samples.contains("key_client")) {
    out["key_clients"] = Json::array({{{"client_id", key_client},
                                       {"code", facilities[0].code},
                                       {"auth_method", "private_key_jwt"},
                                       {"redirect_uris", {sample_callback}},
                                       {"key", pki("ehr-chuo-key.key")},
                                       {"jwks", samples["key_client"]["jwks"]}}});
  }
  out["signature_service"] = {
      {"client_id", service_client},         {"audience", service_audience},
      {"url", layout.service_origin()},      {"cert", pki("signature-service.pem")},
      {"key", pki("signature-service.key")}, {"thumbprint", samples.at("service").at("thumbprint")}};
  return out;
}

Status put_person(store::Transaction& transaction, const Person& person, Random& random, Instant now) {
  store::Practitioner practitioner;
  practitioner.id = person.id;
  practitioner.user_handle = random_bytes(random, 64);
  practitioner.name = person.kanji;
  practitioner.romaji = person.romaji;
  practitioner.roles = person.roles();
  practitioner.second_certificate_not_after = now + std::chrono::hours(24 * 365 * 3);
  return store::put_practitioner(transaction, practitioner);
}

// The card of whoever has no HPKI card.
Status put_mynumber_link(store::Transaction& transaction, const Json& sandbox, Instant now) {
  for (const auto& card : sandbox.at("cards")) {
    if (card.at("practitioner_id") != without_hpki.id) continue;
    store::MyNumberLink link;
    link.practitioner_id = without_hpki.id;
    TEGATA_ASSIGN(link.fingerprint, parse_thumbprint(card.at("fingerprint").get<std::string>()));
    link.not_before = now;
    // Soon enough that the reminder is seen.
    link.not_after = now + std::chrono::hours(24 * 60);
    link.linked_by = "operator";
    TEGATA_TRY(store::put_mynumber_link(transaction, link));
  }
  return {};
}

Status put_people(store::Transaction& transaction, const Json& sandbox, Random& random, Instant now) {
  for (const auto& person : people) {
    TEGATA_TRY(put_person(transaction, person, random, now));
    TEGATA_TRY(store::put_card(transaction, "TEST", person.number, person.id));
  }
  TEGATA_TRY(put_person(transaction, without_hpki, random, now));
  return put_mynumber_link(transaction, sandbox, now);
}

Status put_client(store::Transaction& transaction, const store::Client& client, const std::string& thumbprint,
                  Instant now) {
  TEGATA_TRY(store::put_client(transaction, client));
  store::ClientCertificate certificate;
  TEGATA_ASSIGN(certificate.thumbprint, parse_thumbprint(thumbprint));
  certificate.client_id = client.client_id;
  certificate.not_before = now - std::chrono::hours(24);
  certificate.not_after = now + std::chrono::hours(24 * 365);
  return store::put_client_certificate(transaction, certificate);
}

Status put_parties(store::Transaction& transaction, const Json& sandbox, Instant now) {
  for (const auto& each : sandbox.at("facilities")) {
    store::Facility facility;
    facility.code = each.at("code");
    facility.name = each.at("name");
    TEGATA_TRY(store::put_facility(transaction, facility));
    store::Client client;
    client.client_id = each.at("client_id");
    client.facility_code = facility.code;
    client.scopes = {"openid", "hpki.sign"};
    client.audiences = {service_audience};
    client.redirect_uris = {sample_callback};
    TEGATA_TRY(put_client(transaction, client, each.at("thumbprint"), now));
  }
  for (const auto& each : sandbox.value("key_clients", Json::array())) {
    store::Client client;
    client.client_id = each.at("client_id");
    client.facility_code = each.at("code");
    client.scopes = {"openid", "hpki.sign"};
    client.audiences = {service_audience};
    client.auth_method = "private_key_jwt";
    client.jwks = each.at("jwks");
    client.redirect_uris = {sample_callback};
    TEGATA_TRY(store::put_client(transaction, client));
  }
  store::Client service;
  service.client_id = service_client;
  service.resource_server = true;
  service.audiences = {service_audience};
  return put_client(transaction, service, sandbox.at("signature_service").at("thumbprint"), now);
}

}  // namespace

std::string sockets_directory(const Layout& layout) {
  if (layout.directory.size() < 75 && proxy_user().empty()) return layout.file("sockets");
  return "/tmp/tegata-" + std::to_string(::geteuid()) + "-" + hex(sha256(layout.directory)).substr(0, 16);
}

Result<Json> prepare(const Layout& layout, Instant now) {
  TEGATA_TRY(host::make_private_directory(layout.directory));
  auto samples = std::filesystem::exists(layout.file("samples.json")) ? read_json_file(layout.file("samples.json"))
                                                                      : make_samples(layout, now);
  if (!samples) return samples.error();
  TEGATA_TRY(make_facility_authority(layout, now));
  TEGATA_TRY(publish_lists(layout, now));
  write_file(layout.file("config.toml"), config_text(layout) + further_settings(layout));
  TEGATA_ASSIGN(const auto config, server::config::load_config(layout.file("config.toml")));
  TEGATA_ASSIGN(const auto proxy, server::haproxy_config(config));
  write_file(layout.file("haproxy.cfg"), proxy);
  return sandbox_facts(layout, *samples);
}

Status fill(store::Store& store, Random& random, const Json& sandbox, Instant now) {
  const auto there = store.read<bool>([](store::Reader& reader) -> Result<bool> {
    TEGATA_ASSIGN(const auto found, store::find_practitioner(reader, people[0].id));
    return found.has_value();
  });
  if (!there) return there.error();
  if (*there) return {};
  return store.write<void>([&](store::Transaction& transaction) -> Status {
    TEGATA_TRY(put_people(transaction, sandbox, random, now));
    TEGATA_TRY(put_parties(transaction, sandbox, now));
    store::AuditEvent event;
    event.kind = "samples_imported";
    event.actor = "system";
    event.subject = "sandbox";
    transaction.audit(std::move(event));
    return {};
  });
}

}  // namespace tegata::sandbox
