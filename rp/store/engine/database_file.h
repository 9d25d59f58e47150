// The file of the database, and that there is one: a missing file is a disk that is not mounted, until somebody says
// that the installation is new (store/upkeep/beginning.h).
#pragma once

#include <memory>
#include <string>

#include "rp/store/engine/connection.h"
#include "rp/store/engine/options.h"

namespace tegata::store::engine {

// Where its signed head lies.
std::string head_of(const std::string& database);
// Where its epoch lies, by which a start knows that an older state was put there (store/audit/epoch.h).
std::string epoch_path(const Options&);
// Where the file itself lies, or would, whatever links lead there; its log and its lock lie beside it. What replaces it
// takes its place there, and the links stay.
std::string real_path_of(const std::string& database);
// The same, of another database.
Options at(Options options, const std::string& database);
// It and what SQLite keeps beside it; the head stays.
void remove_files(const std::string& database);

// By the options' VFS and patience. `soundness` hears of damage. Errors: store_absent, those of Connection::open.
Result<std::unique_ptr<Connection>> open_database(const Options& options, Connection::Mode mode,
                                                  Soundness* soundness = nullptr);

// All that was committed into the file itself, so that it may take another name without its log. By the connection's
// own writing. Errors: store_busy (somebody else has it open), those of a statement.
Status fold_log_in(Connection&, const std::string& database);

// Whether one may begin there: no database, nothing that SQLite keeps beside one, no head. Error: store_exists.
Status verify_none(const Options& options);

}  // namespace tegata::store::engine
