// Tickets: what strangers could measure of claims, and a batch of 10,000 letters from a table to paper and back.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "enroll/handlers.h"
#include "enroll/ticket_issue.h"
#include "rp/cli/tickets/issue.h"
#include "rp/server/running/system.h"
#include "rp/store/practitioners.h"
#include "tests/bench/bench.h"
#include "tests/support/begun_store.h"

namespace tegata::bench {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t letters = 10'000, each = 100, read_back = 5;  // documents of 100 letters that are read back

template <typename T>
T must(Result<T> result, const char* what) {
  if (result) return std::move(*result);
  std::printf("%s: %s %s\n", what, std::string(result.error().code().name()).c_str(), result.error().detail().c_str());
  std::exit(1);
}

struct Room {
  fs::path directory = fs::temp_directory_path() / ("tegata-bench-tickets-" + std::to_string(::getpid()));
  server::running::SystemClock clock;
  server::running::SystemRandom random;
  Room() { fs::create_directories(directory); }
  ~Room() { fs::remove_all(directory); }
  std::string path(const char* name) const { return (directory / name).string(); }
  server::config::Config config() const {
    server::config::Config out;
    out.public_origin = public_origin;
    out.database = path("db");
    out.audit_key = path("audit.key");
    return out;
  }
  std::unique_ptr<store::Store> store() {
    store::Options options;
    options.database = path("db");
    options.audit_key = path("audit.key");
    return must(test::open_store(options, clock, random), "store");
  }
};

std::string person(std::size_t number) { return "BE" + std::to_string(10'000'000 + number); }

void put_people(Room& room) {
  const auto store = room.store();
  const auto done = store->write<bool>([&](store::Transaction& transaction) -> Result<bool> {
    for (std::size_t i = 0; i < letters; ++i) {
      store::Practitioner who{person(i),
                              random_bytes(room.random, 64),
                              i % 4 ? "検証 太郎" : "𠮷﨑 髙子",
                              "Kensho",
                              {"Medical Doctor"},
                              true,
                              room.clock.now() + std::chrono::hours(24 * 365)};
      TEGATA_TRY(store::put_practitioner(transaction, who));
    }
    store::AuditEvent event;
    event.kind = "bench_people";
    transaction.audit(event);
    return true;
  });
  must(done, "people");
}

// --- claims of strangers

std::string ended_ticket(Room& room, store::Store& store, const std::string& kind) {
  const auto rules = enroll::standard_origins();
  if (kind == "unknown") return random_secret(room.random, 16);
  auto ticket =
      must(enroll::prepare_ticket(rules, {person(0), "mailed", "", 0}, room.random, room.clock.now()), "prepare");
  if (kind == "expired") ticket.expires_at = room.clock.now() - std::chrono::hours(1);
  const auto hash = must(enroll::hash_password(enroll::plain_password(ticket.password), {}, room.random), "hash");
  must(store.write<bool>([&](store::Transaction& transaction) -> Result<bool> {
    TEGATA_TRY(enroll::put_ticket(transaction, rules, ticket, hash, "operator:bench"));
    if (kind == "revoked") TEGATA_TRY(enroll::revoke_ticket(transaction, ticket.id, "operator:bench"));
    if (kind == "used") {
      TEGATA_TRY(store::advance(transaction, handoff::Kind::enrollment, ticket.id, handoff::Event::claim));
      TEGATA_TRY(store::advance(transaction, handoff::Kind::enrollment, ticket.id, handoff::Event::confirm));
      TEGATA_TRY(store::advance(transaction, handoff::Kind::enrollment, ticket.id, handoff::Event::fulfil));
    }
    return true;
  }),
       kind.c_str());
  return ticket.secret;
}

http::Request claim(const std::string& secret) {
  http::Request out;
  out.method = "POST";
  out.path = "/api/phone/claim";
  out.remote_address = "192.0.2.1";
  out.headers = {{"origin", public_origin}, {"sec-fetch-site", "same-origin"}, {"content-type", "application/json"}};
  out.body = dump_json({{"ticket", secret}, {"platform_authenticator", true}, {"touch_points", 5}});
  return out;
}

// In turn, so that whatever else the machine does meets every kind alike.
void claims(Room& room) {
  const auto store = room.store();
  http::Router router;
  enroll::Settings settings;
  settings.public_origin = public_origin;
  enroll::Services services{*store, room.clock, room.random, settings};
  services.passwords = must(enroll::PasswordWork::make(Bytes(32, 1), {}, room.random), "passwords");
  enroll::add_routes(router, services);
  const std::vector<std::string> kinds = {"unknown", "used", "expired", "revoked"};
  std::map<std::string, http::Request> requests;
  std::map<std::string, std::vector<double>> times;
  for (const auto& kind : kinds) requests[kind] = claim(ended_ticket(room, *store, kind));
  for (int i = 0; i < 2000; ++i) {
    for (const auto& kind : kinds) {
      times[kind].push_back(measure([&] { router.handle(requests[kind]); }).wall * 1e6);
    }
  }
  for (const auto& kind : kinds) {
    auto& all = times[kind];
    std::sort(all.begin(), all.end());
    std::printf("claims without a password, %-8s tickets, 2,000:  p10 %6.0f   p50 %6.0f   p90 %6.0f us\n", kind.c_str(),
                all[200], all[1000], all[1800]);
  }
}

// --- letters

int run(const std::string& command) { return std::system(command.c_str()); }

std::string program() {
  return (fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "tegata-letter").string();
}

std::string output_of(const std::string& command) {
  std::string out;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  for (std::size_t size; pipe && (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, size);
  if (pipe) ::pclose(pipe);
  return out;
}

// How many of the QRs of these documents say what they should.
std::size_t right_codes(Room& room, const std::vector<std::string>& urls) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < read_back; ++i) {
    const std::size_t first = random_below(room.random, letters / each) * each;
    char document[64];
    std::snprintf(document, sizeof document, "letters-%06zu-%06zu.pdf", first + 1, first + each);
    const auto images = room.path("images");
    fs::create_directories(images);
    run("pdftoppm -o -r 100 -gray -png " + room.path("letters") + "/" + document + " " + images + "/p");
    std::string expected;
    for (std::size_t at = first; at < first + each; ++at) expected += urls[at] + "\n";
    const auto found = output_of("zbarimg --quiet --raw " + images + "/*.png 2>/dev/null");
    right += found == expected ? each : 0;
    fs::remove_all(images);
  }
  return right;
}

void batch(Room& room) {
  std::ofstream(room.path("people.csv")) << [] {
    std::string table = "practitioner_id\n";
    for (std::size_t i = 0; i < letters; ++i) table += person(i) + "\n";
    return table;
  }();
  cli::tickets::TicketIssue issue;
  issue.table = room.path("people.csv");
  issue.origin = "mailed";
  issue.batch = "bench";
  issue.tickets_file = room.path("tickets");
  issue.actor = "operator:bench";
  const auto issued = measure([&] {
    cli::command::Progress progress(true);
    must(cli::tickets::issue_table(room.config(), issue, room.clock, room.random, progress), "issue");
  });
  const auto printed = measure([&] {
    run(program() + " " + issue.tickets_file + " --out " + room.path("letters") +
        " --format pdf --progress >/dev/null");
  });
  std::vector<std::string> urls;
  std::ifstream in(issue.tickets_file);
  for (std::string line; std::getline(in, line);) {
    const auto json = must(parse_json(line), "tickets file");
    if (json.contains("url")) urls.push_back(json["url"]);
  }
  std::printf("10,000 tickets from CSV: %.1f s (Argon2id for each); 10,000 letters: %.1f s; QRs right: %zu of %zu\n",
              issued.wall, printed.wall, right_codes(room, urls), read_back * each);
}

}  // namespace

void tickets() {
  Room room;
  put_people(room);
  claims(room);
  batch(room);
}

}  // namespace tegata::bench
