// A token that does not answer holds up nobody who asks whether it does.
#include <future>
#include <thread>

#include "rp/server/config/errors.h"
#include "rp/server/keys/key_material.h"
#include "tests/support/still_world.h"
#include "tests/unit/server/soft_hsm.h"

namespace tegata::server {
namespace {

using namespace std::chrono_literals;

// The token's answer, or nothing where somebody who asks has to wait.
std::optional<Status> asked_of(std::unique_ptr<keys::Pkcs11Token>& device, std::chrono::milliseconds longest,
                               std::future<Status>& asking) {
  asking = std::async(std::launch::async, [&device, longest] { return device->check(longest); });
  if (asking.wait_for(60s) != std::future_status::ready) return std::nullopt;
  return asking.get();
}

}  // namespace

TEST_CASE("defect: a token that hung in a signature held up whoever asked for health") {
  const LockingToken token;
  token.set_pin("1234");
  test::RepeatableRandom random(11);
  const auto made = keys::KeyMaterial(token.config).make(random, test::still_moment);
  REQUIRE(made);
  const std::string label = made->material.substr(std::string("pkcs11:").size());
  auto opened = keys::Pkcs11Token::open({token.config.module, token.config.token, token.config.pin_file},
                                        std::make_shared<keys::RefusedPin>(token.config.token, ""));
  REQUIRE(opened);
  auto& device = *opened;
  token.hang(true);
  auto signing = std::async(std::launch::async, [&] { return device->sign(label, Digest{}); });
  while (token.hanging() == 0) std::this_thread::sleep_for(1ms);
  std::future<Status> first, second;
  const auto patient = asked_of(device, 1h, first);
  const auto impatient = patient ? asked_of(device, -1ms, second) : std::nullopt;
  token.hang(false);
  CHECK(signing.get());
  REQUIRE(patient);
  CHECK(*patient);  // the turn of another may take a while
  REQUIRE(impatient);
  REQUIRE_FALSE(*impatient);
  CHECK(impatient->error().code() == errors::pkcs11_unusable);
  CHECK(impatient->error().detail().starts_with("the token has not answered a call for more than 0 s: see what "));
  CHECK(device->check(0ms));
}

}  // namespace tegata::server
