// The watch over revocation lists without a network: what is taken, kept over a restart, and refused.
#include "rp/server/revocation/card_watch.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>

#include "enroll/card/errors.h"
#include "rp/host/errors.h"
#include "rp/sandbox/test_pki/crl.h"
#include "rp/sandbox/test_pki/test_pki.h"
#include "rp/server/config/errors.h"
#include "rp/server/revocation/fetcher.h"
#include "rp/store/audit/log.h"
#include "rp/store/mynumber_link.h"
#include "rp/store/notices.h"
#include "rp/store/practitioners.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"

namespace tegata::server {
namespace {

using namespace std::chrono_literals;

constexpr const char* root_address = "http://crl.example.jp/root.crl";
constexpr const char* list_address = "http://crl.example.jp/a.crl";

// RSA keys take their time: one PKI and its folder for all tests here.
const sandbox::test_pki::TestPki& pki() {
  static const sandbox::test_pki::TestPki made{test::StillClock().now()};
  return made;
}

struct WatchedCards {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("tegata-watch-" + std::to_string(::getpid()));
  test::StillClock clock;
  test::RepeatableRandom random;
  running::Log log{clock, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<revocation::CardWatch> watch;
  config::Config config;

  WatchedCards() {
    std::filesystem::remove_all(folder);
    REQUIRE(pki().write_files(folder.string()));
    config::AuthorityConfig authority;
    authority.name = "TEST";
    authority.roots = {(folder / "hpki-roots.pem").string()};
    authority.intermediates = {(folder / "hpki-intermediates.pem").string()};
    authority.crls = {root_address, list_address};
    config.authorities = {authority};
    open();
  }
  ~WatchedCards() {
    watch.reset();
    store.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  void open() {
    watch.reset();
    store.reset();
    store::Options options;
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    auto opened = test::open_store(options, clock, random);
    REQUIRE(opened);
    store = std::move(*opened);
    watch = std::make_unique<revocation::CardWatch>(*store, clock, log);
    REQUIRE(watch->configure(config));
  }

  bool take(const sandbox::test_pki::Identity& issuer, std::uint64_t number,
            std::vector<sandbox::test_pki::CrlEntry> revoked = {}, std::chrono::seconds ago = 1h) {
    const auto profile = sandbox::test_pki::crl_profile(clock.now() - ago, number, std::move(revoked));
    const bool root = issuer.key == pki().hpki().root.key;
    return watch->take(root ? root_address : list_address, sandbox::test_pki::issue_crl(profile, issuer));
  }
  bool take_both(std::uint64_t number) {
    return take(pki().hpki().root, number) && take(pki().hpki().authentication, number);
  }
  std::string judge(ByteView der) const {
    const auto trust = watch->current();
    const auto holder =
        card::verify_card_certificate(der, trust->authorities, {"Medical Doctor"}, clock.now(), trust->lists);
    return holder ? "" : std::string(holder.error().code().name());
  }
  bool says(const std::string& figure) const { return watch->figures().find(figure + "\n") != std::string::npos; }
  std::size_t audited(const std::string& kind) const {
    const auto records = store->read<std::vector<store::audit::AuditRecord>>(
        [](store::Reader& reader) { return store::audit::list_audit(reader, 1, 1000); });
    REQUIRE(records);
    std::size_t count = 0;
    for (const auto& record : *records) count += record.event.kind == kind;
    return count;
  }
};

const sandbox::test_pki::Issued& card_of_doctor() {
  static sandbox::test_pki::TestPki& maker = const_cast<sandbox::test_pki::TestPki&>(pki());
  static const auto made =
      maker.make_card({"card", "hpki-auth", "good", "1001", "Kensho Taro", "検証 太郎", {"Medical Doctor"}, ""});
  return made;
}
Bytes card() { return sandbox::test_pki::der(card_of_doctor().identity.certificate); }
std::string labelled(const char* where) { return std::string("{authority=\"TEST\",address=\"") + where + "\"} "; }

}  // namespace

TEST_CASE("no card is accepted before the lists of all its authorities came") {
  WatchedCards watched;
  CHECK(watched.judge(card()) == "card_revocation_unknown");
  CHECK(watched.watch->warnings() == std::string("warning card_revocation_unknown TEST ") + root_address +
                                         "\nwarning card_revocation_unknown TEST " + list_address + "\n");
  CHECK(watched.take(pki().hpki().authentication, 7));
  CHECK(watched.judge(card()) == "card_revocation_unknown");
  CHECK(watched.take(pki().hpki().root, 7));
  CHECK(watched.judge(card()) == "");
  CHECK(watched.watch->warnings().empty());
  CHECK(watched.says("tegata_revocation_list_fresh" + labelled(list_address) + "1.0"));
  CHECK(watched.says("tegata_revocation_list_number" + labelled(list_address) + "7.0"));
  CHECK(watched.says("tegata_revocation_list_age_seconds" + labelled(list_address) + "3600.0"));
  CHECK(watched.audited("revocation_list_taken") == 2);
}

TEST_CASE("a list that comes again is neither stored nor audited again; a new one is") {
  WatchedCards watched;
  const auto der =
      sandbox::test_pki::issue_crl(sandbox::test_pki::crl_profile(watched.clock.now(), 7), pki().hpki().authentication);
  CHECK(watched.watch->take(list_address, der));
  CHECK(watched.watch->take(list_address, der));
  CHECK(watched.audited("revocation_list_taken") == 1);
  const auto entry = sandbox::test_pki::CrlEntry{card_of_doctor().identity.certificate, watched.clock.now()};
  CHECK(watched.take(pki().hpki().root, 7));
  CHECK(watched.take(pki().hpki().authentication, 8, {entry}, 0s));
  CHECK(watched.judge(card()) == "card_revoked");
  CHECK(watched.audited("revocation_list_taken") == 3);
}

TEST_CASE("what is no successor is refused and counted, and the list at hand stays") {
  WatchedCards watched;
  REQUIRE(watched.take_both(9));
  CHECK_FALSE(watched.take(pki().hpki().authentication, 8));
  CHECK_FALSE(watched.take(pki().hpki().authentication, 10, {}, 2h));
  CHECK_FALSE(watched.take(pki().foreign().authentication, 10));
  CHECK_FALSE(watched.watch->take(list_address, Bytes(100, 0x30)));
  CHECK_FALSE(watched.watch->take(list_address, Error(errors::revocation_unreachable)));
  CHECK_FALSE(watched.watch->take("http://crl.example.jp/nobody.crl", Bytes()));
  CHECK(watched.says("tegata_revocation_fetch_failures_total" + labelled(list_address) + "5.0"));
  CHECK(watched.says("tegata_revocation_fetch_failures_total" + labelled(root_address) + "0.0"));
  CHECK(watched.judge(card()) == "");
}

TEST_CASE("a stale list refuses, is no reason to go back, and a newer one mends it") {
  WatchedCards watched;
  REQUIRE(watched.take_both(9));
  watched.clock.advance(sandbox::test_pki::crl_life - 1h);
  CHECK(watched.judge(card()) == "card_revocation_unknown");
  CHECK(watched.watch->warnings().find("warning card_revocation_stale TEST") == 0);
  CHECK(watched.says("tegata_revocation_list_fresh" + labelled(list_address) + "0.0"));
  CHECK_FALSE(watched.take(pki().hpki().authentication, 8));
  CHECK(watched.take_both(10));
  CHECK(watched.judge(card()) == "");
  CHECK(watched.watch->warnings().empty());
}

TEST_CASE("lists outlive a restart, and so does how far they had come") {
  WatchedCards watched;
  REQUIRE(watched.take_both(9));
  watched.open();
  CHECK(watched.judge(card()) == "");
  CHECK(watched.watch->warnings().empty());
  watched.clock.advance(sandbox::test_pki::crl_life);
  watched.open();
  CHECK(watched.judge(card()) == "card_revocation_unknown");
  CHECK_FALSE(watched.take(pki().hpki().authentication, 8));
  CHECK(watched.take_both(10));
}

TEST_CASE("another configuration takes effect whole or not at all") {
  WatchedCards watched;
  REQUIRE(watched.take_both(9));
  auto wrong = watched.config;
  wrong.authorities[0].roots = {(watched.folder / "nothing.pem").string()};
  const auto refused = watched.watch->configure(wrong);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::file_unreadable);
  CHECK(watched.judge(card()) == "");
  auto other = watched.config;
  other.authorities[0].policies = {"1.2.3.4"};
  other.authorities[0].crls = {list_address};
  REQUIRE(watched.watch->configure(other));
  CHECK(watched.judge(card()) == "card_policy");
  REQUIRE(watched.watch->configure(watched.config));
  CHECK(watched.judge(card()) == "");
}

namespace {

// For as long as it lives, no thread can be had: each wants more for its stack than there is of the address space.
struct NoMoreThreads {
  NoMoreThreads() {
    ::pthread_getattr_default_np(&before);
    pthread_attr_t huge;
    ::pthread_attr_init(&huge);
    ::pthread_attr_setstacksize(&huge, std::size_t{1} << 47);
    if (::pthread_setattr_default_np(&huge) != 0) std::abort();
  }
  ~NoMoreThreads() { ::pthread_setattr_default_np(&before); }
  pthread_attr_t before{};
};

}  // namespace

TEST_CASE("what is followed changes with what is in use, or neither does") {
  WatchedCards watched;
  running::Vitals vitals(watched.clock);
  revocation::RevocationFetcher fetcher(*watched.watch, watched.clock, vitals, watched.log);
  const std::set<std::string> addresses{"file:" + (watched.folder / "no.crl").string()};
  std::atomic<int> taken{0};
  Status refused;
  {
    const NoMoreThreads limit;
    refused = fetcher.follow(addresses, 1h, [&]() -> Status { return ++taken, Status(); });
  }
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::server_without_threads);
  CHECK(taken == 0);
  refused = fetcher.follow(addresses, 1h, [] { return Status(Error(errors::card_authority_malformed)); });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::card_authority_malformed);
  CHECK(fetcher.follow(addresses, 1h, [&]() -> Status { return ++taken, Status(); }));
  CHECK(taken == 1);
}

namespace {

// A person who logged in by the card, linked a My Number card and bound a phone.
store::BasisId card_user(WatchedCards& watched) {
  const auto trust = watched.watch->current();
  const auto holder =
      card::verify_card_certificate(card(), trust->authorities, {"Medical Doctor"}, watched.clock.now(), trust->lists);
  REQUIRE(holder);
  const auto made = watched.store->write<store::BasisId>([&](store::Transaction& t) -> Result<store::BasisId> {
    t.audit({"test", "system", "test", "", Json::object(), "", ""});
    TEGATA_TRY(store::put_practitioner(t, {"P1", Bytes(64, 1), "検証 太郎", "Kensho Taro", {}, true, {}}));
    TEGATA_ASSIGN(const auto basis, store::basis_of_card(t, {holder->issuer(), holder->serial()}, "P1"));
    REQUIRE(basis);
    TEGATA_ASSIGN(const bool linked,
                  store::put_mynumber_link(
                      t, {"P1", sha256("card"), watched.clock.now(), watched.clock.now() + 24h, {}, "card", *basis}));
    store::BoundCredential phone;
    phone.record.id = Bytes(32, 7);
    phone.practitioner_id = "P1";
    phone.label = phone.label_key = "iphone";
    phone.rests_on = basis;
    TEGATA_ASSIGN(const bool bound, store::insert_credential(t, phone));
    REQUIRE((linked && bound));
    return *basis;
  });
  REQUIRE(made);
  return *made;
}

std::string notices_of(WatchedCards& watched) {
  const auto all = watched.store->read<std::vector<store::Notice>>(
      [](store::Reader& reader) { return store::list_notices(reader, 0, 100); });
  REQUIRE(all);
  std::string out;
  for (const auto& notice : *all) out += notice.kind + ":" + notice.details["by"].get<std::string>() + " ";
  return out;
}

}  // namespace

TEST_CASE("defect: what rests on a revoked card ended after the list was taken, one transaction for each card") {
  WatchedCards watched;
  REQUIRE(watched.take_both(7));
  const auto basis = card_user(watched);
  const auto stands = [&] {
    return !(*watched.store->read<std::optional<store::Basis>>([&](store::Reader& reader) {
              return store::find_basis(reader, basis);
            }))->ended_at;
  };
  CHECK(watched.take(pki().hpki().authentication, 8, {}, 30min));
  CHECK(stands());
  const sandbox::test_pki::CrlEntry entry{card_of_doctor().identity.certificate, watched.clock.now()};
  SECTION("every card is judged by what is written then") {
    CHECK(watched.take(pki().hpki().authentication, 9, {entry}, 0s));
    CHECK_FALSE(stands());
    CHECK(notices_of(watched) == "phone_stopped:card_revoked mynumber_unlinked:card_revoked ");
    CHECK(watched.audited("card_ended") == 1);
    // Asked again, there is nothing left to do.
    CHECK(watched.take(pki().hpki().authentication, 10, {entry}, 0s));
    CHECK(watched.audited("card_ended") == 1);
  }
  SECTION("phones may outlive it, links do not") {
    watched.config.cards.revoked_card_stops_phones = false;
    REQUIRE(watched.watch->configure(watched.config));
    CHECK(watched.take(pki().hpki().authentication, 9, {entry}, 0s));
    CHECK_FALSE(stands());
    CHECK(notices_of(watched) == "mynumber_unlinked:card_revoked ");
  }
}

TEST_CASE("defect: what rests on a revoked card stood until the clock was right again") {
  const auto by = GENERATE(-24h, 24h);
  WatchedCards watched;
  REQUIRE(watched.take_both(7));
  card_user(watched);
  watched.clock.advance(1h);
  const sandbox::test_pki::CrlEntry entry{card_of_doctor().identity.certificate, watched.clock.now()};
  const auto list = sandbox::test_pki::issue_crl(sandbox::test_pki::crl_profile(watched.clock.now(), 8, {entry}),
                                                 pki().hpki().authentication);
  watched.clock.step(by);
  CHECK(watched.watch->take(list_address, list));
  CHECK(watched.audited("card_ended") == 1);
  CHECK(notices_of(watched) == "phone_stopped:card_revoked mynumber_unlinked:card_revoked ");
  // Kept as of the moment at which it was judged: a restart knows it.
  watched.clock.step(-by);
  watched.open();
  CHECK(watched.says("tegata_revocation_list_number" + labelled(list_address) + "8.0"));
}

}  // namespace tegata::server
