// A client without a screen for one origin of the sandbox: its own cookies, and a client certificate if it has one.
#pragma once

#include <map>
#include <string>

#include "rp/base/json.h"

namespace tegata::sandbox {

struct Answer {
  int status = 0;
  std::string location;
  std::string text;
  Json body;  // null where the text is no JSON
};

// Where a client comes from: the authority that it trusts, and its own certificate (both may be empty) and key.
struct Identification {
  std::string tls_ca, certificate, key;
};

// As sandbox.json has them: the environment, and one of its cards or facilities.
Identification identification(const Json& sandbox, const Json& party);

class HttpsClient {
 public:
  // Every name is this machine. `page_origin`: the Origin header of its POSTs, as a page of ours would send it.
  HttpsClient(std::string origin, Identification identification, bool as_page);

  // Errors: internal, where nobody answers.
  Result<Answer> get(const std::string& target);
  Result<Answer> post_json(const std::string& target, const Json& body);
  Result<Answer> post_form(const std::string& target, const std::map<std::string, std::string>& form,
                           const std::map<std::string, std::string>& headers = {});

 private:
  Result<Answer> send(const std::string& method, const std::string& target, const std::string& type,
                      const std::string& body, const std::map<std::string, std::string>& headers);
  std::string origin_;
  Identification identification_;
  bool as_page_;
  std::map<std::string, std::string> cookies_;
};

}  // namespace tegata::sandbox
