// Origins and RP IDs of the configuration: tables of inputs, each with what is read or what is said, and where from.
#include "rp/server/config/origin.h"

#include <catch2/catch.hpp>

#include "rp/server/config/config.h"
#include "rp/server/config/errors.h"

using namespace tegata;
using namespace tegata::server;

namespace {

struct OriginRow {
  std::string text;
  const char* answer;  // the host, a colon and the port, or what is wrong
  const char* source;
};

const std::string l63(63, 'a'), l64(64, 'a');
const std::string h253 = l63 + "." + l63 + "." + l63 + "." + std::string(61, 'b');
const std::string h254 = l63 + "." + l63 + "." + l63 + "." + std::string(62, 'b');
const std::string h220 = l63 + "." + l63 + "." + l63 + "." + std::string(28, 'b');
const std::string h221 = l63 + "." + l63 + "." + l63 + "." + std::string(29, 'b');

const OriginRow origin_rows[] = {
    {"https://tegata.example", "tegata.example:443", "RFC 6454 6.1"},
    {"https://tegata.example:8443", "tegata.example:8443", "RFC 6454 6.1"},
    {"https://localhost:8443", "localhost:8443", "RFC 6761 6.3"},
    {"https://a-b.c-d.example:1", "a-b.c-d.example:1", "RFC 1123 2.1"},
    {"https://0a.example:65535", "0a.example:65535", "RFC 1123 2.1: a digit at the beginning"},
    {"https://xn--p8jn4h.example", "xn--p8jn4h.example:443", "RFC 5890: an A-label"},
    {"https://*.card.example:8444", "*.card.example:8444", "a pattern of ours"},
    {"https://" + h253, "", "RFC 1035 2.3.4: 253 characters"},
    {"https://*." + h220, "", "with the label that stands for the star"},
    {"https://tegata.example:443", "has the port 443, which browsers leave out: write https://tegata.example",
     "URL: default port"},
    {"https://tegata.example:0443", "has the port 443, which browsers leave out: write https://tegata.example",
     "URL: port state"},
    {"https://tegata.example:08443", "has a port with a leading zero: write https://tegata.example:8443",
     "URL: port state"},
    {"https://tegata.example:0", "has a port that is none: 1 to 65535", "RFC 6335 6"},
    {"https://tegata.example:65536", "has a port that is none: 1 to 65535", "URL: port-out-of-range"},
    {"https://tegata.example:99999999999999999999", "has a port that is none: 1 to 65535", "URL: port-out-of-range"},
    {"https://tegata.example:", "has no port behind its colon: write https://tegata.example", "URL: port state"},
    {"https://tegata.example:+8443",
     "has something else than digits behind its colon: write https://tegata.example:port", "URL"},
    {"https://tegata.example:84 43", "has a space: write it without", "URL: invalid-URL-unit"},
    {"https://tegata.example:8443:1",
     "has something else than digits behind its colon: write https://tegata.example:port", "URL"},
    {"https://tegata.example/", "has a path, a query or a fragment: write https://tegata.example", "RFC 6454 6.1"},
    {"https://tegata.example:8443/p", "has a path, a query or a fragment: write https://tegata.example:8443",
     "RFC 6454 6.1"},
    {"https://tegata.example?x", "has a path, a query or a fragment: write https://tegata.example", "RFC 6454 6.1"},
    {"https://tegata.example#x", "has a path, a query or a fragment: write https://tegata.example", "RFC 6454 6.1"},
    {"https://tegata.example\\x", "has a path, a query or a fragment: write https://tegata.example",
     "URL: a backslash is a slash"},
    {"https://user@tegata.example", "names a user: write https://tegata.example", "RFC 6454 4"},
    {"https://user:word@tegata.example:8443", "names a user: write https://tegata.example:8443", "RFC 6454 4"},
    {"https://Tegata.example", "has capital letters, which browsers send small: write tegata.example",
     "URL: host parsing"},
    {"HTTPS://tegata.example", "has capital letters in https: write https://host", "RFC 6454 6.1"},
    {"http://tegata.example", "must begin with https://", "WebAuthn 5.1.3: a secure context"},
    {"tegata.example", "must begin with https://", "RFC 6454 6.1"},
    {"", "must begin with https://", "RFC 6454 6.1"},
    {"null", "must begin with https://", "RFC 6454 6.1: an opaque origin"},
    {"https://", "names no host: write https://host or https://host:port", "URL: host-missing"},
    {"https:///x", "names no host: write https://host or https://host:port", "URL: host-missing"},
    {"https://:8443", "names no host: write https://host or https://host:port", "URL: host-missing"},
    {"https://*.", "names no host: write https://host or https://host:port", "a pattern of nothing"},
    {"https://tegata.example.", "has a dot at the end of the host: write it without",
     "another origin than without (RFC 6454 5)"},
    {"https://tegata..example", "has an empty label: write one dot between two labels, and none at an end",
     "RFC 1035 2.3.1"},
    {"https://.tegata.example", "has an empty label: write one dot between two labels, and none at an end",
     "RFC 1035 2.3.1"},
    {"https://te_gata.example", "has an underscore, which no certificate may name: use a name without",
     "RFC 5280 4.2.1.6"},
    {"https://-tegata.example", "has a label that begins or ends with a hyphen: -tegata", "RFC 1123 2.1"},
    {"https://tegata-.example", "has a label that begins or ends with a hyphen: tegata-", "RFC 1123 2.1"},
    {"https://手形.example", "is not ASCII: write the name as browsers send it, in punycode (xn--...)", "UTS 46"},
    {"https://ｔegata.example", "is not ASCII: write the name as browsers send it, in punycode (xn--...)", "UTS 46"},
    {"https://192.0.2.1", "is an address, which is no RP ID: write a domain name", "WebAuthn 5.1.3: a domain"},
    {"https://127.0.0.1:8443", "is an address, which is no RP ID: write a domain name", "WebAuthn 5.1.3: a domain"},
    {"https://0x7f.1", "is an address, which is no RP ID: write a domain name", "URL: ends in a number"},
    {"https://tegata.0x7f", "is an address, which is no RP ID: write a domain name", "URL: ends in a number"},
    {"https://3221225985", "is an address, which is no RP ID: write a domain name", "URL: ends in a number"},
    {"https://[2001:db8::1]:8443", "is an address, which is no RP ID: write a domain name", "WebAuthn 5.1.3: a domain"},
    {"https://a.*.example", "has * elsewhere than as its first label: write https://*.name", "a pattern of ours"},
    {"https://*x.example", "has * elsewhere than as its first label: write https://*.name", "a pattern of ours"},
    {"https://*", "has * elsewhere than as its first label: write https://*.name", "a pattern of ours"},
    {"https://teg%61ta.example", "has a character that no host name has: write https://host or https://host:port",
     "URL"},
    {"https://tegata.example ", "has a space: write it without", "URL: invalid-URL-unit"},
    {" https://tegata.example", "has a space: write it without", "URL: invalid-URL-unit"},
    {"https://tegata.example\n", "has a space: write it without", "URL: invalid-URL-unit"},
    {"https://" + l64 + ".example", "", "RFC 1035 2.3.4: a label of 63"},
    {"https://" + h254, "is longer than 253 characters", "RFC 1035 2.3.4"},
    {"https://*." + h221, "is too long: 220 characters behind *. at most", "RFC 1035 2.3.4"},
};

struct RpRow {
  const char *rp_id, *host, *fault;
};
constexpr RpRow rp_rows[] = {
    {"login.tegata.example", "login.tegata.example", ""},
    {"tegata.example", "login.tegata.example", ""},
    {"hospital.co.jp", "tegata.hospital.co.jp", ""},
    {"localhost", "localhost", ""},
    {"co.jp", "tegata.hospital.co.jp", "is a public suffix, which browsers refuse: write tegata.hospital.co.jp"},
    {"chiyoda.tokyo.jp", "tegata.chiyoda.tokyo.jp",
     "is a public suffix, which browsers refuse: write tegata.chiyoda.tokyo.jp"},
    {"github.io", "tegata.github.io", "is a public suffix, which browsers refuse: write tegata.github.io"},
    {"jp", "tegata.hospital.co.jp", "is a single label: browsers take localhost alone of those"},
    {"tegata", "tegata", "is a single label: browsers take localhost alone of those"},
    {"egata.example", "tegata.example", "is neither the host of public_origin nor a domain above it: tegata.example"},
    {"login.tegata.example", "tegata.example",
     "is neither the host of public_origin nor a domain above it: tegata.example"},
    {"other.example", "tegata.example", "is neither the host of public_origin nor a domain above it: tegata.example"},
    {"https://tegata.example", "tegata.example", "must be a domain name alone: no scheme, no port, no *"},
    {"tegata.example:443", "tegata.example", "must be a domain name alone: no scheme, no port, no *"},
    {"*.tegata.example", "a.tegata.example", "must be a domain name alone: no scheme, no port, no *"},
    {"Tegata.example", "tegata.example", "has capital letters, which browsers send small: write tegata.example"},
    {"tegata.example.", "tegata.example", "has a dot at the end of the host: write it without"},
    {"192.0.2.1", "tegata.example", "is an address, which is no RP ID: write a domain name"},
    {"", "tegata.example", "names no host: write https://host or https://host:port"},
};

std::string origin_refusal(const std::string& key, const std::string& value) {
  const auto line = [&](const char* name, const char* usual) {
    return std::string(name) + " = '" + (key == name ? value : usual) + "'\n";
  };
  const auto config = tegata::server::config::parse_config(
      line("public_origin", "https://tegata.example") + line("card_origin_pattern", "https://*.card.example") +
          line("facility_origin", "https://facility.example") +
          "sockets = 's'\ndatabase = 'd'\naudit_key = 'a'\n[haproxy]\ntls_certificate = 't'\ncard_client_ca = 'c'\n"
          "facility_client_ca = 'f'\n[[authority]]\nname = 'N'\nroots = ['r']\nrevocation = 'not_judged'\n" +
          line("contact", ""),
      "tegata.toml");
  if (config) return "";
  CHECK(config.error().code() == errors::config_invalid);
  return config.error().detail();
}

}  // namespace

TEST_CASE("defect: an origin that no browser sends could be configured") {
  for (const auto& [text, answer, source] : origin_rows) {
    INFO(text << ": " << source);
    const auto parts = tegata::server::config::parse_origin(text);
    if (*answer == '\0') {
      CHECK(parts.has_value() == (text.find(l64) == std::string::npos));
      continue;
    }
    if (parts) CHECK(parts->host + ":" + std::to_string(parts->port) == answer);
    if (!parts) CHECK(parts.error().code() == errors::config_invalid);
    if (!parts) CHECK(parts.error().detail() == answer);
    if (parts) CHECK("https://" + parts->authority() == text);
  }
}

TEST_CASE("defect: an RP ID that no browser takes could be configured") {
  for (const auto& [rp_id, host, fault] : rp_rows) {
    INFO(rp_id << " at " << host);
    const auto good = tegata::server::config::verify_rp_id(rp_id, host);
    CHECK((good ? "" : good.error().detail()) == fault);
  }
}

TEST_CASE("the configuration says which setting has the wrong origin, and what to write") {
  CHECK(origin_refusal("public_origin", "https://tegata.example").empty());
  CHECK(origin_refusal("public_origin", "https://tegata.example:443") ==
        "tegata.toml: public_origin has the port 443, which browsers leave out: write https://tegata.example");
  CHECK(origin_refusal("public_origin", "https://*.example") ==
        "tegata.toml: public_origin must name one host: a pattern is no origin");
  CHECK(origin_refusal("public_origin", "https://tegata") ==
        "tegata.toml: webauthn.rp_id is a single label: browsers take localhost alone of those");
  CHECK(origin_refusal("card_origin_pattern", "https://*.CARD.example") ==
        "tegata.toml: card_origin_pattern has capital letters, which browsers send small: write card.example");
  CHECK(origin_refusal("facility_origin", "https://facility.example/") ==
        "tegata.toml: facility_origin has a path, a query or a fragment: write https://facility.example");
}

TEST_CASE("what the configuration has people shown is seen") {
  CHECK(origin_refusal("contact", "検証窓口 03-0000-0000").empty());
  CHECK(origin_refusal("contact", "検証\u202e窓口") ==
        "tegata.toml: authority[0].contact has U+202E at character 3, which is not seen");
}
