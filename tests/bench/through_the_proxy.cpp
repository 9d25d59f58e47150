#include <httplib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "rp/sandbox/authenticator.h"
#include "rp/server/system.h"
#include "tests/bench/bench.h"

namespace tegata::bench {
namespace {

namespace fs = std::filesystem;
constexpr int people = 16;                  // threads, each with a phone, an EHR terminal and connections of its own
constexpr int requests_per_activation = 4;  // device authorization, scan, approve, token
constexpr const char* port_base = "9943";

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

// `tegata-sandbox up` as a child, ended with this object.
class Sandbox {
 public:
  Sandbox() : directory_(fs::temp_directory_path() / ("tegata-bench-up-" + std::to_string(::getpid()))) {
    fs::create_directories(directory_);
    const auto program = fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "tegata-sandbox";
    const auto log = (directory_ / "up.log").string();
    child_ = ::fork();
    if (child_ == 0) {
      if (!std::freopen(log.c_str(), "w", stdout) || !std::freopen(log.c_str(), "a", stderr)) ::_exit(1);
      ::execl(program.c_str(), program.c_str(), "up", "--dir", directory_.c_str(), "--port-base", port_base, nullptr);
      ::_exit(1);
    }
    wait_until_ready(log);
    std::ifstream file(directory_ / "sandbox.json");
    facts = Json::parse(file);
  }
  ~Sandbox() {
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  Json facts;

 private:
  void wait_until_ready(const std::string& log) {
    for (int i = 0; i < 600; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      if (::waitpid(child_, nullptr, WNOHANG) != 0) fail("the sandbox ended, see " + log);
      if (fs::exists(directory_ / "sandbox.json")) return;
    }
    fail("the sandbox did not come up, see " + log);
  }
  fs::path directory_;
  pid_t child_ = 0;
};

// A client with kept-alive connections and cookies.
class Peer {
 public:
  Peer(const Json& facts, const std::string& origin, const Json* certificate = nullptr)
      : origin_(origin), client_(make(facts, origin, certificate)) {
    client_->set_ca_cert_path(facts["tls_ca"].get<std::string>());
    client_->enable_server_certificate_verification(true);
    client_->set_keep_alive(true);
    client_->set_tcp_nodelay(true);  // head and body leave in two writes
    client_->set_read_timeout(20);
  }

  Json post(const std::string& path, const std::string& body, const char* type, int expected = 200) {
    httplib::Headers headers = {{"Origin", origin_}, {"Sec-Fetch-Site", "same-origin"}};
    std::string cookies;
    for (const auto& [name, value] : cookies_) cookies += name + "=" + value + "; ";
    if (!cookies.empty()) headers.emplace("Cookie", cookies);
    const auto answer = client_->Post(path, headers, body, type);
    if (!answer || answer->status != expected)
      fail(path + ": " + (answer ? answer->body : httplib::to_string(answer.error())));
    for (std::size_t i = 0; i < answer->get_header_value_count("Set-Cookie"); ++i) {
      const auto line = answer->get_header_value("Set-Cookie", i);
      const auto name = line.substr(0, line.find('='));
      cookies_[name] = line.substr(name.size() + 1, line.find(';') - name.size() - 1);
    }
    return answer->body.empty() ? Json() : Json::parse(answer->body);
  }
  Json post(const std::string& path, const Json& body, int expected = 200) {
    return post(path, dump_json(body), "application/json", expected);
  }
  std::string location(const std::string& path) {
    const auto answer = client_->Get(path);
    if (!answer || answer->status != 303) fail(path + ": no way back from the card origin");
    return answer->get_header_value("Location");
  }
  void get(const std::string& path) {
    const auto answer = client_->Get(path);
    if (!answer || answer->status != 200) fail(path);
  }
  void forget_cookies() { cookies_.clear(); }

 private:
  static std::unique_ptr<httplib::SSLClient> make(const Json&, const std::string& origin, const Json* certificate) {
    const auto host = origin.substr(8, origin.find(':', 8) - 8);
    const int port = std::stoi(origin.substr(origin.find(':', 8) + 1));
    auto client = certificate
                      ? std::make_unique<httplib::SSLClient>(host, port, (*certificate)["cert"].get<std::string>(),
                                                             (*certificate)["key"].get<std::string>())
                      : std::make_unique<httplib::SSLClient>(host, port);
    client->set_hostname_addr_map({{host, "127.0.0.1"}});
    return client;
  }
  std::string origin_;
  std::unique_ptr<httplib::SSLClient> client_;
  std::map<std::string, std::string> cookies_;
};

std::string behind(const std::string& text, const std::string& mark) {
  return text.substr(text.find(mark) + mark.size());
}

// A person with a bound phone, at a terminal of a facility.
class Person {
 public:
  Person(const Json& facts, int index)
      : facility_(facts["facilities"][0]),
        page_(facts, facts["public_origin"]),
        ehr_(facts, facts["facility_origin"], &facility_),
        origin_(facts["public_origin"]),
        authenticator_(sandbox::Authenticator::make(random_)),
        terminal_("bench-" + std::to_string(index)) {
    enrol(facts);
  }

  void activate() {
    const std::string client = "client_id=" + facility_["client_id"].get<std::string>();
    const Json asked =
        ehr_.post("/device_authorization", client + "&scope=openid%20hpki.sign&terminal_id=" + terminal_, form);
    const auto token = behind(asked["verification_uri_complete"], "#t=");
    const Json scanned = page_.post("/api/activation/scan", {{"token", token}});
    const auto assertion = authenticator_.get(scanned["publicKey"], origin_, {}, random_);
    if (!assertion) fail("assertion");
    page_.post("/api/activation/approve", {{"token", token}, {"number", asked["number"]}, {"credential", *assertion}});
    ehr_.post("/token",
              client + "&grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=" +
                  asked["device_code"].get<std::string>(),
              form);
  }
  void fetch_static() { page_.get("/assets/shared/icon.svg"); }

 private:
  static constexpr const char* form = "application/x-www-form-urlencoded";

  void enrol(const Json& facts) {
    const auto& card = facts["cards"][0];
    Peer pc(facts, origin_);
    const std::string url = pc.post("/api/start", {{"purpose", "enrol"}})["card_url"];
    Peer reader(facts, url.substr(0, url.find("/login")), &card);
    pc.post("/api/handover", {{"code", behind(reader.location("/login" + behind(url, "/login")), "#c=")}});
    const auto ticket = behind(pc.post("/api/enrollment", Json::object(), 201)["url"], "#t=");
    const Json claim = page_.post("/api/phone/claim", {{"ticket", ticket}, {"platform_authenticator", true}});
    pc.post("/api/enrollment/confirm", {{"number", claim["match_number"]}});
    const Json options = page_.post("/api/phone/options", {{"ticket", ticket}});
    const auto credential = authenticator_.create(options["publicKey"], origin_, {}, random_);
    if (!credential) fail("registration");
    page_.post("/api/phone/register", {{"ticket", ticket}, {"credential", *credential}});
    page_.post("/api/phone/label", {{"ticket", ticket}});
    page_.forget_cookies();
  }

  server::SystemRandom random_;
  Json facility_;
  Peer page_, ehr_;
  std::string origin_;
  sandbox::Authenticator authenticator_;
  std::string terminal_;
};

void all_at_once(std::vector<std::unique_ptr<Person>>& everybody, int each, void (Person::*job)()) {
  std::vector<std::thread> threads;
  for (auto& person : everybody) {
    threads.emplace_back([&person, each, job] {
      for (int i = 0; i < each; ++i) ((*person).*job)();
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace

// Both sides over https on kept-alive connections through one HAProxy, the load made on the same machine. The raw side
// asks for a small static file four times where an activation makes four requests.
void through_the_proxy() {
  Sandbox sandbox;
  std::vector<std::unique_ptr<Person>> everybody;
  for (int i = 0; i < people; ++i) everybody.push_back(std::make_unique<Person>(sandbox.facts, i));
  constexpr int each = 40;
  print("activations through HAProxy over https",
        compare(
            7, people * each, [&] { all_at_once(everybody, each, &Person::activate); },
            [&] { all_at_once(everybody, each * requests_per_activation, &Person::fetch_static); }),
        0.5);
}

}  // namespace tegata::bench
