// The HPKI card's origin: who holds the card that came with the connection?
#include "enroll/card/errors.h"
#include "enroll/errors.h"
#include "enroll/sign_in.h"
#include "enroll/sign_in_origin.h"

namespace tegata::enroll {
namespace {

namespace e = errors;

Json describe(const card::CardHolder& holder) {
  Json roles = Json::array();
  for (const auto& role : holder.roles()) roles.push_back(role.name);
  Json out{{"authority", holder.authority()},
           {"holder_number", holder.holder_number()},
           {"fingerprint", base64url(holder.fingerprint())},
           {"not_after", format_rfc3339(holder.not_after())},
           {"roles", roles}};
  out.update({{"issuer", hex(holder.issuer())}, {"serial", hex(holder.serial())}});
  return out;
}

Result<card::CardHolder> judge_card(const Services& services, const http::Request& request) {
  if (request.tls_resumed) return Error(e::card_resumed_session, request.host);
  if (!request.client_certificate) return Error(e::card_missing);
  const auto trust = services.trust();
  return card::verify_card_certificate(*request.client_certificate, trust->authorities,
                                       services.settings.eligible_roles, services.clock.now(), trust->lists);
}

// The card was judged before its turn to write came: a list that was taken meanwhile is asked now. One that is taken
// later finds the basis and ends it.
Result<store::BasisId> basis_of(store::Transaction& transaction, const Services& services,
                                const card::CardHolder& holder, const std::string& practitioner_id) {
  const Error revoked(e::card_revoked, hex(holder.serial()));
  const auto trust = services.trust();
  const card::RevocationQuestion question{holder.issuer(), holder.serial()};
  if (trust->lists.answer(question, transaction.now()) == card::RevocationAnswer::revoked) return revoked;
  TEGATA_ASSIGN(const auto basis, store::basis_of_card(transaction, {holder.issuer(), holder.serial()}, practitioner_id,
                                                       trust->lists.spoken_at(question)));
  if (!basis) return revoked;
  return *basis;
}

Result<Found> find_holder(store::Transaction& transaction, const Services& services,
                          const Result<card::CardHolder>& holder) {
  if (!holder) return holder.error();
  TEGATA_ASSIGN(const auto found,
                store::find_practitioner_by_card(transaction, holder->authority(), holder->holder_number()));
  TEGATA_ASSIGN(const auto person,
                require_good_standing(found, transaction.now(), Error(e::card_unknown_person, holder->authority())));
  TEGATA_ASSIGN(const auto basis, basis_of(transaction, services, *holder, person.id));
  return Found{person.id, describe(*holder), basis, "card_login"};
}

}  // namespace

http::Response card_login(const Services& services, const http::Request& request) {
  const auto holder = judge_card(services, request);
  return log_in(services, request, method_card, [&](store::Transaction& transaction, const store::StartRecord&) {
    return find_holder(transaction, services, holder);
  });
}

}  // namespace tegata::enroll
