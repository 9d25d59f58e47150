#include "rp/cli/facilities/print.h"

#include <iostream>

#include "rp/cli/command/ended.h"
#include "rp/cli/command/print.h"

namespace tegata::cli::facilities {
void print_facility(const Json& facility) {
  std::cout << command::word(facility["code"]) << "  " << command::word(facility["name"]) << "  "
            << command::word(facility["state"]) << "  " << command::word(facility["profile"])
            << (facility["provisional"].get<bool>() ? "  provisional code" : "");
  if (!facility["day_cut_off"].is_null()) std::cout << "  until " << command::word(facility["day_cut_off"]);
  if (facility["any_active_certificate"].get<bool>()) std::cout << "  any active certificate";
  if (!facility["typed_code"].get<bool>()) std::cout << "  QR only";
  std::cout << "\n";
  command::print_ended(facility);
}

void print_facilities(const Json& answer) {
  for (const auto& facility : answer["facilities"]) print_facility(facility);
}

void print_client(const Json& client) {
  std::cout << "client " << command::word(client["client_id"]) << "  " << command::word(client["state"]) << "  "
            << command::word(client["auth_method"]) << "  scopes " << command::joined(client["scopes"])
            << "  audiences " << command::joined(client["audiences"]) << "\n";
  for (const auto& key : client.value("keys_passed_over", Json::array()))
    std::cout << "    passed over: " << command::word(key) << "\n";
  command::print_ended(client);
}

void print_certificate(const Json& certificate) {
  std::cout << command::word(certificate["thumbprint"]) << "  " << command::word(certificate["client_id"]) << "  "
            << command::word(certificate["state"]) << "  until " << command::day(certificate["not_after"]) << "  "
            << certificate["live_passes"] << " live passes\n    " << command::word(certificate["subject"]) << "\n";
  if (certificate.contains("replaced_until"))
    std::cout << certificate["replaced"] << " others count until " << command::day(certificate["replaced_until"])
              << "\n";
  command::print_ended(certificate);
}

void print_certificates(const Json& answer) {
  for (const auto& certificate : answer["certificates"]) print_certificate(certificate);
}

void print_whole_facility(const Json& facility) {
  print_facility(facility);
  if (!facility["former_codes"].empty()) std::cout << "formerly " << command::joined(facility["former_codes"]) << "\n";
  for (const auto& client : facility["clients"]) {
    print_client(client);
    for (const auto& certificate : client["certificates"]) print_certificate(certificate);
  }
}

void print_state(const Json& answer) {
  std::cout << command::word(answer.contains("code") ? answer["code"] : answer["client_id"]) << " is "
            << command::word(answer["state"]) << "\n";
  command::print_ended(answer);
}

void print_issued(const Json& answer) {
  print_certificate(answer);
  for (const auto& [what, path] : answer["files"].items()) std::cout << what << ": " << command::word(path) << "\n";
  if (answer.contains("link"))
    std::cout << "link, good once until " << command::day(answer["link_expires_at"]) << ": "
              << command::word(answer["link"]) << "\n";
}

void print_ca(const Json& answer) {
  std::cout << command::word(answer["certificate"]) << ", until " << command::day(answer["not_after"])
            << "\nHAProxy names it to clients from " << command::word(answer["advertised"])
            << ": write its configuration anew and reload it\n";
}

}  // namespace tegata::cli::facilities
