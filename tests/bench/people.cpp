#include "tests/bench/people.h"

#include <httplib.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace tegata::bench {
namespace {

namespace fs = std::filesystem;
constexpr int people_with_cards = 3;

std::string behind(const std::string& text, const std::string& mark) {
  return text.substr(text.find(mark) + mark.size());
}

std::unique_ptr<httplib::SSLClient> connect(const std::string& origin, const Json* party) {
  const auto host = origin.substr(8, origin.find(':', 8) - 8);
  const int port = std::stoi(origin.substr(origin.find(':', 8) + 1));
  auto client = party ? std::make_unique<httplib::SSLClient>(host, port, (*party)["cert"].get<std::string>(),
                                                             (*party)["key"].get<std::string>())
                      : std::make_unique<httplib::SSLClient>(host, port);
  client->set_hostname_addr_map({{host, "127.0.0.1"}});
  return client;
}

}  // namespace

void fail(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

Child::Child(const std::vector<std::string>& command, const fs::path& log) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  if (!std::freopen(log.c_str(), "w", stdout) || !std::freopen(log.c_str(), "a", stderr)) ::_exit(1);
  ::execvp(arguments[0], arguments.data());
  ::_exit(1);
}

Child::~Child() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

bool Child::has_ended() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0) return false;
  pid_ = 0;
  return true;
}

void wait_for(Child& child, const std::string& what, const std::function<bool()>& there) {
  for (int i = 0; i < 600; ++i) {
    if (there()) return;
    if (child.has_ended()) fail(what + " ended");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  fail(what + " did not come up");
}

fs::path sandbox_program() { return fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "tegata-sandbox"; }

int port_base() { return 9943; }

Sandbox::Sandbox() : directory(fs::temp_directory_path() / ("tegata-bench-up-" + std::to_string(::getpid()))) {
  fs::create_directories(directory);
  const std::vector<std::string> command = {sandbox_program(), "up",          "--dir",
                                            directory,         "--port-base", std::to_string(port_base())};
  child_ = std::make_unique<Child>(command, directory / "up.log");
  wait_for(*child_, "the sandbox", [&] { return fs::exists(directory / "sandbox.json"); });
  std::ifstream file(directory / "sandbox.json");
  facts = Json::parse(file);
}

Sandbox::~Sandbox() {
  child_.reset();
  std::error_code ignored;
  fs::remove_all(directory, ignored);
}

Peer::Peer(const Json& facts, const std::string& origin, const Json* party)
    : origin_(origin), client_(connect(origin, party)) {
  client_->set_ca_cert_path(facts["tls_ca"].get<std::string>());
  client_->enable_server_certificate_verification(true);
  client_->set_keep_alive(true);
  client_->set_tcp_nodelay(true);  // head and body leave in two writes
  client_->set_read_timeout(20);
}
Peer::~Peer() = default;
Peer::Peer(Peer&&) noexcept = default;

Peer::Answer Peer::send(const std::string& path, const std::string& body, const char* type) {
  httplib::Headers headers = {{"Origin", origin_}, {"Sec-Fetch-Site", "same-origin"}};
  std::string cookies;
  for (const auto& [name, value] : cookies_) cookies += name + "=" + value + "; ";
  if (!cookies.empty()) headers.emplace("Cookie", cookies);
  const auto answer = client_->Post(path, headers, body, type);
  if (!answer) return {0, httplib::to_string(answer.error())};
  for (std::size_t i = 0; i < answer->get_header_value_count("Set-Cookie"); ++i) {
    const auto line = answer->get_header_value("Set-Cookie", i);
    const auto name = line.substr(0, line.find('='));
    cookies_[name] = line.substr(name.size() + 1, line.find(';') - name.size() - 1);
  }
  return {answer->status, answer->body};
}

Json Peer::post(const std::string& path, const std::string& body, const char* type, int expected) {
  const auto answer = send(path, body, type);
  if (answer.status != expected) fail(path + ": " + std::to_string(answer.status) + " " + answer.body);
  return answer.body.empty() ? Json() : Json::parse(answer.body);
}

Json Peer::post(const std::string& path, const Json& body, int expected) {
  return post(path, dump_json(body), "application/json", expected);
}

std::string Peer::location(const std::string& path) {
  const auto answer = client_->Get(path);
  if (!answer || answer->status != 303) fail(path + ": no way back from the card origin");
  return answer->get_header_value("Location");
}

void Peer::get(const std::string& path) {
  const auto answer = client_->Get(path);
  if (!answer || answer->status != 200) fail(path);
}

void Peer::reconnect() { client_->stop(); }

Person::Person(const Json& facts, int index)
    : facility_(facts["facilities"][0]),
      page_(facts, facts["public_origin"]),
      ehr_(facts, facts["facility_origin"], &facility_),
      origin_(facts["public_origin"]),
      authenticator_(sandbox::authenticator::Authenticator::make(random_)),
      terminal_("bench-" + std::to_string(index)) {
  enrol(facts, facts["cards"][static_cast<std::size_t>(index % people_with_cards)]);
}

std::string Person::pass() {
  const std::string client = "client_id=" + facility_["client_id"].get<std::string>();
  const Json asked =
      ehr_.post("/device_authorization", client + "&scope=openid%20hpki.sign&terminal_id=" + terminal_, form);
  const auto token = behind(asked["verification_uri_complete"], "#t=");
  const Json scanned = page_.post("/api/activation/scan", {{"token", token}});
  const auto assertion = authenticator_.get(scanned["publicKey"], origin_, {}, random_);
  if (!assertion) fail("assertion");
  page_.post("/api/activation/approve", {{"token", token}, {"number", asked["number"]}, {"credential", *assertion}});
  const Json answer = ehr_.post("/token",
                                client + "&grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=" +
                                    asked["device_code"].get<std::string>(),
                                form);
  return answer["access_token"];
}

void Person::enrol(const Json& facts, const Json& card) {
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

void all_at_once(int workers, int each, const std::function<void(int worker)>& job) {
  std::vector<std::thread> threads;
  for (int worker = 0; worker < workers; ++worker) {
    threads.emplace_back([&job, worker, each] {
      for (int i = 0; i < each; ++i) job(worker);
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace tegata::bench
