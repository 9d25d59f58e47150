#include "rp/server/keys/pkcs11_token.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <string.h>

#include <algorithm>
#include <array>

#include "rp/server/config/errors.h"

namespace tegata::server::keys {
namespace {

constexpr std::size_t coordinate_size = 32;
// The object identifier of prime256v1, as CKA_EC_PARAMS wants it.
constexpr std::array<CK_BYTE, 10> p256{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

std::string describe(const std::string& what, CK_RV code) {
  constexpr const char* digits = "0123456789abcdef";
  std::string number;
  for (int shift = 12; shift >= 0; shift -= 4) number += digits[(code >> shift) & 15];
  return what + ": CKR 0x" + number;
}

Error unusable(const std::string& what, CK_RV code = CKR_OK) {
  return Error(errors::pkcs11_unusable, code == CKR_OK ? what : describe(what, code));
}

// A module is loaded once and stays: its threads and its memory are its own affair.
Result<CK_FUNCTION_LIST*> load(const std::string& module) {
  void* library = ::dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return unusable(module + " cannot be loaded");
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* functions = nullptr;
  if (!get || get(&functions) != CKR_OK || !functions) return unusable(module + " is no PKCS#11 module");
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV begun = functions->C_Initialize(&arguments);
  if (begun != CKR_OK && begun != CKR_CRYPTOKI_ALREADY_INITIALIZED) return unusable("C_Initialize", begun);
  return functions;
}

bool is_pin_refused(CK_RV code) {
  return code == CKR_PIN_INCORRECT || code == CKR_PIN_INVALID || code == CKR_PIN_LEN_RANGE || code == CKR_PIN_EXPIRED ||
         code == CKR_PIN_LOCKED || code == CKR_USER_PIN_NOT_INITIALIZED;
}

// The session is gone, or the log-in is: worth beginning again.
bool is_forgotten(CK_RV code) {
  return code == CKR_SESSION_HANDLE_INVALID || code == CKR_SESSION_CLOSED || code == CKR_USER_NOT_LOGGED_IN ||
         code == CKR_DEVICE_REMOVED || code == CKR_DEVICE_ERROR || code == CKR_TOKEN_NOT_PRESENT ||
         code == CKR_KEY_HANDLE_INVALID || code == CKR_OBJECT_HANDLE_INVALID || code == CKR_CRYPTOKI_NOT_INITIALIZED;
}

template <typename T>
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, T& value) {
  return {type, &value, sizeof value};
}
CK_ATTRIBUTE octets(CK_ATTRIBUTE_TYPE type, const void* data, std::size_t size) {
  return {type, const_cast<void*>(data), size};
}

// The point stands in an octet string (PKCS#11 3.0 section 6.3.3), with some modules bare.
Result<Json> jwk_of(ByteView point) {
  if (point.size() == 2 * coordinate_size + 3 && point[0] == 0x04 && point[1] == 0x41) point = point.subspan(2);
  if (point.size() != 2 * coordinate_size + 1 || point[0] != 0x04) return unusable("a public key of another form");
  return Json{{"kty", "EC"},
              {"crv", "P-256"},
              {"x", base64url(point.subspan(1, coordinate_size))},
              {"y", base64url(point.subspan(1 + coordinate_size))}};
}

}  // namespace

// Whoever has it may use the session.
class Pkcs11Token::Turn {
 public:
  explicit Turn(Pkcs11Token& token) : token_(token), lock_(token.mutex_) { begin(); }
  Turn(Pkcs11Token& token, std::try_to_lock_t now) : token_(token), lock_(token.mutex_, now) {
    if (lock_) begin();
  }
  ~Turn() {
    if (lock_) token_.turn_begun_ = nobodys_turn;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const { return lock_.owns_lock(); }

 private:
  void begin() { token_.turn_begun_ = Steady::now(); }
  Pkcs11Token& token_;
  const std::unique_lock<std::mutex> lock_;
};

Result<std::unique_ptr<Pkcs11Token>> Pkcs11Token::open(Pkcs11Settings settings, std::shared_ptr<RefusedPin> refused) {
  TEGATA_ASSIGN(CK_FUNCTION_LIST * functions, load(settings.module));
  std::unique_ptr<Pkcs11Token> out(new Pkcs11Token(std::move(settings), std::move(refused), functions));
  const Turn turn(*out);
  TEGATA_TRY(out->log_in());
  return out;
}

Pkcs11Token::~Pkcs11Token() { close_session(); }

void Pkcs11Token::close_session() {
  if (session_ != 0) functions_->C_CloseSession(session_);
  session_ = 0;
  private_keys_.clear();
}

Result<unsigned long> Pkcs11Token::find_slot() {
  std::array<CK_SLOT_ID, 64> slots{};
  CK_ULONG count = slots.size();
  if (const CK_RV code = functions_->C_GetSlotList(CK_TRUE, slots.data(), &count); code != CKR_OK) {
    return unusable("C_GetSlotList", code);
  }
  std::string wanted = settings_.token;
  wanted.resize(sizeof(CK_TOKEN_INFO::label), ' ');
  for (CK_ULONG i = 0; i < count; ++i) {
    CK_TOKEN_INFO about{};
    if (functions_->C_GetTokenInfo(slots[i], &about) != CKR_OK) continue;
    if (std::equal(wanted.begin(), wanted.end(), about.label)) return slots[i];
  }
  return unusable("there is no token " + settings_.token);
}

// A token's last try is a person's, not ours.
Status Pkcs11Token::verify_tries(unsigned long slot) {
  CK_TOKEN_INFO about{};
  if (const CK_RV code = functions_->C_GetTokenInfo(slot, &about); code != CKR_OK) {
    return unusable("C_GetTokenInfo", code);
  }
  if ((about.flags & CKF_USER_PIN_LOCKED) != 0) return Error(errors::pkcs11_pin_refused, "the token's PIN is locked");
  if ((about.flags & CKF_USER_PIN_FINAL_TRY) == 0) return {};
  return Error(errors::pkcs11_pin_refused, "one try is left before the token locks: log in with its own tool first");
}

Status Pkcs11Token::log_in() {
  close_session();
  auto read = read_pin_file(settings_.pin_file);
  if (!read) return unusable(read.error().detail());
  PinFile file = std::move(*read);
  TEGATA_TRY(refused_->verify(file));
  TEGATA_ASSIGN(const CK_SLOT_ID slot, find_slot());
  TEGATA_TRY(verify_tries(slot));
  CK_SESSION_HANDLE session = 0;
  const CK_RV opened = functions_->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session);
  if (opened != CKR_OK) return unusable("C_OpenSession", opened);
  session_ = session;
  const CK_RV code =
      functions_->C_Login(session_, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(file.pin.data()), file.pin.size());
  ::explicit_bzero(file.pin.data(), file.pin.size());
  if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN) {
    refused_->forget();
    return {};
  }
  close_session();
  return is_pin_refused(code) ? refused_->note(file, describe("C_Login", code)) : unusable("C_Login", code);
}

Status Pkcs11Token::check(std::chrono::milliseconds longest_turn) {
  const Turn turn(*this, std::try_to_lock);
  if (turn) return session_ != 0 ? Status() : log_in();
  const auto begun = turn_begun_.load();
  const auto now = Steady::now();
  if (begun == nobodys_turn || now - begun <= longest_turn) return {};
  // How long it has been so far stays out of it: the log tells of each reason that is another one.
  return unusable("the token has not answered a call for more than " +
                  std::to_string(std::chrono::duration_cast<std::chrono::seconds>(longest_turn).count()) +
                  " s: see what its module waits for, and start the server again");
}

Result<unsigned long> Pkcs11Token::find_key(const std::string& label, unsigned long kind) {
  CK_OBJECT_CLASS wanted = kind;
  std::array<CK_ATTRIBUTE, 2> of = {attribute(CKA_CLASS, wanted), octets(CKA_LABEL, label.data(), label.size())};
  std::array<CK_OBJECT_HANDLE, 2> found{};
  CK_ULONG count = 0;
  CK_RV code = functions_->C_FindObjectsInit(session_, of.data(), of.size());
  if (code == CKR_OK) {
    code = functions_->C_FindObjects(session_, found.data(), found.size(), &count);
    functions_->C_FindObjectsFinal(session_);
  }
  if (code != CKR_OK) return unusable("C_FindObjects", code);
  if (count != 1) return unusable(std::to_string(count) + " keys have the label " + label);
  return found[0];
}

Result<Json> Pkcs11Token::read_public(unsigned long key) {
  std::array<std::uint8_t, 128> point{};
  CK_ATTRIBUTE asked = octets(CKA_EC_POINT, point.data(), point.size());
  const CK_RV code = functions_->C_GetAttributeValue(session_, key, &asked, 1);
  if (code != CKR_OK || asked.ulValueLen > point.size()) return unusable("C_GetAttributeValue", code);
  return jwk_of(ByteView(point).first(asked.ulValueLen));
}

Result<Json> Pkcs11Token::make_key(const std::string& label) {
  const Turn turn(*this);
  CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  const CK_ATTRIBUTE name = octets(CKA_LABEL, label.data(), label.size());
  const CK_ATTRIBUTE id = octets(CKA_ID, label.data(), label.size());
  std::array<CK_ATTRIBUTE, 5> open_part = {octets(CKA_EC_PARAMS, p256.data(), p256.size()), attribute(CKA_TOKEN, yes),
                                           attribute(CKA_VERIFY, yes), name, id};
  std::array<CK_ATTRIBUTE, 7> closed_part = {attribute(CKA_TOKEN, yes),
                                             attribute(CKA_PRIVATE, yes),
                                             attribute(CKA_SENSITIVE, yes),
                                             attribute(CKA_EXTRACTABLE, no),
                                             attribute(CKA_SIGN, yes),
                                             name,
                                             id};
  CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
  CK_OBJECT_HANDLE open_key = 0, closed_key = 0;
  const CK_RV code = functions_->C_GenerateKeyPair(session_, &mechanism, open_part.data(), open_part.size(),
                                                   closed_part.data(), closed_part.size(), &open_key, &closed_key);
  if (code != CKR_OK) return unusable("C_GenerateKeyPair", code);
  return read_public(open_key);
}

Result<Bytes> Pkcs11Token::sign_once(const std::string& label, const Digest& digest) {
  if (session_ == 0) TEGATA_TRY(log_in());
  auto found = private_keys_.find(label);
  if (found == private_keys_.end()) {
    TEGATA_ASSIGN(const CK_OBJECT_HANDLE key, find_key(label, CKO_PRIVATE_KEY));
    found = private_keys_.emplace(label, key).first;
  }
  CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
  Digest message = digest;
  Bytes signature(2 * coordinate_size);
  CK_ULONG size = signature.size();
  CK_RV code = functions_->C_SignInit(session_, &mechanism, found->second);
  if (code == CKR_OK) code = functions_->C_Sign(session_, message.data(), message.size(), signature.data(), &size);
  if (is_forgotten(code)) close_session();
  if (code != CKR_OK || size != signature.size()) return unusable("C_Sign", code);
  return signature;
}

Result<Bytes> Pkcs11Token::sign(const std::string& label, const Digest& digest) {
  const Turn turn(*this);
  auto signature = sign_once(label, digest);
  if (signature || session_ != 0) return signature;
  return sign_once(label, digest);
}

Status Pkcs11Token::destroy_key(const std::string& label) {
  const Turn turn(*this);
  private_keys_.erase(label);
  for (const CK_OBJECT_CLASS kind : {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY}) {
    TEGATA_ASSIGN(const CK_OBJECT_HANDLE key, find_key(label, kind));
    if (const CK_RV code = functions_->C_DestroyObject(session_, key); code != CKR_OK) {
      return unusable("C_DestroyObject", code);
    }
  }
  return {};
}

}  // namespace tegata::server::keys
