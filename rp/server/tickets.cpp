#include "rp/server/tickets.h"

namespace tegata::server {
namespace {

void set(enroll::OriginRule& rule, const config::IssuedTicketsConfig& config) {
  rule.life = std::chrono::days(config.days);
  rule.letters = static_cast<int>(config.password_letters);
  rule.tries = static_cast<int>(config.tries);
}

enroll::NumberConfirmation confirmation(const std::string& name) {
  if (name == "none") return enroll::NumberConfirmation::none;
  return name == "letter" ? enroll::NumberConfirmation::letter : enroll::NumberConfirmation::bound_phone;
}

}  // namespace

std::optional<enroll::RegistrationNumberSettings> registration_number(const config::Config& config,
                                                                      const Bytes& guess_key) {
  const auto& own = config.registration_number;
  if (!own.enabled) return std::nullopt;
  return enroll::RegistrationNumberSettings{
      guess_key, confirmation(own.confirm), {own.tries_of_number, own.tries_of_address, own.tries_in_all}};
}

enroll::OriginRules ticket_origins(const config::Config& config) {
  auto rules = enroll::standard_origins();
  rules[enroll::origin_card].life = config.limits.ticket;
  rules[enroll::origin_mynumber].life = config.limits.ticket;
  rules[enroll::origin_bound_phone].life = config.tickets.bound_phone;
  if (config.registration_number.enabled) rules[enroll::origin_registration_number].life = config.limits.ticket;
  set(rules[enroll::origin_mailed], config.tickets.mailed);
  set(rules[enroll::origin_portal], config.tickets.portal);
  return rules;
}

}  // namespace tegata::server
