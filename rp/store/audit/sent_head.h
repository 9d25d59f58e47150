// A signed head as it is kept elsewhere: the line of store/audit/heads.h.
#pragma once

#include "rp/store/audit/chain.h"

namespace tegata::store::audit {

struct SentHead {
  Instant at{};
  ChainTail tail;
  Bytes signature;
};
// Nothing where it is none; the signature is still to be judged.
std::optional<SentHead> parse_sent_head(const std::string& line);
std::string sent_head_line(const AuditKey&, const ChainTail&, Instant at);
bool is_signed(const AuditKey&, const SentHead&);
// What is wrong between it and a log that ends at `tail`; empty: it is of this log. Of one that is older than the
// beginning of the log nothing can be said.
Result<std::string> fault_of(const LogView&, const ChainTail& tail, const ChainTail& sent);

}  // namespace tegata::store::audit
