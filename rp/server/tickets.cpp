#include "rp/server/tickets.h"

namespace tegata::server {
namespace {

void set(enroll::OriginRule& rule, const IssuedTicketsConfig& config) {
  rule.life = std::chrono::days(config.days);
  rule.letters = static_cast<int>(config.password_letters);
  rule.tries = static_cast<int>(config.tries);
}

}  // namespace

enroll::OriginRules ticket_origins(const Config& config) {
  auto rules = enroll::standard_origins();
  rules[enroll::origin_card].life = config.limits.ticket;
  rules[enroll::origin_mynumber].life = config.limits.ticket;
  rules[enroll::origin_bound_phone].life = config.tickets.bound_phone;
  set(rules[enroll::origin_mailed], config.tickets.mailed);
  set(rules[enroll::origin_portal], config.tickets.portal);
  return rules;
}

}  // namespace tegata::server
