#include "rp/store/guess_key_mark.h"

#include "rp/store/engine/connection.h"

namespace tegata::store {
namespace {

Digest read_mark(engine::Row& row) { return row.digest(); }

}  // namespace

Result<std::optional<Digest>> find_guess_key_mark(Reader& reader) {
  return reader.connection().find<Digest>("SELECT mark FROM guess_key_mark", {}, read_mark);
}

Status put_guess_key_mark(Transaction& transaction, const Digest& mark) {
  TEGATA_TRY(
      transaction.connection().run("INSERT INTO guess_key_mark (id, mark) VALUES (1, :mark) "
                                   "ON CONFLICT (id) DO UPDATE SET mark = excluded.mark",
                                   {{":mark", mark}}));
  return {};
}

}  // namespace tegata::store
