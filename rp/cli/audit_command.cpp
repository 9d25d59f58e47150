#include "rp/cli/audit_command.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "rp/cli/command/command.h"
#include "rp/server/compose.h"
#include "rp/server/running/system.h"
#include "rp/store/audit/heads.h"
#include "rp/store/audit/verify.h"
#include "rp/store/upkeep/audit_acceptance.h"

namespace tegata::cli {
namespace {

struct AuditArguments {
  std::string config, heads;
  store::upkeep::AuditAcceptance acceptance;
  bool json = false;
};

Json describe(const store::audit::AcceptedStretch& accepted) {
  Json out{{"record", accepted.record}, {"what", accepted.what}, {"reason", accepted.reason}, {"by", accepted.actor}};
  if (accepted.is_empty()) return out;
  out["first"] = accepted.first;
  out["last"] = accepted.last;
  out["digest"] = hex(accepted.digest);
  return out;
}

std::string numbers_of(const store::audit::AcceptedStretch& accepted) {
  if (accepted.is_empty()) return "the head";
  if (accepted.first == accepted.last) return "record " + std::to_string(accepted.first);
  return "records " + std::to_string(accepted.first) + " to " + std::to_string(accepted.last);
}

Json describe(const store::audit::AuditVerdict& verdict, const std::optional<store::audit::HeadsVerdict>& heads) {
  Json accepted = Json::array();
  for (const auto& each : verdict.accepted) accepted.push_back(describe(each));
  Json out{{"ok", true},
           {"records", verdict.records},
           {"cut_off", verdict.cut_off},
           {"signed_records", verdict.signed_records},
           {"accepted", std::move(accepted)}};
  if (heads)
    out["heads"] = {{"lines", heads->lines},
                    {"older", heads->older},
                    {"restored", heads->restored},
                    {"unreadable", heads->unreadable}};
  return out;
}

void print(const store::audit::AuditVerdict& verdict) {
  std::cout << verdict.records << " records, the chain holds, the signed head vouches for " << verdict.signed_records
            << "\n";
  if (verdict.cut_off > 0) std::cout << "the first " << verdict.cut_off << " were purged; our checkpoint says so\n";
  for (const auto& each : verdict.accepted) {
    std::cout << numbers_of(each) << " accepted as it stood, by record " << each.record << " of "
              << format_rfc3339(each.at) << " (" << each.actor << ": " << each.reason << "): " << each.what << "\n";
  }
}

void print(const store::audit::HeadsVerdict& heads) {
  std::cout << heads.lines << " heads kept elsewhere are of this log";
  if (heads.older > 0) std::cout << ", " << heads.older << " of them from before its beginning was purged";
  if (heads.restored > 0) std::cout << "; " << heads.restored << " are of records that a recorded restore left behind";
  if (heads.unreadable > 0) std::cout << "; " << heads.unreadable << " lines are no heads";
  std::cout << "\n";
}

int run_verify(const AuditArguments& arguments) {
  const auto config = server::config::load_config(arguments.config);
  if (!config) return command::fail(config.error(), arguments.json);
  const auto verdict = store::audit::verify_audit(server::store_options(*config));
  if (!verdict) return command::fail(verdict.error(), arguments.json);
  std::optional<store::audit::HeadsVerdict> heads;
  if (!arguments.heads.empty()) {
    const auto compared = store::audit::verify_heads(server::store_options(*config), arguments.heads);
    if (!compared) return command::fail(compared.error(), arguments.json);
    heads = *compared;
  }
  if (arguments.json) {
    std::cout << dump_json(describe(*verdict, heads)) << "\n";
    return 0;
  }
  print(*verdict);
  if (heads) print(*heads);
  return 0;
}

Result<store::audit::AcceptedStretch> accept(AuditArguments& arguments) {
  arguments.acceptance.actor = command::operator_name();
  const server::running::SystemClock clock;
  server::running::SystemRandom random;
  TEGATA_ASSIGN(const auto config, server::config::load_config(arguments.config));
  return store::upkeep::accept_audit(server::store_options(config), clock, random, arguments.acceptance);
}

int run_accept(AuditArguments& arguments) {
  const auto accepted = accept(arguments);
  if (!accepted) return command::fail(accepted.error(), arguments.json);
  if (arguments.json) {
    auto out = describe(*accepted);
    out["ok"] = true;
    out["dry_run"] = arguments.acceptance.dry_run;
    std::cout << dump_json(out) << "\n";
    return 0;
  }
  std::cout << accepted->what << "\n";
  if (arguments.acceptance.dry_run) {
    std::cout << "nothing was accepted (dry run)\n";
  } else {
    std::cout << numbers_of(*accepted) << " accepted as it stands; record " << accepted->record
              << " says so, and writing goes on behind it\n";
  }
  return 0;
}

}  // namespace

void add_audit_commands(CLI::App& audit, int& exit_code) {
  const auto arguments = std::make_shared<AuditArguments>();
  auto* verify = command::add_command(audit, "verify", "walk the chain and compare it with the signed head",
                                      arguments->config, &arguments->json);
  verify->add_option("--heads", arguments->heads, "and with each head that was kept elsewhere (a file of lines)");
  verify->footer("Example:\n  tegata audit verify --heads /mnt/elsewhere/heads.jsonl --config tegata.toml");
  verify->callback([=, &exit_code] { exit_code = run_verify(*arguments); });

  auto* accept =
      command::add_command(audit, "accept", "what is wrong with the log is understood: writing goes on behind it",
                           arguments->config, &arguments->json);
  command::add_reason(*accept, arguments->acceptance.reason)->required();
  accept->add_flag("--dry-run", arguments->acceptance.dry_run, "say what is wrong, and leave it");
  accept->footer("Example:\n  tegata audit accept --reason 'incident 12, see the file' --config tegata.toml");
  accept->callback([=, &exit_code] { exit_code = run_accept(*arguments); });
}

}  // namespace tegata::cli
