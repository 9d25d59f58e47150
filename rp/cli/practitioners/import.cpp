#include <algorithm>

#include "rp/cli/command/dry_run.h"
#include "rp/cli/command/ended.h"
#include "rp/cli/practitioners/practitioner.h"
#include "rp/host/public_file.h"
#include "rp/server/compose.h"
#include "rp/server/keys/guess_key.h"

namespace tegata::cli::practitioners {
namespace {

using store::ImportPlan;

KnownNames known_names(const server::config::Config& config) {
  KnownNames known;
  for (const auto& authority : config.authorities) known.authorities.insert(authority.name);
  known.roles.insert(config.roles.begin(), config.roles.end());
  return known;
}

void count(ImportReport& report, ImportPlan::Effect effect) {
  if (effect == ImportPlan::Effect::added) ++report.added;
  if (effect == ImportPlan::Effect::changed) ++report.changed;
  if (effect == ImportPlan::Effect::unchanged) ++report.unchanged;
}

store::AuditEvent event(const std::string& actor, std::string kind, std::string subject, Json details) {
  store::AuditEvent out;
  out.kind = std::move(kind);
  out.actor = actor;
  out.subject = std::move(subject);
  out.details = std::move(details);
  out.source = actor;
  return out;
}

// In which row each pair of numbers stands.
using RowOfPair = std::map<store::NumberPair, std::size_t>;

// A dry run before the server's first start finds no key, makes none, and compares with an empty directory all the
// same.
Result<Bytes> number_key(const Operator& by, store::Store& store, bool dry_run) {
  const auto& path = by.config.tickets.guess_key;
  if (!dry_run) return server::keys::open_guess_key(path, store, by.random);
  TEGATA_ASSIGN(const auto key, server::keys::find_guess_key(path, store));
  return key.value_or(Bytes(32, 0));
}

// Numbers leave this program as MACs alone.
Result<RowOfPair> put_numbers(const Operator& by, store::Store& store, PractitionerFile& file, bool dry_run) {
  RowOfPair rows;
  if (!file.numbers) return rows;
  TEGATA_ASSIGN(const auto key, number_key(by, store, dry_run));
  for (std::size_t i = 0; i < file.people.size(); ++i) {
    auto& pairs = file.people[i].numbers.emplace();
    for (const auto& [number, row] : (*file.numbers)[i]) {
      pairs.push_back(enroll::pair_of(key, number));
      rows[pairs.back()] = row;
    }
    std::ranges::sort(pairs);
  }
  return rows;
}

// What importing everybody would do; the cards of others become problems of their rows.
Result<std::vector<ImportPlan::Effect>> plan(store::Reader& reader, const PractitionerFile& file,
                                             const RowOfPair& pairs, ImportReport& report,
                                             command::Progress& progress) {
  std::vector<ImportPlan::Effect> effects;
  for (const auto& person : file.people) {
    TEGATA_ASSIGN(const auto one, store::plan_import(reader, person));
    effects.push_back(one.effect);
    count(report, one.effect);
    for (const auto& card : one.taken) {
      report.problems.push_back(
          {file.row_of_card.at(card), "holder_number", "is the card of somebody else in the directory"});
    }
    for (const auto& pair : one.numbers_taken) {
      report.problems.push_back(
          {pairs.at(pair), "registration_number", "is with its card_id somebody else's in the directory"});
    }
    progress.at("checking", effects.size(), file.people.size());
  }
  std::ranges::stable_sort(report.problems, {}, &RowProblem::row);
  return effects;
}

Status import_person(store::Transaction& transaction, const Operator& by, const store::DirectoryEntry& person,
                     ImportPlan::Effect effect) {
  if (effect == ImportPlan::Effect::unchanged) return {};
  TEGATA_TRY(store::import_entry(transaction, person, random_bytes(by.random, 64)));
  const bool added = effect == ImportPlan::Effect::added;
  Json details{{"roles", person.roles}, {"cards", person.cards.size()}};
  if (person.numbers) details["registration_numbers"] = person.numbers->size();
  if (person.second_certificate_not_after)
    details["second_certificate_not_after"] = format_rfc3339(*person.second_certificate_not_after);
  transaction.audit(event(by.actor, added ? "practitioner_added" : "practitioner_changed", "practitioner:" + person.id,
                          std::move(details)));
  return {};
}

// Changes nothing where the report ends with problems.
Result<ImportReport> import_all(store::Transaction& transaction, const Operator& by, const PractitionerFile& file,
                                const RowOfPair& pairs, const std::string& digest, ImportReport report,
                                command::Progress& progress) {
  TEGATA_ASSIGN(const auto effects, plan(transaction, file, pairs, report, progress));
  if (!report.problems.empty()) return report;
  for (std::size_t i = 0; i < file.people.size(); ++i) {
    TEGATA_TRY(import_person(transaction, by, file.people[i], effects[i]));
    progress.at("importing", i + 1, file.people.size());
  }
  TEGATA_ASSIGN(report.ended, store::end_fallen(transaction, store::Right::person));
  transaction.audit(event(by.actor, "practitioners_imported", "file:" + digest,
                          {{"added", report.added},
                           {"changed", report.changed},
                           {"unchanged", report.unchanged},
                           {"ended", command::describe_ended(report.ended)}}));
  report.imported = true;
  return report;
}

}  // namespace

Result<ImportReport> import_practitioners(const Operator& by, const std::string& path, bool dry_run,
                                          command::Progress& progress) {
  TEGATA_ASSIGN(const auto text, host::read_input(path));
  TEGATA_ASSIGN(auto file, parse_practitioner_file(text, known_names(by.config)));
  ImportReport report;
  report.people = file.people.size();
  report.cards = file.row_of_card.size();
  report.problems = file.problems;
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(by.config), by.clock));
  const bool wrong = !report.problems.empty();
  TEGATA_ASSIGN(const auto pairs, put_numbers(by, *store, file, dry_run || wrong));
  // With rows that are wrong the others are still compared with the directory, so that one run names everything.
  if (wrong) {
    const auto planned = store->read<void>([&](store::Reader& reader) -> Status {
      TEGATA_TRY(plan(reader, file, pairs, report, progress));
      return {};
    });
    TEGATA_TRY(planned);
    return report;
  }
  TEGATA_ASSIGN(auto done, command::write_or_try<ImportReport>(*store, dry_run, [&](store::Transaction& transaction) {
                  return import_all(transaction, by, file, pairs, hex(sha256(text)), report, progress);
                }));
  if (dry_run) done.imported = false;
  return done;
}

Json describe(const ImportReport& report) {
  Json problems = Json::array();
  for (const auto& problem : report.problems) problems.push_back(describe(problem));
  return {
      {"ok", report.problems.empty()}, {"imported", report.imported}, {"people", report.people},
      {"cards", report.cards},         {"added", report.added},       {"changed", report.changed},
      {"unchanged", report.unchanged}, {"problems", problems},        {"ended", command::describe_ended(report.ended)}};
}

}  // namespace tegata::cli::practitioners
