#include "rp/pass/dpop.h"

#include <algorithm>

#include "rp/base/media_type.h"
#include "rp/base/uri.h"
#include "rp/pass/compact_jws.h"
#include "rp/pass/errors.h"

namespace tegata::pass {
namespace {

Result<std::string> verify_proof_header(const Json& header) {
  if (header.contains("crit") || header.contains("b64")) {
    return Error(errors::jws_header_member, "crit", "rfc7515#section-4.1.11: what is not understood is not accepted");
  }
  if (!is_jose_type(json_string(header, "typ").value_or(""), "dpop+jwt")) {
    return Error(errors::jws_type, {}, "rfc9449#section-4.3: typ is dpop+jwt");
  }
  const std::string alg = header.contains("alg") && header["alg"].is_string() ? header["alg"] : Json("");
  if (std::find(std::begin(client_algorithms), std::end(client_algorithms), alg) == std::end(client_algorithms)) {
    return Error(errors::jws_algorithm, alg, "rfc9449#section-4.3: an asymmetric algorithm that is announced");
  }
  return alg;
}

Result<Digest> verify_proof_signature(const CompactJws& parts) {
  TEGATA_ASSIGN(const Json header, parse_jose_header(parts.header));
  TEGATA_ASSIGN(const std::string alg, verify_proof_header(header));
  TEGATA_ASSIGN(const ClientKey key, ClientKey::parse(header.value("jwk", Json())));
  TEGATA_ASSIGN(const Bytes signature, decode_part(parts.signature));
  if (!key.verify(alg, as_bytes(parts.signed_part), signature)) {
    return Error(errors::jws_signature, {}, "rfc9449#section-4.3: the signature verifies with the key in the header");
  }
  return key.thumbprint();
}

Status verify_request(const Json& claims, std::string_view method, std::string_view url) {
  TEGATA_ASSIGN(const std::string htm, json_string(claims, "htm"));
  TEGATA_ASSIGN(const std::string htu, json_string(claims, "htu"));
  // rfc9449#section-4.3: without query and fragment, after normalization; methods have a case (RFC 9110 section 9.1).
  const auto named = normalize_http_uri(htu.substr(0, htu.find_first_of("?#")));
  if (htm == method && named && named == normalize_http_uri(url)) return {};
  return Error(errors::dpop_other_request, htm + " " + htu,
               "rfc9449#section-4.3: htm and htu are those of this request");
}

Result<Instant> verify_proof_time(const Json& claims, Instant now) {
  if (!claims.contains("iat") || !claims["iat"].is_number()) return Error(errors::dpop_claims_malformed, "iat");
  const double seconds = claims["iat"].get<double>();
  const double present = static_cast<double>(unix_milliseconds(now)) / 1000;
  const double tolerance = static_cast<double>(clock_tolerance.count());
  if (!(seconds >= present - tolerance && seconds <= present + tolerance)) {
    return Error(errors::dpop_not_of_now, {}, "rfc9449#section-4.3: iat lies within an acceptable window");
  }
  return from_unix_seconds(static_cast<std::int64_t>(seconds)) + clock_tolerance + std::chrono::seconds(1);
}

Result<DpopProof> proof_malformed(const std::string& what) {
  return Error(errors::dpop_claims_malformed, what, "rfc9449#section-4.3: all required claims are there");
}

}  // namespace

Result<DpopProof> verify_dpop_proof(std::string_view proof, std::string_view method, std::string_view url,
                                    Instant now) {
  TEGATA_ASSIGN(const CompactJws parts, parse_compact_jws(proof));
  TEGATA_ASSIGN(const Digest thumbprint, verify_proof_signature(parts));
  TEGATA_ASSIGN(const Bytes payload, decode_part(parts.payload));
  const auto claims = parse_json(as_text(payload));
  if (!claims || !claims->is_object()) return proof_malformed("payload");
  const auto jti = json_string(*claims, "jti");
  if (!jti || jti->empty() || jti->size() > longest_jti) return proof_malformed("jti");
  if (!json_string(*claims, "htm") || !json_string(*claims, "htu")) return proof_malformed("htm or htu");
  TEGATA_TRY(verify_request(*claims, method, url));
  TEGATA_ASSIGN(const Instant forget_after, verify_proof_time(*claims, now));
  return DpopProof(thumbprint, *jti, forget_after);
}

}  // namespace tegata::pass
