// What the parts of the test PKI do with OpenSSL's objects.
#pragma once

#include <openssl/err.h>

#include <cstdlib>
#include <memory>

#include "rp/base/bytes.h"

namespace tegata::sandbox::test_pki {

// The test PKI is made of constants: where OpenSSL refuses one, the program is wrong.
inline void require(bool ok) {
  if (ok) return;
  ERR_print_errors_fp(stderr);
  std::abort();
}

template <typename T, void (*Free)(T*)>
std::shared_ptr<T> own(T* pointer) {
  require(pointer != nullptr);
  return std::shared_ptr<T>(pointer, Free);
}

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace tegata::sandbox::test_pki
