// CIBA in poll mode (OpenID Connect Client-Initiated Backchannel Authentication Core): the EHR knows who sits there and
// shows a link for that person's phone.
//
// Whether the person exists, is suspended or has a phone changes neither the answer nor what is done for it: the
// request simply ends by its time.
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

// POST {facility}/backchannel, {public}/backchannel
http::Response backchannel(const Services&, const http::Request&);

}  // namespace tegata::activation
