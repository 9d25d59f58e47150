// Owners of OpenSSL's objects, and its error queue kept clean: for every room that speaks to OpenSSL.
#pragma once

#include <openssl/err.h>

#include <memory>

namespace tegata {

// std::unique_ptr<X509, Release<X509_free>>
template <auto release>
struct Release {
  template <typename T>
  void operator()(T* object) const {
    release(object);
  }
};

// Errors of what happens in a scope are taken off this thread's queue at its end: a refused
// signature must not turn up in somebody else's diagnosis.
class ErrorScope {
 public:
  ErrorScope() { ERR_set_mark(); }
  ~ErrorScope() { ERR_pop_to_mark(); }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
};

}  // namespace tegata
