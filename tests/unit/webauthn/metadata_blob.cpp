// The metadata BLOB as a signed whole.
#include "rp/webauthn/metadata/metadata.h"
#include "rp/webauthn/pem.h"
#include "tests/support/metadata_maker.h"
#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test {
namespace {

using tegata::test::MetadataMaker;

struct BlobImport {
  MetadataMaker maker;
  metadata::ExpectedMetadata expected;

  BlobImport() {
    expected.anchors = {maker.root_der()};
    expected.now = tegata::test::StillClock().now();
  }
  Result<metadata::Metadata> read() const { return metadata::verify_metadata(maker.make(), expected); }
  std::string judged() const { return code_of(read()); }
  std::string judged(const std::string& blob) const { return code_of(metadata::verify_metadata(blob, expected)); }
  // The signer gets another certificate for this profile.
  void reissue(const sandbox::test_pki::Profile& profile) {
    maker.signer.certificate = sandbox::test_pki::issue(profile, maker.signer.key, maker.intermediate);
    maker.path.front() = sandbox::test_pki::der(maker.signer.certificate);
  }
};

Bytes with_trailing(Bytes bytes) {
  bytes.push_back(0);
  return bytes;
}

}  // namespace

TEST_CASE("metadata: a good BLOB") {
  BlobImport import;
  import.maker.add(MetadataMaker::entry(Bytes(16, 7), {import.maker.root_der()}));
  const auto metadata = import.read();
  REQUIRE(code_of(metadata) == "accepted");
  CHECK(metadata->number() == 42);
  CHECK(format_rfc3339(metadata->next_update()) == "2026-12-15T00:00:00.000Z");
  CHECK_FALSE(metadata->digest() == sha256(import.maker.make()));  // every signature is another
  CHECK(metadata->entries().size() == 1);
  CHECK(metadata->skipped().empty());
  CHECK_FALSE(metadata->revocation_checked());
  REQUIRE(metadata->find(Bytes(16, 7)));
  CHECK(metadata->find(Bytes(16, 7))->description == "Sample Authenticator");
  CHECK_FALSE(metadata->find(Bytes(16, 8)));
}

TEST_CASE("metadata: RS256 and ES256, each with its kind of key") {
  BlobImport import;
  import.maker.algorithm = "RS256";
  CHECK(import.judged() == "webauthn_metadata_algorithm");
  const auto profile = MetadataMaker::profile("mds.fidoalliance.org", false);
  import.maker.signer.key = sandbox::test_pki::rsa_key();
  import.reissue(profile);
  CHECK(import.judged() == "accepted");
  import.maker.algorithm = "ES256";
  CHECK(import.judged() == "webauthn_metadata_algorithm");
  for (const char* algorithm : {"none", "HS256", "PS256", "RS512", "rs256", ""}) {
    INFO(algorithm);
    import.maker.algorithm = algorithm;
    CHECK(import.judged() == "webauthn_metadata_algorithm");
  }
  import.maker.header["alg"] = 1;
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_algorithm, wire::clauses::metadata_alg);
}

TEST_CASE("metadata: not a compact JWS") {
  BlobImport import;
  const std::string good = import.maker.make(), malformed = "webauthn_metadata_malformed";
  CHECK(import.judged("") == malformed);
  CHECK_REFUSED(metadata::verify_metadata("..", import.expected), errors::webauthn_metadata_malformed,
                wire::clauses::metadata_jws);
  CHECK(import.judged("..") == malformed);
  CHECK(import.judged(good + ".x") == malformed);
  CHECK(import.judged(good.substr(0, good.rfind('.'))) == malformed);
  CHECK(import.judged(good + "=") == malformed);
  CHECK(import.judged(" " + good) == malformed);
  CHECK(import.judged(good + "\n") == malformed);
  CHECK(import.judged(good.substr(0, good.rfind('.') + 1)) == malformed);
  CHECK(import.judged(import.maker.make("[]", "{}")) == malformed);
  CHECK(import.judged(import.maker.make("{", "{}")) == malformed);
  CHECK(import.judged(import.maker.make(R"({"alg":"ES256","alg":"ES256"})", "{}")) == malformed);
  CHECK_REFUSED_AS(metadata::verify_metadata(std::string(metadata::largest_metadata, 'A') + good, import.expected),
                   errors::webauthn_metadata_malformed, wire::clauses::metadata_jws, "too large");
}

TEST_CASE("metadata: no header member that points elsewhere or must be understood") {
  BlobImport import;
  import.maker.header["typ"] = "JWT";
  import.maker.header["something"] = {{ "new", 1 }};
  CHECK(import.judged() == "accepted");
  import.maker.header["x5u"] = "https://mds.example/";
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_header, wire::clauses::metadata_x5c);
  import.maker.header.erase("x5u");
  import.maker.header["crit"] = {"exp"};
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_header, wire::clauses::jws_crit);
}

TEST_CASE("metadata: x5c is one to eight certificates") {
  BlobImport import;
  const std::string refused = "webauthn_metadata_header", leaf = base64(import.maker.path.front());
  const auto with = [&](const Json& x5c) {
    import.maker.header["x5c"] = x5c;
    return import.judged();
  };
  CHECK(with(leaf) == refused);
  CHECK(with(Json::array()) == refused);
  CHECK(with({1}) == refused);
  CHECK(with({"no base64!"}) == refused);
  CHECK(with({base64("no certificate"_b)}) == refused);
  CHECK(with({leaf, base64(with_trailing(import.maker.path.back()))}) == refused);
  Json many = Json::array();
  for (int i = 0; i < 9; ++i) many.push_back(i == 0 ? leaf : base64(import.maker.path.back()));
  CHECK(with(many) == refused);
  many.erase(8);
  CHECK(with(many) == "accepted");
  import.maker.path.clear();
  import.maker.header.erase("x5c");
  CHECK(import.judged() == refused);
}

TEST_CASE("case 174: a BLOB whose signature is invalid is not used") {
  BlobImport import;
  import.maker.add(MetadataMaker::entry(Bytes(16, 7), {import.maker.root_der()}));
  const std::string good = import.maker.make();
  const auto first = good.find('.'), second = good.rfind('.');
  const auto payload = parse_base64url(std::string_view(good).substr(first + 1, second - first - 1)).value();
  Json other = Json::parse(payload);
  other["entries"].clear();
  const std::string header = good.substr(0, first), signature = good.substr(second + 1);
  CHECK(import.judged(header + "." + base64url(as_bytes(dump_json(other))) + "." + signature) ==
        "webauthn_metadata_signature");
  CHECK(import.judged(header + "." + good.substr(first + 1, second - first) + base64url(Bytes(64, 1))) ==
        "webauthn_metadata_signature");
  CHECK(import.judged(header + "." + good.substr(first + 1, second - first) + base64url(Bytes(64, 0))) ==
        "webauthn_metadata_signature");
  CHECK(import.judged(header + "." + good.substr(first + 1, second - first) + base64url(Bytes(63, 1))) ==
        "webauthn_metadata_signature");
  import.maker.signer.key = sandbox::test_pki::p256_key();
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_signature, wire::clauses::metadata_signature);
}

TEST_CASE("metadata: the signature comes before the payload") {
  BlobImport import;
  const std::string header =
      dump_json({{"alg", "ES256"}, {"x5c", {base64(import.maker.path.front()), base64(import.maker.path.back())}}});
  CHECK(import.judged(import.maker.make(header, "no JSON")) == "webauthn_metadata_malformed");
  import.maker.signer.key = sandbox::test_pki::p256_key();
  CHECK(import.judged(import.maker.make(header, "no JSON")) == "webauthn_metadata_signature");
}

TEST_CASE("case 175: a BLOB whose chain cannot be verified") {
  BlobImport import;
  const std::string untrusted = "webauthn_metadata_untrusted";
  SECTION("another root") {
    import.expected.anchors = {MetadataMaker().root_der()};
    CHECK_REFUSED(import.read(), errors::webauthn_metadata_untrusted, wire::clauses::metadata_chain);
  }
  SECTION("no roots at all, and a root in x5c is none") {
    import.expected.anchors.clear();
    import.maker.path.push_back(import.maker.root_der());
    CHECK(import.judged() == untrusted);
  }
  SECTION("the root may stand in x5c if it is pinned") {
    import.maker.path.push_back(import.maker.root_der());
    CHECK(import.judged() == "accepted");
  }
  SECTION("without the intermediate") {
    import.maker.path.pop_back();
    CHECK(import.judged() == untrusted);
  }
  SECTION("an intermediate pinned as if it were a root") {
    import.expected.anchors = {sandbox::test_pki::der(import.maker.intermediate.certificate)};
    CHECK(import.judged() == untrusted);
  }
  SECTION("an intermediate that is no authority") {
    import.maker.intermediate = MetadataMaker::issued(MetadataMaker::profile("no authority", false), import.maker.root);
    import.maker.path.back() = sandbox::test_pki::der(import.maker.intermediate.certificate);
    import.reissue(MetadataMaker::profile("mds.fidoalliance.org", false));
    CHECK(import.judged() == untrusted);
  }
  SECTION("before and after its time") {
    import.expected.stale_allowed = true;
    import.expected.now = from_unix_seconds(1'699'999'999);
    CHECK(import.judged() == untrusted);
    import.expected.now = from_unix_seconds(1'900'000'001);
    CHECK(import.judged() == untrusted);
  }
  SECTION("a signer certified with SHA-1") {
    auto weak = MetadataMaker::profile("mds.fidoalliance.org", false);
    weak.digest = "SHA1";
    import.reissue(weak);
    CHECK(import.judged() == untrusted);
  }
  SECTION("a pinned root that is no certificate") {
    import.expected.anchors = {"no certificate"_b};
    CHECK(import.judged() == "webauthn_anchor_malformed");
  }
}

TEST_CASE("case 176: the intermediate of the signer is revoked") {
  BlobImport import;
  const auto& maker = import.maker;
  import.expected.crls = {MetadataMaker::crl(maker.root, {maker.intermediate.certificate}),
                          MetadataMaker::crl(maker.intermediate)};
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_revoked, wire::clauses::metadata_revocation);
}

TEST_CASE("case 177: the signer is revoked") {
  BlobImport import;
  const auto& maker = import.maker;
  import.expected.crls = {MetadataMaker::crl(maker.root),
                          MetadataMaker::crl(maker.intermediate, {maker.signer.certificate})};
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_revoked, wire::clauses::metadata_revocation);
}

TEST_CASE("metadata: revocation lists cover the whole chain or the BLOB is refused") {
  BlobImport import;
  const auto& maker = import.maker;
  const Bytes of_root = MetadataMaker::crl(maker.root), of_intermediate = MetadataMaker::crl(maker.intermediate);
  const auto with = [&](const std::vector<Bytes>& crls) {
    import.expected.crls = crls;
    return import.judged();
  };
  REQUIRE(with({of_root, of_intermediate}) == "accepted");
  CHECK(import.read()->revocation_checked());
  const std::string missing = "webauthn_metadata_crl_missing";
  CHECK(with({of_root}) == missing);
  CHECK(with({of_intermediate}) == missing);
  CHECK(with({of_root, MetadataMaker::crl(maker.intermediate, {}, -40)}) == missing);
  CHECK(with({of_root, MetadataMaker::crl(maker.intermediate, {}, 40)}) == missing);
  const sandbox::test_pki::Identity impostor{sandbox::test_pki::p256_key(), maker.intermediate.certificate};
  CHECK(with({of_root, MetadataMaker::crl(impostor)}) == missing);
  CHECK(with({of_root, "no list"_b}) == "webauthn_metadata_crl_malformed");
  CHECK(with({of_root, with_trailing(of_intermediate)}) == "webauthn_metadata_crl_malformed");
  import.expected.crls_required = true;
  CHECK(with({}) == missing);
  CHECK(with({of_root, of_intermediate}) == "accepted");
}

TEST_CASE("metadata: the signer is who signs metadata") {
  BlobImport import;
  import.maker = MetadataMaker("www.example.com");
  import.expected.anchors = {import.maker.root_der()};
  CHECK(import.judged() == "webauthn_metadata_host");
  import.expected.host = "www.example.com";
  CHECK(import.judged() == "accepted");
  import.expected.host = "";
  CHECK(import.judged() == "accepted");
  import.maker = MetadataMaker("*.fidoalliance.org");
  import.expected.anchors = {import.maker.root_der()};
  import.expected.host = "mds.fidoalliance.org";
  CHECK(import.judged() == "webauthn_metadata_host");
}

TEST_CASE("metadata: the number never goes back, and names one BLOB") {
  BlobImport import;
  const std::string accepted = import.maker.make();
  import.expected.newest = metadata::MetadataEdition{42, sha256(accepted)};
  CHECK(import.judged(accepted) == "accepted");
  CHECK(import.judged() == "webauthn_metadata_number_reused");
  import.maker.payload["no"] = 41;
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_number_older, wire::clauses::metadata_number);
  import.maker.payload["no"] = 43;
  CHECK(import.judged() == "accepted");
}

TEST_CASE("metadata: stale from the day after the next update on") {
  BlobImport import;
  const auto at = [&](const char* moment) {
    import.expected.now = parse_rfc3339(moment).value();
    return import.judged();
  };
  CHECK(at("2026-12-15T23:59:59Z") == "accepted");
  CHECK(at("2026-12-16T00:00:00Z") == "webauthn_metadata_stale");
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_stale, wire::clauses::metadata_next_update);
  import.expected.stale_allowed = true;
  CHECK(at("2026-12-16T00:00:00Z") == "accepted");
  CHECK(import.read()->is_stale(import.expected.now));
  CHECK_FALSE(import.read()->is_stale(import.expected.now - std::chrono::milliseconds(1)));
}

TEST_CASE("metadata: files of certificates and lists") {
  const MetadataMaker maker;
  const std::string pem = sandbox::test_pki::pem(maker.root.certificate) + "words between\n" +
                          sandbox::test_pki::pem(maker.signer.certificate);
  const auto two = parse_pem_or_der(pem, pem_certificate);
  REQUIRE(two);
  CHECK(*two == std::vector<Bytes>{maker.root_der(), maker.path.front()});
  const Bytes list = MetadataMaker::crl(maker.root);
  CHECK(parse_pem_or_der(as_text(list), pem_crl).value() == std::vector<Bytes>{list});
  const std::string malformed = "webauthn_pem_malformed";
  CHECK(code_of(parse_pem_or_der(pem, pem_crl)) == malformed);
  CHECK(code_of(parse_pem_or_der("", pem_certificate)) == malformed);
  CHECK(code_of(parse_pem_or_der("no PEM", pem_certificate)) == malformed);
  CHECK(code_of(parse_pem_or_der(pem.substr(0, pem.size() - 40), pem_certificate)) == malformed);
  CHECK(code_of(parse_pem_or_der(sandbox::test_pki::pem(maker.root.key), pem_certificate)) == malformed);
}

}  // namespace tegata::webauthn::test
