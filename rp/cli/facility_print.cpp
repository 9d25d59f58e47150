#include "rp/cli/facility_print.h"

#include <iostream>

#include "rp/cli/ended.h"
#include "rp/cli/print.h"

namespace tegata::cli {
void print_facility(const Json& facility) {
  std::cout << word(facility["code"]) << "  " << word(facility["name"]) << "  " << word(facility["state"]) << "  "
            << word(facility["profile"]) << (facility["provisional"].get<bool>() ? "  provisional code" : "");
  if (!facility["day_cut_off"].is_null()) std::cout << "  until " << word(facility["day_cut_off"]);
  if (facility["any_active_certificate"].get<bool>()) std::cout << "  any active certificate";
  if (!facility["typed_code"].get<bool>()) std::cout << "  QR only";
  std::cout << "\n";
  print_ended(facility);
}

void print_facilities(const Json& answer) {
  for (const auto& facility : answer["facilities"]) print_facility(facility);
}

void print_client(const Json& client) {
  std::cout << "client " << word(client["client_id"]) << "  " << word(client["state"]) << "  "
            << word(client["auth_method"]) << "  scopes " << joined(client["scopes"]) << "  audiences "
            << joined(client["audiences"]) << "\n";
  for (const auto& key : client.value("keys_passed_over", Json::array()))
    std::cout << "    passed over: " << word(key) << "\n";
  print_ended(client);
}

void print_certificate(const Json& certificate) {
  std::cout << word(certificate["thumbprint"]) << "  " << word(certificate["client_id"]) << "  "
            << word(certificate["state"]) << "  until " << day(certificate["not_after"]) << "  "
            << certificate["live_passes"] << " live passes\n    " << word(certificate["subject"]) << "\n";
  if (certificate.contains("replaced_until"))
    std::cout << certificate["replaced"] << " others count until " << day(certificate["replaced_until"]) << "\n";
  print_ended(certificate);
}

void print_certificates(const Json& answer) {
  for (const auto& certificate : answer["certificates"]) print_certificate(certificate);
}

void print_whole_facility(const Json& facility) {
  print_facility(facility);
  if (!facility["former_codes"].empty()) std::cout << "formerly " << joined(facility["former_codes"]) << "\n";
  for (const auto& client : facility["clients"]) {
    print_client(client);
    for (const auto& certificate : client["certificates"]) print_certificate(certificate);
  }
}

void print_state(const Json& answer) {
  std::cout << word(answer.contains("code") ? answer["code"] : answer["client_id"]) << " is " << word(answer["state"])
            << "\n";
  print_ended(answer);
}

void print_issued(const Json& answer) {
  print_certificate(answer);
  for (const auto& [what, path] : answer["files"].items()) std::cout << what << ": " << word(path) << "\n";
  if (answer.contains("link"))
    std::cout << "link, good once until " << day(answer["link_expires_at"]) << ": " << word(answer["link"]) << "\n";
}

void print_ca(const Json& answer) {
  std::cout << word(answer["certificate"]) << ", until " << day(answer["not_after"])
            << "\nHAProxy names it to clients from " << word(answer["advertised"])
            << ": write its configuration anew and reload it\n";
}

}  // namespace tegata::cli
