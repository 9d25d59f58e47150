#include "tests/mutation/differential.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <random>
#include <thread>

#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/wire/signature_key.h"
#include "tests/mutation/libfido2_assertion.h"

namespace tegata::mutation {
namespace {

using namespace webauthn;

// Ours, theirs, and why they may differ. Where a code has several causes, `detail` says which one is meant.
struct Difference {
  const char* ceremony;
  const char* ours;
  const char* theirs;
  const char* reason;
  const char* detail = "";
};

constexpr std::array differences{
    Difference{"registration", "webauthn_attestation_untrusted", "agreed", "libfido2 follows no path to an anchor"},
    Difference{"registration", "webauthn_attestation_certificate_profile", "agreed",
               "libfido2 reads nothing of a certificate but its key"},
    Difference{"registration", "webauthn_attestation_certificate_malformed", "agreed",
               "libfido2 reads no certificate but the first"},
    Difference{"registration", "webauthn_attestation_x5c_order", "agreed",
               "libfido2 reads no certificate but the first"},
    Difference{"registration", "webauthn_attestation_x5c_authority_key", "agreed",
               "libfido2 reads no certificate but the first"},
    Difference{"registration", "webauthn_attestation_x5c_key_usage", "agreed",
               "libfido2 reads no certificate but the first"},
    Difference{"registration", "webauthn_attestation_x5c_algorithm", "agreed",
               "libfido2 reads no certificate but the first"},
    Difference{"registration", "webauthn_attestation_statement_malformed", "agreed",
               "libfido2 reads no certificate but the first", "x5c"},
    Difference{"registration", "webauthn_reserved_flags", "agreed",
               "libfido2 lets reserved flags be set, and fido-u2f signs no flags"},
    Difference{"registration", "webauthn_backup_state_without_eligibility", "agreed",
               "libfido2 knows no backup flags, and fido-u2f signs no flags"},
    Difference{"registration", "webauthn_attestation_aaguid_mismatch", "agreed",
               "libfido2 does not look at the AAGUID extension"},
    Difference{"registration", "webauthn_attestation_algorithm_mismatch", "agreed",
               "libfido2 verifies a self attestation by the key's algorithm, whatever the statement says"},
    // An assertion's key is handed to it as numbers, so that type and labels of the COSE map are ours alone to check.
    Difference{"assertion", "webauthn_cose_key_malformed", "agreed", "libfido2 sees no labels of the key's map"},
    Difference{"assertion", "webauthn_cose_key_invalid", "agreed", "libfido2 sees no key type and no curve"},
};

// What it cannot compare, by format (or "assertion") and algorithm of the credential. An algorithm of 0: any.
struct Incomparable {
  const char* format;
  std::int64_t algorithm;
  const char* reason;
};

constexpr std::array incomparable{
    Incomparable{"none", 0, "nothing is signed"},
    Incomparable{"android-key", 0, "libfido2 does not know the format"},
    Incomparable{"android-safetynet", 0, "libfido2 does not know the format"},
    Incomparable{"apple", 0, "libfido2 does not know the format"},
    Incomparable{"compound", 0, "libfido2 does not know the format"},
    Incomparable{"tpm", 0, "libfido2 1.12 knows statements by RS1 about RSA keys of 2048 bits alone"},
    Incomparable{"packed", webauthn::wire::cose::rs256, "libfido2 knows RSA of 2048 bits alone"},
    Incomparable{"packed", webauthn::wire::cose::es512, "libfido2 does not know the algorithm"},
    Incomparable{"packed", webauthn::wire::cose::ed448, "libfido2 does not know the algorithm"},
    Incomparable{"assertion", webauthn::wire::cose::rs256, "libfido2 knows RSA of 2048 bits alone"},
    Incomparable{"assertion", webauthn::wire::cose::es512, "libfido2 does not know the algorithm"},
    Incomparable{"assertion", webauthn::wire::cose::ed448, "libfido2 does not know the algorithm"},
};

const Difference* find_difference(const std::string& ceremony, const Status& ours, const std::string& theirs) {
  const auto* const found = std::ranges::find_if(differences, [&](const Difference& one) {
    return ceremony == one.ceremony && verdict(ours) == one.ours && theirs == one.theirs &&
           (*one.detail == '\0' || (!ours && ours.error().detail() == one.detail));
  });
  return found == differences.end() ? nullptr : found;
}

Comparison& operator+=(Comparison& sum, const Comparison& more) {
  sum.compared += more.compared;
  sum.stopped += more.stopped;
  sum.both_accept += more.both_accept;
  sum.neither_accepts += more.neither_accepts;
  for (const auto& [kind, number] : more.explained) sum.explained[kind] += number;
  sum.unexplained.insert(more.unexplained.begin(), more.unexplained.end());
  return sum;
}

void count(Comparison& sum, const std::string& ceremony, const std::string& name, const Status& ours,
           const std::string& theirs) {
  ++sum.compared;
  const bool accepted = ours.has_value(), agreed = theirs == "agreed";
  if (accepted && agreed) {
    ++sum.both_accept;
  } else if (!accepted && !agreed) {
    ++sum.neither_accepts;
  } else {
    const std::string kind = ceremony + ": ours " + verdict(ours) + ", libfido2 " + theirs;
    const Difference* known = find_difference(ceremony, ours, theirs);
    if (known) {
      ++sum.explained[kind + " (" + known->reason + ")"];
    } else {
      sum.unexplained.emplace(kind, name + (ours ? "" : " (" + ours.error().detail() + ")"));
    }
  }
}

std::string opinion_on(const Registration& one) { return libfido2_second_opinion(one.expected, one.response); }
std::string opinion_on(const Assertion& one) {
  return libfido2_assertion_opinion(one.expected, one.response, one.record.public_key);
}

Status ours_on(const Registration& one) { return judge(one); }
Status ours_on(const Assertion& one) {
  TEGATA_ASSIGN(const auto key, PublicKey::parse(one.record.public_key));
  return judge(one, key);
}

bool passes_scanner(const Registration& one) {
  const auto object = webauthn::attestation::parse_attestation_object(one.response.attestation_object);
  if (!object) return false;
  const auto data = webauthn::wire::parse_authenticator_data(object->authenticator_data);
  return data && data->attested;
}
bool passes_scanner(const Assertion& one) {
  return webauthn::wire::parse_authenticator_data(one.response.authenticator_data) &&
         webauthn::wire::Cbor::scan(one.record.public_key);
}

using Chance = std::mt19937_64;
std::size_t below(Chance& chance, std::size_t limit) { return chance() % limit; }

// A bit, a byte, or (seldom) one more or less.
void edit(Bytes& bytes, Chance& chance) {
  if (bytes.empty()) return;
  const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(below(chance, bytes.size()));
  switch (below(chance, 8)) {
    case 0:
      bytes.insert(at, static_cast<std::uint8_t>(chance()));
      break;
    case 1:
      bytes.erase(at);
      break;
    case 2:
    case 3:
    case 4:
      *at = static_cast<std::uint8_t>(chance());
      break;
    default:
      *at ^= static_cast<std::uint8_t>(1U << below(chance, 8));
  }
}

void mutate(Registration& one, Chance& chance) {
  edit(below(chance, 8) == 0 ? one.response.client_data_json : one.response.attestation_object, chance);
  // As the browser would report it, so that a changed ID is not refused for that alone.
  const auto object = webauthn::attestation::parse_attestation_object(one.response.attestation_object);
  const auto data = object ? webauthn::wire::parse_authenticator_data(object->authenticator_data)
                           : Result<webauthn::wire::AuthenticatorData>(object.error());
  if (data && data->attested) one.response.id = to_bytes(data->attested->credential_id);
}

void mutate(Assertion& one, Chance& chance) {
  const std::array parts{&one.response.client_data_json, &one.response.authenticator_data, &one.response.signature,
                         &one.record.public_key};
  edit(*parts[below(chance, parts.size())], chance);
}

template <typename Ceremony>
void compare_mutants_of(Comparison& sum, const std::string& kind, const std::vector<Ceremony>& seeds,
                        std::size_t mutants, Chance& chance) {
  for (const std::size_t enough = sum.compared + mutants; sum.compared < enough && !seeds.empty();) {
    Ceremony mutant = seeds[below(chance, seeds.size())];
    for (std::size_t edits = 1 + below(chance, 3); edits > 0; --edits) mutate(mutant, chance);
    if (passes_scanner(mutant)) {
      count(sum, kind, mutant.name, ours_on(mutant), opinion_on(mutant));
    } else {
      ++sum.stopped;
    }
  }
}

template <typename Ceremony>
std::vector<Ceremony> comparable(const std::vector<Ceremony>& ceremonies) {
  std::vector<Ceremony> out;
  std::ranges::copy_if(ceremonies, std::back_inserter(out),
                       [](const auto& one) { return opinion_on(one) == "agreed"; });
  return out;
}

struct ComparedKind {
  std::string format;
  std::int64_t algorithm = 0;
};

ComparedKind kind_of(const Registration& one) {
  const auto verified = verify_registration(one.expected, one.response, nullptr);
  return verified ? ComparedKind{verified->record().attestation_format, verified->record().algorithm}
                  : ComparedKind{"refused"};
}
ComparedKind kind_of(const Assertion& one) {
  const auto key = PublicKey::parse(one.record.public_key);
  return key ? ComparedKind{"assertion", key->algorithm()} : ComparedKind{"refused"};
}

void count_incomparable(Comparison& sum, const std::string& name, const ComparedKind& kind) {
  const auto* const known = std::ranges::find_if(incomparable, [&](const Incomparable& one) {
    return kind.format == one.format && (one.algorithm == 0 || kind.algorithm == one.algorithm);
  });
  const std::string text = "not comparable: " + kind.format + " " + std::to_string(kind.algorithm);
  if (known == incomparable.end()) {
    sum.unexplained.emplace(text, name);
  } else {
    ++sum.explained[text + " (" + known->reason + ")"];
  }
}

template <typename Ceremony>
void compare_all(Comparison& sum, const std::string& ceremony, const std::vector<Ceremony>& ceremonies) {
  for (const auto& one : ceremonies) {
    const std::string theirs = opinion_on(one);
    if (theirs == "not_comparable") {
      count_incomparable(sum, one.name, kind_of(one));
    } else {
      count(sum, ceremony, one.name, ours_on(one), theirs);
    }
  }
}

}  // namespace

Comparison compare_ceremonies(const Ceremonies& ceremonies) {
  Comparison sum;
  compare_all(sum, "registration", ceremonies.registrations);
  compare_all(sum, "assertion", ceremonies.assertions);
  return sum;
}

Comparison compare_mutants(const Ceremonies& ceremonies, std::size_t mutants, std::uint64_t seed) {
  Comparison registrations, assertions;
  // A thread each, with chance of its own, so that a seed is a run.
  std::thread beside([&] {
    Chance chance(seed);
    compare_mutants_of(assertions, "assertion", comparable(ceremonies.assertions), mutants - mutants / 2, chance);
  });
  Chance chance(seed);
  compare_mutants_of(registrations, "registration", comparable(ceremonies.registrations), mutants / 2, chance);
  beside.join();
  registrations += assertions;
  return registrations;
}

void print(std::ostream& out, const std::string& title, const Comparison& sum) {
  out << title << ": " << sum.compared << " compared with libfido2, " << sum.both_accept << " both accept, "
      << sum.neither_accepts << " neither accepts, " << sum.stopped << " stopped by the scanner before\n";
  for (const auto& [kind, number] : sum.explained) out << "  " << number << " explained: " << kind << "\n";
  for (const auto& [kind, example] : sum.unexplained) out << "  UNEXPLAINED " << kind << ", as in " << example << "\n";
}

}  // namespace tegata::mutation
