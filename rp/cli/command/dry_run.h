// What a command would do: everything is judged and done in its transaction, and then undone.
#pragma once

#include <optional>

#include "rp/base/errors.h"
#include "rp/store/store.h"

namespace tegata::cli::command {

// Errors of the operation are those of the command; a dry run meets the same.
template <typename T>
Result<T> write_or_try(store::Store& store, bool dry_run,
                       const std::function<Result<T>(store::Transaction&)>& operation,
                       store::Purpose purpose = store::Purpose::give) {
  if (!dry_run) return store.write<T>(operation, purpose);
  std::optional<T> would;
  const auto undone = store.write<void>(
      [&](store::Transaction& transaction) -> Status {
        TEGATA_ASSIGN(would, operation(transaction));
        return Error(errors::internal, "a dry run");  // rolls back; nobody sees it
      },
      purpose);
  if (would) return std::move(*would);
  return undone.error();
}

}  // namespace tegata::cli::command
