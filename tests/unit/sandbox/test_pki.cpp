#include "rp/sandbox/test_pki/test_pki.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::sandbox;
using test::still_moment;

namespace {

tegata::sandbox::test_pki::TestPki& pki() {
  static tegata::sandbox::test_pki::TestPki shared(still_moment);
  return shared;
}

// OpenSSL's own judgement of a TLS certificate, at `now`.
int judge(const tegata::sandbox::test_pki::Certificate& leaf, const tegata::sandbox::test_pki::Identity& root,
          int purpose) {
  const std::shared_ptr<X509_STORE> store(X509_STORE_new(), X509_STORE_free);
  X509_STORE_add_cert(store.get(), root.certificate.get());
  const std::shared_ptr<X509_STORE_CTX> context(X509_STORE_CTX_new(), X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), unix_seconds(still_moment));
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string content_of(const std::vector<tegata::sandbox::test_pki::TestPki::File>& files, const std::string& name) {
  const auto it = std::ranges::find(files, name, &tegata::sandbox::test_pki::TestPki::File::name);
  REQUIRE(it != files.end());
  return it->content;
}

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/tegata-test-pki-XXXXXX";
    REQUIRE(::mkdtemp(name));
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("the server's certificate serves each origin's name") {
  const auto& leaf = pki().server().identity.certificate;
  CHECK(judge(leaf, pki().tls_ca(), X509_PURPOSE_SSL_SERVER) == X509_V_OK);
  for (const char* host : {"localhost", "a1b2c3.card.localhost", "a1b2c3.mynumber.localhost"}) {
    CHECK(X509_check_host(leaf.get(), host, 0, 0, nullptr) == 1);
  }
  CHECK(X509_check_host(leaf.get(), "card.localhost", 0, 0, nullptr) != 1);
  CHECK(X509_check_ip_asc(leaf.get(), "127.0.0.1", 0) != 1);
}

TEST_CASE("facilities and services get client certificates") {
  const auto clinic = pki().make_facility("facility-clinic", "1312345678", "検証クリニック");
  CHECK(judge(clinic.identity.certificate, pki().facility_ca(), X509_PURPOSE_SSL_CLIENT) == X509_V_OK);
  CHECK(judge(clinic.identity.certificate, pki().facility_ca(), X509_PURPOSE_SSL_SERVER) == X509_V_ERR_INVALID_PURPOSE);
  const auto service = pki().make_service("signature-service", "signature-service");
  CHECK(judge(service.identity.certificate, pki().facility_ca(), X509_PURPOSE_SSL_CLIENT) == X509_V_OK);
  const auto old = pki().make_facility("facility-old", "1399999999", "検証医院", "expired");
  CHECK(judge(old.identity.certificate, pki().facility_ca(), X509_PURPOSE_SSL_CLIENT) == X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_CASE("a My Number card comes from the JPKI look-alike") {
  tegata::sandbox::test_pki::CardRequest request;
  request.name = "mynumber";
  request.kind = "jpki-auth";
  request.holder_number = "TEST0000000000000000001";
  const auto card = pki().make_card(request);
  CHECK(judge(card.identity.certificate, pki().jpki(), X509_PURPOSE_SSL_CLIENT) == X509_V_OK);
  CHECK(card.chain.empty());
}

TEST_CASE("a foreign card has the names of the real one and another key above it") {
  tegata::sandbox::test_pki::CardRequest request{"foreign",     "hpki-auth", "foreign-ca", "TEST1",
                                                 "Kensho Taro", "",          {"Dentist"},  ""};
  const auto foreign = pki().make_card(request);
  const auto& authority = pki().hpki().authentication.certificate;
  CHECK(X509_NAME_cmp(X509_get_issuer_name(foreign.identity.certificate.get()),
                      X509_get_subject_name(authority.get())) == 0);
  CHECK(X509_verify(foreign.identity.certificate.get(), pki().hpki().authentication.key.get()) == 0);
  CHECK(X509_verify(foreign.identity.certificate.get(), pki().foreign().authentication.key.get()) == 1);
}

TEST_CASE("what a card origin advertises is the authentication CA alone") {
  const auto files = pki().files();
  CHECK(content_of(files, "hpki-advertise.pem") ==
        tegata::sandbox::test_pki::pem(pki().hpki().authentication.certificate));
  CHECK(count(content_of(files, "hpki-intermediates.pem"), "BEGIN CERTIFICATE") == 2);
  CHECK(count(content_of(files, "hpki-roots.pem"), "BEGIN CERTIFICATE") == 1);
  CHECK(count(content_of(files, "server.pem"), "BEGIN") == 2);
}

TEST_CASE("files: keys are for their owner only, cards open with the password") {
  tegata::sandbox::test_pki::TestPki own(still_moment);
  own.make_card({"card-doctor", "hpki-auth", "good", "TEST1", "Kensho Taro", "検証 太郎", {"Medical Doctor"}, ""});
  const Folder folder;
  const std::string inner = folder.path + "/pki";
  REQUIRE(own.write_files(inner));
  REQUIRE(own.write_files(inner));  // and again over what is there
  for (const auto& file : own.files()) {
    struct stat status {};
    REQUIRE(::stat((inner + "/" + file.name).c_str(), &status) == 0);
    const bool has_key = file.name.ends_with(".key") || file.name.ends_with(".p12") || file.name == "server.pem";
    INFO(file.name);
    CHECK((status.st_mode & 0777) == (has_key ? 0600u : 0644u));
    if (!has_key) CHECK(count(file.content, "PRIVATE KEY") == 0);
  }
  std::ifstream in(inner + "/card-doctor.p12", std::ios::binary);
  const std::string bag_der((std::istreambuf_iterator<char>(in)), {});
  const auto* cursor = reinterpret_cast<const unsigned char*>(bag_der.data());
  const std::shared_ptr<PKCS12> bag(d2i_PKCS12(nullptr, &cursor, static_cast<long>(bag_der.size())), PKCS12_free);
  REQUIRE(bag);
  CHECK(PKCS12_verify_mac(bag.get(), "wrong", -1) == 0);
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  REQUIRE(PKCS12_parse(bag.get(), tegata::sandbox::test_pki::sample_p12_password, &key, &certificate, nullptr) == 1);
  CHECK(X509_check_private_key(certificate, key) == 1);
  EVP_PKEY_free(key);
  X509_free(certificate);
}

TEST_CASE("a folder that cannot be made is an error") { CHECK_FALSE(pki().write_files("/dev/null/pki")); }
