// The lines of an export of the log: the canonical record (store/audit/log.h) with its two hashes and its MAC, as JSON.
#pragma once

#include <string>

#include "rp/store/audit/log.h"

namespace tegata::store::audit {

std::string export_line(const AuditRecord&);
// Whether its hash is that of what stands in it; its place in a log and its MAC are the caller's to judge. A line of a
// version before MACs were exported has none. Errors: those of JSON; store_export_unknown, where it is not as it was
// written.
Result<AuditRecord> parse_export_line(const std::string& line);

}  // namespace tegata::store::audit
