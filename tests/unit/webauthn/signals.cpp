#include "rp/webauthn/signals.h"

#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {

TEST_CASE("the signal for a credential that is not known") {
  CHECK(unknown_credential_signal("localhost", "gone"_b) == Json{{"rpId", "localhost"}, {"credentialId", "Z29uZQ"}});
}

TEST_CASE("the signal with every credential that is accepted, and with none") {
  CredentialRecord first, second;
  first.id = "a"_b, second.id = "b"_b;
  CHECK(all_accepted_credentials_signal("localhost", "handle"_b, {first, second}) ==
        Json{{"rpId", "localhost"}, {"userId", "aGFuZGxl"}, {"allAcceptedCredentialIds", {"YQ", "Yg"}}});
  // An empty list, not null: the browser hides them all.
  CHECK(all_accepted_credentials_signal("localhost", "handle"_b, {})["allAcceptedCredentialIds"] == Json::array());
}

TEST_CASE("the signal with the names of the user") {
  CHECK(current_user_details_signal("localhost", {"handle"_b, "kensho", "検証 太郎"}) ==
        Json{{"rpId", "localhost"}, {"userId", "aGFuZGxl"}, {"name", "kensho"}, {"displayName", "検証 太郎"}});
}

}  // namespace tegata::webauthn::test
