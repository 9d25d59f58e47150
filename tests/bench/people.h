// The sandbox as a child of the bench, and the parties that load it over https through its HAProxy. Whatever fails ends
// the bench: a number that was measured beside failures says nothing.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rp/base/json.h"
#include "rp/sandbox/authenticator/authenticator.h"
#include "rp/server/running/system.h"

namespace httplib {
class SSLClient;
}

namespace tegata::bench {

[[noreturn]] void fail(const std::string& what);

// A program that is ended with this object, and with the bench however that ends.
class Child {
 public:
  Child(const std::vector<std::string>& command, const std::filesystem::path& log);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  bool has_ended();

 private:
  pid_t pid_ = 0;
};

// Waits for at most a minute until `there`; fails where `child` ends before.
void wait_for(Child& child, const std::string& what, const std::function<bool()>& there);

// `tegata-sandbox up`.
class Sandbox {
 public:
  Sandbox();
  ~Sandbox();
  std::filesystem::path directory;
  Json facts;

 private:
  std::unique_ptr<Child> child_;
};

std::filesystem::path sandbox_program();
int port_base();  // of the sandbox; the next 40 are the bench's too

// A client with kept-alive connections and cookies.
class Peer {
 public:
  // `party`: who has a client certificate, with `cert` and `key`.
  Peer(const Json& facts, const std::string& origin, const Json* party = nullptr);
  ~Peer();
  Peer(Peer&&) noexcept;

  struct Answer {
    int status = 0;
    std::string body;
  };
  Answer send(const std::string& path, const std::string& body, const char* type);
  Json post(const std::string& path, const std::string& body, const char* type, int expected = 200);
  Json post(const std::string& path, const Json& body, int expected = 200);
  std::string location(const std::string& path);
  void get(const std::string& path);
  void forget_cookies() { cookies_.clear(); }
  void reconnect();

 private:
  std::string origin_;
  std::unique_ptr<httplib::SSLClient> client_;
  std::map<std::string, std::string> cookies_;
};

inline constexpr const char* form = "application/x-www-form-urlencoded";

// A practitioner with a bound phone, at a terminal of a facility. A person may have five phones: with three sample
// people there are twelve of these at most.
class Person {
 public:
  Person(const Json& facts, int index);
  // One whole activation: device authorization, scan, approve, token. Gives the pass.
  std::string pass();
  void activate() { pass(); }
  // For somebody who has been idle for longer than the proxy keeps a connection.
  void reconnect() {
    page_.reconnect();
    ehr_.reconnect();
  }
  void fetch_static() { page_.get("/assets/shared/icon.svg"); }

 private:
  void enrol(const Json& facts, const Json& card);
  server::running::SystemRandom random_;
  Json facility_;
  Peer page_, ehr_;
  std::string origin_;
  sandbox::authenticator::Authenticator authenticator_;
  std::string terminal_;
};
inline constexpr int most_people = 12;

// Each of `workers` does `job(worker)` `each` times, all at once.
void all_at_once(int workers, int each, const std::function<void(int worker)>& job);

}  // namespace tegata::bench
