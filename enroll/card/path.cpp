#include "enroll/card/path.h"

#include <algorithm>
#include <utility>

namespace tegata::card {
namespace {

constexpr int longest_path = 4;  // authorities between leaf and root

using Store = std::unique_ptr<X509_STORE, Release<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX_free>>;
using Policies = std::unique_ptr<CERTIFICATEPOLICIES, Release<CERTIFICATEPOLICIES_free>>;
using Usages = std::unique_ptr<EXTENDED_KEY_USAGE, Release<EXTENDED_KEY_USAGE_free>>;

// Lets pass what is judged afterwards, so that one cause does not hide another: every date and every critical
// extension. Signatures, names, path lengths and name constraints stay with OpenSSL.
int on_verify_error(int ok, X509_STORE_CTX* context) {
  if (ok == 1) return 1;
  const int error = X509_STORE_CTX_get_error(context);
  if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) {
    if (X509_STORE_CTX_get_error_depth(context) > 0)
      static_cast<Path*>(X509_STORE_CTX_get_app_data(context))->authority_out_of_date = true;
    return 1;
  }
  return error == X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION ? 1 : 0;
}

// OpenSSL is content with authorities and certificates that name no key, or state no usage, and with names that differ
// in case; the profile is not.
const char* broken_link(const Path& path) {
  for (int i = 0; i + 1 < path.size(); ++i) {
    X509* const issuer = path.at(i + 1);
    if (X509_check_ca(issuer) != 1 || !(X509_get_extension_flags(issuer) & EXFLAG_KUSAGE)) return "issuer is no CA";
    if (der_of(X509_get_issuer_name(path.at(i))) != der_of(X509_get_subject_name(issuer))) return "names as DER";
    const ASN1_OCTET_STRING* const named = X509_get0_authority_key_id(path.at(i));
    const ASN1_OCTET_STRING* const own = X509_get0_subject_key_id(issuer);
    if (!named || !own || ASN1_OCTET_STRING_cmp(named, own) != 0) return "key identifiers";
  }
  return nullptr;
}

bool is_known_critical(int extension, bool leaf) {
  switch (extension) {
    case NID_key_usage:
    case NID_basic_constraints:
    case NID_certificate_policies:
    case NID_subject_alt_name:
    case NID_crl_distribution_points:
      return true;
    case NID_ext_key_usage:
    case NID_subject_directory_attributes:
      return leaf;
    case NID_name_constraints:
      return !leaf;
    default:
      return false;  // policy constraints and mappings too: no policy tree is made here
  }
}

bool has_unknown_critical(const X509* certificate, bool leaf) {
  for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
    X509_EXTENSION* const extension = X509_get_ext(certificate, i);
    const int type = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (X509_EXTENSION_get_critical(extension) == 1 && !is_known_critical(type, leaf)) return true;
  }
  return false;
}

// Absent is true: the extension narrows what a key may do, and without it nothing is narrowed.
Result<bool> may_authenticate_clients(X509* leaf, ErrorCode malformed) {
  int critical = 0;
  const Usages usages(static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(leaf, NID_ext_key_usage, &critical, nullptr)));
  if (!usages && critical != -1) return Error(malformed, "extKeyUsage");
  for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    const int usage = OBJ_obj2nid(sk_ASN1_OBJECT_value(usages.get(), i));
    if (usage == NID_client_auth || usage == NID_anyExtendedKeyUsage) return true;
  }
  return !usages;
}

Result<CertificateStack*> fill(CertificateStack& stack, const std::vector<Bytes>& certificates, ErrorCode malformed) {
  for (const auto& der : certificates) {
    auto certificate = decode_certificate(der);
    if (!certificate) return Error(malformed, "a configured certificate is none");
    sk_X509_push(stack.stack, certificate.release());
  }
  return &stack;
}

}  // namespace

Result<bool> find_path(X509* leaf, const std::vector<Bytes>& roots, const std::vector<Bytes>& intermediates,
                       Instant now, const Refusals& refusals, Path& path, std::string& reason) {
  CertificateStack trusted, steps;
  TEGATA_TRY(fill(trusted, roots, refusals.authority_malformed));
  TEGATA_TRY(fill(steps, intermediates, refusals.authority_malformed));
  const Store store(X509_STORE_new());
  const StoreContext context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf, steps.stack);
  X509_STORE_CTX_set0_trusted_stack(context.get(), trusted.stack);
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, unix_seconds(now));
  X509_VERIFY_PARAM_set_depth(parameters, longest_path);
  path.authority_out_of_date = false;
  X509_STORE_CTX_set_app_data(context.get(), &path);
  X509_STORE_CTX_set_verify_cb(context.get(), on_verify_error);
  if (X509_verify_cert(context.get()) != 1) {
    reason = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
    return false;
  }
  sk_X509_pop_free(std::exchange(path.chain.stack, X509_STORE_CTX_get1_chain(context.get())), X509_free);
  const char* const broken = path.size() < 2 ? "no authority above it" : broken_link(path);
  if (broken) reason = broken;
  return broken == nullptr;
}

Status verify_path_profile(const Path& path, const Refusals& refusals) {
  for (int i = 0; i < path.size(); ++i) {
    // A root's signature on itself proves nothing.
    const bool strong = is_strong_key(path.at(i)) && (i + 1 == path.size() || is_strong_signature(path.at(i)));
    if (!strong)
      return Error(refusals.weak, "depth " + std::to_string(i), "hpki-policy: RSA-2048 and SHA-256 at least");
  }
  for (int i = 0; i < path.size(); ++i) {
    if (has_unknown_critical(path.at(i), i == 0)) {
      return Error(refusals.critical_extension, "depth " + std::to_string(i),
                   "rfc5280#section-4.2: unrecognized critical extension");
    }
  }
  return {};
}

Status verify_key_usage(X509* leaf, const Refusals& refusals) {
  const auto clause = "rfc5280#section-4.2.1.3: digitalSignature";
  if (X509_check_ca(leaf) != 0) return Error(refusals.key_usage, "an authority's certificate", clause);
  const bool stated = X509_get_extension_flags(leaf) & EXFLAG_KUSAGE;
  const std::uint32_t usage = stated ? X509_get_key_usage(leaf) : 0;
  if (usage & KU_DIGITAL_SIGNATURE) {
    TEGATA_ASSIGN(const bool clients, may_authenticate_clients(leaf, refusals.malformed));
    if (!clients) return Error(refusals.key_usage, "extKeyUsage", clause);
    return {};
  }
  if (usage & KU_NON_REPUDIATION) return Error(refusals.signing_certificate, "nonRepudiation only", clause);
  return Error(refusals.key_usage, stated ? "neither" : "absent", clause);
}

Status verify_policy(X509* leaf, const std::vector<std::string>& accepted, std::string_view signing,
                     const Refusals& refusals) {
  int critical = 0;
  const Policies policies(
      static_cast<CERTIFICATEPOLICIES*>(X509_get_ext_d2i(leaf, NID_certificate_policies, &critical, nullptr)));
  if (!policies && critical != -1) return Error(refusals.malformed, "certificatePolicies");
  std::string found;
  bool is_signing = false;
  for (int i = 0; policies && i < sk_POLICYINFO_num(policies.get()); ++i) {
    const std::string policy = dotted(sk_POLICYINFO_value(policies.get(), i)->policyid);
    if (std::ranges::find(accepted, policy) != accepted.end()) return {};
    is_signing = is_signing || policy.starts_with(signing);
    found += policy + " ";
  }
  return Error(is_signing ? refusals.signing_certificate : refusals.policy, found,
               "hpki-policy: authentication of persons");
}

Status verify_dates(Instant not_before, Instant not_after, const Path& path, Instant now, const Refusals& refusals) {
  const auto clause = "rfc5280#section-4.1.2.5: validity";
  const auto second = std::chrono::floor<std::chrono::seconds>(now);  // notAfter is the last valid second, whole
  if (second > not_after) return Error(refusals.expired, format_rfc3339(not_after), clause);
  if (second < not_before) return Error(refusals.not_yet_valid, format_rfc3339(not_before), clause);
  if (path.authority_out_of_date) return Error(refusals.authority_expired, {}, clause);
  return {};
}

Status verify_not_revoked(const Path& path, bool authorities_too, const RevocationSource& source, Instant now,
                          const Refusals& refusals) {
  const auto clause = "rfc5280#section-6.3.3: revocation";
  bool unknown = false;
  const int judged = std::min(path.size() - 1, authorities_too ? path.size() : 1);
  for (int i = 0; i < judged; ++i) {
    const auto points =
        parse_distribution_points(extension_value(path.at(i), NID_crl_distribution_points), refusals.malformed);
    if (!points) return points.error();
    const auto answer = source({issuer_identity(path.at(i + 1)), serial_of(path.at(i)), i > 0, *points}, now);
    if (answer == RevocationAnswer::revoked) {
      return Error(i == 0 ? refusals.revoked : refusals.authority_revoked, "depth " + std::to_string(i), clause);
    }
    unknown = unknown || answer != RevocationAnswer::good;
  }
  if (unknown) return Error(refusals.revocation_unknown, {}, clause);
  return {};
}

}  // namespace tegata::card
