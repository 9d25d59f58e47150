// A PKCS#11 module that counts: SoftHSM's, with the memory of a real token. Each log-in adds a byte to the file
// TEGATA_LOGINS; after three refused ones the PIN is locked, and the token's flags say so beforehand. One process
// counts for itself: what it locked is open again in the next. And it hangs in a signature for as long as it is told
// to.
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

extern "C" CK_RV tegata_answer;
extern "C" std::atomic<bool> tegata_hangs;
extern "C" std::atomic<int> tegata_hanging;

namespace {

constexpr int most_tries = 3;

CK_FUNCTION_LIST below;  // SoftHSM's
CK_FUNCTION_LIST shown;
int refused = 0;

CK_RV log_in(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size) {
  const char* const path = std::getenv("TEGATA_LOGINS");
  const int file = path ? ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
  if (file >= 0) {
    if (::write(file, "x", 1) != 1) return CKR_GENERAL_ERROR;
    ::close(file);
  }
  if (tegata_answer != CKR_OK) return tegata_answer;
  if (refused >= most_tries) return CKR_PIN_LOCKED;
  const CK_RV code = below.C_Login(session, user, pin, size);
  if (code == CKR_PIN_INCORRECT) ++refused;
  if (code == CKR_OK) refused = 0;
  return code;
}

CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR out_size) {
  ++tegata_hanging;
  while (tegata_hangs) ::usleep(1000);
  --tegata_hanging;
  return below.C_Sign(session, data, size, out, out_size);
}

CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info) {
  const CK_RV code = below.C_GetTokenInfo(slot, info);
  if (code != CKR_OK) return code;
  if (refused >= most_tries) info->flags |= CKF_USER_PIN_LOCKED;
  if (refused == most_tries - 1) info->flags |= CKF_USER_PIN_FINAL_TRY;
  return code;
}

}  // namespace

// As if its security officer had unlocked it.
extern "C" void tegata_unlock() { refused = 0; }
// What every log-in is answered, where it is not 0.
extern "C" {
CK_RV tegata_answer = CKR_OK;
// Whether a signature ends, and how many have begun and not ended.
std::atomic<bool> tegata_hangs = false;
std::atomic<int> tegata_hanging = 0;
}

extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR out) {
  void* const library = ::dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
  const auto get = library ? reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList")) : nullptr;
  CK_FUNCTION_LIST* functions = nullptr;
  if (!get || get(&functions) != CKR_OK) return CKR_GENERAL_ERROR;
  below = shown = *functions;
  shown.C_Login = log_in;
  shown.C_GetTokenInfo = token_info;
  shown.C_Sign = sign;
  *out = &shown;
  return CKR_OK;
}
