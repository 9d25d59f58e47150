#include "rp/webauthn/metadata/metadata.h"

namespace tegata::webauthn::metadata {
namespace {

using Index = std::map<Bytes, std::size_t>;

const MetadataEntry* look_up(const Index& index, ByteView key, const std::vector<MetadataEntry>& entries) {
  const auto found = index.find(to_bytes(key));
  return found == index.end() ? nullptr : &entries[found->second];
}

}  // namespace

Metadata::Metadata(MetadataPayload payload, const Digest& digest, bool revocation_checked)
    : payload_(std::move(payload)), digest_(digest), revocation_checked_(revocation_checked) {
  for (std::size_t i = 0; i < payload_.entries.size(); ++i) {
    const MetadataEntry& entry = payload_.entries[i];
    if (!entry.aaguid.empty()) by_aaguid_.emplace(entry.aaguid, i);
    for (const Bytes& identifier : entry.key_identifiers) by_key_identifier_.emplace(identifier, i);
  }
}

bool Metadata::is_stale(Instant now) const { return now >= payload_.next_update + std::chrono::hours(24); }

const MetadataEntry* Metadata::find(ByteView aaguid) const { return look_up(by_aaguid_, aaguid, payload_.entries); }

const MetadataEntry* Metadata::find_key_identifier(ByteView identifier) const {
  return look_up(by_key_identifier_, identifier, payload_.entries);
}

}  // namespace tegata::webauthn::metadata
