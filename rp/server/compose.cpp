#include "rp/server/compose.h"

#include <pthread.h>
#include <signal.h>

#include "enroll/card/advertised.h"
#include "enroll/handlers.h"
#include "rp/activation/deployed_profile.h"
#include "rp/activation/handlers.h"
#include "rp/host/private_file.h"
#include "rp/host/public_file.h"
#include "rp/http/static_files.h"
#include "rp/server/answer.h"
#include "rp/server/audit_watch.h"
#include "rp/server/certificate_watch.h"
#include "rp/server/clock_watch.h"
#include "rp/server/edge/sockets.h"
#include "rp/server/haproxy_config.h"
#include "rp/server/head_sender.h"
#include "rp/server/health_watch.h"
#include "rp/server/keys/guess_key.h"
#include "rp/server/keys/key_watch.h"
#include "rp/server/lost_keys.h"
#include "rp/server/metadata_watch.h"
#include "rp/server/notices/notices.h"
#include "rp/server/page_watch.h"
#include "rp/server/related_origins.h"
#include "rp/server/retention.h"
#include "rp/server/revocation/card_authorities.h"
#include "rp/server/revocation/fetcher.h"
#include "rp/server/revocation/mynumber_revocation.h"
#include "rp/server/running/inquiry.h"
#include "rp/server/security_txt.h"
#include "rp/server/tickets.h"
#include "rp/store/audit/epoch.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"
#include "rp/store/engine/server_lock.h"

namespace tegata::server {
namespace {

Result<revocation::MyNumberSource> add_mynumber(const config::Config& config, const running::Log& log,
                                                enroll::Settings& settings) {
  TEGATA_ASSIGN(settings.mynumber, read_mynumber_authorities(config));
  if (!settings.mynumber) return revocation::MyNumberSource();
  auto source = revocation::mynumber_revocation(config.mynumber, *settings.mynumber, log);
  settings.mynumber_origin_pattern = config.mynumber_origin_pattern;
  settings.mynumber_revocation = source.answer;
  settings.mynumber_reminder = std::chrono::days(config.mynumber.reminder_days);
  return source;
}

enroll::Settings enroll_settings(const config::Config& config) {
  enroll::Settings settings;
  settings.public_origin = config.public_origin;
  settings.card_origin_pattern = config.card_origin_pattern;
  settings.rp_id = config.rp_id;
  settings.related_origins = config.related_origins;
  settings.eligible_roles = {config.roles.begin(), config.roles.end()};
  if (const auto policy = webauthn::wire::find_policy(config.metadata.profile)) settings.policy = *policy;
  settings.start_life = config.limits.start;
  settings.session_life = config.limits.session;
  settings.origins = ticket_origins(config);
  settings.owner_life = config.tickets.owner;
  settings.step_up_life = config.limits.step_up;
  settings.most_phones = config.limits.phones;
  return settings;
}

Result<std::shared_ptr<enroll::PasswordWork>> password_work(const config::Config& config, const Bytes& key,
                                                            Random& random) {
  enroll::PasswordWork::Settings settings;
  settings.runs = static_cast<std::size_t>(config.tickets.password_runs);
  return enroll::PasswordWork::make(key, settings, random);
}

// Made from the key of the guesses, which lies beside the database: browsers are known again after a restart.
Bytes browser_key(const Bytes& guess_key) {
  const Digest made = hmac_sha256(guess_key, as_bytes("key of the browser cookies"));
  return {made.begin(), made.end()};
}

activation::Settings activation_settings(const config::Config& config) {
  activation::Settings settings;
  settings.issuer = config.public_origin;
  settings.facility_origin = config.facility_origin;
  settings.rp_id = config.rp_id;
  settings.origins = {config.public_origin};
  settings.origins.insert(settings.origins.end(), config.related_origins.begin(), config.related_origins.end());
  settings.expires_in = config.limits.activation;
  settings.most_starts_per_minute = config.limits.facility_starts_per_minute;
  settings.least_certification = config.metadata.least_certification;
  const auto& deployed = config.deployed_profile;
  settings.deployed = {deployed.facility, deployed.redirect_uri, deployed.audience};
  return settings;
}

Status use_deployed_profile(store::Store& store, const activation::DeployedProfile& profile, const running::Log& log) {
  if (!profile.is_on()) return {};
  const Json members = {
      {"facility", profile.facility_code},
      {"redirect_uri", profile.redirect_uri},
      {"why", "public clients, a redirect in the clear, passes bound to nothing: docs/threat_model.md"}};
  log.error("weak_deployed_profile_is_on", members);
  return activation::put_deployed_clients(store, profile);
}

std::function<void(const std::optional<Error>&)> report_of(const std::string& socket, const running::Log& log) {
  return [&log, socket](const std::optional<Error>& error) {
    if (error) return log.error("connections_not_taken", *error);
    log.info("connections_taken_again", {{"socket", socket}});
  };
}

std::string log_figures(const running::Log& log) {
  return "# TYPE tegata_log_lines_dropped_total counter\ntegata_log_lines_dropped_total " +
         std::to_string(log.dropped()) + "\n";
}

std::string lines_of(const std::vector<Error>& faults) {
  std::string lines;
  for (const auto& fault : faults) lines += fault_lines(fault);
  return lines;
}

// What keeps nobody from their work: of requests that hang, each has one worker, and the others go on.
std::string warnings_of(const std::vector<Error>& faults) {
  std::string lines;
  for (const auto& fault : faults) lines += "warning " + std::string(fault.code().name()) + " " + fault.detail() + "\n";
  return lines;
}

std::unique_ptr<HealthWatch> watch_health(const OperationsNotes& notes, const running::Vitals& requests,
                                          std::function<std::vector<Error>()> lost, running::Vitals& threads,
                                          const running::Log& log) {
  std::vector<HealthWatch::Question> questions{
      {"not_ready", "ready_again", [health = notes.health] { return health().faults; }},
      {"not_healthy", "healthy_again", notes.dead},
      {"requests_hang", "requests_go_on", [&requests] { return lines_of(requests.hanging()); }},
      {"key_files_lost", "key_files_back", [lost = std::move(lost)] { return lines_of(lost()); }}};
  return std::make_unique<HealthWatch>(std::move(questions), threads, log, HealthWatch::Pace{});
}

Health health_of(store::Store& store) {
  const auto ready = store.ready();
  return {ready ? std::string() : fault_lines(ready.error()), ""};
}

void add(const Health& part, Health& whole) {
  whole.faults += part.faults;
  whole.warnings += part.warnings;
}

void add(running::Inquiry<Health>& part, Health& whole) {
  const auto said = part.newest();
  add(said ? *said : Health{fault_lines(said.error()), ""}, whole);
}

std::string lines_of_trouble(const std::vector<std::unique_ptr<edge::HttplibServer>>& sockets) {
  std::string lines;
  for (const auto& socket : sockets) {
    if (const auto trouble = socket->trouble()) lines += fault_lines(*trouble);
  }
  return lines;
}

}  // namespace

// In the order of dependence: what stands below is destroyed first, and the sockets before everything.
struct Server::Parts {
  Parts(store::engine::ServerLock held, const Clock& time) : lock(std::move(held)), threads(time), requests(time) {}

  store::engine::ServerLock lock;
  running::Vitals threads, requests;
  std::unique_ptr<HeadSender> heads;  // sends what the store signs last
  std::unique_ptr<store::Store> store;
  std::unique_ptr<ClockWatch> clock;
  std::unique_ptr<keys::KeyWatch> keys;
  std::unique_ptr<MetadataWatch> metadata;
  std::unique_ptr<revocation::CardWatch> cards;
  std::unique_ptr<CertificateWatch> certificates;
  std::unique_ptr<revocation::RevocationFetcher> fetcher;
  std::unique_ptr<notices::NoticeWorker> notices;
  std::unique_ptr<AuditWatch> audit;
  std::unique_ptr<PurgeWorker> purge;
  std::unique_ptr<PageWatch> pages;
  running::Metrics metrics;
  http::Router router;
  std::vector<std::unique_ptr<edge::HttplibServer>> sockets;
  std::atomic<bool> all_listen{false};  // from then on `sockets` stays as it is
  // What each may wait for (a disk, a token) holds up the answers of none of the others.
  std::unique_ptr<running::Inquiry<Health>> database_health, key_health, metadata_health, file_health;
  std::unique_ptr<running::Inquiry<std::vector<Error>>> lost_keys;
  std::unique_ptr<running::Inquiry<std::string>> figures;
  std::unique_ptr<HealthWatch> health;

  // Requests to one socket ask for the state of all: none is destroyed while any is served.
  ~Parts() {
    for (const auto& socket : sockets) socket->stop();
  }

  // At the start, and at each reload. After an error everything is as before.
  Status use_authorities(const config::Config& config) {
    TEGATA_TRY(check_advertised(config));
    return fetcher->follow(revocation::revocation_addresses(config), config.cards.lists_every,
                           [&] { return cards->configure(config); });
  }
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

store::Options store_options(const config::Config& config) {
  store::Options options;
  options.database = config.database;
  options.audit_key = config.audit_key;
  options.epoch_file = config.audit.epoch_file;
  return options;
}

Result<std::shared_ptr<const card::MyNumberAuthorities>> read_mynumber_authorities(const config::Config& config) {
  std::shared_ptr<const card::MyNumberAuthorities> none;
  if (config.mynumber.generations.empty()) return none;
  TEGATA_ASSIGN(const auto pem, revocation::read_files(config.mynumber.generations));
  TEGATA_ASSIGN(auto parsed, card::parse_mynumber_authorities({pem, config.mynumber.policies, config.sandbox}));
  return std::make_shared<const card::MyNumberAuthorities>(std::move(parsed));
}

Result<std::unique_ptr<Server>> Server::start(const config::Config& config, const Clock& clock, Random& random,
                                              const running::Log& log) {
  TEGATA_ASSIGN(auto lock, store::engine::ServerLock::take(config.database));
  auto parts = std::make_unique<Parts>(std::move(lock), clock);
  TEGATA_ASSIGN(parts->store, store::Store::open(store_options(config), clock));
  TEGATA_ASSIGN(auto head_lines, store::audit::HeadLines::open(store_options(config)));
  TEGATA_ASSIGN(auto targets, head_targets(config, clock, random));
  targets.push_back(head_epoch(store::engine::epoch_path(store_options(config))));
  parts->heads = std::make_unique<HeadSender>(std::move(head_lines), std::move(targets), clock, parts->threads, log,
                                              HeadSender::Pace{});
  TEGATA_TRY(parts->store->verify_clock());
  parts->clock = std::make_unique<ClockWatch>(*parts->store, parts->threads, log, ClockWatch::Pace{});
  TEGATA_TRY(keys::adopt_first_key(*parts->store, config, "system"));
  parts->keys = std::make_unique<keys::KeyWatch>(config.signing_keys, *parts->store, clock, log);
  TEGATA_TRY(parts->keys->start());

  const auto report = [&log](const http::Request& request, const Error& error) {
    const Json members = {{"code", error.code().name()},
                          {"clause", error.clause()},
                          {"detail", error.detail()},
                          {"request_id", request.request_id}};
    // What nobody asked for wrongly is for operators.
    errors::is_store_fault(error.code()) ? log.error("refusal", members) : log.info("refusal", members);
  };
  parts->metadata = std::make_unique<MetadataWatch>(config.metadata, *parts->store, clock, log);
  const auto metadata = [watch = parts->metadata.get()] { return watch->current(); };
  metadata();
  parts->cards = std::make_unique<revocation::CardWatch>(*parts->store, clock, log);
  parts->fetcher = std::make_unique<revocation::RevocationFetcher>(*parts->cards, clock, parts->threads, log);
  TEGATA_TRY(parts->use_authorities(config));
  parts->fetcher->wait_for_first_round(std::chrono::seconds(3));
  TEGATA_ASSIGN(auto channels, notices::make_channels(config, clock, random, log));
  TEGATA_ASSIGN(parts->notices, notices::NoticeWorker::start(*parts->store, std::move(channels), parts->threads, log));
  parts->audit = std::make_unique<AuditWatch>(
      *parts->store, clock, parts->threads, log,
      [worker = parts->notices.get()](store::Notice notice) { worker->alarm(std::move(notice)); }, AuditWatch::Pace{});
  parts->purge = std::make_unique<PurgeWorker>(*parts->store, store_options(config), config.retention, parts->threads,
                                               log, PurgeWorker::Pace{});
  parts->pages = std::make_unique<PageWatch>(*parts->store, clock, parts->threads, log, PageWatch::Pace{});
  http::add_static_routes(parts->router);
  add_related_origins_route(parts->router, config.related_origins);
  add_security_txt_route(parts->router, config.security, config.public_origin, clock);
  auto settings = enroll_settings(config);
  TEGATA_ASSIGN(const auto mynumber, add_mynumber(config, log, settings));
  TEGATA_ASSIGN(const auto key, keys::open_guess_key(config.tickets.guess_key, *parts->store, random));
  settings.registration_number = registration_number(config, key);
  const auto networks = std::make_shared<const KnownNetworks>(config::known_networks(config.limits));
  const http::Browsers browsers(browser_key(key));
  enroll::Services enrollment{*parts->store, clock, random, std::move(settings), report};
  enrollment.limits = std::make_shared<enroll::Limits>(networks);
  enrollment.browsers = browsers;
  enrollment.trust = [watch = parts->cards.get()] { return watch->current(); };
  enrollment.metadata = metadata;
  TEGATA_ASSIGN(enrollment.passwords, password_work(config, key, random));
  enroll::add_routes(parts->router, enrollment);
  pass::SigningKeys keys([watch = parts->keys.get()](bool newest) { return watch->look(newest); });
  activation::Services activation{*parts->store, clock, random, std::move(keys), activation_settings(config), report};
  activation.metadata = metadata;
  activation.memory = std::make_shared<activation::Memory>(networks);
  activation.browsers = browsers;
  TEGATA_TRY(use_deployed_profile(*parts->store, activation.settings.deployed, log));
  activation::add_routes(parts->router, std::move(activation));
  parts->certificates = std::make_unique<CertificateWatch>(config, clock);
  const auto ask = [all = parts.get(), &log](const char* of, auto question) {
    return std::make_unique<running::Inquiry<decltype(question())>>(all->threads, log, of, question);
  };
  parts->database_health = ask("health of the database", [all = parts.get()] { return health_of(*all->store); });
  parts->key_health = ask("health of the signing keys", [all = parts.get()] {
    return Health{all->keys->faults(), all->keys->warnings()};
  });
  parts->metadata_health = ask("health of the metadata", [all = parts.get()] {
    return Health{all->metadata->fault(), all->metadata->warnings()};
  });
  parts->file_health = ask("health of certificates and lists", [all = parts.get(), &clock, lists = mynumber.warnings] {
    return Health{"", lists(clock.now()) + all->certificates->warnings()};
  });
  parts->lost_keys = ask("files of the keys",
                         [all = parts.get(), paths = key_files_of(config)] { return lost_keys(paths, *all->keys); });
  parts->figures = ask("figures", [all = parts.get(), &clock, mynumber_figures = mynumber.figures] {
    return all->keys->figures() + all->metadata->figures() + all->notices->figures() + all->certificates->figures() +
           mynumber_figures(clock.now());
  });
  OperationsNotes notes;
  notes.figures = [all = parts.get(), &log] {
    return all->clock->figures() + all->cards->figures() + all->audit->figures() + all->heads->figures() +
           log_figures(log) + all->figures->fresh().value_or("");
  };
  notes.dead = [all = parts.get()] { return all->all_listen ? lines_of_trouble(all->sockets) : std::string(); };
  const auto lost = [all = parts.get()] { return all->lost_keys->newest().value_or(std::vector<Error>()); };
  notes.health = [all = parts.get(), dead = notes.dead, lost] {
    Health whole;
    add(*all->database_health, whole);
    add({dead(), all->cards->warnings() + all->heads->warnings() + warnings_of(all->requests.hanging())}, whole);
    for (auto* part : {&all->key_health, &all->metadata_health, &all->file_health}) add(**part, whole);
    add({lines_of(all->threads.hanging()), warnings_of(lost())}, whole);
    return whole;
  };
  add_operations_routes(parts->router, *parts->store, parts->metrics, notes);

  // The last thread but those of the sockets: whoever is answered by the last socket meets a server that has started.
  parts->health = watch_health(notes, parts->requests, lost, parts->threads, log);

  TEGATA_ASSIGN(const auto plans, edge::sockets_of(config));
  for (const auto& plan : plans) {
    auto options = plan.options;
    options.report = report_of(options.name, log);
    auto endpoint = make_endpoint(plan.origin, parts->router, clock, log, parts->metrics, parts->requests);
    TEGATA_ASSIGN(auto socket, edge::HttplibServer::start(options, std::move(endpoint)));
    parts->sockets.push_back(std::move(socket));
  }
  parts->all_listen = true;
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Status Server::reload(const config::Config& config) { return parts_->use_authorities(config); }

Status check_advertised(const config::Config& config) {
  TEGATA_ASSIGN(const auto authorities, revocation::read_authorities(config));
  TEGATA_ASSIGN(const auto pem, host::read_public_file(config.haproxy.card_client_ca));
  return card::verify_advertised(config.haproxy.card_client_ca, pem, authorities);
}

void block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void wait_for_stop_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int taken = 0;
  sigwait(&signals, &taken);
}

void block_reload_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool wait_for_reload_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  int taken = 0;
  sigwait(&signals, &taken);
  return taken == SIGHUP;
}

}  // namespace tegata::server
