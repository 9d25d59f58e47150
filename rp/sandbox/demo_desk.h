// What the demo record system asks of the facility origin, over mTLS with the certificate of the facility that is
// chosen: the three ways to a pass, the pass's use at the signature service, and its end. The codes and passes stay
// here; the page gets what a person may see.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "rp/base/world.h"
#include "rp/sandbox/https.h"

namespace tegata::sandbox {

class DemoDesk {
 public:
  // `callback`: where a browser is sent back to from /authorize.
  DemoDesk(Json sandbox, std::string callback, Random& random);

  // {facilities: [{client_id, name, code}], people: [{practitioner_id, name}]}
  Json parties() const;
  // {way: "qr"|"ciba"|"authorize", client_id, practitioner_id, terminal_id} -> {id, ...what to show}.
  // Errors of all: json_*; internal, with what the other side answered as its detail.
  Result<Json> ask(const Json& wanted);
  // {id} -> {state: waiting|approved|declined|expired|failed, error, claims}; {id, code, iss} after /authorize.
  Result<Json> poll(const Json& wanted);
  // {id} -> {status, answer} of the signature service.
  Result<Json> check(const Json& wanted);
  // {id} -> {status}: the pass ends, or the request where there is none yet.
  Result<Json> end(const Json& wanted);

 private:
  struct Asked {
    Json facility;
    std::string way;
    std::string code;      // device code or auth_req_id
    std::string verifier;  // of PKCE
    std::string pass;
  };
  Result<Json> ask_device(Asked& asked, const std::map<std::string, std::string>& form);
  Result<Json> ask_ciba(Asked& asked, std::map<std::string, std::string> form);
  Result<Json> ask_authorize(Asked& asked, std::map<std::string, std::string> form, const std::string& id);
  Result<Asked> find(const Json& wanted) const;
  void keep(const std::string& id, const Asked& asked);
  HttpsClient facility_of(const Asked& asked) const;

  const Json sandbox_;
  const std::string callback_;
  Random& random_;
  mutable std::mutex mutex_;
  std::map<std::string, Asked> asked_;
};

}  // namespace tegata::sandbox
