// Result<T>: a value or an Error, and a compiler warning (an error in this build) for whoever drops it.
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "rp/base/error.h"

namespace tegata {

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Base base) : Base(std::move(base)) {}
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}
};

// For operations that only succeed or fail.
using Status = Result<void>;

}  // namespace tegata

// Returns the error of `expr` (a Result or Status) from the calling function, if it holds one.
#define TEGATA_TRY(expr)                                            \
  do {                                                              \
    auto&& tegata_try_result = (expr);                              \
    if (!tegata_try_result) return std::move(tegata_try_result).error(); \
  } while (false)

#define TEGATA_CONCAT_INNER(a, b) a##b
#define TEGATA_CONCAT(a, b) TEGATA_CONCAT_INNER(a, b)

// `TEGATA_ASSIGN(auto value, parse(text));` declares value, or returns the error from the calling function.
#define TEGATA_ASSIGN(declaration, expr) \
  TEGATA_ASSIGN_INNER(declaration, expr, TEGATA_CONCAT(tegata_assign_, __LINE__))
#define TEGATA_ASSIGN_INNER(declaration, expr, name) \
  auto name = (expr);                                \
  if (!name) return std::move(name).error();         \
  declaration = std::move(*name)
