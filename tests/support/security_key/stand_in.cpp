#include "tests/support/security_key/stand_in.h"

#include <fcntl.h>
#include <fido/err.h>
#include <openssl/evp.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

#include "rp/base/p256.h"
#include "rp/sandbox/authenticator/cbor.h"
#include "rp/webauthn/wire/cbor.h"

namespace tegata::test {
namespace {

using sandbox::authenticator::append;
using sandbox::authenticator::CborWriter;
using webauthn::wire::Cbor;

// CTAP 2.0, 8.1: reports of 64 bytes; the host puts the number of the report (0) before its own.
constexpr std::size_t report_size = 64, first_part = 57, next_part = 59;
enum Command : std::uint8_t { initialize = 0x86, cbor = 0x90, failed = 0xbf };

struct Refusal {
  std::uint8_t code;
};
void require(bool condition, int code) {
  if (!condition) throw Refusal{static_cast<std::uint8_t>(code)};
}

Cbor member(const Cbor& map, std::int64_t key) {
  const auto found = map.find(key);
  require(found.has_value(), FIDO_ERR_MISSING_PARAMETER);
  return *found;
}
Bytes bytes_of(const Cbor& item) { return to_bytes(item.byte_string().value()); }
std::string text_of(const Cbor& item) { return std::string(item.text().value()); }

bool is_true(const std::optional<Cbor>& options, const char* name) {
  const auto option = options ? options->find(name) : std::nullopt;
  return option && option->encoded()[0] == 0xf5;
}

std::vector<Bytes> ids_of(const std::optional<Cbor>& list) {
  std::vector<Bytes> ids;
  for (std::size_t index = 0; list && index < list->size(); ++index)
    ids.push_back(bytes_of(*list->at(index).find("id")));
  return ids;
}

Bytes succeeded(const CborWriter& body) {
  Bytes out{FIDO_OK};
  sandbox::authenticator::append(out, body.out());
  return out;
}

Bytes descriptor(const Bytes& id) {
  return CborWriter().map(2).text("id").bytes(id).text("type").text("public-key").out();
}

// Protocol 1 of clientPIN: AES-256 in CBC mode, zeros as IV, no padding.
Bytes crypt(bool encrypt, const Digest& key, ByteView data) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                EVP_CIPHER_CTX_free);
  const Bytes zeros(16);
  EVP_CipherInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, key.data(), zeros.data(), encrypt ? 1 : 0);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  Bytes out(data.size());
  int size = 0;
  EVP_CipherUpdate(context.get(), out.data(), &size, data.data(), static_cast<int>(data.size()));
  return out;
}

Digest shared_secret(const sandbox::test_pki::Key& own, const Cbor& platform) {
  const KeyOwner peer = p256_public_key(bytes_of(member(platform, -2)), bytes_of(member(platform, -3)));
  require(peer != nullptr, FIDO_ERR_INVALID_PARAMETER);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(own.get(), nullptr),
                                                                            EVP_PKEY_CTX_free);
  Bytes x(32);
  std::size_t size = x.size();
  EVP_PKEY_derive_init(context.get());
  EVP_PKEY_derive_set_peer(context.get(), peer.get());
  EVP_PKEY_derive(context.get(), x.data(), &size);
  return sha256(x);
}

bool starts_with(const Digest& whole, ByteView start) {
  return start.size() == 16 && std::equal(start.begin(), start.end(), whole.begin());
}

// Whether the person was verified. `authorization` is made with the token that only the PIN opens.
bool verified(const KeyModel& model, const Bytes& token, const std::optional<Cbor>& options,
              const std::optional<Cbor>& authorization, ByteView client_data_hash) {
  if (authorization) {
    require(starts_with(hmac_sha256(token, client_data_hash), bytes_of(*authorization)), FIDO_ERR_PIN_AUTH_INVALID);
    return true;
  }
  const bool asked = is_true(options, "uv");
  require(!asked || model.own_reader, FIDO_ERR_UNSUPPORTED_OPTION);
  require(!asked || model.reader_works, FIDO_ERR_UV_INVALID);
  return asked;
}

}  // namespace

StandInKey::StandInKey(KeyModel model, Random& random)
    : model_(std::move(model)),
      random_(random),
      aaguid_(random_bytes(random, 16)),
      pin_token_(random_bytes(random, 32)),
      agreement_(sandbox::test_pki::p256_key()) {
  token_side_ = posix_openpt(O_RDWR | O_NOCTTY);
  if (token_side_ < 0 || grantpt(token_side_) != 0 || unlockpt(token_side_) != 0) throw std::runtime_error("no pty");
  path_ = ptsname(token_side_);
  // Held open, so that the line stays as it is set, and nobody hangs up.
  reader_side_ = ::open(path_.c_str(), O_RDWR | O_NOCTTY);
  termios line{};
  tcgetattr(reader_side_, &line);
  cfmakeraw(&line);
  line.c_cc[VMIN] = report_size;  // a report is read as one piece
  tcsetattr(reader_side_, TCSANOW, &line);
  thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

StandInKey::~StandInKey() {
  thread_.request_stop();
  thread_.join();
  ::close(reader_side_);
  ::close(token_side_);
}

bool StandInKey::read_report(const std::stop_token& stop, Bytes& report) const {
  report.clear();
  while (report.size() < report_size + 1) {
    pollfd waiting{.fd = token_side_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 20) <= 0) {
      if (stop.stop_requested()) return false;
      continue;
    }
    std::array<std::uint8_t, report_size + 1> part;
    const ssize_t got = ::read(token_side_, part.data(), report_size + 1 - report.size());
    if (got <= 0) return false;
    report.insert(report.end(), part.begin(), part.begin() + got);
  }
  report.erase(report.begin());
  return true;
}

void StandInKey::send(ByteView channel, std::uint8_t command, ByteView message) const {
  std::size_t sent = 0;
  for (std::uint8_t sequence = 0; sent == 0 || sent < message.size(); ++sequence) {
    Bytes report = to_bytes(channel);
    const bool first = sent == 0;
    if (first) {
      sandbox::authenticator::append(report, Bytes{command, static_cast<std::uint8_t>(message.size() >> 8),
                                                   static_cast<std::uint8_t>(message.size())});
    } else {
      report.push_back(static_cast<std::uint8_t>(sequence - 1));
    }
    const std::size_t part = std::min(first ? first_part : next_part, message.size() - sent);
    sandbox::authenticator::append(report, message.subspan(sent, part));
    sent += part;
    report.resize(report_size);
    if (::write(token_side_, report.data(), report.size()) != static_cast<ssize_t>(report.size())) return;
  }
}

void StandInKey::serve(const std::stop_token& stop) {
  Bytes report;
  while (read_report(stop, report)) {
    const Bytes channel(report.begin(), report.begin() + 4);
    const std::uint8_t command = report[4];
    const std::size_t size = static_cast<std::size_t>(report[5]) << 8 | report[6];
    Bytes message(report.begin() + 7, report.end());
    while (message.size() < size) {
      if (!read_report(stop, report)) return;
      message.insert(message.end(), report.begin() + 5, report.end());
    }
    message.resize(size);
    handle(channel, command, message);
  }
}

void StandInKey::handle(ByteView channel, std::uint8_t command, const Bytes& message) {
  if (command == initialize) {
    Bytes out = message;                                                 // the nonce
    sandbox::authenticator::append(out, Bytes{1, 2, 3, 4, 2, 1, 0, 0});  // channel, protocol, version
    out.push_back(model_.fido2 ? 0x04 : 0x00);                           // speaks CBOR
    send(channel, initialize, out);
  } else if (command == cbor) {
    send(channel, cbor, answer(message));
  } else {
    send(channel, failed, Bytes{FIDO_ERR_INVALID_COMMAND});
  }
}

Bytes StandInKey::answer(const Bytes& request) {
  try {
    const ByteView parameters = ByteView(request).subspan(1);
    switch (request[0]) {
      case 0x01:
        return make_credential(parameters);
      case 0x02:
        return get_assertion(parameters);
      case 0x04:
        return information();
      case 0x06:
        return client_pin(parameters);
      default:
        return {FIDO_ERR_INVALID_COMMAND};
    }
  } catch (const Refusal& refusal) {
    return {refusal.code};
  }
}

Bytes StandInKey::information() const {
  const bool has_pin = !model_.pin.empty();
  CborWriter out;
  out.map(model_.lists_algorithms ? 5 : 4).integer(1).array(1).text("FIDO_2_0").integer(3).bytes(aaguid_);
  out.integer(4).map(model_.own_reader ? 4 : 3).text("rk").boolean(true).text("up").boolean(true);
  if (model_.own_reader) out.text("uv").boolean(true);
  out.text("clientPin").boolean(has_pin);
  out.integer(6).array(1).integer(1);
  if (model_.lists_algorithms) {
    out.integer(0x0a).array(model_.algorithms.size());
    for (const auto algorithm : model_.algorithms) {
      out.map(2).text("alg").integer(algorithm).text("type").text("public-key");
    }
  }
  return succeeded(out);
}

Bytes StandInKey::authenticator_data(const std::string& rp_id, bool verified, ByteView attested) {
  Bytes out = to_bytes(sha256(rp_id));
  out.push_back(static_cast<std::uint8_t>(0x01 | (verified ? 0x04 : 0) | (attested.empty() ? 0 : 0x40)));
  ++count_;
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::uint8_t>(count_ >> shift));
  sandbox::authenticator::append(out, attested);
  return out;
}

Bytes StandInKey::make_credential(ByteView parameters) {
  const Cbor map = Cbor::scan(parameters).value();
  const Bytes hash = bytes_of(member(map, 1));
  const std::string rp_id = text_of(*member(map, 2).find("id"));
  const std::int64_t algorithm = member(map, 4).at(0).find("alg")->integer().value();
  require(std::ranges::find(model_.algorithms, algorithm) != model_.algorithms.end(), FIDO_ERR_UNSUPPORTED_ALGORITHM);
  const bool by_person = verified(model_, pin_token_, map.find(7), map.find(8), hash);
  // CTAP 2.0: a key with a PIN makes nothing without it.
  require(by_person || model_.pin.empty(), FIDO_ERR_PIN_REQUIRED);
  for (const Bytes& id : ids_of(map.find(5))) {
    require(std::ranges::find(residents_, id, &Resident::id) == residents_.end(), FIDO_ERR_CREDENTIAL_EXCLUDED);
  }
  Resident made{.id = random_bytes(random_, 48),
                .user = bytes_of(*member(map, 3).find("id")),
                .rp_id = rp_id,
                .algorithm = algorithm,
                .key = sandbox::authenticator::make_key(algorithm),
                .discoverable = is_true(map.find(7), "rk")};
  Bytes attested = aaguid_;
  sandbox::authenticator::append(attested, Bytes{0, static_cast<std::uint8_t>(made.id.size())});
  sandbox::authenticator::append(attested, made.id);
  sandbox::authenticator::append(attested, sandbox::authenticator::cose_key(made.key, algorithm));
  const Bytes data = authenticator_data(rp_id, by_person, attested);
  Bytes signed_part = data;
  sandbox::authenticator::append(signed_part, hash);
  CborWriter statement;
  statement.map(2).text("alg").integer(algorithm).text("sig").bytes(
      sandbox::authenticator::sign(made.key, algorithm, signed_part));
  residents_.push_back(std::move(made));
  return succeeded(
      CborWriter().map(3).integer(1).text("packed").integer(2).bytes(data).integer(3).raw(statement.out()));
}

Bytes StandInKey::get_assertion(ByteView parameters) {
  const Cbor map = Cbor::scan(parameters).value();
  const std::string rp_id = text_of(member(map, 1));
  const Bytes hash = bytes_of(member(map, 2));
  const std::vector<Bytes> allowed = ids_of(map.find(3));
  const bool by_person = verified(model_, pin_token_, map.find(5), map.find(6), hash);
  const auto suits = [&](const Resident& each) {
    return each.rp_id == rp_id &&
           (allowed.empty() ? each.discoverable : std::ranges::find(allowed, each.id) != allowed.end());
  };
  const auto found = std::find_if(residents_.rbegin(), residents_.rend(), suits);
  require(found != residents_.rend(), FIDO_ERR_NO_CREDENTIALS);
  const Bytes data = authenticator_data(rp_id, by_person, {});
  Bytes signed_part = data;
  sandbox::authenticator::append(signed_part, hash);
  CborWriter out;
  out.map(4).integer(1).raw(descriptor(found->id)).integer(2).bytes(data);
  out.integer(3).bytes(sandbox::authenticator::sign(found->key, found->algorithm, signed_part));
  out.integer(4).map(1).text("id").bytes(found->user);
  return succeeded(out);
}

Bytes StandInKey::client_pin(ByteView parameters) {
  const Cbor map = Cbor::scan(parameters).value();
  switch (member(map, 2).integer().value()) {
    case 0x01:  // getPINRetries
      return succeeded(CborWriter().map(1).integer(3).integer(tries_));
    case 0x02: {  // getKeyAgreement
      const Bytes encoded = sandbox::authenticator::cose_key(agreement_, -7);
      const Cbor key = Cbor::scan(encoded).value();
      CborWriter out;
      out.map(1).integer(1).map(5).integer(1).integer(2).integer(3).integer(-25).integer(-1).integer(1);
      out.integer(-2).raw(member(key, -2).encoded()).integer(-3).raw(member(key, -3).encoded());
      return succeeded(out);
    }
    case 0x05:  // getPinToken
      return pin_token(member(map, 3).encoded(), bytes_of(member(map, 6)));
    default:
      return {FIDO_ERR_INVALID_PARAMETER};
  }
}

Bytes StandInKey::pin_token(ByteView platform_key, ByteView encrypted_hash) {
  require(!model_.pin.empty(), FIDO_ERR_PIN_NOT_SET);
  require(tries_ > 0, FIDO_ERR_PIN_BLOCKED);
  const Digest secret = shared_secret(agreement_, Cbor::scan(platform_key).value());
  if (!starts_with(sha256(model_.pin), crypt(false, secret, encrypted_hash))) {
    --tries_;
    agreement_ = sandbox::test_pki::p256_key();
    return {static_cast<std::uint8_t>(++wrong_in_a_row_ == 3 ? FIDO_ERR_PIN_AUTH_BLOCKED : FIDO_ERR_PIN_INVALID)};
  }
  tries_ = 8;
  wrong_in_a_row_ = 0;
  return succeeded(CborWriter().map(1).integer(2).bytes(crypt(true, secret, pin_token_)));
}

}  // namespace tegata::test
