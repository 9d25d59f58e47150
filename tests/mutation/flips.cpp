// Every bit of every recorded ceremony, changed: refused, or in the list of fields.cpp that says why not.
//   tegata-mutations FOLDER [--all-values]     (all 255 other values of every assertion byte instead)
#include <atomic>
#include <cstdio>
#include <cstring>
#include <map>
#include <thread>

#include "tests/mutation/fields.h"

namespace tegata::mutation {
namespace {

using webauthn::PublicKey;

struct Count {
  std::size_t tried = 0, accepted = 0;
  std::map<std::string, std::size_t> accepted_because;
  std::vector<std::string> wrong;  // accepted without a reason

  void add(const Count& other) {
    tried += other.tried;
    accepted += other.accepted;
    for (const auto& [reason, count] : other.accepted_because) accepted_because[reason] += count;
    wrong.insert(wrong.end(), other.wrong.begin(), other.wrong.end());
  }
};

// The other values that a byte is given: eight with one bit changed, or all 255.
std::vector<std::uint8_t> changes(bool all) {
  std::vector<std::uint8_t> masks;
  for (unsigned mask = 1; mask < 256; ++mask) {
    if (all || (mask & (mask - 1)) == 0) masks.push_back(static_cast<std::uint8_t>(mask));
  }
  return masks;
}

void flip_assertion_part(Assertion& one, Bytes& part, const char* name, const PublicKey& key, bool all, Count& count) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    for (const std::uint8_t mask : changes(all)) {
      part[i] ^= mask;
      ++count.tried;
      if (judge(one, key)) {
        ++count.accepted;
        count.wrong.push_back(one.name + " " + name + "[" + std::to_string(i) + "] ^ " + std::to_string(mask));
      }
      part[i] ^= mask;
    }
  }
}

Count flip_assertion(Assertion one, bool all) {
  Count count;
  const auto key = PublicKey::parse(one.record.public_key);
  flip_assertion_part(one, one.response.client_data_json, "clientDataJSON", *key, all, count);
  flip_assertion_part(one, one.response.authenticator_data, "authenticatorData", *key, all, count);
  flip_assertion_part(one, one.response.signature, "signature", *key, all, count);
  return count;
}

void judge_accepted(const Registration& original, const std::string& field, std::size_t at, Count& count) {
  ++count.accepted;
  const char* reason = unsigned_because(original, field);
  if (reason) {
    ++count.accepted_because[field + ": " + reason];
  } else {
    count.wrong.push_back(original.name + " " + field + "[" + std::to_string(at) + "]");
  }
}

void flip_registration_part(const Registration& original, Registration& one, Bytes& part, Part which, Count& count) {
  const std::vector<std::string> fields = fields_of(original, which);
  for (std::size_t i = 0; i < part.size(); ++i) {
    for (const std::uint8_t mask : changes(false)) {
      part[i] ^= mask;
      ++count.tried;
      if (judge(one)) judge_accepted(original, fields[i], i, count);
      part[i] ^= mask;
    }
  }
}

Count flip_registration(Registration one) {
  Count count;
  const Registration original = one;
  flip_registration_part(original, one, one.response.client_data_json, Part::client_data, count);
  flip_registration_part(original, one, one.response.attestation_object, Part::attestation_object, count);
  return count;
}

// One ceremony after another is taken by whichever thread is free.
template <typename Item, typename Work>
Count on_all_cores(const std::vector<Item>& items, const Work& work) {
  std::atomic<std::size_t> next{0};
  std::vector<Count> counts(std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::thread> threads;
  for (Count& mine : counts) {
    threads.emplace_back([&] {
      for (std::size_t i; (i = next++) < items.size();) mine.add(work(items[i]));
    });
  }
  for (auto& thread : threads) thread.join();
  Count sum;
  for (const Count& count : counts) sum.add(count);
  return sum;
}

bool report(const char* what, std::size_t ceremonies, const Count& count) {
  std::printf("%s: %zu ceremonies, %zu changes, %zu accepted, %zu of them without a reason\n", what, ceremonies,
              count.tried, count.accepted, count.wrong.size());
  for (const auto& [reason, number] : count.accepted_because) std::printf("  %7zu %s\n", number, reason.c_str());
  for (const auto& wrong : count.wrong) std::printf("  ACCEPTED %s\n", wrong.c_str());
  std::fflush(stdout);
  return count.wrong.empty() && count.tried > 0;
}

int run(const std::string& folder, bool all_values) {
  const Loaded loaded = load_ceremonies(folder);
  if (loaded.good.assertions.empty()) {
    std::printf("SKIPPED 1: no outside vectors in '%s'\n", folder.c_str());
    return 0;
  }
  std::printf("not changed, because refused as they are: %zu\n", loaded.refused.size());
  for (const auto& refused : loaded.refused) std::printf("  %s\n", refused.c_str());
  const auto& good = loaded.good;
  bool fine =
      report(all_values ? "assertions, all values of every byte" : "assertions, every bit", good.assertions.size(),
             on_all_cores(good.assertions, [&](const Assertion& one) { return flip_assertion(one, all_values); }));
  if (!all_values)
    fine &= report("registrations, every bit", good.registrations.size(),
                   on_all_cores(good.registrations, flip_registration));
  return fine ? 0 : 1;
}

}  // namespace
}  // namespace tegata::mutation

int main(int argc, char** argv) {
  const bool all_values = argc > 2 && std::strcmp(argv[2], "--all-values") == 0;
  return tegata::mutation::run(argc > 1 ? argv[1] : "", all_values);
}
