#include "rp/sandbox/test_pki/zoo.h"

#include <algorithm>
#include <map>

#include "rp/sandbox/test_pki/profiles.h"

namespace tegata::sandbox::test_pki {
namespace {

using Revoked = std::map<const FieldCa*, std::vector<CrlEntry>>;

ZooCard make_card(const Field& field, const ZooCase& one, Recipe recipe, Revoked& revoked) {
  one.spoil(recipe);
  ZooCard card;
  card.name = one.name;
  card.expected = one.expected;
  card.not_sendable = one.not_sendable;
  card.known_person = std::string_view(one.name) != "unknown-person";
  const Identity& signer = recipe.signer.key ? recipe.signer : recipe.issuer->identity;
  const auto certificate = recipe.ready ? recipe.ready : issue(recipe.profile, recipe.key, signer);
  card.der = der(certificate);
  card.key = recipe.ready_key ? recipe.ready_key : recipe.key;
  if (recipe.change_bytes) recipe.change_bytes(card.der);
  if (recipe.revoked) {
    revoked[recipe.issuer].push_back({certificate, field.now - std::chrono::hours(24), recipe.reason});
  }
  return card;
}

void add_list(Zoo& zoo, const std::string& authority, const FieldCa& ca, const Revoked& revoked) {
  if (ca.address.empty()) return;
  const auto entries = revoked.find(&ca);
  const Instant issued_at = zoo.field.now - ca.list_age;
  CrlProfile profile = crl_profile(issued_at, 42, entries == revoked.end() ? std::vector<CrlEntry>() : entries->second);
  profile.raw_extensions = ca.list_extensions;
  zoo.lists.push_back({authority, ca.address, issued_at, issue_crl(profile, ca.identity)});
}

void add_lists(Zoo& zoo, const Revoked& revoked) {
  const Field& field = zoo.field;
  add_list(zoo, "", field.root, revoked);
  for (const auto* authority : {&field.jma, &field.jpa, &field.medis, &field.odd}) {
    add_list(zoo, authority->name, authority->authentication, revoked);
    add_list(zoo, authority->name, authority->signing, revoked);
    for (const auto& ca : authority->more) add_list(zoo, authority->name, ca, revoked);
  }
  for (const auto& generation : field.jpki) add_list(zoo, "JPKI", generation, revoked);
}

}  // namespace

void Recipe::from(const FieldCa& ca) {
  issuer = &ca;
  drop(crl_distribution_points);
  if (!ca.address.empty()) set(crl_distribution_points, "URI:" + ca.address);
}

void Recipe::from(const FieldCa& ca, const char* policy, const char* key_usage) {
  from(ca);
  set("certificatePolicies", policy);
  set("keyUsage", key_usage);
}

void Recipe::set(const std::string& extension, const std::string& value) { set_extension(profile, extension, value); }
void Recipe::drop(const std::string& extension) { drop_extension(profile, extension); }

RawExtension& Recipe::raw(const std::string& oid) {
  const auto found = std::ranges::find(profile.raw_extensions, oid, &RawExtension::oid);
  return found == profile.raw_extensions.end() ? profile.raw_extensions.emplace_back(RawExtension{oid, false, {}})
                                               : *found;
}

void Recipe::drop_raw(const std::string& oid) {
  std::erase_if(profile.raw_extensions, [&](const RawExtension& extension) { return extension.oid == oid; });
}

Recipe good_hpki(const Field& field) {
  const Name subject = {{"C", "JP"}, {"O", "検証病院"}, {"CN", "Kensho Taro"}, {"serialNumber", zoo_holder_number}};
  Recipe recipe{field,
                &field.medis.authentication,
                {},
                leaf_profile(subject, card_validity("good", field.now), "critical,digitalSignature"),
                field.card_key};
  recipe.set("certificatePolicies", authentication_policy);
  recipe.from(*recipe.issuer);
  recipe.raw(subject_alt_name).der = directory_name_extension({{"CN", "検証 太郎"}});
  recipe.raw(subject_directory_attributes).der = hc_role_extension({{"Medical Doctor", ""}});
  return recipe;
}

Recipe good_mynumber(const Field& field) {
  const Name subject = {{"C", "JP"}, {"CN", "TEST0000000000000000001"}};
  Recipe recipe{field,
                &field.jpki[2],
                {},
                leaf_profile(subject, card_validity("good", field.now), "critical,digitalSignature"),
                field.card_key};
  recipe.set("extendedKeyUsage", "clientAuth");
  recipe.set("certificatePolicies", std::string("critical,") + mynumber_policy);
  recipe.from(*recipe.issuer);
  return recipe;
}

std::vector<ZooAuthority> zoo_authorities(const Field& field) {
  std::vector<ZooAuthority> out;
  for (const auto* authority : {&field.jma, &field.jpa, &field.medis, &field.odd}) {
    ZooAuthority one{authority->name, pem(field.root.identity.certificate), {}, {}, {field.root.address}};
    std::vector<const FieldCa*> cas = {&authority->authentication, &authority->signing};
    for (const auto& ca : authority->more) cas.push_back(&ca);
    for (const auto* ca : cas) {
      one.intermediates_pem += pem(ca->identity.certificate);
      if (ca != &authority->signing) one.advertised_pem += pem(ca->identity.certificate);
      if (!ca->address.empty()) one.addresses.push_back(ca->address);
    }
    out.push_back(std::move(one));
  }
  return out;
}

std::string zoo_generations_pem(const Field& field) {
  std::string out;
  for (const auto& generation : field.jpki) out += pem(generation.identity.certificate);
  return out;
}

Zoo make_zoo(Instant now) {
  Zoo zoo;
  zoo.field = make_field(now);
  const Field& field = zoo.field;
  Revoked revoked;
  const auto& authority = field.odd_ca("revoked").identity.certificate;
  revoked[&field.root].push_back({authority, now - std::chrono::hours(24), 2});  // cACompromise
  for (const auto& one : hpki_cases()) zoo.cards.push_back(make_card(field, one, good_hpki(field), revoked));
  for (const auto& one : mynumber_cases()) {
    zoo.cards.push_back(make_card(field, one, good_mynumber(field), revoked));
    zoo.cards.back().mynumber = true;
  }
  add_lists(zoo, revoked);
  return zoo;
}

}  // namespace tegata::sandbox::test_pki
