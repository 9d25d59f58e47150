#include "rp/server/notices/smtp.h"

#include <curl/curl.h>

#include <cstring>
#include <memory>

#include "rp/base/mail_address.h"
#include "rp/host/private_file.h"
#include "rp/server/config/errors.h"
#include "rp/server/notices/mail.h"
#include "rp/server/notices/notices.h"

namespace tegata::server::notices {
namespace {

struct Login {
  std::string user, password;
};

// The first two lines of the file. It is read for each mail, so that a new password needs no restart.
Result<Login> read_login(const std::string& path) {
  TEGATA_ASSIGN(const auto text, host::read_private_file(path));
  const auto line = [](const std::string& all, std::size_t& at) {
    const auto end = std::min(all.find('\n', at), all.size());
    auto out = all.substr(at, end - at);
    if (out.ends_with('\r')) out.pop_back();
    at = std::min(end + 1, all.size());
    return out;
  };
  std::size_t at = 0;
  Login out;
  out.user = line(text, at);
  out.password = line(text, at);
  if (out.user.empty() || out.password.empty()) return Error(errors::notice_undeliverable, path + " has no two lines");
  return out;
}

struct Reading {
  const std::string& message;
  std::size_t at = 0;
};

std::size_t read_some(char* out, std::size_t size, std::size_t count, void* from) {
  auto& reading = *static_cast<Reading*>(from);
  const auto taken = std::min(size * count, reading.message.size() - reading.at);
  std::memcpy(out, reading.message.data() + reading.at, taken);
  reading.at += taken;
  return taken;
}

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Lines = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

std::string address_of(const config::SmtpConfig& config) {
  const bool v6 = config.host.find(':') != std::string::npos;
  const auto host = v6 ? "[" + config.host + "]" : config.host;
  return (config.security == "tls" ? "smtps://" : "smtp://") + host + ":" + std::to_string(config.port);
}

void set_security(CURL* curl, const config::SmtpConfig& config) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_USE_SSL, config.security == "none" ? long{CURLUSESSL_NONE} : long{CURLUSESSL_ALL});
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (!config.ca.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, config.ca.c_str());
}

// libcurl tells at which command the server said no by these words alone.
bool is_refusal_of_address(const char* words, long answer) {
  return std::strncmp(words, "RCPT failed", 11) == 0 && answer / 100 == 5;
}

Status transfer(CURL* curl, const config::SmtpConfig& config) {
  char words[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
  const auto outcome = curl_easy_perform(curl);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  if (outcome == CURLE_OK) return {};
  long answer = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
  const std::string why = config.host + ": " + (*words ? words : curl_easy_strerror(outcome));
  if (is_refusal_of_address(words, answer)) return Error(errors::notice_address_refused, why);
  return Error(errors::notice_undeliverable, why);
}

Status deliver(const config::SmtpConfig& config, const std::string& to, const store::Notice& notice,
               const std::string& public_origin, const running::Log& log) {
  auto sent = send_mail(config, to, notice_mail(notice, config.from, to, public_origin));
  if (sent || sent.error().code() != errors::notice_address_refused) return sent;
  // Without the address, which is somebody's: the number leads to it.
  log.error("notice_address_refused", Error(errors::notice_address_refused, "notice " + std::to_string(notice.number)));
  return {};
}

}  // namespace

Status send_mail(const config::SmtpConfig& config, const std::string& to, const std::string& message) {
  const Handle curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return Error(errors::notice_undeliverable, "libcurl does not start");
  const auto address = address_of(config);
  const auto envelope_from = "<" + mailbox_of(config.from) + ">", envelope_to = "<" + mailbox_of(to) + ">";
  const Lines recipients(curl_slist_append(nullptr, envelope_to.c_str()), curl_slist_free_all);
  Reading reading{message};
  set_security(curl.get(), config);
  curl_easy_setopt(curl.get(), CURLOPT_URL, address.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, envelope_from.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, read_some);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, &reading);
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, static_cast<long>(config.timeout_seconds));
  if (!config.login.empty()) {
    TEGATA_ASSIGN(const auto login, read_login(config.login));
    curl_easy_setopt(curl.get(), CURLOPT_USERNAME, login.user.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, login.password.c_str());
  }
  return transfer(curl.get(), config);
}

Status verify_login(const config::SmtpConfig& config) {
  if (config.login.empty()) return {};
  TEGATA_TRY(read_login(config.login));
  return {};
}

NoticeChannel smtp_channel(const config::SmtpConfig& config, const std::string& public_origin,
                           const running::Log& log) {
  return {"smtp", [config, public_origin, &log](const store::Notice& notice) {
            return deliver(config, config.to, notice, public_origin, log);
          }};
}

NoticeChannel smtp_people_channel(const config::SmtpConfig& config, const std::string& public_origin,
                                  const running::Log& log) {
  return {"smtp_people", [config, public_origin, &log](const store::Notice& notice) -> Status {
            if (notice.mail.empty()) return {};
            return deliver(config, notice.mail, notice, public_origin, log);
          }};
}

}  // namespace tegata::server::notices
