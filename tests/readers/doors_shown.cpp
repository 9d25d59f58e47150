// Doors of texts that people are shown, of mail addresses, of origins and of a ticket's password.
#include <CLI/CLI.hpp>

#include "enroll/password.h"
#include "rp/base/mail_address.h"
#include "rp/base/shown_text.h"
#include "rp/cli/command/command.h"
#include "rp/cli/practitioners/file.h"
#include "rp/server/config/config.h"
#include "rp/server/config/origin.h"
#include "tests/readers/doors.h"

namespace tegata::test {
namespace {

// A whole configuration but for what `more` says; names of settings in `values` are given that value.
Opened configured(const std::map<std::string, std::string>& values, const std::string& more = "") {
  const auto value = [&](const std::string& name, const std::string& usual) {
    const auto found = values.find(name);
    return name + " = " + dump_json(Json(found == values.end() ? usual : found->second)) + "\n";
  };
  const auto config = server::config::parse_config(
      value("public_origin", "https://tegata.example") + value("card_origin_pattern", "https://*.card.example") +
          value("facility_origin", "https://facility.example") +
          "sockets = 's'\ndatabase = 'd'\naudit_key = 'a'\n[haproxy]\ntls_certificate = 't'\ncard_client_ca = 'c'\n"
          "facility_client_ca = 'f'\n[[authority]]\nroots = ['r']\nrevocation = 'not_judged'\n" +
          value("name", "TEST") + value("contact", "") + more,
      "tegata.toml");
  return opened(config);
}

Opened smtp_to(const std::string& address) {
  return configured(
      {}, "[notices.smtp]\nhost = 'mail.example'\nfrom = 'a@b.example'\nto = " + dump_json(Json(address)) + "\n");
}

// One person's row, whose name and mail address are these.
Opened person_in_file(const std::string& name, const std::string& mail) {
  const auto quoted = [](const std::string& field) { return "\"" + filled(field, "\"", "\"\"") + "\""; };
  const auto read = cli::practitioners::parse_practitioner_file(
      "practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after,mail\r\n"
      "AB1234," +
          quoted(name) + ",KENSHO,Medical Doctor,TEST,77,2028-03-31," + quoted(mail) + "\r\n",
      {{"TEST"}, {"Medical Doctor"}});
  if (!read) return opened(read.error());
  if (!read->problems.empty()) return {"problem_" + read->problems.front().column, read->problems.front().what};
  return {"good"};
}

Opened as_reason(const std::string& text) {
  CLI::App app;
  std::string reason;
  const auto* option = cli::command::add_reason(app, reason);
  std::string given = text;
  const auto fault = (*const_cast<CLI::Option*>(option)->get_validator(0))(given);
  return {fault.empty() ? "good" : "refused_option", fault};
}

}  // namespace

std::vector<Door> shown_doors() {
  return {
      {"shown text", "reader", "",
       [](auto& text) {
         const auto fault = fault_of_shown_text(text);
         return Opened{fault ? "shown_fault" : "good", fault.value_or("")};
       }},
      {"shown text", "name in a people file", "problem_name", [](auto& text) { return person_in_file(text, ""); }},
      {"shown text", "--reason", "refused_option", as_reason},
      {"shown text", "name of an authority", "config_invalid",
       [](auto& text) {
         return configured({{"name", text}});
       }},
      {"shown text", "contact of an authority", "config_invalid",
       [](auto& text) {
         return configured({{"contact", text}});
       }},
      {"mail address", "reader", "",
       [](auto& text) {
         const auto mailbox = mailbox_of(text);
         return Opened{mailbox.empty() ? "no_mailbox" : "good", mailbox};
       }},
      {"mail address", "people file", "problem_mail", [](auto& text) { return person_in_file("検証 太郎", text); }},
      {"mail address", "[notices.smtp] to", "config_invalid", smtp_to},
      {"origin", "reader", "", [](auto& text) { return opened(server::config::parse_origin(text)); }},
      {"origin", "public_origin", "",
       [](auto& text) {
         return configured({{"public_origin", text}});
       }},
      {"origin", "card_origin_pattern", "",
       [](auto& text) {
         return configured({{"card_origin_pattern", text}});
       }},
      {"origin", "facility_origin", "",
       [](auto& text) {
         return configured({{"facility_origin", text}});
       }},
      {"origin", "[webauthn] related_origins", "",
       [](auto& text) { return configured({}, "[webauthn]\nrelated_origins = [" + dump_json(Json(text)) + "]\n"); }},
      {"password", "of a ticket", "",
       [](auto& text) { return Opened{enroll::plain_password(text) == "k7mw3x9phtbv" ? "good" : "another"}; }},
  };
}

}  // namespace tegata::test
