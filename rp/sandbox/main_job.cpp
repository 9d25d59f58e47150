// The main job, from card to inactive pass, as ./dev demo shows it.
#include <cstdio>

#include "rp/base/errors.h"
#include "rp/sandbox/flow.h"

namespace tegata::sandbox {
namespace {

class Narrator {
 public:
  explicit Narrator(const Clock& clock) : clock_(clock), last_(clock.monotonic()) {}
  void say(const std::string& step, const std::string& what) {
    const auto now = clock_.monotonic();
    std::printf("%2d  %-22s %5lld ms  %s\n", ++number_, step.c_str(), static_cast<long long>((now - last_).count()),
                what.c_str());
    std::fflush(stdout);
    last_ = now;
  }

 private:
  const Clock& clock_;
  std::chrono::milliseconds last_;
  int number_ = 0;
};

Status enrol(const Json& sandbox, const Json& card, SoftwarePhone& phone, Narrator& narrator) {
  SamplePc pc(sandbox, card);
  TEGATA_ASSIGN(const auto person, pc.log_in());
  narrator.say("card log-in", person.value("name", "") + " " + person.value("practitioner_id", ""));
  TEGATA_ASSIGN(const auto ticket, pc.begin());
  narrator.say("ticket", "QR until " + ticket.value("expires_at", ""));
  TEGATA_ASSIGN(const auto url, json_string(ticket, "url"));
  TEGATA_ASSIGN(const auto claim, phone.claim(url));
  TEGATA_ASSIGN(const auto number, json_string(claim, "match_number"));
  TEGATA_TRY(pc.confirm(number));
  narrator.say("number", "the phone shows " + number + ", typed at the PC");
  TEGATA_ASSIGN(const auto label, phone.register_when_confirmed(url));
  TEGATA_ASSIGN(const auto seen, pc.state());
  narrator.say("registration", "PC shows: " + seen.value("state", ""));
  narrator.say("label", label.value("label", ""));
  if (seen.value("state", "") != "done") return Error(errors::internal, "the PC is not done");
  return {};
}

Result<std::string> activate(SampleEhr& ehr, SoftwarePhone& phone, Narrator& narrator) {
  TEGATA_ASSIGN(const auto asked, ehr.ask({{"terminal_id", "t1"}, {"terminal_name", "内科 端末1"}}));
  narrator.say("activation asked", "code " + asked.value("user_code", "") + ", QR on the EHR's screen");
  TEGATA_ASSIGN(const auto device_code, json_string(asked, "device_code"));
  TEGATA_ASSIGN(const auto approved,
                phone.approve(asked.value("verification_uri_complete", ""), asked.value("number", "")));
  narrator.say("approved", "until " + approved.value("pass_until", ""));
  TEGATA_ASSIGN(const auto answer, ehr.token(device_code));
  if (answer.status != 200) return Error(errors::internal, "token: " + answer.text);
  TEGATA_ASSIGN(const auto pass, json_string(answer.body, "access_token"));
  const auto first = pass.find('.');
  TEGATA_ASSIGN(const auto claims, parse_base64url(pass.substr(first + 1, pass.rfind('.') - first - 1)));
  narrator.say("pass received", std::string(as_text(claims)));
  return pass;
}

Status expect_active(SampleEhr& service, const std::string& pass, bool expected, const char* step, Narrator& narrator) {
  TEGATA_ASSIGN(const auto answer, service.introspect(pass));
  narrator.say(step, dump_json({{"active", answer.value("active", false)}}));
  if (answer.value("active", !expected) != expected)
    return Error(errors::internal, "introspection: " + dump_json(answer));
  return {};
}

Status main_job(const Json& sandbox, const Clock& clock, Random& random) {
  Narrator narrator(clock);
  auto authenticator = authenticator::Authenticator::make(random);
  SoftwarePhone phone(sandbox, keys_of(authenticator, random));
  TEGATA_TRY(enrol(sandbox, sandbox.at("cards").at(0), phone, narrator));
  SampleEhr ehr(sandbox, sandbox.at("facilities").at(0)), service(sandbox, sandbox.at("signature_service"));
  TEGATA_ASSIGN(const auto pass, activate(ehr, phone, narrator));
  TEGATA_TRY(expect_active(service, pass, true, "introspection", narrator));
  TEGATA_ASSIGN(const auto revoked, ehr.revoke(pass));
  narrator.say("revoked", std::to_string(revoked.status));
  return expect_active(service, pass, false, "introspection", narrator);
}

}  // namespace

bool run_main_job(const Json& sandbox, const Clock& clock, Random& random) {
  const auto outcome = main_job(sandbox, clock, random);
  if (!outcome) std::fprintf(stderr, "the main job failed: %s\n", outcome.error().detail().c_str());
  return outcome.has_value();
}

}  // namespace tegata::sandbox
