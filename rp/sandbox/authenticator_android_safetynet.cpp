#include "rp/sandbox/authenticator_cbor.h"
#include "rp/sandbox/authenticator_statement.h"

namespace tegata::sandbox {

Bytes make_android_safetynet(const StatementInput&) { return CborWriter().map(0).out(); }

}  // namespace tegata::sandbox
