// A security key for tests, as libfido2 finds a real one: a character device (a pseudo terminal) that speaks CTAPHID
// and CTAP 2.0 with clientPIN (protocol 1). Never needs a touch. After the specification, apart from what it is there
// to test.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "rp/base/world.h"
#include "rp/sandbox/authenticator/keys.h"

namespace tegata::test {

struct KeyModel {
  bool own_reader = false;                      // knows its person by itself
  bool reader_works = true;                     // false: it knows nobody
  std::string pin = {};                         // empty: none is set
  std::vector<std::int64_t> algorithms = {-7};  // that it can
  bool lists_algorithms = false;                // as keys do from CTAP 2.1 on
  bool fido2 = true;                            // false: U2F alone
};

class StandInKey {
 public:
  // The random source must outlive it.
  StandInKey(KeyModel model, Random& random);
  ~StandInKey();
  // What libfido2 opens.
  const std::string& path() const { return path_; }

 private:
  struct Resident {
    Bytes id, user;
    std::string rp_id;
    std::int64_t algorithm;
    sandbox::test_pki::Key key;
    bool discoverable;  // found without its ID
  };

  void serve(const std::stop_token& stop);
  bool read_report(const std::stop_token& stop, Bytes& report) const;
  void send(ByteView channel, std::uint8_t command, ByteView message) const;
  void handle(ByteView channel, std::uint8_t command, const Bytes& message);
  Bytes answer(const Bytes& request);
  Bytes information() const;
  Bytes make_credential(ByteView parameters);
  Bytes get_assertion(ByteView parameters);
  Bytes client_pin(ByteView parameters);
  Bytes pin_token(ByteView platform_key, ByteView encrypted_hash);
  Bytes authenticator_data(const std::string& rp_id, bool verified, ByteView attested);

  KeyModel model_;
  Random& random_;
  std::string path_;
  int token_side_ = -1, reader_side_ = -1;
  Bytes aaguid_, pin_token_;
  sandbox::test_pki::Key agreement_;
  int tries_ = 8, wrong_in_a_row_ = 0;  // then it wants to be plugged in anew
  std::uint32_t count_ = 0;
  std::vector<Resident> residents_;
  std::jthread thread_;
};

}  // namespace tegata::test
