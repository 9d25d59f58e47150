// Where things lie in the folder of a verification environment, and on which ports.
#pragma once

#include <string>

#include "rp/base/json.h"

namespace tegata::sandbox {

struct Layout {
  std::string directory;           // absolute
  int port_base = 8443;            // public; card +1, facility +2, My Number +3, signature service +4, demo EHR +5
  std::string host = "localhost";  // of the origins that are tegata's; signature service and demo EHR stay on loopback

  std::string file(const std::string& name) const { return directory + "/" + name; }
  std::string public_origin() const { return origin("", 0); }
  std::string card_origin_pattern() const { return origin("*.card.", 1); }
  std::string facility_origin() const { return origin("", 2); }
  std::string mynumber_origin_pattern() const { return origin("*.mynumber.", 3); }
  int service_port() const { return port_base + 4; }
  int ehr_port() const { return port_base + 5; }
  std::string ehr_origin() const { return "http://127.0.0.1:" + std::to_string(ehr_port()); }
  std::string service_origin() const { return "https://localhost:" + std::to_string(service_port()); }

 private:
  std::string origin(const std::string& labels, int port) const {
    return "https://" + labels + host + ":" + std::to_string(port_base + port);
  }
};

// Whole or not at all, for its owner alone. Ends the program where the disk does not take it.
void write_file(const std::string& path, const std::string& content);
// Errors: file_unreadable, file_open_to_others, json_*.
Result<Json> read_json_file(const std::string& path);

}  // namespace tegata::sandbox
