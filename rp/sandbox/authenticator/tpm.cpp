// tpm: {"ver", "alg", "x5c", "sig", "certInfo", "pubArea"}, as a TPM 2.0 makes them for a key that it keeps.
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "rp/sandbox/authenticator/chain.h"
#include "rp/sandbox/authenticator/keys.h"

namespace tegata::sandbox::authenticator {
namespace {

constexpr std::uint16_t alg_rsa = 0x0001, alg_null = 0x0010, alg_ecc = 0x0023;
constexpr std::uint32_t generated_value = 0xff544347;
constexpr std::uint16_t attest_certify = 0x8017, attest_quote = 0x8018;

// Big-endian fields, one behind the other.
class TpmWriter {
 public:
  TpmWriter& number(std::uint64_t value, int size) {
    for (int i = size - 1; i >= 0; --i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    return *this;
  }
  TpmWriter& tpm2b(ByteView value) {
    number(value.size(), 2);
    out_.insert(out_.end(), value.begin(), value.end());
    return *this;
  }
  const Bytes& out() const { return out_; }

 private:
  Bytes out_;
};

Bytes number_of(const test_pki::Key& key, const char* name, std::size_t size = 0) {
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key.get(), name, &raw);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> value(raw, BN_free);
  Bytes bytes(size == 0 ? static_cast<std::size_t>(BN_num_bytes(raw)) : size);
  BN_bn2binpad(raw, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

Bytes hash(const char* digest, ByteView data) {
  Bytes out(EVP_MAX_MD_SIZE);
  std::size_t size = 0;
  EVP_Q_digest(nullptr, digest, nullptr, data.data(), data.size(), out.data(), &size);
  out.resize(size);
  return out;
}

const char* digest_of_name(std::uint16_t algorithm) {
  if (algorithm == 0x0004) return "SHA1";
  if (algorithm == 0x000c) return "SHA384";
  return algorithm == 0x000d ? "SHA512" : "SHA256";
}

const char* digest_of_signature(std::int64_t algorithm) {
  if (algorithm == -65535) return "SHA1";
  if (algorithm == -35 || algorithm == -258 || algorithm == -38) return "SHA384";
  return algorithm == -36 || algorithm == -259 || algorithm == -39 ? "SHA512" : "SHA256";
}

void write_rsa(TpmWriter& area, const test_pki::Key& key, Lie lie) {
  Bytes modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  if (lie == Lie::tpm_unique) modulus.back() ^= 2;
  area.number(lie == Lie::tpm_key_bits ? 1024 : modulus.size() * 8, 2);
  area.number(lie == Lie::tpm_exponent ? 3 : 0, 4).tpm2b(modulus);
}

void write_ecc(TpmWriter& area, const test_pki::Key& key, std::int64_t algorithm, Lie lie) {
  const std::uint16_t curve = algorithm == -35 ? 4 : algorithm == -36 ? 5 : 3;
  const std::size_t size = algorithm == -35 ? 48 : algorithm == -36 ? 66 : 32;
  Bytes x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, size);
  if (lie == Lie::tpm_unique) x.back() ^= 1;
  area.number(lie == Lie::tpm_curve ? curve + 1 : curve, 2).number(alg_null, 2);
  area.tpm2b(x).tpm2b(number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, size));
}

// REQUIRES: a credential key that a TPM can hold. For another one this shows a key that is not the credential's.
Bytes public_area(const StatementInput& input) {
  const SoftwareCredential& credential = input.credential;
  const bool rsa = EVP_PKEY_is_a(credential.key.get(), "RSA"), ecc = EVP_PKEY_is_a(credential.key.get(), "EC");
  TpmWriter area;
  area.number(rsa ? alg_rsa : alg_ecc, 2).number(input.behaviour.tpm_name_algorithm, 2);
  area.number(input.behaviour.tpm_attributes, 4)
      .tpm2b(input.behaviour.tpm_policy)
      .number(alg_null, 2)
      .number(alg_null, 2);
  if (rsa) {
    write_rsa(area, credential.key, input.behaviour.lie);
  } else {
    write_ecc(area, ecc ? credential.key : test_pki::p256_key(), credential.algorithm, input.behaviour.lie);
  }
  if (input.behaviour.lie == Lie::tpm_pub_area_leftover) area.number(0, 1);
  return area.out();
}

Bytes name_of(const Bytes& area, const Behaviour& behaviour) {
  const Bytes digest = hash(digest_of_name(behaviour.tpm_name_algorithm), area);
  Bytes name = TpmWriter().number(behaviour.tpm_name_algorithm, 2).out();
  name.insert(name.end(), digest.begin(), digest.end());
  if (behaviour.lie == Lie::tpm_name) name.back() ^= 1;
  return name;
}

Bytes cert_info(const StatementInput& input, const Bytes& area, std::int64_t algorithm) {
  const Lie lie = input.behaviour.lie;
  Bytes message = input.authenticator_data;
  message.insert(message.end(), input.client_data_hash.begin(), input.client_data_hash.end());
  Bytes extra_data = hash(digest_of_signature(algorithm), message);
  if (lie == Lie::tpm_extra_data) extra_data.back() ^= 1;
  TpmWriter info;
  info.number(lie == Lie::tpm_magic ? generated_value + 1 : generated_value, 4);
  info.number(lie == Lie::tpm_attest_type ? attest_quote : attest_certify, 2);
  const Bytes signer = name_of(to_bytes(as_bytes("sample signer")), {}), name = name_of(area, input.behaviour);
  info.tpm2b(signer).tpm2b(extra_data);
  info.number(123'456'789, 8).number(1, 4).number(2, 4).number(1, 1);  // clockInfo
  info.number(0x0007'0002'0000'0001, 8).tpm2b(name).tpm2b(signer);
  if (lie == Lie::tpm_cert_info_leftover) info.number(0, 1);
  return info.out();
}

test_pki::Name device_name(Lie lie) {
  test_pki::Name name;
  if (lie != Lie::tpm_certificate_san_manufacturer)
    name.push_back({"2.23.133.2.1", lie == Lie::tpm_manufacturer ? "id:00000000" : "id:49465800"});
  if (lie != Lie::tpm_certificate_san_model) name.push_back({"2.23.133.2.2", "Sample TPM"});
  if (lie != Lie::tpm_certificate_san_version) name.push_back({"2.23.133.2.3", "id:00070002"});
  return name;
}

test_pki::Profile aik_profile(const StatementInput& input) {
  const Lie lie = input.behaviour.lie;
  test_pki::Profile profile = chain_profile({});
  if (lie == Lie::tpm_certificate_subject) profile.subject = {{"CN", "Sample AIK"}};
  profile.extensions = {{"basicConstraints", lie == Lie::tpm_certificate_ca ? "critical,CA:TRUE" : "critical,CA:FALSE"},
                        {"extendedKeyUsage", lie == Lie::tpm_certificate_eku ? "2.23.133.8.1" : "2.23.133.8.3"}};
  if (lie != Lie::tpm_certificate_san_missing) {
    profile.raw_extensions.push_back({.oid = test_pki::subject_alt_name,
                                      .critical = lie != Lie::tpm_certificate_san_not_critical,
                                      .der = test_pki::directory_name_extension(device_name(lie))});
  }
  Bytes aaguid = input.aaguid;
  if (lie == Lie::tpm_certificate_aaguid) aaguid.back() ^= 1;
  aaguid.insert(aaguid.begin(), {0x04, 16});  // the head of an OCTET STRING
  profile.raw_extensions.push_back({.oid = "1.3.6.1.4.1.45724.1.1.4", .critical = false, .der = aaguid});
  return profile;
}

test_pki::Certificate aik_certificate(const StatementInput& input, const test_pki::Key& aik,
                                      const test_pki::Identity& issuer) {
  const Lie lie = input.behaviour.lie;
  const test_pki::Certificate made =
      test_pki::issue(aik_profile(input), lie == Lie::tpm_certificate_key ? test_pki::p256_key() : aik, issuer);
  if (lie == Lie::tpm_certificate_version) {
    X509_set_version(made.get(), X509_VERSION_1);
    X509_sign(made.get(), issuer.key.get(), EVP_sha256());
  }
  return made;
}

}  // namespace

Bytes make_tpm(const StatementInput& input) {
  const Behaviour& behaviour = input.behaviour;
  const std::int64_t algorithm = behaviour.tpm_algorithm.value_or(input.credential.algorithm);
  const test_pki::Key aik = make_key(algorithm);
  const test_pki::Identity intermediate = issue_intermediate(input.root);
  const Bytes area = public_area(input), info = cert_info(input, area, algorithm);
  const bool other_member = behaviour.lie == Lie::tpm_other_member;
  CborWriter statement;
  statement.map(other_member ? 7 : 6).text("ver").text(behaviour.lie == Lie::tpm_version ? "1.2" : "2.0");
  statement.text("alg").integer(algorithm);
  write_x5c(statement, aik_certificate(input, aik, intermediate), intermediate.certificate, behaviour);
  statement.text("sig").bytes(sign_as_told(aik, algorithm, info, behaviour));
  statement.text("certInfo").bytes(info).text("pubArea").bytes(area);
  if (other_member) statement.text("ecdaaKeyId").bytes({});
  return statement.out();
}

}  // namespace tegata::sandbox::authenticator
