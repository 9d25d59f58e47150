#include "rp/http/mask.h"

namespace tegata::http {

std::string mask(const std::string& practitioner_id) {
  const std::size_t shown = practitioner_id.size() >= 8 ? 2 : 0;
  std::string out = practitioner_id.substr(0, shown);
  for (std::size_t i = 2 * shown; i < practitioner_id.size(); ++i) out += "•";
  return out + practitioner_id.substr(practitioner_id.size() - shown);
}

}  // namespace tegata::http
