// The zoo of certificates as files, so that each can be tried through a real handshake.
#pragma once

#include <string>

#include "rp/base/instant.h"
#include "rp/base/result.h"

namespace tegata::sandbox {

// Writes into DIR/zoo, made afresh:
//   <case>.pem, <case>.key      what a client presents (.der in place of .pem where no client takes it)
//   hpki-<authority>-roots.pem, -intermediates.pem, -advertise.pem, jpki-generations.pem
//   <list>.crl                  DER; list-1.crl and so on
//   expected.json               {"made_at", "authorities":
//   [{"name","roots","intermediates","advertise","lists":[address]}],
//                                "jpki": {"generations"}, "lists": [{"address","file","authority"}],
//                                "cases": [{"name","kind":"hpki"|"mynumber","expected","person":bool,"cert","key",
//                                           "not_sendable"}]}
//     `expected` is the code of the refusal, empty where the certificate is accepted; `person` says whether a directory
//     that knows zoo_holder_number leads it to somebody; `not_sendable` says why no TLS client can present it. OpenSSL
//     presents the weak ones at security level 0 only
//     (-cipher DEFAULT:@SECLEVEL=0).
// Error: internal.
Status write_zoo(const std::string& directory, Instant now);

}  // namespace tegata::sandbox
