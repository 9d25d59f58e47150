// Error codes of facilities, their clients and their certificates.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

// No 保険医療機関コード: not ten digits, or a prefecture that is none.
inline constexpr ErrorCode facility_code_malformed{"facility_code_malformed"};
inline constexpr ErrorCode facility_code_check_digit{"facility_code_check_digit"};
// Some facility has that code, or had it.
inline constexpr ErrorCode facility_code_taken{"facility_code_taken"};
inline constexpr ErrorCode facility_unknown{"facility_unknown"};
// Name, profile or cut-off that is none.
inline constexpr ErrorCode facility_malformed{"facility_malformed"};
// Suspended already, or not suspended.
inline constexpr ErrorCode facility_state_unchanged{"facility_state_unchanged"};
// Why a request or a pass was ended: its facility was suspended.
inline constexpr ErrorCode facility_suspended{"facility_suspended"};

// ID, scope, audience, redirect address, way of authentication or keys that are none.
inline constexpr ErrorCode facility_client_malformed{"facility_client_malformed"};
inline constexpr ErrorCode facility_client_taken{"facility_client_taken"};
inline constexpr ErrorCode facility_client_unknown{"facility_client_unknown"};
inline constexpr ErrorCode facility_client_state_unchanged{"facility_client_state_unchanged"};
// Why a request or a pass was ended: its client was suspended.
inline constexpr ErrorCode facility_client_suspended{"facility_client_suspended"};

// Not one X.509 certificate, or too large for a header of the proxy.
inline constexpr ErrorCode facility_certificate_malformed{"facility_certificate_malformed"};
inline constexpr ErrorCode facility_certificate_expired{"facility_certificate_expired"};
// A key or a digest that is too weak.
inline constexpr ErrorCode facility_certificate_weak{"facility_certificate_weak"};
// An authority's, or for another use than a TLS client's.
inline constexpr ErrorCode facility_certificate_use{"facility_certificate_use"};
// Registered before, for whichever client: a revoked one never comes back.
inline constexpr ErrorCode facility_certificate_taken{"facility_certificate_taken"};
inline constexpr ErrorCode facility_certificate_unknown{"facility_certificate_unknown"};
// By the beginning of its thumbprint more than one is meant.
inline constexpr ErrorCode facility_certificate_ambiguous{"facility_certificate_ambiguous"};
// Revoked already; also why a request or a pass was ended.
inline constexpr ErrorCode facility_certificate_revoked{"facility_certificate_revoked"};

inline constexpr ErrorCode facility_ca_missing{"facility_ca_missing"};
inline constexpr ErrorCode facility_ca_exists{"facility_ca_exists"};
// Its certificate and key do not belong together, or cannot be read, or it has ended.
inline constexpr ErrorCode facility_ca_unusable{"facility_ca_unusable"};

// A link that is unknown, was used, or has expired: one answer.
inline constexpr ErrorCode facility_download_unknown{"facility_download_unknown"};

}  // namespace tegata::errors
