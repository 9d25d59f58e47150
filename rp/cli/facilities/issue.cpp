// The built-in authority for facilities: `tegata facility ca` and `tegata facility certificate issue`.
#include "enroll/password.h"
#include "rp/cli/facilities/common.h"
#include "rp/cli/facilities/sheet.h"
#include "rp/facility/certificate.h"
#include "rp/facility/certificate_authority.h"
#include "rp/facility/errors.h"
#include "rp/host/private_file.h"
#include "rp/host/public_file.h"
#include "rp/server/config/errors.h"
#include "rp/server/haproxy_config.h"

namespace tegata::cli::facilities {
namespace {

namespace e = errors;
constexpr int password_letters = 24;  // 115 bits: the file may be copied, and tried for ever
constexpr std::size_t link_secret = 32;

struct Place {
  std::string certificate, key;
};

Result<Place> place_of(const practitioners::Operator& by) {
  const auto& folder = by.config.facilities.ca;
  if (folder.empty()) return Error(e::facility_ca_missing, "[facilities] ca is not configured");
  return Place{folder + "/ca.pem", folder + "/ca.key"};
}

Result<facility::FacilityCa> open_ca(const practitioners::Operator& by) {
  TEGATA_ASSIGN(const auto place, place_of(by));
  if (!host::is_there(place.certificate) || !host::is_there(place.key))
    return Error(e::facility_ca_missing, "run `tegata facility ca init`: " + place.key);
  TEGATA_ASSIGN(const auto certificate, host::read_public_file(place.certificate));
  TEGATA_ASSIGN(const auto key, host::read_private_file(place.key));
  return facility::FacilityCa::parse({certificate, key}, by.clock.now());
}

// What the facility origin names to clients: this authority, and those from outside that are configured.
Status advertise(const practitioners::Operator& by, const std::string& own) {
  std::string all = own;
  const auto& others = by.config.haproxy.facility_client_ca;
  if (!others.empty()) {
    TEGATA_ASSIGN(const auto text, host::read_public_file(others));
    all += text;
  }
  return host::write_public_file(server::facility_client_ca(by.config), all);
}

// What is made for one client, before anybody else knows of it.
struct Prepared {
  store::Client client;
  store::ClientCertificate certificate;
  store::CertificateDownload download;
  facility::IssuedFile file;
  std::string password, secret, facility_name;
  std::string stem;  // of the files
};

struct Party {
  store::Client client;
  std::string facility_name;
};

Result<Party> find_party(const practitioners::Operator& by, const std::string& client_id) {
  std::optional<Party> found;
  TEGATA_TRY(look(by, [&](store::Reader& reader) -> Result<Json> {
    TEGATA_ASSIGN(const auto client, require_client(reader, client_id));
    found = Party{client, ""};
    if (!client.facility_code.empty()) {
      TEGATA_ASSIGN(const auto facility, require_facility(reader, client.facility_code));
      found->facility_name = facility.name;
    }
    return Json::object();
  }));
  return std::move(*found);
}

Result<Prepared> prepare(const practitioners::Operator& by, const CertificateIssue& issue) {
  TEGATA_ASSIGN(const auto ca, open_ca(by));
  TEGATA_ASSIGN(auto party, find_party(by, issue.client_id));
  const Instant now = by.clock.now();
  Prepared out;
  out.client = std::move(party.client);
  out.facility_name = std::move(party.facility_name);
  out.password = enroll::make_password(by.random, password_letters);
  TEGATA_ASSIGN(out.file, ca.issue({out.client.facility_code, out.facility_name, out.client.client_id,
                                    now + by.config.facilities.certificate, out.password},
                                   now));
  TEGATA_ASSIGN(const auto verified, facility::verify_facility_certificate(as_text(out.file.certificate), now));
  out.certificate.client_id = out.client.client_id;
  out.certificate.thumbprint = verified.thumbprint();
  out.certificate.subject = verified.subject();
  out.certificate.not_before = verified.not_before();
  out.certificate.not_after = verified.not_after();
  out.certificate.origin = "issued";
  out.stem = out.client.client_id + "-" + base64url(verified.thumbprint()).substr(0, 8);
  out.secret = random_secret(by.random, link_secret);
  out.download = {sha256(out.secret), verified.thumbprint(), out.stem + ".p12", out.file.p12,
                  now + by.config.facilities.link};
  return out;
}

// Files that are taken away again unless they are kept.
class Files {
 public:
  ~Files() {
    for (const auto& path : paths_) std::remove(path.c_str());
  }
  Status write(const std::string& path, std::string_view content) {
    TEGATA_TRY(host::write_private_file(path, content, false));
    paths_.push_back(path);
    return {};
  }
  void keep() { paths_.clear(); }

 private:
  std::vector<std::string> paths_;
};

std::string sheet_of(const Prepared& made, bool link) {
  PasswordSheet sheet;
  sheet.facility_code = made.client.facility_code;
  sheet.facility_name = made.facility_name;
  sheet.client_id = made.client.client_id;
  sheet.thumbprint = base64url(made.certificate.thumbprint);
  sheet.password = made.password;
  sheet.not_after = made.certificate.not_after;
  sheet.file_name = made.download.name;
  if (link) sheet.link_expires_at = made.download.expires_at;
  return password_sheet(sheet);
}

Result<Json> put(const practitioners::Operator& by, const Prepared& made, const CertificateIssue& issue,
                 store::Transaction& transaction) {
  TEGATA_TRY(require_client(transaction, made.client.client_id));
  TEGATA_ASSIGN(Json details, put_certificate(transaction, by, made.certificate, issue.replace));
  if (issue.link) {
    TEGATA_TRY(store::put_download(transaction, made.download));
    details["link_expires_at"] = format_rfc3339(made.download.expires_at);
  }
  transaction.audit(facility_event(by, "certificate_issued", "client:" + made.client.client_id, details));
  Json answer = describe_certificate(made.certificate, {}, transaction.now());
  answer.update(details);
  return answer;
}

}  // namespace

Result<Json> make_ca(const practitioners::Operator& by, const std::string& name, std::int64_t years) {
  TEGATA_ASSIGN(const auto place, place_of(by));
  TEGATA_TRY(host::make_private_directory(by.config.facilities.ca));
  TEGATA_ASSIGN(const auto made, facility::make_facility_ca(name, static_cast<int>(years), by.clock.now()));
  // What stands there stays: read back whose key it is.
  TEGATA_TRY(host::write_private_file(place.key, made.key, true));
  TEGATA_ASSIGN(const auto key, host::read_private_file(place.key));
  if (key != made.key) return Error(e::facility_ca_exists, place.key);
  TEGATA_TRY(host::write_public_file(place.certificate, made.certificate));
  TEGATA_TRY(advertise(by, made.certificate));
  TEGATA_ASSIGN(const auto ca, facility::FacilityCa::parse({made.certificate, made.key}, by.clock.now()));
  return change(by, false, [&](store::Transaction& transaction) -> Result<Json> {
    transaction.audit(facility_event(by, "facility_ca_made", "facility-ca", {{"name", name}}));
    return Json{{"name", name},
                {"certificate", place.certificate},
                {"not_after", format_rfc3339(ca.not_after())},
                {"advertised", server::facility_client_ca(by.config)}};
  });
}

Result<Json> issue_certificate(const practitioners::Operator& by, const CertificateIssue& issue, bool dry_run) {
  TEGATA_ASSIGN(const auto made, prepare(by, issue));
  const auto base = issue.folder + "/" + made.stem;
  Files files;
  Json names = {{"password_sheet", base + "-password.html"}};
  if (!issue.link) names["p12"] = base + ".p12";
  if (!dry_run) {
    TEGATA_TRY(files.write(base + "-password.html", sheet_of(made, issue.link)));
    if (!issue.link) TEGATA_TRY(files.write(base + ".p12", as_text(made.file.p12)));
  }
  TEGATA_ASSIGN(Json answer, change(by, dry_run, [&](store::Transaction& transaction) {
                  return put(by, made, issue, transaction);
                }));
  answer["files"] = std::move(names);
  if (!dry_run && issue.link) answer["link"] = by.config.public_origin + "/certificate#t=" + made.secret;
  files.keep();
  return answer;
}

}  // namespace tegata::cli::facilities
