// A few bytes that declare gigabytes: libcbor would ask for all of it, before any signature is looked at. Under the
// address sanitizer every allocation of the program and its libraries is counted.
#include <ctime>
#include <iostream>

#include "rp/webauthn/authentication.h"
#include "tests/unit/webauthn/sample.h"

#if defined(__SANITIZE_ADDRESS__)
// Of the sanitizer's run-time library; the compiler brings no header for it.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                                         void (*)(const volatile void*));
#endif

namespace tegata::webauthn::test {
namespace {

std::size_t allocated = 0;
[[maybe_unused]] void count_allocation(const volatile void*, std::size_t size) { allocated += size; }
[[maybe_unused]] void ignore_release(const volatile void*) {}

bool counts_allocations() {
#if defined(__SANITIZE_ADDRESS__)
  static const bool installed = __sanitizer_install_malloc_and_free_hooks(count_allocation, ignore_release) > 0;
  return installed;
#else
  return false;
#endif
}

struct Cost {
  std::string code;
  std::size_t bytes = 0;
  double milliseconds = 0;
};

template <typename Work>
Cost cost_of(Work work) {
  const bool counted = counts_allocations();
  Cost cost;
  const std::size_t before = allocated;
  const std::clock_t begun = std::clock();
  cost.code = work();
  cost.milliseconds = 1000.0 * static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  cost.bytes = counted ? allocated - before : 0;
  return cost;
}

void check_bomb(const char* name, const Cost& cost, const std::string& code) {
  INFO(name);
  CHECK(cost.code == code);
  CHECK(cost.bytes < 1024 * 1024);
  std::cout << "bomb " << name << ": " << cost.bytes << " bytes asked for, " << cost.milliseconds << " ms\n";
}

const char* const sizes[] = {"5a7fffffff", "7a7fffffff", "9a7fffffff", "ba7fffffff", "9b0000000100000000"};

}  // namespace

TEST_CASE("memory bombs in attestation statements are refused for nothing") {
  const char* const members[] = {"63616c67", "63736967", "63783563"};  // alg, sig, x5c
  for (const char* member : members) {
    for (const char* size : sizes) {
      Sample sample;
      Json created = sample.create();
      created["response"]["attestationObject"] =
          base64url(from_hex("a363666d74667061636b65646761747453746d74a1" + std::string(member) + size));
      const auto response = parse_registration_response(created);
      REQUIRE(response);
      check_bomb("attestation statement",
                 cost_of([&] { return code_of(verify_registration(sample.registration, *response)); }),
                 "webauthn_cbor_length");
      CHECK(cost_of([&] { return libfido2_second_opinion(sample.registration, *response); }).bytes < 1024 * 1024);
    }
  }
}

TEST_CASE("memory bombs in the extensions of an assertion and in a stored key are refused for nothing") {
  for (const char* size : sizes) {
    Sample sample;
    sample.bind();
    Behaviour behaviour;
    behaviour.extensions = from_hex(std::string("a16161") + size);
    const auto response = parse_authentication_response(sample.get(behaviour)).value();
    const auto key = PublicKey::parse(sample.record.public_key).value();
    check_bomb("assertion", cost_of([&] {
                 return code_of(
                     verify_authentication(sample.authentication, response, sample.record, sample.user_handle, key));
               }),
               "webauthn_cbor_length");
    const Bytes bomb = from_hex(std::string("a501020326200121") + size);
    check_bomb("key", cost_of([&] { return code_of(PublicKey::parse(bomb)); }), "webauthn_cbor_length");
  }
}

}  // namespace tegata::webauthn::test
