#include "enroll/card/revocation.h"

#include <openssl/evp.h>

#include <algorithm>

#include "enroll/card/errors.h"
#include "enroll/card/revocation_der.h"
#include "enroll/card/x509.h"

namespace tegata::card {
namespace {

using DigestContext = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;

// sha256, sha384 and sha512WithRSAEncryption, as AlgorithmIdentifier.
const EVP_MD* digest_of(ByteView algorithm) {
  constexpr std::array<std::uint8_t, 12> rsa = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01};
  if (algorithm.size() != 15 || !std::ranges::equal(algorithm.first(12), rsa)) return nullptr;
  if (algorithm[13] != 0x05 || algorithm[14] != 0x00) return nullptr;
  switch (algorithm[12]) {
    case 0x0b:
      return EVP_sha256();
    case 0x0c:
      return EVP_sha384();
    case 0x0d:
      return EVP_sha512();
    default:
      return nullptr;
  }
}

bool has_signed(X509* signer, const ParsedRevocationList& list) {
  const EVP_MD* const digest = digest_of(list.algorithm);
  if (!digest || !is_strong_key(signer)) return false;
  const DigestContext context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, X509_get0_pubkey(signer)) == 1 &&
         EVP_DigestVerify(context.get(), list.signature.data(), list.signature.size(), list.signed_part.data(),
                          list.signed_part.size()) == 1;
}

bool is_named(const X509* certificate, const ParsedRevocationList& list) {
  return is_same_name(X509_get_subject_name(certificate), list.issuer);
}

// The name, the key identifier and the permission to sign lists.
bool may_have_signed(X509* signer, const ParsedRevocationList& list) {
  const ASN1_OCTET_STRING* const id = X509_get0_subject_key_id(signer);
  if (!id || !is_named(signer, list)) return false;
  const ByteView own(ASN1_STRING_get0_data(id), static_cast<std::size_t>(ASN1_STRING_length(id)));
  const bool stated = X509_get_extension_flags(signer) & EXFLAG_KUSAGE;
  return std::ranges::equal(own, list.key_identifier) && stated && (X509_get_key_usage(signer) & KU_CRL_SIGN);
}

bool is_in_date(const X509* certificate, Instant now) {
  const auto from = to_instant(X509_get0_notBefore(certificate), errors::card_revocation_untrusted);
  const auto until = to_instant(X509_get0_notAfter(certificate), errors::card_revocation_untrusted);
  return from && until && *from <= now && std::chrono::floor<std::chrono::seconds>(now) <= *until;
}

bool was_issued_by(X509* signer, X509* authority) {
  return is_strong_signature(signer) && X509_verify(signer, X509_get0_pubkey(authority)) == 1;
}

Error untrusted(const char* why) {
  return Error(errors::card_revocation_untrusted, why, "rfc5280#section-6.3.3: issuer and signature of the list");
}

// The authority of that name which gave the signer its certificate.
Result<Digest> authority_behind(X509* signer, const RevocationIssuers& issuers, const ParsedRevocationList& list) {
  for (const auto& der : issuers.authorities) {
    const auto authority = decode_certificate(der);
    if (authority && is_named(authority.get(), list) && was_issued_by(signer, authority.get()))
      return issuer_identity(authority.get());
  }
  return untrusted("the signer's certificate is of no configured authority");
}

// The authority that the list speaks for.
Result<Digest> verify_signature(const ParsedRevocationList& list, const RevocationIssuers& issuers, Instant now) {
  for (const auto& der : issuers.authorities) {
    const auto authority = decode_certificate(der);
    if (authority && may_have_signed(authority.get(), list) && has_signed(authority.get(), list))
      return issuer_identity(authority.get());
  }
  for (const auto& der : issuers.signers) {
    const auto signer = decode_certificate(der);
    if (!signer || !may_have_signed(signer.get(), list) || !has_signed(signer.get(), list)) continue;
    if (!is_in_date(signer.get(), now)) return untrusted("the signer's certificate is out of date");
    return authority_behind(signer.get(), issuers, list);
  }
  return untrusted("nobody configured");
}

bool is_smaller(const Bytes& a, const Bytes& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; }

constexpr auto dates_clause = "rfc5280#section-5.1.2.5: nextUpdate";

Status verify_begun(const ParsedRevocationList& list, Instant now) {
  if (now >= list.this_update) return {};
  return Error(errors::card_revocation_not_yet_valid, format_rfc3339(list.this_update), dates_clause);
}

Status verify_moment(const ParsedRevocationList& list, Instant now, const std::optional<RevocationMark>& known) {
  if (known) TEGATA_TRY(verify_successor({list.number, list.this_update}, *known));
  TEGATA_TRY(verify_begun(list, now));
  if (now < list.next_update) return {};
  return Error(errors::card_revocation_stale, format_rfc3339(list.next_update), dates_clause);
}

}  // namespace

class RevocationVerifier {
 public:
  static RevocationList list(ParsedRevocationList&& parsed, const Digest& issuer, ByteView der) {
    RevocationList out;
    out.issuer_ = issuer;
    out.fingerprint_ = sha256(der);
    out.scope_ = sha256(parsed.scope);
    out.mark_ = {std::move(parsed.number), parsed.this_update};
    out.next_update_ = parsed.next_update;
    out.users_only_ = parsed.users_only;
    out.authorities_only_ = parsed.authorities_only;
    out.points_ = std::move(parsed.points);
    out.revoked_ = std::move(parsed.revoked);
    return out;
  }
};

namespace {

using MomentCheck = std::function<Status(const ParsedRevocationList&)>;

Result<RevocationList> verify_list(ByteView der, const RevocationIssuers& issuers, Instant now,
                                   const MomentCheck& verify_its_moment) {
  const ErrorScope errors_stay_here;
  if (der.size() > largest_revocation_list) return Error(errors::card_revocation_too_large, std::to_string(der.size()));
  TEGATA_ASSIGN(auto parsed, parse_revocation_list(der));
  TEGATA_ASSIGN(const auto issuer, verify_signature(parsed, issuers, now));
  TEGATA_TRY(verify_its_moment(parsed));
  return RevocationVerifier::list(std::move(parsed), issuer, der);
}

}  // namespace

Result<RevocationList> verify_revocation_list(ByteView der, const RevocationIssuers& issuers, Instant now,
                                              const std::optional<RevocationMark>& known) {
  return verify_list(der, issuers, now, [&](const auto& list) { return verify_moment(list, now, known); });
}

Result<RevocationList> verify_revocation_list_of_any_age(ByteView der, const RevocationIssuers& issuers, Instant now) {
  return verify_list(der, issuers, now, [&](const auto& list) { return verify_begun(list, now); });
}

Status verify_successor(const RevocationMark& next, const RevocationMark& known) {
  if (!is_smaller(next.number, known.number) && next.this_update >= known.this_update) return {};
  return Error(errors::card_revocation_older, hex(next.number), "rfc5280#section-5.2.3: CRLNumber only grows");
}

bool RevocationList::covers(const RevocationQuestion& question) const {
  if (question.issuer != issuer_) return false;
  if (question.is_authority ? users_only_ : authorities_only_) return false;
  const auto is_own = [&](const Bytes& point) {
    return std::ranges::find(question.distribution_points, point) != question.distribution_points.end();
  };
  return points_.empty() || std::ranges::any_of(points_, is_own);
}

bool RevocationList::names(ByteView serial) const {
  const auto fixed = to_revoked_serial(serial);
  return fixed && std::ranges::binary_search(revoked_, *fixed);
}

namespace {

using SharedList = std::shared_ptr<const RevocationList>;

bool is_same(const RevocationList& one, const RevocationList& other) {
  return one.issuer() == other.issuer() && one.scope() == other.scope();
}

}  // namespace

SharedList RevocationLists::find_same(const RevocationList& list) const {
  const auto found = std::ranges::find_if(lists_, [&](const auto& other) { return is_same(*other, list); });
  return found == lists_.end() ? nullptr : *found;
}

void RevocationLists::put(SharedList list) {
  const auto same = std::ranges::find_if(lists_, [&](const auto& other) { return is_same(*other, *list); });
  if (same == lists_.end()) {
    lists_.push_back(std::move(list));
  } else {
    *same = std::move(list);
  }
}

RevocationAnswer RevocationLists::answer(const RevocationQuestion& question, Instant now) const {
  if (!to_revoked_serial(question.serial)) return RevocationAnswer::unknown;
  auto answer = RevocationAnswer::unknown;
  for (const auto& list : lists_) {
    if (list->issuer() != question.issuer) continue;
    // A serial number is the authority's own, whatever part of its lists it stands in.
    if (list->names(question.serial)) return RevocationAnswer::revoked;
    if (list->is_fresh(now) && list->covers(question)) answer = RevocationAnswer::good;
  }
  return answer;
}

std::optional<Instant> RevocationLists::spoken_at(const RevocationQuestion& question) const {
  std::optional<Instant> newest;
  for (const auto& list : lists_) {
    if (list->issuer() == question.issuer && list->covers(question)) newest = std::max(newest, {list->this_update()});
  }
  return newest;
}

}  // namespace tegata::card
