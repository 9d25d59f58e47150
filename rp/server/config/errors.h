// Error codes of the edge.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

// The configuration file: unreadable, not TOML, a key missing, unknown, or of the wrong kind.
inline constexpr ErrorCode config_invalid{"config_invalid"};
// The key of guesses and registration numbers is not there, or is not the one by which this database was written.
inline constexpr ErrorCode guess_key_missing{"guess_key_missing"};
inline constexpr ErrorCode guess_key_other{"guess_key_other"};
// A socket, a directory or a file that the server needs cannot be had.
inline constexpr ErrorCode server_socket_unusable{"server_socket_unusable"};
// The system gives no more threads, at the start.
inline constexpr ErrorCode server_without_threads{"server_without_threads"};
// There is less memory than it needs, at the start.
inline constexpr ErrorCode server_without_memory{"server_without_memory"};
// Something takes longer than it may ever take.
inline constexpr ErrorCode server_thread_hangs{"server_thread_hangs"};
// What HAProxy is to be given for TLS cannot be used: certificate and key, or the authorities to be named.
inline constexpr ErrorCode tls_file_unusable{"tls_file_unusable"};
// A request that our proxy would never have sent.
inline constexpr ErrorCode request_not_from_proxy{"request_not_from_proxy"};
// The module, the token or its PIN is not there, or it refused.
inline constexpr ErrorCode pkcs11_unusable{"pkcs11_unusable"};
// The token refused the PIN of the configured file, and no other is there yet.
inline constexpr ErrorCode pkcs11_pin_refused{"pkcs11_pin_refused"};
// A revocation list's address gave nothing, or not in time, or not in one piece.
inline constexpr ErrorCode revocation_unreachable{"revocation_unreachable"};
// Client-Cert that is no RFC 9440 byte sequence.
inline constexpr ErrorCode client_cert_malformed{"client_cert_malformed"};

// A notice did not get through; it stays in the outbox.
inline constexpr ErrorCode notice_undeliverable{"notice_undeliverable"};
// A signed head of the log did not get to where it is kept besides; it is tried again.
inline constexpr ErrorCode audit_head_unsent{"audit_head_unsent"};
// The mail server will not have this address (5xx at RCPT TO): trying again would help nobody.
inline constexpr ErrorCode notice_address_refused{"notice_address_refused"};

}  // namespace tegata::errors
