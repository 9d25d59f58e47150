// The signed head of the audit chain, kept apart from the database.
//
// File format: two slots of 512 octets, each one line of JSON {"count","hash","signature"} filled up with spaces and
// a line feed. A write replaces the older slot, so that one torn by a power cut leaves the other. The signature is that
// of the audit key over "tegata audit head with macs\n<count>\n<hash in hex>\n". Versions before the records had MACs
// signed "tegata audit head\n...": such a head is read, and says that the MACs are still to be made
// (store/audit/macs.h).
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "rp/base/world.h"
#include "rp/host/descriptor.h"
#include "rp/store/audit/chain.h"
#include "rp/store/audit/key.h"
#include "rp/store/engine/options.h"

namespace tegata::store::audit {

// What a head vouches for, and whether it says that the records have MACs.
struct VouchedTail {
  ChainTail tail;
  bool has_macs = true;
};

class AuditHead {
 public:
  // To write. A head file that is not there is none: read() says so. Key and head are private
  // (rp/host/private_file.h). Errors: store_audit_broken (no key), those of private files.
  static Result<std::unique_ptr<AuditHead>> open(const engine::Options& options);
  // Likewise, and an empty head file is made where there is none: for a beginning, and where its loss is accepted.
  static Result<std::unique_ptr<AuditHead>> open_or_make(const engine::Options& options);
  // Likewise, to read.
  static Result<std::unique_ptr<AuditHead>> open_existing(const engine::Options& options);
  ~AuditHead();

  // Nothing where the file is empty or absent. Error: store_audit_broken where no slot has a right signature.
  Result<std::optional<VouchedTail>> read() const;
  // Likewise where there has to be one. Error: store_audit_broken.
  Result<VouchedTail> require() const;
  // Never replaces a higher count of another process. Reaches the page cache: survives kill -9.
  Status write(const ChainTail& tail);
  // Reaches the disk.
  Status sync();

  const AuditKey& key() const { return *key_; }

  // Our word that a chain that begins behind `tail` was cut off there by us. Any thread may ask.
  Bytes sign_checkpoint(const ChainTail& tail) const;
  // Where the chain of this database begins: nowhere, or at its checkpoint. Error: store_audit_broken, where the
  // checkpoint has no right signature.
  Result<ChainTail> start_of(engine::Connection& connection) const;
  // Holds the end of the chain, from `vouched` on, against `vouched`: what follows it must have right MACs. Gives where
  // it ends now. verify_audit walks it from the beginning. Any thread may ask. Error: store_audit_broken.
  Result<ChainTail> check_end(engine::Connection& connection, const ChainTail& vouched) const;

 private:
  explicit AuditHead(const engine::Options& options);
  static Result<std::unique_ptr<AuditHead>> open_with(const engine::Options& options, int flags);
  std::string sign_slot(const ChainTail& tail) const;
  std::optional<VouchedTail> parse_slot(std::string_view slot) const;

  std::array<std::int64_t, 2> counts_in(const std::string& slots);

  const std::string path_;
  std::unique_ptr<AuditKey> key_;
  host::Descriptor file_;
  bool unsynced_ = false;
  std::string seen_slots_;
  std::array<std::int64_t, 2> seen_counts_{-1, -1};
};

}  // namespace tegata::store::audit
