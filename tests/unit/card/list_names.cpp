// Whose list it is: the issuer's name is compared by value, as OpenSSL's own judge of lists does it.
#include <openssl/x509_vfy.h>

#include <catch2/catch.hpp>
#include <random>

#include "enroll/card/errors.h"
#include "enroll/card/revocation.h"
#include "rp/sandbox/test_pki/crl.h"
#include "rp/sandbox/test_pki/openssl.h"
#include "rp/sandbox/test_pki/profiles.h"
#include "tests/unit/card/judging.h"

using namespace tegata;
using namespace tegata::card;
using std::chrono::hours;
using tegata::sandbox::test_pki::own;
using test::outcome;
using test::still_moment;

namespace {

// One attribute: its type (as OpenSSL names it), the ASN.1 tag of its value, and the octets.
struct Attribute {
  std::string type;
  std::uint8_t tag = 0x0c;
  std::string value;
};
using Part = std::vector<Attribute>;  // a RelativeDistinguishedName
using Parts = std::vector<Part>;

constexpr std::uint8_t utf8 = 0x0c, printable = 0x13, teletex = 0x14, ia5 = 0x16, universal = 0x1c, bmp = 0x1e,
                       numeric = 0x12;

Bytes joined_octets(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes oid_of(const std::string& type) {
  const auto object = tegata::sandbox::test_pki::own<ASN1_OBJECT, ASN1_OBJECT_free>(OBJ_txt2obj(type.c_str(), 0));
  unsigned char* out = nullptr;
  const int size = i2d_ASN1_OBJECT(object.get(), &out);
  REQUIRE(size > 0);
  Bytes bytes(out, out + size);
  OPENSSL_free(out);
  return bytes;
}

Bytes name_der(const Parts& parts) {
  Bytes all;
  for (const auto& part : parts) {
    std::vector<Bytes> members;
    for (const auto& [type, tag, value] : part)
      members.push_back(tegata::sandbox::test_pki::der_element(
          0x30, joined_octets(oid_of(type), tegata::sandbox::test_pki::der_element(tag, as_bytes(value)))));
    std::ranges::sort(members);  // X.690 section 11.6
    Bytes set;
    for (const auto& member : members) set = joined_octets(std::move(set), member);
    all = joined_octets(std::move(all), tegata::sandbox::test_pki::der_element(0x31, set));
  }
  return tegata::sandbox::test_pki::der_element(0x30, all);
}

// ASCII in two or four octets for each character.
std::string widened(const std::string& ascii, std::size_t octets) {
  std::string out;
  for (const char c : ascii) out += std::string(octets - 1, '\0') + c;
  return out;
}

const Parts usual = {{{"C", printable, "JP"}},
                     {{"O", utf8, "Ministry of Health"}},
                     {{"OU", utf8, "Lists É"}, {"OU", utf8, "Unit 2"}},
                     {{"CN", utf8, "Sample CA"}}};

// A CA of that name, its leaf, and what OpenSSL makes of a list beside it.
class Authority {
 public:
  Authority() {
    auto profile =
        tegata::sandbox::test_pki::authority_profile({{"C", "JP"}, {"CN", "to be replaced"}}, still_moment, {}, true);
    tegata::sandbox::test_pki::set_extension(profile, "keyUsage", "critical,keyCertSign,cRLSign");
    ca_ = tegata::sandbox::test_pki::issue_self_signed(profile, tegata::sandbox::test_pki::rsa_key());
    const Bytes der = name_der(usual);
    const unsigned char* cursor = der.data();
    const auto name = tegata::sandbox::test_pki::own<X509_NAME, X509_NAME_free>(
        d2i_X509_NAME(nullptr, &cursor, static_cast<long>(der.size())));
    X509* const x = ca_.certificate.get();
    REQUIRE((X509_set_subject_name(x, name.get()) == 1 && X509_set_issuer_name(x, name.get()) == 1));
    REQUIRE(X509_sign(x, ca_.key.get(), EVP_sha256()) > 0);
    leaf_ = tegata::sandbox::test_pki::issue(
        tegata::sandbox::test_pki::leaf_profile({{"CN", "Leaf"}},
                                                tegata::sandbox::test_pki::card_validity("good", still_moment),
                                                "critical,digitalSignature"),
        tegata::sandbox::test_pki::rsa_key(), ca_);
  }

  Bytes list(const Bytes& issuer_name) const {
    auto profile = tegata::sandbox::test_pki::crl_profile(still_moment - hours(1), 7);
    profile.issuer_name = issuer_name;
    return tegata::sandbox::test_pki::issue_crl(profile, ca_);
  }

  std::string judged(const Bytes& list) const {
    return outcome(verify_revocation_list(list, {{tegata::sandbox::test_pki::der(ca_.certificate)}}, still_moment));
  }

  bool openssl_takes(const Bytes& list) const {
    const unsigned char* cursor = list.data();
    const auto crl = tegata::sandbox::test_pki::own<X509_CRL, X509_CRL_free>(
        d2i_X509_CRL(nullptr, &cursor, static_cast<long>(list.size())));
    if (!crl) return false;
    const auto store = tegata::sandbox::test_pki::own<X509_STORE, X509_STORE_free>(X509_STORE_new());
    const auto context = tegata::sandbox::test_pki::own<X509_STORE_CTX, X509_STORE_CTX_free>(X509_STORE_CTX_new());
    REQUIRE(X509_STORE_add_cert(store.get(), ca_.certificate.get()) == 1);
    REQUIRE(X509_STORE_add_crl(store.get(), crl.get()) == 1);
    REQUIRE(X509_STORE_CTX_init(context.get(), store.get(), leaf_.get(), nullptr) == 1);
    X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_CRL_CHECK);
    X509_STORE_CTX_set_time(context.get(), 0, unix_seconds(still_moment));
    const bool good = X509_verify_cert(context.get()) == 1;
    if (!good) CHECK(X509_STORE_CTX_get_error(context.get()) == X509_V_ERR_UNABLE_TO_GET_CRL);
    return good;
  }

 private:
  tegata::sandbox::test_pki::Identity ca_;
  tegata::sandbox::test_pki::Certificate leaf_;
};

const Authority& authority() {
  static const Authority shared;
  return shared;
}

struct ListRow {
  const char* what;
  bool same;
  void (*change)(Parts&);
};

const ListRow list_rows[] = {
    {"as it is", true, [](Parts&) {}},
    {"UTF8String for PrintableString", true, [](Parts& p) { p[0][0].tag = utf8; }},
    {"PrintableString for UTF8String", true, [](Parts& p) { p[1][0].tag = printable; }},
    {"IA5String", true, [](Parts& p) { p[1][0].tag = ia5; }},
    {"TeletexString", true, [](Parts& p) { p[1][0].tag = teletex; }},
    {"BMPString", true,
     [](Parts& p) {
       p[3][0] = {"CN", bmp, widened("Sample CA", 2)};
     }},
    {"UniversalString", true,
     [](Parts& p) {
       p[3][0] = {"CN", universal, widened("Sample CA", 4)};
     }},
    {"NumericString, which has no letters", false, [](Parts& p) { p[3][0].tag = numeric; }},
    {"small letters", true, [](Parts& p) { p[1][0].value = "ministry of health"; }},
    {"capital letters", true, [](Parts& p) { p[3][0].value = "SAMPLE CA"; }},
    {"two spaces inside", true, [](Parts& p) { p[3][0].value = "Sample  CA"; }},
    {"no space inside", false, [](Parts& p) { p[3][0].value = "SampleCA"; }},
    {"a space before", true, [](Parts& p) { p[3][0].value = " Sample CA"; }},
    {"spaces behind", true, [](Parts& p) { p[3][0].value = "Sample CA   "; }},
    {"all of it at once", true,
     [](Parts& p) {
       p[1][0] = {"O", printable, " MINISTRY   of  health "};
     }},
    {"a multi-valued part in the other order", true, [](Parts& p) { std::swap(p[2][0], p[2][1]); }},
    {"another letter", false, [](Parts& p) { p[3][0].value = "Sample CB"; }},
    {"a letter more", false, [](Parts& p) { p[3][0].value = "Sample CAA"; }},
    {"a zero octet behind", false, [](Parts& p) { p[3][0].value = std::string("Sample CA\0", 10); }},
    {"another type of the same value", false, [](Parts& p) { p[3][0].type = "OU"; }},
    {"parts in another order", false, [](Parts& p) { std::swap(p[1], p[3]); }},
    {"a part less", false, [](Parts& p) { p.pop_back(); }},
    {"a part more", false,
     [](Parts& p) {
       p.push_back({{"CN", utf8, "Sample CA"}});
     }},
    {"a multi-valued part taken apart", false,
     [](Parts& p) {
       p.insert(p.begin() + 3, Part{p[2][1]});
       p[2].pop_back();
     }},
    {"a capital beyond ASCII made small: OpenSSL folds ASCII alone", false,
     [](Parts& p) { p[2][0].value = "Lists é"; }},
    {"a letter taken apart (NFD)", false, [](Parts& p) { p[2][0].value = "Lists E\u0301"; }},
    {"full-width letters", false, [](Parts& p) { p[3][0].value = "Ｓａｍｐｌｅ CA"; }},
    {"a no-break space", false, [](Parts& p) { p[3][0].value = "Sample\u00a0CA"; }},
    {"a zero-width space", false, [](Parts& p) { p[3][0].value = "Sample\u200b CA"; }},
};

std::string respelt(const std::string& text, std::mt19937& chance) {
  std::string out(chance() % 3 == 0 ? chance() % 3 : 0, ' ');
  for (const char c : text) {
    const bool small = c >= 'a' && c <= 'z', capital = c >= 'A' && c <= 'Z';
    out += (small || capital) && chance() % 3 == 0 ? static_cast<char>(c ^ 0x20) : c;
    if (c == ' ') out += std::string(chance() % 3, ' ');
  }
  return out + std::string(chance() % 3 == 0 ? chance() % 3 : 0, ' ');
}

Attribute respelt(Attribute attribute, std::mt19937& chance) {
  const auto text = respelt(attribute.value, chance);
  const bool ascii = std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
  constexpr std::uint8_t tags[] = {utf8, printable, ia5, teletex};
  if (!ascii) return {attribute.type, utf8, text};
  switch (chance() % 6) {
    case 4:
      return {attribute.type, bmp, widened(text, 2)};
    case 5:
      return {attribute.type, universal, widened(text, 4)};
    default:
      return {attribute.type, tags[chance() % std::size(tags)], text};
  }
}

Parts generated(std::mt19937& chance) {
  Parts parts = usual;
  switch (chance() % 8) {
    case 0:
      std::swap(parts[chance() % parts.size()], parts[chance() % parts.size()]);
      break;
    case 1:
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(chance() % parts.size()));
      break;
    case 2:
      parts[chance() % parts.size()][0].value += "x";
      break;
    default:
      break;
  }
  for (auto& part : parts) {
    for (auto& attribute : part) attribute = respelt(attribute, chance);
  }
  return parts;
}

}  // namespace

TEST_CASE("defect: a list was refused where its issuer was spelt otherwise than the authority's certificate") {
  for (const auto& [what, same, change] : list_rows) {
    INFO(what);
    Parts parts = usual;
    change(parts);
    const auto list = authority().list(name_der(parts));
    CHECK(authority().judged(list) == (same ? "" : "card_revocation_untrusted"));
    CHECK(authority().openssl_takes(list) == same);
  }
}

TEST_CASE("of lists whose issuer is spelt by chance, OpenSSL takes the same ones") {
  std::mt19937 chance(20261130);
  int taken = 0, refused = 0;
  for (int i = 0; i < 300; ++i) {
    const auto list = authority().list(name_der(generated(chance)));
    const auto ours = authority().judged(list);
    CHECK((ours.empty() || ours == "card_revocation_untrusted"));
    CHECK(ours.empty() == authority().openssl_takes(list));
    ++(ours.empty() ? taken : refused);
  }
  CHECK(taken > 150);
  CHECK(refused > 50);
}

TEST_CASE("a list whose issuer's name is no DER is refused before anybody is asked") {
  const auto good = authority().list(name_der(usual));
  // The length of the first attribute's value in two octets where one would do.
  Bytes broken = good;
  const auto at = std::ranges::search(broken, std::string_view("\x13\x02JP")).begin();
  REQUIRE(at != broken.end());
  *(at + 1) = 0x80;
  CHECK(authority().judged(broken) == "card_revocation_malformed");
}
