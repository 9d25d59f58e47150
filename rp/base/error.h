// The one error type of the project.
//
// A code names one cause; it is what logs and audit records carry. What a
// person gets to read for it is decided in one place (web/text/errors.json),
// so that several causes can share one message for strangers.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace tegata {

// The name of one cause, e.g. "webauthn_challenge_mismatch". Lower-case, underscores,
// prefixed by its room. Declared as a constant in the errors.h of the room that raises it;
// tests/checks hold every declaration against the catalogue.
class ErrorCode {
 public:
  // The text must have static storage duration: codes are declared, never computed.
  explicit constexpr ErrorCode(const char* name) : name_(name) {}
  constexpr std::string_view name() const { return name_; }
  friend constexpr bool operator==(ErrorCode a, ErrorCode b) { return a.name_ == b.name_; }

 private:
  std::string_view name_;
};

// Why something was refused.
// clause: the rule that was broken, e.g. "webauthn-3#sctn-verifying-assertion: challenge equals",
//         empty where no specification speaks.
// detail: for the log only; never shown to a person, never holds a secret.
class [[nodiscard]] Error {
 public:
  explicit Error(ErrorCode code, std::string detail = {}, std::string_view clause = {})
      : code_(code), clause_(clause), detail_(std::move(detail)) {}

  ErrorCode code() const { return code_; }
  const std::string& clause() const { return clause_; }
  const std::string& detail() const { return detail_; }

 private:
  ErrorCode code_;
  std::string clause_;
  std::string detail_;
};

}  // namespace tegata
