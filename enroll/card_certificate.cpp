#include "enroll/card_certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>

#include "enroll/card_errors.h"
#include "rp/base/json.h"

namespace tegata::card {
namespace {

constexpr std::size_t largest_certificate = 16 * 1024;
constexpr std::size_t longest_name = 256;  // bytes
constexpr int longest_path = 4;            // authorities between leaf and root
constexpr std::string_view signing_policies = "1.2.392.100495.1.5.1.1.";

template <auto Free>
struct Release {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Store = std::unique_ptr<X509_STORE, Release<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX_free>>;
using Policies = std::unique_ptr<CERTIFICATEPOLICIES, Release<CERTIFICATEPOLICIES_free>>;
using Usages = std::unique_ptr<EXTENDED_KEY_USAGE, Release<EXTENDED_KEY_USAGE_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;

struct CertificateStack {
  STACK_OF(X509) * stack = sk_X509_new_null();
  CertificateStack() = default;
  CertificateStack(const CertificateStack&) = delete;
  CertificateStack& operator=(const CertificateStack&) = delete;
  ~CertificateStack() { sk_X509_pop_free(stack, X509_free); }
};

// OpenSSL keeps errors per thread; none of ours may surface in somebody else's call.
struct ErrorQueue {
  ErrorQueue() = default;
  ErrorQueue(const ErrorQueue&) = delete;
  ErrorQueue& operator=(const ErrorQueue&) = delete;
  ~ErrorQueue() { ERR_clear_error(); }
};

Error malformed(const char* what) { return Error(errors::card_malformed, what, "rfc5280#section-4.1: certificate"); }

Certificate decode(ByteView der) {
  const unsigned char* cursor = der.data();
  Certificate certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  return certificate && cursor == der.data() + der.size() ? std::move(certificate) : nullptr;
}

bool has_doubled_extension(const X509* certificate) {
  for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
    ASN1_OBJECT* const type = X509_EXTENSION_get_object(X509_get_ext(certificate, i));
    if (X509_get_ext_by_OBJ(certificate, type, i) >= 0) return true;
  }
  return false;
}

Result<Certificate> parse_certificate(ByteView der) {
  if (der.empty() || der.size() > largest_certificate) return malformed("size");
  Certificate certificate = decode(der);
  if (!certificate) return malformed("DER");
  unsigned char* again = nullptr;
  const int size = i2d_X509(certificate.get(), &again);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(again,
                                                                       [](unsigned char* p) { OPENSSL_free(p); });
  // What OpenSSL would write itself differs where the outer lengths were not DER.
  if (size < 0 || !std::ranges::equal(ByteView(again, static_cast<std::size_t>(size)), der))
    return malformed("not DER");
  if (X509_get_version(certificate.get()) != X509_VERSION_3) return malformed("version");
  if (has_doubled_extension(certificate.get())) return malformed("extension twice");
  if (X509_get_extension_flags(certificate.get()) & EXFLAG_INVALID) return malformed("extensions");
  return certificate;
}

Result<Instant> to_instant(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return malformed("validity");
  return from_unix_seconds(timegm(&parts));
}

// --- the path -----------------------------------------------------------------------------------------------------

struct Path {
  const CardAuthority* authority = nullptr;
  CertificateStack chain;  // leaf first
  bool authority_out_of_date = false;
};

// Lets pass what is judged afterwards, so that one cause does not hide another: every date, and the leaf's
// critical extensions. Signatures, names, CA flags and constraints stay with OpenSSL.
int on_verify_error(int ok, X509_STORE_CTX* context) {
  if (ok == 1) return 1;
  const int error = X509_STORE_CTX_get_error(context);
  const int depth = X509_STORE_CTX_get_error_depth(context);
  if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) {
    if (depth > 0) static_cast<Path*>(X509_STORE_CTX_get_app_data(context))->authority_out_of_date = true;
    return 1;
  }
  return error == X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION && depth == 0 ? 1 : 0;
}

Error bad_authority(const CardAuthority& authority) { return Error(errors::card_authority_malformed, authority.name); }

// Whether the leaf has a path to one of this authority's roots. `reason` is set where it has none.
Result<bool> find_path(X509* leaf, const CardAuthority& authority, Instant now, Path& path, std::string& reason) {
  const Store store(X509_STORE_new());
  for (const auto& root : authority.roots) {
    const auto certificate = decode(root);
    if (!certificate || X509_STORE_add_cert(store.get(), certificate.get()) != 1) return bad_authority(authority);
  }
  const CertificateStack intermediates;
  for (const auto& intermediate : authority.intermediates) {
    auto certificate = decode(intermediate);
    if (!certificate) return bad_authority(authority);
    sk_X509_push(intermediates.stack, certificate.release());
  }
  const StoreContext context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf, intermediates.stack);
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, unix_seconds(now));
  X509_VERIFY_PARAM_set_depth(parameters, longest_path);
  X509_STORE_CTX_set_app_data(context.get(), &path);
  X509_STORE_CTX_set_verify_cb(context.get(), on_verify_error);
  if (X509_verify_cert(context.get()) != 1) {
    reason = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
    return false;
  }
  path.authority = &authority;
  sk_X509_free(std::exchange(path.chain.stack, X509_STORE_CTX_get1_chain(context.get())));
  return true;
}

Status verify_path(X509* leaf, const std::vector<CardAuthority>& authorities, Instant now, Path& path) {
  std::string reasons;
  for (const auto& authority : authorities) {
    std::string reason;
    path.authority_out_of_date = false;
    TEGATA_ASSIGN(const bool found, find_path(leaf, authority, now, path, reason));
    if (found) return {};
    reasons += authority.name + ": " + reason + "; ";
  }
  return Error(errors::card_untrusted, reasons, "rfc5280#section-6: path to a configured authority");
}

bool is_strong_key(X509* certificate) {
  EVP_PKEY* const key = X509_get0_pubkey(certificate);
  return key && (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) && EVP_PKEY_get_bits(key) >= 2048;
}

bool is_strong_signature(X509* certificate) {
  int digest = NID_undef;
  if (X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) != 1) return false;
  return digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512;
}

// The HPKI profile: RSA of 2048 bits and more, SHA-256 and stronger. A root's signature on itself proves nothing.
Status verify_strength(STACK_OF(X509) * chain) {
  const int count = sk_X509_num(chain);
  for (int i = 0; i < count; ++i) {
    X509* const certificate = sk_X509_value(chain, i);
    if (!is_strong_key(certificate) || (i + 1 < count && !is_strong_signature(certificate))) {
      return Error(errors::card_weak, "depth " + std::to_string(i), "hpki-policy: RSA-2048 and SHA-256 at least");
    }
  }
  return {};
}

// --- the leaf's profile -------------------------------------------------------------------------------------------

Status verify_critical_extensions(X509* leaf) {
  for (int i = 0; i < X509_get_ext_count(leaf); ++i) {
    X509_EXTENSION* const extension = X509_get_ext(leaf, i);
    const int type = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    const bool known = X509_supported_extension(extension) == 1 || type == NID_subject_directory_attributes;
    if (X509_EXTENSION_get_critical(extension) == 1 && !known) {
      return Error(errors::card_critical_extension, {}, "rfc5280#section-4.2: unrecognized critical extension");
    }
  }
  return {};
}

// Absent is true: the extension narrows what a key may do, and without it nothing is narrowed.
Result<bool> may_authenticate_clients(X509* leaf) {
  int critical = 0;
  const Usages usages(static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(leaf, NID_ext_key_usage, &critical, nullptr)));
  if (!usages && critical != -1) return malformed("extKeyUsage");
  for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    const int usage = OBJ_obj2nid(sk_ASN1_OBJECT_value(usages.get(), i));
    if (usage == NID_client_auth || usage == NID_anyExtendedKeyUsage) return true;
  }
  return !usages;
}

Status verify_key_usage(X509* leaf) {
  const auto clause = "rfc5280#section-4.2.1.3: digitalSignature";
  if (X509_check_ca(leaf) != 0) return Error(errors::card_key_usage, "an authority's certificate", clause);
  const bool stated = X509_get_extension_flags(leaf) & EXFLAG_KUSAGE;
  const std::uint32_t usage = stated ? X509_get_key_usage(leaf) : 0;
  if (usage & KU_DIGITAL_SIGNATURE) {
    TEGATA_ASSIGN(const bool clients, may_authenticate_clients(leaf));
    if (!clients) return Error(errors::card_key_usage, "extKeyUsage", clause);
    return {};
  }
  if (usage & KU_NON_REPUDIATION) return Error(errors::card_signing_certificate, "nonRepudiation only", clause);
  return Error(errors::card_key_usage, stated ? "neither" : "absent", clause);
}

std::string dotted(const ASN1_OBJECT* object) {
  char text[128] = {};
  const int size = OBJ_obj2txt(text, sizeof text, object, 1);
  return size > 0 && size < static_cast<int>(sizeof text) ? text : std::string();
}

// The leaf's own policy, not the policy tree of the path: HPKI's authorities carry other numbers (...3.1) than
// the people below them (...0.1), so a tree would come out empty.
Status verify_policy(X509* leaf, const CardAuthority& authority) {
  const auto clause = "hpki-policy: authentication of persons";
  int critical = 0;
  const Policies policies(
      static_cast<CERTIFICATEPOLICIES*>(X509_get_ext_d2i(leaf, NID_certificate_policies, &critical, nullptr)));
  if (!policies && critical != -1) return malformed("certificatePolicies");
  std::string found;
  bool is_signing = false;
  for (int i = 0; policies && i < sk_POLICYINFO_num(policies.get()); ++i) {
    const std::string policy = dotted(sk_POLICYINFO_value(policies.get(), i)->policyid);
    if (std::ranges::find(authority.accepted_policies, policy) != authority.accepted_policies.end()) return {};
    is_signing = is_signing || policy.starts_with(signing_policies);
    found += policy + " ";
  }
  return Error(is_signing ? errors::card_signing_certificate : errors::card_policy, found, clause);
}

Status verify_dates(Instant not_before, Instant not_after, bool authority_out_of_date, Instant now) {
  const auto clause = "rfc5280#section-4.1.2.5: validity";
  const auto second = std::chrono::floor<std::chrono::seconds>(now);  // notAfter is the last valid second, whole
  if (second > not_after) return Error(errors::card_expired, format_rfc3339(not_after), clause);
  if (second < not_before) return Error(errors::card_not_yet_valid, format_rfc3339(not_before), clause);
  if (authority_out_of_date) return Error(errors::card_authority_expired, {}, clause);
  return {};
}

// --- names and roles ----------------------------------------------------------------------------------------------

Result<std::string> entry_text(const X509_NAME_ENTRY* entry) {
  unsigned char* out = nullptr;
  const int size = ASN1_STRING_to_UTF8(&out, X509_NAME_ENTRY_get_data(entry));
  if (size < 0) return malformed("name encoding");
  const std::string text(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  const bool control = std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (text.empty() || text.size() > longest_name || control || !is_utf8(text)) return malformed("name text");
  return text;
}

// The one value of an attribute; none is empty, two are an error.
Result<std::string> name_text(const X509_NAME* name, int attribute) {
  const int index = X509_NAME_get_index_by_NID(name, attribute, -1);
  if (index < 0) return std::string();
  if (X509_NAME_get_index_by_NID(name, attribute, index) >= 0) return malformed("name attribute twice");
  return entry_text(X509_NAME_get_entry(name, index));
}

Result<std::string> directory_common_name(X509* leaf) {
  int critical = 0;
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, &critical, nullptr)));
  if (!names && critical != -1) return malformed("subjectAltName");
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DIRNAME) continue;
    TEGATA_ASSIGN(auto text, name_text(name->d.directoryName, NID_commonName));
    if (!text.empty()) return text;
  }
  return std::string();
}

Result<std::vector<HcRole>> roles_of(X509* leaf) {
  const int index = X509_get_ext_by_NID(leaf, NID_subject_directory_attributes, -1);
  if (index < 0) return std::vector<HcRole>();
  const ASN1_OCTET_STRING* const value = X509_EXTENSION_get_data(X509_get_ext(leaf, index));
  return parse_hc_roles(ByteView(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value))));
}

Status verify_roles(const std::vector<HcRole>& roles, const std::set<std::string>& allowed) {
  if (roles.empty()) return Error(errors::card_no_role, {}, "iso-17090-2#hcRole: a qualification");
  const auto eligible = [&](const HcRole& role) {
    return role.scheme == national_qualifications && allowed.contains(role.name);
  };
  if (std::ranges::none_of(roles, eligible)) {
    return Error(errors::card_role_not_eligible, roles.front().name, "iso-17090-2#hcRole: a qualification");
  }
  return {};
}

}  // namespace

class CardVerifier {
 public:
  // REQUIRES: the leaf's path, strength and profile were judged.
  static Result<CardHolder> holder(X509* leaf, ByteView der, const CardAuthority& authority) {
    CardHolder holder;
    const X509_NAME* const subject = X509_get_subject_name(leaf);
    holder.authority_ = authority.name;
    TEGATA_ASSIGN(holder.holder_number_, name_text(subject, NID_serialNumber));
    TEGATA_ASSIGN(holder.romaji_, name_text(subject, NID_commonName));
    if (holder.holder_number_.empty() || holder.romaji_.empty()) return malformed("subject without number or name");
    TEGATA_ASSIGN(holder.kanji_, directory_common_name(leaf));
    TEGATA_ASSIGN(holder.roles_, roles_of(leaf));
    TEGATA_ASSIGN(holder.not_before_, to_instant(X509_get0_notBefore(leaf)));
    TEGATA_ASSIGN(holder.not_after_, to_instant(X509_get0_notAfter(leaf)));
    holder.fingerprint_ = sha256(der);
    return holder;
  }
};

Result<CardHolder> verify_card_certificate(ByteView der, const std::vector<CardAuthority>& authorities,
                                           const std::set<std::string>& roles_allowed, Instant now) {
  const ErrorQueue cleared_at_the_end;
  TEGATA_ASSIGN(const auto certificate, parse_certificate(der));
  X509* const leaf = certificate.get();
  Path path;
  TEGATA_TRY(verify_path(leaf, authorities, now, path));
  TEGATA_TRY(verify_strength(path.chain.stack));
  TEGATA_TRY(verify_critical_extensions(leaf));
  TEGATA_TRY(verify_key_usage(leaf));
  TEGATA_TRY(verify_policy(leaf, *path.authority));
  TEGATA_ASSIGN(auto holder, CardVerifier::holder(leaf, der, *path.authority));
  TEGATA_TRY(verify_dates(holder.not_before(), holder.not_after(), path.authority_out_of_date, now));
  TEGATA_TRY(verify_roles(holder.roles(), roles_allowed));
  return holder;
}

Result<Instant> parse_card_not_after(ByteView der) {
  const ErrorQueue cleared_at_the_end;
  TEGATA_ASSIGN(const auto certificate, parse_certificate(der));
  return to_instant(X509_get0_notAfter(certificate.get()));
}

}  // namespace tegata::card
