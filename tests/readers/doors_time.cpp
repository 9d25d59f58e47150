// Doors of moments and dates.
#include <openssl/asn1.h>

#include "enroll/card/asn1.h"
#include "enroll/card/errors.h"
#include "enroll/card/x509.h"
#include "rp/base/asn1_time.h"
#include "rp/base/thumbprint.h"
#include "rp/cli/tickets/file.h"
#include "rp/cli/verify/verify.h"
#include "rp/webauthn/metadata/metadata.h"
#include "tests/readers/doors.h"

namespace tegata::test {
namespace {

Opened moment(const Result<Instant>& read) { return opened(read, read ? format_rfc3339(*read) : ""); }

Opened in_tickets_file(const std::string& text) {
  const Json head = {{"batch", "b"}, {"table", "t"}, {"public_origin", "https://a.example"}, {"prepared_at", text}};
  const auto read = cli::tickets::parse_tickets(dump_json(head) + "\n");
  return opened(read, read ? format_rfc3339(read->prepared_at) : "");
}

Opened in_metadata(const std::string& text) {
  const auto read = webauthn::metadata::parse_metadata_payload(
      as_bytes(dump_json({{"no", 1}, {"nextUpdate", text}, {"entries", Json::array()}})));
  return opened(read, read ? format_rfc3339(read->next_update) : "");
}

// `--time`; what follows is refused for other reasons.
Opened as_option(const std::string& text) {
  cli::verify::VerifyArguments arguments;
  arguments.challenge = "AQEB";
  arguments.time = text;
  const auto done = cli::verify::verify_captured_registration(arguments, "{}", Instant());
  if (!done && done.error().code().name() == "cli_option_invalid") return opened(done.error());
  return {"good"};
}

// A row begins with the kind: "utc 261120000000Z".
std::pair<int, std::string> kind_and_content(const std::string& text) {
  const auto space = text.find(' ');
  return {text.substr(0, space) == "utc" ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME, text.substr(space + 1)};
}

Opened in_list(const std::string& text) {
  const auto [kind, content] = kind_and_content(text);
  const auto bytes = as_bytes(content);
  return moment(card::asn1::time({static_cast<std::uint8_t>(kind), bytes, bytes}, errors::card_malformed));
}

const std::shared_ptr<ASN1_TIME> as_openssl(const std::string& text) {
  const auto [kind, content] = kind_and_content(text);
  std::shared_ptr<ASN1_TIME> out(ASN1_STRING_type_new(kind), ASN1_STRING_free);
  ASN1_STRING_set(out.get(), content.data(), static_cast<int>(content.size()));
  return out;
}

}  // namespace

std::vector<Door> time_doors() {
  return {
      {"instant", "reader", "", [](auto& text) { return moment(parse_rfc3339(text)); }},
      {"instant", "tickets file", "cli_option_invalid", in_tickets_file},
      {"instant", "tegata verify --time", "cli_option_invalid", as_option},
      {"instant", "metadata BLOB", "webauthn_metadata_malformed", in_metadata},
      {"date", "metadata BLOB", "webauthn_metadata_malformed", in_metadata},
      {"certificate time", "certificates of cards", "card_malformed",
       [](auto& text) { return moment(card::to_instant(as_openssl(text).get(), errors::card_malformed)); }},
      {"certificate time", "certificates of facilities", "",
       [](auto& text) { return moment(instant_of(as_openssl(text).get())); }},
      {"certificate time", "revocation lists", "card_malformed", in_list},
      {"thumbprint", "reader", "", [](auto& text) { return opened(parse_thumbprint(text)); }},
  };
}

}  // namespace tegata::test
