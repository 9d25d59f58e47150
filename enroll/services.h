// What the handlers of enrollment work with, and how they write to the audit log.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "enroll/card/certificate.h"
#include "enroll/card/mynumber.h"
#include "enroll/limits.h"
#include "enroll/password_work.h"
#include "enroll/registration_number.h"
#include "enroll/ticket_origin.h"
#include "rp/base/world.h"
#include "rp/http/browsers.h"
#include "rp/http/http.h"
#include "rp/store/audit/log.h"
#include "rp/store/handoffs.h"
#include "rp/store/practitioners.h"
#include "rp/store/sign_in.h"
#include "rp/webauthn/metadata/metadata.h"
#include "rp/webauthn/registration.h"

namespace tegata::enroll {

struct Settings {
  std::string public_origin;        // "https://localhost:8443"
  std::string card_origin_pattern;  // "https://*.card.localhost:8444"; without "*" one fixed host for all attempts
  std::string rp_id;
  std::vector<std::string> related_origins;  // of the same relying party, besides the public origin
  std::string rp_name = "Tegata";
  std::string mynumber_origin_pattern;  // "https://*.mynumber.localhost:8446"; empty: no My Number cards
  std::shared_ptr<const card::MyNumberAuthorities> mynumber;  // null: no My Number cards
  card::MyNumberRevocation mynumber_revocation;
  std::chrono::days mynumber_reminder{90};  // how long before its end a link is shown as ending
  std::set<std::string> eligible_roles = {"Medical Doctor", "Dentist", "Pharmacist"};
  std::chrono::seconds start_life{300};
  std::chrono::seconds code_life{60};
  std::chrono::seconds session_life{900};
  OriginRules origins = standard_origins();
  std::optional<RegistrationNumberSettings> registration_number;  // absent: no way in
  std::chrono::seconds owner_life{900};                           // how long a right password makes a phone the owner
  std::chrono::seconds label_life{900};                           // how long the label page may confirm or rename
  std::chrono::seconds done_after{30};                            // the PC stops waiting for the label page
  std::chrono::seconds step_up_life{300};                         // how long after signing in a phone may be removed
  std::int64_t most_phones = 5;                                   // of one person
  std::chrono::seconds label_kept{std::chrono::hours(24 * 90)};   // the label of a removed phone stays taken
  std::string attestation = "direct";                             // conveyance that phones are asked for
  webauthn::wire::Policy policy = webauthn::wire::standard_policy();  // by which registrations are judged
  bool backup_eligible_allowed = true;                                // where the policy has nothing against it
};

using Report = std::function<void(const http::Request&, const Error&)>;

// The references must outlive every handler. `random` is called from several threads.
struct Services {
  store::Store& store;
  const Clock& clock;
  Random& random;
  Settings settings;
  Report report = [](const http::Request&, const Error&) {};
  std::shared_ptr<Limits> limits = std::make_shared<Limits>();
  http::Browsers browsers = http::Browsers();
  // What cards are judged by at this moment. Without authorities, as here, none is accepted.
  std::function<std::shared_ptr<const card::CardTrust>()> trust = [] {
    return std::make_shared<const card::CardTrust>();
  };
  // The FIDO metadata of this moment; null where there is none. What is there and cannot be used is not verified.
  std::function<std::shared_ptr<const webauthn::metadata::Metadata>()> metadata = [] { return nullptr; };
  // Its veto refuses a registration, and raises an alarm (rp/server/answer.cpp).
  webauthn::SecondVerifier second_verifier = webauthn::libfido2_second_opinion;
  // Null where no ticket with a password is accepted.
  std::shared_ptr<PasswordWork> passwords = nullptr;
};

store::AuditEvent event(const http::Request&, std::string kind, std::string actor, std::string subject,
                        Json details = Json::object(), std::string_view code = {});

// One write. An error of the operation is recorded as a refusal, unless its effects stand.
template <typename T>
Result<T> write(const Services& services, const http::Request& request, const std::string& kind_of_refusal,
                const std::function<Result<T>(store::Transaction&)>& operation,
                store::Purpose purpose = store::Purpose::give) {
  auto result = services.store.write<T>(
      [&](store::Transaction& transaction) -> Result<T> {
        auto outcome = operation(transaction);
        if (!outcome && !transaction.keeps_effects()) {
          transaction.audit_refusal(
              event(request, kind_of_refusal, "unknown", request.path, Json::object(), outcome.error().code().name()));
        }
        return outcome;
      },
      purpose);
  if (!result) services.report(request, result.error());
  return result;
}

// Records and reports a refusal that changed nothing; gives the error back.
Error refuse(const Services&, const http::Request&, const std::string& kind, Error);

// The answer to a call that cannot be read, or that did not come from our page: recorded, and without a cause.
http::Response turn_away(const Services&, const http::Request&, const Error&);

// The moment by which pages count what is left of somebody's time: the one that judges what takes away, or where the
// database does not answer, the clock's.
Instant shown_moment(const Services&);

// The digest of a cookie's value, if the browser sent it.
std::optional<Digest> cookie_digest(const http::Request&, const std::string& name);

}  // namespace tegata::enroll
