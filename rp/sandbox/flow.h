// The parties of the main job as programs: a PC with a card, a phone, an EHR, a signature service.
#pragma once

#include <functional>

#include "rp/base/world.h"
#include "rp/sandbox/authenticator/authenticator.h"
#include "rp/sandbox/https.h"

namespace tegata::sandbox {

class SecurityKey;

// Errors of all: sandbox_refused, whose detail says what was answered; internal, where nobody answers.
class SamplePc {
 public:
  // `card`: an entry of sandbox.json's cards.
  SamplePc(const Json& sandbox, const Json& card);
  Result<Json> log_in();  // of /api/handover
  Result<Json> begin();   // of POST /api/enrollment
  Result<Json> state();   // of GET /api/enrollment
  Result<Json> confirm(const std::string& number);

 private:
  Json sandbox_, card_;
  HttpsClient pages_;
};

// The part of a phone that has its keys: options in, credential out, for the pages of an origin.
struct PhoneKeys {
  std::function<Result<Json>(const Json& creation_options, const std::string& origin)> create;
  std::function<Result<Json>(const Json& request_options, const std::string& origin)> get;
};
// Both must outlive the phone.
PhoneKeys keys_of(authenticator::Authenticator& authenticator, Random& random, authenticator::Behaviour behaviour = {});
PhoneKeys keys_of(SecurityKey& key);

class SoftwarePhone {
 public:
  SoftwarePhone(const Json& sandbox, PhoneKeys keys);
  // Claims; gives the answer with match_number.
  // A password where the ticket came by letter or portal: then no PC has to confirm.
  Result<Json> claim(const std::string& url, const std::string& password = {});
  // Waits for the PC, registers, and confirms the label.
  Result<Json> register_when_confirmed(const std::string& url);
  // `role`: the answer for a person with several. Errors: sandbox_role_needed; those of its keys.
  Result<Json> approve(const std::string& url, const std::string& number, const std::string& role = {});
  Result<Json> decline(const std::string& url);

 private:
  std::string origin_;
  PhoneKeys keys_;
  HttpsClient pages_;
};

class SampleEhr {
 public:
  // `party`: an entry of sandbox.json's facilities, or its signature_service.
  SampleEhr(const Json& sandbox, const Json& party);
  Result<Json> ask(const std::map<std::string, std::string>& extra);
  Result<Answer> token(const std::string& device_code);
  Result<Json> introspect(const std::string& pass);
  Result<Answer> revoke(const std::string& pass);

 private:
  std::string client_id_;
  HttpsClient facility_;
};

// The main job, one printed line a step. True if every step was right.
bool run_main_job(const Json& sandbox, const Clock& clock, Random& random);

}  // namespace tegata::sandbox
