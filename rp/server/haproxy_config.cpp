#include "rp/server/haproxy_config.h"

#include <algorithm>
#include <sstream>

#include "enroll/sign_in.h"
#include "rp/http/oauth_call.h"
#include "rp/http/plain_page.h"
#include "rp/server/answer.h"
#include "rp/server/haproxy_connections.h"

namespace tegata::server {
namespace {

enum class Bodies { pages, oauth };

struct Frontend {
  std::string name;  // also the socket's name
  config::OriginParts origin;
  std::int64_t connections;  // its share of all
  std::string client_ca;     // empty: no client certificate is asked for
  std::string tls_max;       // empty: the library's best
  bool close = false;        // one request per connection
  Bodies bodies = Bodies::pages;
  bool has_oauth_calls = false;  // among its pages
};

struct Failure {
  int status;
  const char* oauth;
  const char* ja;
  const char* en;
};

constexpr Failure failures[] = {
    {400, "invalid_request", "リクエストを読み取れませんでした。ページを開き直してください。",
     "The request could not be read. Please open the page again."},
    {403, "invalid_request", "この操作は許可されていません。", "This is not allowed."},
    {405, "invalid_request", "この操作は受け付けられません。ページを開き直してください。",
     "This method is not served. Please open the page again."},
    {408, "invalid_request", "通信が時間内に終わりませんでした。もう一度お試しください。",
     "The request took too long. Please try again."},
    {411, "invalid_request", "リクエストの形式が正しくありません。", "The request has no length."},
    {413, "invalid_request", "送信された内容が大きすぎます。", "The request is too large."},
    {421, "invalid_request", "このアドレスでは受け付けられません。最初のページからやり直してください。",
     "This address does not serve that name. Please start from the first page."},
    {429, "slow_down", "アクセスが集中しています。少し待ってからお試しください。",
     "Too many requests. Please wait a little and try again."},
    {431, "invalid_request",
     "このブラウザーに残っていた情報（Cookie）が多すぎるため、消しました。ページを開き直してください。ログインしていた"
     "場合は、"
     "もう一度ログインが必要です。回数の制限には数えません。",
     "The request had too many cookies. What this browser had kept for this site has been removed: please open the "
     "page "
     "again. If you were signed in, sign in again. This does not count towards any lock."},
    {500, "server_error", "サーバーで問題が起きました。少し待ってからお試しください。",
     "Something went wrong on our side. Please try again in a little while."},
    {502, "temporarily_unavailable", "ただいま混み合っています。少し待ってからお試しください。",
     "The service is busy. Please try again in a little while."},
    {503, "temporarily_unavailable", "ただいま混み合っています。少し待ってからお試しください。",
     "The service is busy. Please try again in a little while."},
    {504, "temporarily_unavailable", "ただいま混み合っています。少し待ってからお試しください。",
     "The service is busy. Please try again in a little while."},
};

// HAProxy takes what stands between single quotes as it is; none of the texts has one.
std::string body(const Failure& failure, Bodies bodies) {
  if (bodies == Bodies::oauth) {
    // What happened, without what a person would do about it.
    const std::string_view all = failure.en;
    const auto words = all.substr(0, std::min(all.find(". "), all.size() - 1) + 1);
    return std::string("content-type application/json string '{\"error\":\"") + failure.oauth +
           "\",\"error_description\":\"" + std::string(words) + "\"}'";
  }
  return "content-type \"text/html; charset=utf-8\" string '" +
         http::plain_page("Tegata",
                          std::string("<main><p>") + failure.ja + "</p><p lang=\"en\">" + failure.en + "</p></main>") +
         "'";
}

std::string text_of(int status, Bodies bodies) {
  for (const auto& failure : failures) {
    if (failure.status == status) return "status " + std::to_string(status) + " " + body(failure, bodies);
  }
  return "status " + std::to_string(status);
}

// Refuses where all of `conditions` hold; on the public origin OAuth clients hear it in their own words.
void write_refusal(std::ostream& out, const Frontend& front, int status, const std::string& conditions,
                   const std::string& headers = "") {
  const auto rule = [&](Bodies bodies, const std::string& who) {
    out << "    http-request return " << text_of(status, bodies) << headers << " if " << who << conditions << "\n";
  };
  if (front.has_oauth_calls) rule(Bodies::oauth, "oauth_call ");
  rule(front.bodies, "");
}

void write_global(std::ostream& out, const config::Config& config) {
  out << "# Written by `tegata haproxy-config`; changes belong into tegata's own configuration file.\n"
         "global\n";
  // Started as root it keeps no right of root's once the files are read and the ports are bound. No chroot: the sockets
  // are connected to by their paths.
  if (!config.haproxy.user.empty())
    out << "    user " << config.haproxy.user << "\n    group " << config.haproxy.group << "\n";
  out << "    log stderr format raw local0 info\n"
         "    maxconn "
      << config.haproxy.maxconn
      << "\n"
         // Whatever a sibling site makes a browser send (180 cookies of 4,096 bytes in Chromium) can be read, so that
         // it is answered by a page; 16 KiB of room for rewriting, in which a large certificate fits as a header.
         // Memory is used only as far as a request fills it.
         "    tune.bufsize 1048576\n"
         "    tune.maxrewrite 16384\n"
         "    tune.ssl.cachesize 0\n"
         "    ssl-default-bind-options ssl-min-ver TLSv1.2\n"
         "    ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20\n"
         "\n"
         "defaults\n"
         "    mode http\n"
         "    log global\n"
         // A client that keeps its connection open keeps no worker: the one to tegata ends with each answer.
         "    option http-server-close\n"
         "    option dontlognull\n"
         // One request at a time on a connection, or a source's share of connections would be worth a hundred times as
         // much.
         "    option disable-h2-upgrade\n"
         "    timeout connect 2s\n"
         "    timeout http-request 8s\n"
         "    timeout http-keep-alive 10s\n"
         "    timeout server 20s\n"
         "    timeout queue 2s\n"
         "    retries 0\n"
         // Nothing that anybody sent: of a path no more than the name of our route, of a method no more than a token.
         "    log-format "
         "'{\"edge\":\"%f\",\"time\":\"%tr\",\"method\":\"%HM\",\"path\":\"%[var(txn.route)]\",\"status\":%ST,"
         "\"ms\":%Ta,\"queue_ms\":%Tw,\"end\":\"%tsc\",\"tls\":\"%sslv\",\"request_id\":\"%ID\"}'\n"
         // Of what came to no request that could be read: `error` is that of the connection, also where there is none.
         "    error-log-format '{\"edge\":\"%f\",\"time\":\"%t\",\"remote\":\"%ci\",\"status\":%ST,\"end\":\"%tsc\","
         "\"error\":\"%[fc_err_str]\"}'\n"
         "    unique-id-format %{+X}o%[uuid()]\n\n";
}

void write_binds(std::ostream& out, const Frontend& front, const config::Config& config) {
  for (const auto& address : config.haproxy.addresses) {
    const bool six = address.find(':') != std::string::npos;
    out << "    bind " << (six ? "[" + address + "]" : address) << ":" << front.origin.port << " ssl crt "
        << config.haproxy.tls_certificate << " strict-sni alpn http/1.1";
    if (!front.client_ca.empty()) {
      // tegata judges the path itself, and a wrong card must get a page that says so.
      out << " ca-file " << front.client_ca << " verify optional ca-ignore-err all crt-ignore-err all no-tls-tickets";
    }
    if (!front.tls_max.empty()) out << " ssl-max-ver " << front.tls_max;
    out << "\n";
  }
}

std::string escape_dots(const std::string& name) {
  std::string out;
  for (const char c : name) out += c == '.' ? std::string("\\.") : std::string(1, c);
  return out;
}

void write_host_rules(std::ostream& out, const Frontend& front) {
  const bool wild = front.origin.host.starts_with("*.");
  const auto name = wild ? front.origin.host.substr(2) : front.origin.host;
  const auto port = front.origin.port == 443 ? std::string() : ":" + std::to_string(front.origin.port);
  const auto label = std::string(wild ? "[a-z0-9-]+\\." : "");
  out << "    http-request set-var(txn.sni) ssl_fc_sni,lower\n";
  write_refusal(out, front, 421, "!{ req.hdr_cnt(host) eq 1 }");
  write_refusal(out, front, 421, "!{ req.hdr(host),lower -m reg '^" + label + escape_dots(name) + port + "$' }");
  write_refusal(out, front, 421, "!{ req.hdr(host),lower,field(1,:),strcmp(txn.sni) eq 0 }");
}

void write_framing_rules(std::ostream& out, const Frontend& front) {
  // Any site may make a browser send these, and nothing here reads them.
  out << "    http-request del-header Last-Event-ID\n"
         "    http-request del-header Ping- -m beg\n";
  // Below what the server takes as a head: 16 KiB remain for a certificate. Cookies of a sibling site make it larger,
  // and would lock the person out for as long as they stay. What else makes it large is no reason to forget cookies:
  // any site could then have a browser forget ours.
  write_refusal(out, front, 431, "{ req.hdrs,length gt 49152 } { req.fhdr(cookie),length gt 40960 }",
                " hdr Clear-Site-Data '\"cookies\"'");
  write_refusal(out, front, 400, "{ req.hdrs,length gt 49152 }");
  write_refusal(out, front, 405, "!{ method GET HEAD POST }", " hdr Allow \"GET, HEAD, POST\"");
  write_refusal(out, front, 411, "{ req.hdr(transfer-encoding) -m found }");
  write_refusal(out, front, 411, "{ method POST } !{ req.hdr(content-length) -m found }");
  write_refusal(out, front, 413, "{ req.hdr_val(content-length) gt 32768 }");
  write_refusal(out, front, 400, "{ method GET HEAD } { req.hdr_val(content-length) gt 0 }");
  write_refusal(out, front, 400, "{ url_len gt 2048 }");
  // No worker hears of a body before it is whole.
  out << "    http-request wait-for-body time 10s if { method POST }\n";
  write_refusal(out, front, 413, "{ req.body_size gt 32768 }");
}

void write_header_rules(std::ostream& out, const Frontend& front) {
  out << "    http-request del-header Client-Cert -m beg\n"
         "    http-request del-header X-Tegata- -m beg\n"
         "    http-request del-header X-Forwarded- -m beg\n"
         "    http-request del-header Forwarded\n"
         "    http-request del-header _ -m sub\n"
         // What the library behind would act on, and no client of ours needs.
         "    http-request del-header Accept-Encoding\n"
         "    http-request del-header Content-Encoding\n"
         "    http-request del-header Range\n"
         "    http-request del-header Expect\n"
         "    http-request set-header X-Tegata-Request-Id %[unique-id]\n"
         "    http-request set-header X-Tegata-Remote-Address %[src]\n"
         "    http-request set-header X-Tegata-Host %[var(txn.sni)]\n"
         "    http-request set-header X-Tegata-Resumed 1 if { ssl_fc_is_resumed }\n";
  if (front.client_ca.empty()) return;
  out << "    http-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_fc_has_crt } !{ ssl_fc_is_resumed }\n";
}

// The names of routes for the log: tegata tells each, and those of clients are known before it has answered.
void write_route_rules(std::ostream& out) {
  out << "    http-request set-var(txn.route) path if { path";
  for (const auto path : http::oauth_paths) out << " " << path;
  out << " }\n"
         "    http-response set-var(txn.route) res.hdr("
      << route_header << ") if { res.hdr(" << route_header << ") -m found }\n"
      << "    http-response del-header " << route_header << "\n";
}

void write_own_errors(std::ostream& out, Bodies bodies) {
  for (const int status : {400, 403, 408, 429, 500, 502, 503, 504}) {
    out << "    http-error " << text_of(status, bodies) << " hdr Cache-Control no-store";
    if (status >= 502) out << " hdr Retry-After 2";
    out << "\n";
  }
}

void write_answer_rules(std::ostream& out, const Frontend& front) {
  write_own_errors(out, front.bodies);
  out << "    http-after-response set-status 503 reason \"Service Unavailable\" if { status 502 504 }\n"
         "    http-after-response set-header Retry-After 2 if { status 503 429 } !{ res.hdr(retry-after) -m found }\n"
         "    http-after-response set-header Cache-Control no-store if { status ge 400 }\n"
         "    http-after-response set-header Strict-Transport-Security \"max-age=63072000; includeSubDomains\"\n"
         "    http-after-response set-header X-Content-Type-Options nosniff\n"
         // For the proxy's own pages; tegata's answers bring theirs.
         "    http-after-response set-header Referrer-Policy no-referrer if !{ res.hdr(referrer-policy) -m found }\n"
         "    http-after-response set-header Content-Security-Policy \""
      << http::plain_page_policy()
      << "\" if !{ res.hdr(content-security-policy) -m found }\n"
         "    http-after-response del-header Server\n";
}

// Whoever logs out while tegata does not answer leaves the PC without the session's cookie all the same. Only for our
// own page: a form of another site must not log anybody out.
void write_log_out_rules(std::ostream& out) {
  out << "    http-request set-var(txn.log_out) int(1) if { path /api/session/end } "
         "{ req.hdr(sec-fetch-site) -m str same-origin }\n"
         "    http-response set-var(txn.answered) int(1)\n"
         "    http-after-response add-header Set-Cookie \""
      << enroll::session_cookie
      << "=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict\" if { var(txn.log_out) -m found } "
         "!{ var(txn.answered) -m found }\n";
}

void write_backend(std::ostream& out, const Frontend& front, const config::Config& config, const std::string& name,
                   std::int64_t connections) {
  out << "backend " << name << "\n";
  if (front.close) out << "    option httpclose\n";
  // No two clients ever share a connection to a worker.
  out << "    http-reuse never\n"
      << "    server tegata unix@" << config.sockets << "/" << front.name << ".sock maxconn " << connections << "\n";
}

void write_frontend(std::ostream& out, const Frontend& front, const config::Config& config) {
  const auto pages = "tegata_" + front.name, clients = pages + "_oauth";
  const ConnectionShare share{front.name, front.connections};
  write_source_tables(out, share);
  out << "frontend " << front.name << "\n";
  write_binds(out, front, config);
  write_connection_rules(out, share, config);
  // It bounds the handshake as a whole. A PIN is typed during that of a card.
  out << "    timeout client " << (front.close ? "60s" : "10s") << "\n";
  if (front.close) out << "    option httpclose\n";
  if (front.has_oauth_calls) {
    out << "    acl oauth_call path";
    for (const auto path : http::oauth_paths) out << " " << path;
    out << "\n";
  }
  write_route_rules(out);
  if (front.has_oauth_calls) write_log_out_rules(out);
  write_host_rules(out, front);
  write_framing_rules(out, front);
  write_header_rules(out, front);
  write_answer_rules(out, front);
  if (front.has_oauth_calls) out << "    use_backend " << clients << " if oauth_call\n";
  out << "    default_backend " << pages << "\n\n";
  // What the proxy itself says of a server that does not answer stands in the backend. Both share the socket's workers.
  const auto all = config.haproxy.server_maxconn;
  const auto of_clients = front.has_oauth_calls ? std::max<std::int64_t>(all / 4, 1) : 0;
  write_backend(out, front, config, pages, std::max<std::int64_t>(all - of_clients, 1));
  out << "\n";
  if (!front.has_oauth_calls) return;
  write_backend(out, front, config, clients, of_clients);
  write_own_errors(out, Bodies::oauth);
  out << "\n";
}

}  // namespace

Result<std::string> haproxy_config(const config::Config& config) {
  std::ostringstream out;
  write_global(out, config);
  const auto& proxy = config.haproxy;
  TEGATA_ASSIGN(const auto pages, config::parse_origin(config.public_origin));
  TEGATA_ASSIGN(const auto card, config::parse_origin(config.card_origin_pattern));
  TEGATA_ASSIGN(const auto facility, config::parse_origin(config.facility_origin));
  const auto of_cards = card_share(proxy, config.mynumber_origin_pattern.empty() ? 1 : 2);
  write_frontend(out, {"public", pages, page_share(proxy), "", "", false, Bodies::pages, true}, config);
  write_frontend(out, {"card", card, of_cards, proxy.card_client_ca, proxy.card_tls_max, true, Bodies::pages}, config);
  if (!config.mynumber_origin_pattern.empty()) {
    TEGATA_ASSIGN(const auto mynumber, config::parse_origin(config.mynumber_origin_pattern));
    write_frontend(out,
                   {"mynumber", mynumber, of_cards, proxy.mynumber_client_ca, proxy.card_tls_max, true, Bodies::pages},
                   config);
  }
  write_frontend(
      out, {"facility", facility, facility_share(proxy), facility_client_ca(config), "", false, Bodies::oauth}, config);
  return out.str();
}

std::string facility_client_ca(const config::Config& config) {
  return config.facilities.ca.empty() ? config.haproxy.facility_client_ca : config.facilities.ca + "/advertised.pem";
}

}  // namespace tegata::server
