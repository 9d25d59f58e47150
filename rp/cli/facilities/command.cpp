// The options of `tegata facility`.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "rp/cli/command/command.h"
#include "rp/cli/facilities/facility.h"
#include "rp/cli/facilities/print.h"
#include "rp/server/config/config.h"
#include "rp/server/running/system.h"

namespace tegata::cli::facilities {
namespace {

struct FacilityArguments {
  std::string config, code, to, id, reason, ca_name = "Tegata";
  FacilityOrder facility;
  ClientOrder client;
  CertificateFilter filter;
  CertificateRegistration registration;
  CertificateIssue issue;
  std::int64_t ca_years = 10;
  bool json = false, dry_run = false, provisional = false;
};

using FacilityOperation = std::function<Result<Json>(const practitioners::Operator&, const FacilityArguments&)>;
using Print = void (*)(const Json&);

int run(const FacilityArguments& arguments, const FacilityOperation& command, Print print) {
  const server::running::SystemClock clock;
  server::running::SystemRandom random;
  const auto config = server::config::load_config(arguments.config);
  if (!config) return command::fail(config.error(), arguments.json);
  const auto answer = command({*config, clock, random, command::operator_name()}, arguments);
  if (!answer) return command::fail(answer.error(), arguments.json);
  if (arguments.json) {
    std::cout << dump_json(*answer) << "\n";
  } else {
    print(*answer);
    if (answer->value("dry_run", false)) std::cout << "nothing was changed (dry run)\n";
  }
  return 0;
}

// One level of commands; all share the arguments, of which each uses its own.
class FacilityCommands {
 public:
  FacilityCommands(CLI::App& parent, int& exit_code, std::shared_ptr<FacilityArguments> arguments)
      : parent_(parent), exit_code_(exit_code), arguments_(std::move(arguments)) {}
  FacilityCommands under(const char* name, const char* what) {
    auto* group = parent_.add_subcommand(name, what);
    group->require_subcommand(1);
    return {*group, exit_code_, arguments_};
  }
  CLI::App* add(const char* name, const char* what, Print print, FacilityOperation command) {
    auto* made = command::add_command(parent_, name, what, arguments_->config, &arguments_->json);
    made->final_callback([a = arguments_, &exit_code = exit_code_, print, command = std::move(command)] {
      exit_code = run(*a, command, print);
    });
    return made;
  }
  CLI::App* add_change(const char* name, const char* what, Print print, FacilityOperation command) {
    auto* made = add(name, what, print, std::move(command));
    made->add_flag("--dry-run", arguments_->dry_run, "show what would happen, and change nothing");
    return made;
  }
  FacilityArguments& to() { return *arguments_; }

 private:
  CLI::App& parent_;
  int& exit_code_;
  std::shared_ptr<FacilityArguments> arguments_;
};

void add_settings(CLI::App* command, FacilityOrder& order) {
  command->add_option("--name", order.name, "as people read it");
  command->add_option("--profile", order.profile, "standard (18 h) or strict (12 h, keys in hardware)");
  command->add_option("--day-cut-off", order.day_cut_off, "passes end at this time in Japan, like 20:30, or none");
  command->add_option("--any-active-certificate", order.any_active_certificate,
                      "true: a pass may be used with any certificate of the facility; false: with its own alone");
  command->add_option("--typed-code", order.typed_code,
                      "false: a request is opened by its QR alone; true: also by its code typed on the phone");
}

void add_facilities(FacilityCommands& commands) {
  auto& to = commands.to();
  auto* add = commands.add_change("add", "a new facility", print_facility,
                                  [](const practitioners::Operator& by, const FacilityArguments& a) {
                                    return add_facility(by, a.facility, a.dry_run);
                                  });
  add->add_option("CODE", to.facility.code, "保険医療機関コード, ten digits")->required();
  add_settings(add, to.facility);
  add->get_option("--name")->required();
  add->add_flag("--provisional", to.facility.provisional, "a provisional code (仮コード): no check digit");
  add->footer("Example:\n  tegata facility add 1312345679 --name 検証中央病院 --config tegata.toml");
  auto* list =
      commands.add("list", "every facility", print_facilities,
                   [](const practitioners::Operator& by, const FacilityArguments&) { return list_facilities(by); });
  list->footer("Example:\n  tegata facility list --config tegata.toml --json");
  auto* show = commands.add(
      "show", "one facility with clients and certificates", print_whole_facility,
      [](const practitioners::Operator& by, const FacilityArguments& a) { return show_facility(by, a.code); });
  show->add_option("CODE", to.code)->required();
  show->footer("Example:\n  tegata facility show 1312345679 --config tegata.toml");
  auto* change = commands.add_change("change", "settings of a facility", print_facility,
                                     [](const practitioners::Operator& by, const FacilityArguments& a) {
                                       return change_facility(by, a.facility, a.dry_run);
                                     });
  change->add_option("CODE", to.facility.code)->required();
  add_settings(change, to.facility);
  change->footer("Example:\n  tegata facility change 1312345679 --day-cut-off 20:30 --config tegata.toml");
}

void add_states(FacilityCommands& commands) {
  auto& to = commands.to();
  auto* suspend = commands.add_change("suspend", "stop a facility; its requests and passes end", print_state,
                                      [](const practitioners::Operator& by, const FacilityArguments& a) {
                                        return suspend_facility(by, a.code, a.reason, a.dry_run);
                                      });
  auto* resume = commands.add_change("resume", "let a suspended facility go on", print_state,
                                     [](const practitioners::Operator& by, const FacilityArguments& a) {
                                       return resume_facility(by, a.code, a.reason, a.dry_run);
                                     });
  for (auto* command : {suspend, resume}) {
    command->add_option("CODE", to.code)->required();
    command::add_reason(*command, to.reason, "; no personal data");
  }
  auto* code = commands.add_change("code", "give a facility another code; passes and requests go on", print_facility,
                                   [](const practitioners::Operator& by, const FacilityArguments& a) {
                                     return change_facility_code(by, a.code, a.to, a.provisional, a.dry_run);
                                   });
  code->add_option("FROM", to.code)->required();
  code->add_option("TO", to.to)->required();
  code->add_flag("--provisional", to.provisional, "the new code is provisional too");
  code->footer("Example:\n  tegata facility code 9900000001 1312345679 --config tegata.toml");
}

void add_clients(FacilityCommands commands) {
  auto& to = commands.to();
  auto& client = to.client.client;
  auto* add = commands.add_change("add", "a program of a facility, or a signature service", print_client,
                                  [](const practitioners::Operator& by, const FacilityArguments& a) {
                                    return add_client(by, a.client, a.dry_run);
                                  });
  add->add_option("CLIENT_ID", client.client_id)->required();
  auto* facility = add->add_option("--facility", client.facility_code, "whose it is (code)");
  add->add_flag("--signature-service", client.resource_server, "it may introspect, and belongs to no facility")
      ->excludes(facility);
  auto* change = commands.add_change("change", "what a client may ask for, and its keys", print_client,
                                     [](const practitioners::Operator& by, const FacilityArguments& a) {
                                       return change_client(by, a.client, a.dry_run);
                                     });
  change->add_option("CLIENT_ID", client.client_id)->required();
  for (auto* command : {add, change}) {
    command->add_option("--scope", client.scopes, "allowed; openid and hpki.sign unless given");
    command->add_option("--audience", client.audiences, "allowed signature services; the first is the default");
    command->add_option("--redirect-uri", client.redirect_uris, "where a browser may be sent back to");
    command->add_option("--jwks", to.client.jwks_file,
                        "public keys of private_key_jwt and signed requests (a JWK Set)");
  }
  change->footer("Example:\n  tegata facility client change ehr-chuo --jwks new-keys.json --config tegata.toml");
  add->get_option("--audience")->required();
  add->add_option("--auth-method", client.auth_method,
                  "tls_client_auth, self_signed_tls_client_auth or private_key_jwt");
  add->footer(
      "Example:\n  tegata facility client add ehr-chuo --facility 1312345679 --audience https://sign.example "
      "--config tegata.toml");
  auto* suspend = commands.add_change("suspend", "stop a client; its requests and passes end", print_state,
                                      [](const practitioners::Operator& by, const FacilityArguments& a) {
                                        return suspend_client(by, a.id, a.reason, a.dry_run);
                                      });
  auto* resume = commands.add_change("resume", "let a suspended client go on", print_state,
                                     [](const practitioners::Operator& by, const FacilityArguments& a) {
                                       return resume_client(by, a.id, a.reason, a.dry_run);
                                     });
  for (auto* command : {suspend, resume}) {
    command->add_option("CLIENT_ID", to.id)->required();
    command::add_reason(*command, to.reason, "; no personal data");
  }
}

void add_certificates(FacilityCommands commands) {
  auto& to = commands.to();
  auto* list = commands.add(
      "list", "certificates, and the passes that live by each", print_certificates,
      [](const practitioners::Operator& by, const FacilityArguments& a) { return list_certificates(by, a.filter); });
  list->add_option("--facility", to.filter.facility_code, "of this facility (code)");
  list->add_option("--client", to.filter.client_id, "of this client");
  list->footer("Example:\n  tegata facility certificate list --facility 1312345679 --config tegata.toml");
  auto* add = commands.add_change("add", "register a certificate from outside", print_certificate,
                                  [](const practitioners::Operator& by, const FacilityArguments& a) {
                                    return add_certificate(by, a.registration, a.dry_run);
                                  });
  add->add_option("CLIENT_ID", to.registration.client_id)->required();
  add->add_option("FILE", to.registration.file, "the certificate, PEM or DER")->required();
  add->add_flag("--replace", to.registration.replace, "the client's others count for a month more ([facilities])");
  add->footer("Example:\n  tegata facility certificate add ehr-chuo ehr-2027.pem --replace --config tegata.toml");
  const auto issue = [](const practitioners::Operator& by, const FacilityArguments& a) {
    return issue_certificate(by, a.issue, a.dry_run);
  };
  const auto reissue = [](const practitioners::Operator& by, const FacilityArguments& a) {
    auto order = a.issue;
    order.replace = true;
    return issue_certificate(by, order, a.dry_run);
  };
  for (auto* command :
       {commands.add_change("issue", "make a certificate with the built-in authority", print_issued, issue),
        commands.add_change("reissue", "likewise, and the client's others count for a month more", print_issued,
                            reissue)}) {
    command->add_option("CLIENT_ID", to.issue.client_id)->required();
    command->add_option("--out", to.issue.folder, "folder for the password sheet and the file")->required();
    command->add_flag("--link", to.issue.link, "no file: a link that works once, for 14 days ([facilities])");
    command->footer("Example:\n  tegata facility certificate " + command->get_name() +
                    " ehr-chuo --out letters --link --config tegata.toml");
  }
  auto* revoke =
      commands.add_change("revoke", "end a certificate, and every pass that was fetched with it", print_certificate,
                          [](const practitioners::Operator& by, const FacilityArguments& a) {
                            return revoke_certificate(by, a.id, a.reason, a.dry_run);
                          });
  revoke
      ->add_option("THUMBPRINT", to.id,
                   "SHA-256, base64url; its first eight characters do; one that begins with - stands behind --")
      ->required();
  command::add_reason(*revoke, to.reason)->required();
  revoke->footer("Example:\n  tegata facility certificate revoke P9Ggsi4x --reason 'key lost' --config tegata.toml");
}

void add_ca(FacilityCommands commands) {
  auto& to = commands.to();
  auto* init = commands.add(
      "init", "make the built-in authority's key and certificate ([facilities] ca)", print_ca,
      [](const practitioners::Operator& by, const FacilityArguments& a) { return make_ca(by, a.ca_name, a.ca_years); });
  command::add_shown(*init, "--name", to.ca_name, "in its certificate");
  init->add_option("--years", to.ca_years, "how long it lives")->check(CLI::Range(1, 30));
  init->footer("Example:\n  tegata facility ca init --name 'Kensho' --config tegata.toml");
}

}  // namespace

void add_facility_commands(CLI::App& app, int& exit_code) {
  FacilityCommands all(app, exit_code, std::make_shared<FacilityArguments>());
  auto facility = all.under("facility", "facilities, their clients and their certificates");
  add_facilities(facility);
  add_states(facility);
  add_clients(facility.under("client", "programs of facilities, and signature services"));
  add_certificates(facility.under("certificate", "by which clients are known"));
  add_ca(facility.under("ca", "the built-in authority for facilities"));
}

}  // namespace tegata::cli::facilities
