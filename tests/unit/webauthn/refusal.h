// How the tests of the conformance cases and of the ceremonies' steps break a good ceremony, and how they judge it:
// by the error code and by the clause that it cites.
#pragma once

#include "rp/base/errors.h"
#include "rp/webauthn/wire/clauses.h"
#include "tests/unit/webauthn/sample.h"

// Refused with this very code, citing this very clause. tests/checks/conformance.py reads the citations.
#define CHECK_REFUSED(expression, error_code, broken_clause)          \
  do {                                                                \
    const auto refused = (expression);                                \
    CHECK(code_of(refused) == std::string((error_code).name()));      \
    if (!refused) CHECK(refused.error().clause() == (broken_clause)); \
  } while (false)
// The same, where another rule behind it would refuse with the same code and clause.
#define CHECK_REFUSED_AS(expression, error_code, broken_clause, what) \
  do {                                                                \
    const auto refused_as = (expression);                             \
    CHECK_REFUSED(refused_as, error_code, broken_clause);             \
    if (!refused_as) CHECK(refused_as.error().detail() == (what));    \
  } while (false)
#define CHECK_ACCEPTED(expression) CHECK(code_of(expression) == "accepted")

namespace tegata::webauthn::test::conformance {

using sandbox::authenticator::CborWriter;

// Client data as another browser might have written it, before it is signed.
inline Behaviour telling(std::function<void(Json& client_data)> edit) {
  Behaviour behaviour;
  behaviour.edit_client_data = [edit = std::move(edit)](std::string& text) {
    Json json = Json::parse(text);
    edit(json);
    text = dump_json(json);
  };
  return behaviour;
}
inline Behaviour telling(const std::string& member, const Json& value) {
  return telling([=](Json& json) { json[member] = value; });
}
inline Behaviour silent_about(const std::string& member) {
  return telling([=](Json& json) { json.erase(member); });
}
inline Behaviour writing(std::function<void(std::string& text)> edit) {
  Behaviour behaviour;
  behaviour.edit_client_data = std::move(edit);
  return behaviour;
}

inline Behaviour flagging(unsigned set, unsigned clear = 0) {
  return editing([=](Bytes& data) { data.at(flags_at) = static_cast<std::uint8_t>((data[flags_at] | set) & ~clear); });
}

using EditJson = std::function<Json(const Json& good)>;
// JSON members of a response, gone or replaced.
inline Json without(Json json, const char* pointer) {
  const Json::json_pointer where(pointer);
  json[where.parent_pointer()].erase(where.back());
  return json;
}
inline Json with(Json json, const char* pointer, const Json& value) {
  json[Json::json_pointer(pointer)] = value;
  return json;
}

// What stands where a text should, a map should and so on. Null counts as absent.
inline const std::vector<Json> no_texts = {7, -1.5, true, Json::array(), Json::array({"a"}), Json::object()};
inline const std::vector<Json> no_objects = {7, -1.5, true, Json::array(), Json::array({Json::object()}), "{}"};
inline const std::vector<const char*> no_base64url = {"a", "ab+/", "abc=", "ab c", "ab\n", "あ"};

// The parts of a response, as bytes.
inline Bytes part(const Json& json, const char* name) {
  return parse_base64url(json["response"][name].get<std::string>()).value();
}
// The same registration with another attestation object around its authenticator data.
inline Json with_object(const Json& json, const Bytes& object) {
  return with(json, "/response/attestationObject", base64url(object));
}
inline Json with_statement(const Json& json, std::string_view format, const Bytes& statement) {
  CborWriter object;
  object.map(3).text("fmt").text(format).text("attStmt").raw(statement);
  object.text("authData").bytes(part(json, "authenticatorData"));
  return with_object(json, object.out());
}

// Ids stand twice in a response.
inline EditJson both_ids(const Json& value) {
  return [=](const Json& good) { return with(with(good, "/id", value), "/rawId", value); };
}

inline const std::vector<const char*> both_profiles = {"standard", "fido-conformance"};

// Runs `test` with a fresh relying party and authenticator under each profile.
template <typename Test>
void under(const std::vector<const char*>& profiles, Test test) {
  for (const char* name : profiles) {
    INFO("profile " << name);
    Sample sample;
    sample.registration.policy = sample.authentication.policy = wire::find_policy(name).value();
    test(sample);
  }
}

// Registrations that both profiles judge alike.
inline void check_created(const Behaviour& behaviour, ErrorCode code, std::string_view clause) {
  under(both_profiles, [&](Sample& sample) { CHECK_REFUSED(sample.enrol(behaviour), code, clause); });
}
inline void check_created(const Behaviour& behaviour) {
  under(both_profiles, [&](Sample& sample) { CHECK_ACCEPTED(sample.enrol(behaviour)); });
}
inline void check_created(const EditJson& edit, ErrorCode code, std::string_view clause,
                          const Behaviour& behaviour = {}) {
  under(both_profiles, [&](Sample& sample) {
    const Json json = edit(sample.create(behaviour));
    INFO(dump_json(json).substr(0, 300));
    CHECK_REFUSED(sample.verify_created(json), code, clause);
  });
}
inline void check_created(const EditJson& edit) {
  under(both_profiles, [&](Sample& sample) { CHECK_ACCEPTED(sample.verify_created(edit(sample.create()))); });
}

// Assertions of a phone that was registered honestly.
inline void check_signed(const Behaviour& behaviour, ErrorCode code, std::string_view clause) {
  under(both_profiles, [&](Sample& sample) {
    sample.bind();
    CHECK_REFUSED(sample.sign_in(behaviour), code, clause);
  });
}
inline void check_signed(const Behaviour& behaviour) {
  under(both_profiles, [&](Sample& sample) {
    sample.bind();
    CHECK_ACCEPTED(sample.sign_in(behaviour));
  });
}
inline void check_signed(const EditJson& edit, ErrorCode code, std::string_view clause) {
  under(both_profiles, [&](Sample& sample) {
    sample.bind();
    const Json json = edit(sample.get());
    INFO(dump_json(json).substr(0, 300));
    CHECK_REFUSED(sample.verify_got(json), code, clause);
  });
}
inline void check_signed(const EditJson& edit) {
  under(both_profiles, [&](Sample& sample) {
    sample.bind();
    CHECK_ACCEPTED(sample.verify_got(edit(sample.get())));
  });
}

// Every wrong value at one place of the JSON.
inline EditJson dropping(const char* pointer) {
  return [=](const Json& good) { return without(good, pointer); };
}
inline EditJson putting(const char* pointer, const Json& value) {
  return [=](const Json& good) { return with(good, pointer, value); };
}

}  // namespace tegata::webauthn::test::conformance
