// By what a start knows that the database was put back: the newest head that is known, in a file that no backup takes
// along, and in each copy a mark that it is one.
//
// A database belongs to its place where its log goes on from the head in the file. Every restore that is recorded
// (store/upkeep/restore.h) begins another epoch: the file then names its record, and neither the copy that it began
// with nor what lay there before belongs to the place any more.
//
// The file holds one line of store/audit/heads.h, written as the server sends heads, and replaced whole. What is behind
// the database is right: a power cut, or commands that wrote without a server.
#pragma once

#include <optional>
#include <string>

#include "rp/base/instant.h"
#include "rp/base/result.h"
#include "rp/store/engine/connection.h"
#include "rp/store/engine/options.h"

namespace tegata::store::audit {

class AuditHead;
class AuditKey;
struct ChainTail;
struct LogView;
struct SentHead;

// Where a restore prepares what it puts in place: beside the file itself, on its disk.
std::string part_of_restore(const std::string& database);

// What the file says; nothing where it is absent. Errors: store_put_back (no right signature), those of private files.
Result<std::optional<SentHead>> read_epoch(const engine::Options&, const AuditKey&);
// In place of what is there, behind links; on the disk when it returns. Errors: file_not_written, those of links
// (rp/host/private_file.h).
Status write_epoch(const std::string& path, const std::string& line);

// Whether a log that ends at `tail` goes on from `known`. Error: store_put_back, with what to do.
Status verify_goes_on(const LogView&, const ChainTail& tail, const engine::Options&, const SentHead& known);

// What a database that was put back shows before its log is judged: it is a copy, has lost its epoch, ends before it,
// or lies where a restore was not done: it may be right by itself then, and the head another one's. Errors: as
// verify_epoch.
Status verify_reaches_epoch(engine::Connection&, const AuditHead&, const engine::Options&);
// Errors: store_put_back, with what to do; those of read_epoch.
Status verify_epoch(engine::Connection&, const AuditHead&, const engine::Options&);
// The same, and begins the first epoch where neither the file nor the database knows of any. `tail` is its end.
Status begin_in_epoch(engine::Connection&, const AuditHead&, const engine::Options&, const ChainTail& tail,
                      Instant now);

// From then on the database is a copy, which is in use nowhere.
Status mark_as_copy(engine::Connection&);
// From then on it has an epoch, and is no copy.
Status mark_as_placed(engine::Connection&);

}  // namespace tegata::store::audit
