// The audit key: signs heads and checkpoints, and gives every record of the log its MAC.
//
// The file holds one PEM private key (P-256; Ed25519, made by older versions, is read too). ECDSA goes with SHA-256,
// DER. The key of the MACs is derived from the private one (HKDF with SHA-256, RFC 5869, a label of its own), so there
// is no second file to keep, copy or lose.
#pragma once

#include <memory>
#include <string>

#include "rp/base/bytes.h"
#include "rp/base/result.h"
#include "rp/base/world.h"

struct evp_pkey_st;

namespace tegata::store::audit {

// 32 octets from `secret` for the use that `label` names (RFC 5869 with an empty salt, L = 32).
Digest hkdf_sha256(ByteView secret, std::string_view label);

class AuditKey {
 public:
  // Errors: those of private files (rp/host/private_file.h), store_audit_broken (no such key in the file).
  static Result<std::unique_ptr<AuditKey>> load(const std::string& path);
  // Makes the file, private, whole or not at all. Errors: store_unavailable, file_not_written.
  static Status make(const std::string& path, Random& random);
  ~AuditKey();
  AuditKey(const AuditKey&) = delete;
  AuditKey& operator=(const AuditKey&) = delete;

  // Any thread may call these.
  Bytes sign(const std::string& text) const;
  bool verify(const std::string& text, ByteView signature) const;
  // HMAC-SHA-256 over the hash of a record, which covers the record and all before it.
  Digest mac(const Digest& hash) const;

 private:
  explicit AuditKey(evp_pkey_st* key) : key_(key) {}
  bool is_ed25519() const;
  const char* hash_name() const;
  Status derive();
  evp_pkey_st* key_;
  Digest mac_key_{};
};

}  // namespace tegata::store::audit
