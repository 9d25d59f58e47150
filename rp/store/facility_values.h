// The columns of a facility and of a client as parameters; for those who write whole rows. What they are made of must
// outlive them.
#pragma once

#include "rp/store/engine/connection.h"
#include "rp/store/facilities.h"

namespace tegata::store {

engine::Binding values_of(const Facility&);
engine::Binding values_of(const Client&);
// Of the keys that can be used: the RFC 7638 thumbprints, base64url.
Json key_thumbprints(const Client&);

}  // namespace tegata::store
