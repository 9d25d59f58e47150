// Browsers that limits know again, by a cookie that opens nothing and proves nothing to anybody else: whoever takes it
// away, or brings another's, changes by which bucket a call is counted.
//
// A browser in which somebody has proved to be a practitioner (card, passkey) is counted by that person, in all of his
// browsers together: one who has many cookies made has no more than one. Others have a name that was drawn.
#pragma once

#include <optional>
#include <string>

#include "rp/base/world.h"
#include "rp/http/http.h"

namespace tegata::http {

struct Browser {
  std::string name;      // of its bucket
  bool person = false;   // the bucket is a practitioner's
  std::string unmarked;  // the cookie that it is to get; empty: it has one
};

class Browsers {
 public:
  // `key` makes the cookies, which outlive the server where the key does. Without a key nobody is known.
  explicit Browsers(Bytes key = {}) : key_(std::move(key)) {}

  // After a proof; the answer carries the cookie.
  void remember(Response&, const std::string& practitioner_id, Instant now) const;
  // The bucket of the person who has proved himself in this browser; empty: nobody has.
  std::string person(const Request&, Instant now) const;
  // This browser, or a name for a new one.
  Browser find(const Request&, Random&, Instant now) const;
  // Gives a new one its cookie.
  static void mark(Response&, const Browser&);

 private:
  std::string seal(char kind, const std::string& name, Instant now) const;
  std::optional<Browser> open(const Request&, Instant now) const;
  std::string mac(const std::string& text) const;

  Bytes key_;
};

}  // namespace tegata::http
