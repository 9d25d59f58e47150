// What the tests of the numbered steps share.
#pragma once

#include "tests/unit/webauthn/attested_sample.h"

namespace tegata::webauthn::test::conformance {

inline const std::vector<const char*> every_profile = {"standard", "fido-conformance", "w3c"};

inline Behaviour framed(bool cross_origin, const std::string& top_origin) {
  return telling([=](Json& json) {
    json["crossOrigin"] = cross_origin;
    json["topOrigin"] = top_origin;
  });
}

// Changes the client data after it was signed.
inline EditJson reading(std::function<void(std::string&)> edit) {
  return [edit = std::move(edit)](const Json& good) {
    std::string text(as_text(part(good, "clientDataJSON")));
    edit(text);
    return with(good, "/response/clientDataJSON", base64url(as_bytes(text)));
  };
}

inline Behaviour with_rp_id_hash(ByteView hash) {
  return editing([hash = to_bytes(hash)](Bytes& data) { std::ranges::copy(hash, data.begin()); });
}

// A bound phone under each profile.
template <typename Test>
void bound(const std::vector<const char*>& profiles, Test test, const Behaviour& behaviour = {}) {
  under(profiles, [&](Sample& sample) {
    sample.bind(behaviour);
    test(sample);
  });
}

}  // namespace tegata::webauthn::test::conformance
