// Which authorities a card log-in names, so that browsers offer the right certificate. Pure.
#pragma once

#include <string>
#include <vector>

#include "enroll/card/authorities.h"

namespace tegata::card {

// Every certificate of the PEM text must be the authentication CA of a configured authority: no root, under which
// signing certificates would be offered too, and no signing CA. Error: card_authority_malformed.
Status verify_advertised(const std::string& name, const std::string& pem,
                         const std::vector<CardAuthority>& authorities);

}  // namespace tegata::card
