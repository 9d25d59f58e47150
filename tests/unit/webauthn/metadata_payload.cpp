// What is read of a metadata payload, and what of it is left out.
#include "rp/webauthn/metadata/metadata.h"
#include "tests/support/metadata_maker.h"
#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test {
namespace {

using tegata::test::MetadataMaker;

const Bytes model(16, 7), other_model(16, 8);

// The maker's certificates, made once: their contents do not matter here.
const MetadataMaker& chain() {
  static const MetadataMaker made;
  return made;
}

Result<metadata::MetadataPayload> parsed_payload(const Json& payload) {
  return metadata::parse_metadata_payload(as_bytes(dump_json(payload)));
}

Json payload_of(const std::vector<Json>& entries) {
  Json payload = chain().payload;
  for (const Json& entry : entries) payload["entries"].push_back(entry);
  return payload;
}

Json good_entry(const Bytes& aaguid = model) { return MetadataMaker::entry(aaguid, {chain().root_der()}); }

// Everything that was read, as text.
std::string everything(const metadata::MetadataPayload& payload) {
  Json out{{"no", payload.number}, {"next", format_rfc3339(payload.next_update)}, {"skipped", payload.skipped.size()}};
  for (const metadata::MetadataEntry& entry : payload.entries) {
    Json one{{"aaguid", hex(entry.aaguid)}, {"description", entry.description}, {"vouches", entry.vouches}};
    one["algorithms"] = entry.algorithms;
    one["types"] = entry.attestation_types;
    for (const Bytes& identifier : entry.key_identifiers) one["identifiers"].push_back(hex(identifier));
    for (const Bytes& anchor : entry.anchors) one["anchors"].push_back(hex(anchor));
    for (const metadata::StatusReport& report : entry.reports) {
      one["reports"].push_back(
          {report.status, report.effective ? format_rfc3339(*report.effective) : "always", hex(report.certificate)});
    }
    out["entries"].push_back(one);
  }
  return out.dump();
}

// Calls `visit` for every object inside `value`, as a pointer into it.
void each_object(Json& value, const std::function<void(Json&)>& visit) {
  if (value.is_object()) visit(value);
  if (!value.is_structured()) return;
  for (Json& inner : value) each_object(inner, visit);
}

// A payload of one entry that must be skipped, and what remains of it.
struct Spoilt {
  explicit Spoilt(const std::function<void(Json& entry)>& edit) {
    Json entry = good_entry();
    edit(entry);
    const auto parsed = parsed_payload(payload_of({good_entry(Bytes(16, 1)), entry, good_entry(Bytes(16, 2))}));
    REQUIRE(parsed);
    payload = *parsed;
  }
  // The neighbours stand, and exactly the middle one is listed.
  bool alone() const {
    const auto good = [&](std::uint8_t byte) {
      return std::ranges::any_of(payload.entries,
                                 [&](const auto& e) { return e.aaguid == Bytes(16, byte) && e.vouches; });
    };
    return good(1) && good(2) && payload.skipped.size() == 1 && payload.skipped[0].index == 1;
  }
  const metadata::MetadataEntry* entry() const {
    const auto found = std::ranges::find(payload.entries, model, &metadata::MetadataEntry::aaguid);
    return found == payload.entries.end() ? nullptr : &*found;
  }
  metadata::MetadataPayload payload;
};

}  // namespace

TEST_CASE("metadata payload: what is read") {
  const auto parsed = parsed_payload(payload_of({good_entry(), good_entry(other_model)}));
  REQUIRE(parsed);
  REQUIRE(parsed->entries.size() == 2);
  const metadata::MetadataEntry& entry = parsed->entries[0];
  CHECK(entry.aaguid == model);
  CHECK(entry.vouches);
  CHECK(entry.algorithms == std::vector<std::int64_t>{-7});
  CHECK(entry.attestation_types == std::vector<std::string>{"basic_full"});
  CHECK(entry.anchors == std::vector<Bytes>{chain().root_der()});
  REQUIRE(entry.reports.size() == 1);
  CHECK(entry.reports[0].status == "FIDO_CERTIFIED_L1");
  CHECK(format_rfc3339(*entry.reports[0].effective) == "2024-01-01T00:00:00.000Z");
  CHECK(parsed->skipped.empty());
}

TEST_CASE("metadata payload: not a payload") {
  const std::string malformed = "webauthn_metadata_malformed";
  const auto with = [](const std::function<void(Json&)>& edit) {
    Json payload = payload_of({good_entry()});
    edit(payload);
    return code_of(parsed_payload(payload));
  };
  CHECK(with([](Json&) {}) == "accepted");
  for (const char* member : {"no", "nextUpdate", "entries"}) {
    INFO(member);
    CHECK(with([&](Json& p) { p.erase(member); }) == malformed);
    CHECK(with([&](Json& p) { p[member] = nullptr; }) == malformed);
    CHECK(with([&](Json& p) { p[member] = true; }) == malformed);
  }
  CHECK(with([](Json& p) { p["no"] = "42"; }) == malformed);
  CHECK(with([](Json& p) { p["no"] = 4.5; }) == malformed);
  CHECK(with([](Json& p) { p["nextUpdate"] = "2026-13-01"; }) == malformed);
  CHECK(with([](Json& p) { p["nextUpdate"] = "soon"; }) == malformed);
  CHECK(with([](Json& p) { p["entries"] = Json::object(); }) == malformed);
  CHECK(with([](Json& p) { p = Json::array(); }) == malformed);
  CHECK_REFUSED(metadata::parse_metadata_payload(as_bytes("{")), errors::webauthn_metadata_malformed,
                wire::clauses::metadata_payload);
  CHECK_REFUSED_AS(
      metadata::parse_metadata_payload(as_bytes(R"({"no":1,"no":2,"nextUpdate":"2026-12-01","entries":[]})")),
      errors::webauthn_metadata_malformed, wire::clauses::metadata_payload, "json_duplicate_key");
}

TEST_CASE("metadata payload: unknown members change nothing, wherever they stand") {
  Json u2f = good_entry();
  u2f.erase("aaguid");
  u2f["metadataStatement"].erase("aaguid");
  u2f["attestationCertificateKeyIdentifiers"] = {std::string(40, 'a')};
  Json payload = payload_of({good_entry(), u2f});
  const std::string plain = everything(parsed_payload(payload).value());
  const std::vector<Json> values = {
      nullptr, 1, -2.5, "text", Json::array({1, "x"}), {{"deep", {{"er", Json::array()}}}}, 18446744073709551615ULL};
  int places = 0;
  each_object(payload, [&](Json& object) {
    for (const Json& value : values) {
      object["somethingNew"] = value;
      const auto parsed = parsed_payload(payload);
      REQUIRE(parsed);
      CHECK(everything(*parsed) == plain);
    }
    object.erase("somethingNew");
    ++places;
  });
  CHECK(places == 7);  // the payload; two entries, each with a statement and a report
}

TEST_CASE("case 073: 64-bit vendorPrototypeConfigCommands are read over") {
  Json entry = good_entry();
  entry["metadataStatement"]["authenticatorGetInfo"] = {
      {"versions", {"FIDO_2_1"}},
      {"vendorPrototypeConfigCommands", {18446744073709551615ULL, 9223372036854775808ULL, 3735927486ULL}}};
  const auto parsed = parsed_payload(payload_of({entry}));
  REQUIRE(parsed);
  CHECK(parsed->skipped.empty());
  CHECK(parsed->entries[0].vouches);
}

TEST_CASE("metadata payload: an entry that names no model is left out, its neighbours stand") {
  // clauses::metadata_entry, of whose breach the BLOB's reader gets the index and the reason.
  const auto gone = [](const std::function<void(Json&)>& edit) {
    const Spoilt spoilt(edit);
    return spoilt.alone() && spoilt.payload.entries.size() == 2;
  };
  CHECK(gone([](Json& e) { e = "text"; }));
  CHECK(gone([](Json& e) { e = nullptr; }));
  CHECK(gone([](Json& e) { e.erase("aaguid"); }));
  CHECK(gone([](Json& e) { e["aaguid"] = 7; }));
  CHECK(gone([](Json& e) { e["aaguid"] = std::string(32, '7'); }));
  CHECK(gone([](Json& e) { e["aaguid"] = "07070707-0707-0707-0707-07070707070"; }));
  CHECK(gone([](Json& e) { e["aaguid"] = "07070707-0707-0707-0707-07070707070x"; }));
  CHECK(gone([](Json& e) { e["aaguid"] = "0707-07070707-0707-0707-070707070707"; }));
  CHECK(gone([](Json& e) { e["aaguid"] = "00000000-0000-0000-0000-000000000000"; }));
  CHECK(gone([](Json& e) { e.erase("aaguid"), e["attestationCertificateKeyIdentifiers"] = {"abc"}; }));
  CHECK(gone([](Json& e) { e.erase("aaguid"), e["attestationCertificateKeyIdentifiers"] = {std::string(38, 'a')}; }));
  CHECK(gone([](Json& e) { e.erase("aaguid"), e["attestationCertificateKeyIdentifiers"] = "abc"; }));
  const Spoilt uaf([](Json& e) { e.erase("aaguid"), e["aaid"] = "1234#5678"; });
  CHECK(uaf.alone());
  CHECK(uaf.payload.skipped[0].reason == "webauthn_metadata_malformed: a model of UAF, without an aaguid");
}

TEST_CASE("metadata payload: upper case in an AAGUID, and models of U2F") {
  Json upper = good_entry(Bytes(16, 0xab)), u2f = good_entry();
  upper["aaguid"] = "ABABABAB-ABAB-ABAB-ABAB-ABABABABABAB";
  u2f.erase("aaguid");
  u2f["metadataStatement"].erase("aaguid");
  u2f["attestationCertificateKeyIdentifiers"] = {std::string(40, 'a'), std::string(40, 'b')};
  const auto parsed = parsed_payload(payload_of({upper, u2f}));
  REQUIRE(parsed);
  CHECK(parsed->skipped.empty());
  REQUIRE(parsed->entries.size() == 2);
  CHECK(parsed->entries[0].aaguid == Bytes(16, 0xab));
  CHECK(parsed->entries[1].key_identifiers == std::vector<Bytes>{Bytes(20, 0xaa), Bytes(20, 0xbb)});
  CHECK(parsed->entries[1].vouches);
}

TEST_CASE("metadata payload: a statement that cannot be read vouches for nothing, but its entry still warns") {
  const auto silenced = [](const std::function<void(Json&)>& edit) {
    const Spoilt spoilt([&](Json& e) {
      e["statusReports"].push_back(MetadataMaker::report("REVOKED"));
      edit(e["metadataStatement"]);
    });
    const metadata::MetadataEntry* entry = spoilt.entry();
    return spoilt.alone() && entry && !entry->vouches && entry->anchors.empty() && entry->algorithms.empty() &&
           entry->attestation_types.empty() && entry->reports.size() == 2;
  };
  CHECK(silenced([](Json& s) { s = "text"; }));
  CHECK(silenced([](Json& s) { s = Json::object(); }));
  CHECK(silenced([](Json& s) { s["aaguid"] = "08080808-0808-0808-0808-080808080808"; }));
  CHECK(silenced([](Json& s) { s["aaguid"] = "x"; }));
  CHECK(silenced([](Json& s) { s["description"] = 1; }));
  for (const char* list : {"authenticationAlgorithms", "attestationTypes", "attestationRootCertificates"}) {
    INFO(list);
    CHECK(silenced([&](Json& s) { s.erase(list); }));
    CHECK(silenced([&](Json& s) { s[list] = "text"; }));
    CHECK(silenced([&](Json& s) { s[list] = {1}; }));
  }
  CHECK(silenced([](Json& s) { s["attestationRootCertificates"].push_back("no base64!"); }));
  CHECK(silenced([](Json& s) { s["attestationRootCertificates"].push_back(base64("no certificate"_b)); }));
}

TEST_CASE("metadata payload: an entry without a statement warns and does not vouch") {
  Json entry = good_entry();
  entry.erase("metadataStatement");
  const auto parsed = parsed_payload(payload_of({entry}));
  REQUIRE(parsed);
  CHECK(parsed->skipped.empty());
  CHECK_FALSE(parsed->entries[0].vouches);
}

TEST_CASE("metadata payload: reports that cannot be read count as far as they can be") {
  using Reports = std::vector<metadata::StatusReport>;
  const auto read = [](const Json& reports) {
    const Spoilt spoilt([&](Json& e) { e["statusReports"] = reports; });
    CHECK(spoilt.alone());
    REQUIRE(spoilt.entry());
    CHECK_FALSE(spoilt.entry()->vouches);
    return spoilt.entry()->reports;
  };
  CHECK(read("text").empty());
  CHECK(read({1}).empty());
  CHECK(read({{{"effectiveDate", "2024-01-01"}}}).empty());
  CHECK(read({{{"status", 5}}}).empty());
  const Reports dated = read({{{"status", "REVOKED"}, {"effectiveDate", "never"}}});
  REQUIRE(dated.size() == 1);
  CHECK_FALSE(dated[0].effective);
  CHECK(read({{{"status", "REVOKED"}, {"effectiveDate", 5}}}).size() == 1);
  const Reports named = read({{{"status", "ATTESTATION_KEY_COMPROMISE"}, {"certificate", "no base64!"}}});
  REQUIRE(named.size() == 1);
  CHECK(named[0].certificate.empty());
  CHECK(read({1, {{"status", "REVOKED"}}}).size() == 1);
  const Spoilt without([](Json& e) { e.erase("statusReports"); });
  CHECK(without.alone());
}

TEST_CASE("metadata payload: a second entry for a model adds its warnings only") {
  Json second = MetadataMaker::entry(model, {chain().path.front()});
  second["statusReports"] = Json::array({MetadataMaker::report("REVOKED")});
  const auto parsed = parsed_payload(payload_of({good_entry(), second}));
  REQUIRE(parsed);
  REQUIRE(parsed->entries.size() == 1);
  CHECK(parsed->entries[0].anchors == std::vector<Bytes>{chain().root_der()});
  CHECK(parsed->entries[0].reports.size() == 2);
  REQUIRE(parsed->skipped.size() == 1);
  CHECK(parsed->skipped[0].reason == "aaguid repeated");
}

TEST_CASE("metadata payload: certificates with line breaks, and every name of an algorithm") {
  Json entry = good_entry();
  std::string text = base64(chain().root_der());
  for (std::size_t at = 64; at < text.size(); at += 66) text.insert(at, "\r\n");
  auto& statement = entry["metadataStatement"];
  statement["attestationRootCertificates"] = {" " + text + "\n"};
  statement["authenticationAlgorithms"] = {"secp256r1_ecdsa_sha256_raw",
                                           "secp384r1_ecdsa_sha384_raw",
                                           "secp521r1_ecdsa_sha512_raw",
                                           "ed25519_eddsa_sha512_raw",
                                           "ed448_eddsa_sha512_raw",
                                           "rsassa_pkcsv15_sha256_raw",
                                           "rsassa_pkcsv15_sha384_raw",
                                           "rsassa_pkcsv15_sha512_raw",
                                           "rsassa_pss_sha256_raw",
                                           "rsassa_pss_sha384_raw",
                                           "rsassa_pss_sha512_raw",
                                           "rsassa_pkcsv15_sha1_raw",
                                           "sm2_sm3_raw",
                                           "of the future"};
  const auto parsed = parsed_payload(payload_of({entry}));
  REQUIRE(parsed);
  CHECK(parsed->entries[0].anchors == std::vector<Bytes>{chain().root_der()});
  CHECK(parsed->entries[0].algorithms ==
        std::vector<std::int64_t>{-7, -35, -36, -8, -53, -257, -258, -259, -37, -38, -39, -65535});
}

}  // namespace tegata::webauthn::test
