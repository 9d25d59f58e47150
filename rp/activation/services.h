// What the handlers of activation work with, and how they write to the audit log.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rp/activation/memory.h"
#include "rp/base/world.h"
#include "rp/http/browsers.h"
#include "rp/http/http.h"
#include "rp/pass/pass.h"
#include "rp/pass/signing_keys.h"
#include "rp/store/handoffs.h"
#include "rp/store/store.h"
#include "rp/webauthn/metadata/metadata.h"

namespace tegata::activation {

// See deployed_profile.h. Off where it names no facility.
struct DeployedProfile {
  std::string facility_code;  // all who come by it, whoever they are
  std::string redirect_uri;   // the one address
  std::string audience;       // the signature service
  bool is_on() const { return !facility_code.empty(); }
};

struct Settings {
  std::string issuer;  // the public origin, byte for byte, without a slash at its end
  std::string facility_origin;
  std::string rp_id;
  std::vector<std::string> origins;  // from which phones may answer; normally the public origin alone
  std::chrono::seconds expires_in{180};
  std::chrono::seconds interval{2};
  std::chrono::seconds authorize_life{300};  // of a transaction in a browser
  std::chrono::seconds code_life{60};        // of an authorization code
  std::chrono::seconds pushed_request_life{90};
  std::chrono::seconds longest_expiry{600};    // that a CIBA client may ask for
  std::chrono::seconds repeat_window{60};      // how long a lost token answer can be asked for again
  std::chrono::seconds redemption_grace{30};   // least time that an EHR has from the approval on
  std::size_t most_open_per_practitioner = 3;  // and facility
  std::int64_t most_starts_per_minute = 600;   // of one facility, all its terminals together; of browsers likewise
  std::int64_t introspections_per_sample = 100;
  // How well a model must be certified for its keys to count as hardware: in passes, for strict facilities, and for
  // requests that demand it.
  webauthn::wire::Certification least_certification = webauthn::wire::Certification::l1;
  DeployedProfile deployed;
};

// For the log of the server: what was refused and why.
using Report = std::function<void(const http::Request&, const Error&)>;

// The references must outlive every handler. `random` is called from several threads.
struct Services {
  store::Store& store;
  const Clock& clock;
  Random& random;
  pass::SigningKeys keys;
  Settings settings;
  Report report = [](const http::Request&, const Error&) {};
  std::shared_ptr<Memory> memory = std::make_shared<Memory>();
  http::Browsers browsers = http::Browsers();
  // The FIDO metadata of this moment; null where there is none. What is there and cannot be used is not verified.
  std::function<std::shared_ptr<const webauthn::metadata::Metadata>()> metadata = [] { return nullptr; };
};

// Who did what to what, for the audit log.
struct Deed {
  std::string actor = "unknown";
  std::string subject;
  std::string source;  // by which refusals are limited
};
Deed deed_of_client(const std::string& client_id, const std::string& subject);
Deed deed_of_phone(const http::Request&, const std::string& actor, const std::string& subject);
std::string subject_of(const store::Handoff&);

store::AuditEvent event(const http::Request&, const Deed&, std::string kind, Json details = Json::object(),
                        std::string_view code = {});

// Records and reports a refusal for which nothing was changed; gives the error back.
Error refuse(const Services&, const http::Request&, const Deed&, Error);

// Whether that browser may cause another record that nobody proved to be entitled to: a known person first by his own
// bucket, else by the address's. Error: activation_too_many; the next one is there within a second or three.
Status verify_pace(const Services&, const http::Request&, SourceLimit&);

// Runs one write. An error of the operation is recorded as a refusal in the same transaction, unless the operation
// recorded its own effects.
template <typename T>
Result<T> write(const Services& services, const http::Request& request, const Deed& deed,
                const std::function<Result<T>(store::Transaction&)>& operation,
                store::Purpose purpose = store::Purpose::give) {
  auto result = services.store.write<T>(
      [&](store::Transaction& transaction) -> Result<T> {
        auto outcome = operation(transaction);
        if (!outcome && !transaction.keeps_effects()) {
          transaction.audit_refusal(
              event(request, deed, "activation_refused", Json::object(), outcome.error().code().name()));
        }
        return outcome;
      },
      purpose);
  if (!result) services.report(request, result.error());
  return result;
}

}  // namespace tegata::activation
