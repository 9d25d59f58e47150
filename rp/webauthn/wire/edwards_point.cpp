// The curve is a x^2 + y^2 = 1 + d x^2 y^2, and an encoded point is y and one bit of x. So
//   on the curve:  x^2 = (1 - y^2) / (a - d y^2) has a root, which it has if the product of both sides has one;
//   small order:   y of a point of order 1, 2, 4 is 1, -1, 0, and of order 8 it solves 1 - 2 y^2 + a d y^4 = 0
//                  (its double has y = 0). Neither curve has points of other small orders.
#include "rp/webauthn/wire/edwards_point.h"

#include "rp/webauthn/wire/openssl.h"

namespace tegata::webauthn::wire {
namespace {

using BignumContextPtr = std::unique_ptr<BN_CTX, Release<BN_CTX_free>>;

struct Curve {
  BignumPtr prime, a, d;  // a and d reduced
};

BignumPtr hex_number(const char* text) {
  BIGNUM* number = nullptr;
  BN_hex2bn(&number, text);
  return BignumPtr(number);
}

BignumPtr negative(const BignumPtr& prime, BN_ULONG magnitude) {
  BignumPtr number(BN_dup(prime.get()));
  BN_sub_word(number.get(), magnitude);
  return number;
}

BignumPtr small_number(BN_ULONG value) {
  BignumPtr number(BN_new());
  BN_set_word(number.get(), value);
  return number;
}

const Curve& ed25519() {
  static const Curve curve = [] {
    BignumPtr prime = hex_number("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
    BignumPtr a = negative(prime, 1);
    BignumPtr d = hex_number("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
    return Curve{std::move(prime), std::move(a), std::move(d)};
  }();
  return curve;
}

const Curve& ed448() {
  static const Curve curve = [] {
    BignumPtr prime = hex_number(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
    BignumPtr d = negative(prime, 39081);
    return Curve{std::move(prime), small_number(1), std::move(d)};
  }();
  return curve;
}

// Residues modulo the prime of a curve.
class Field {
 public:
  explicit Field(const BIGNUM* prime) : prime_(prime), context_(BN_CTX_new()) {}

  BignumPtr times(const BignumPtr& left, const BignumPtr& right) const {
    BignumPtr out(BN_new());
    BN_mod_mul(out.get(), left.get(), right.get(), prime_, context_.get());
    return out;
  }
  BignumPtr minus(const BignumPtr& left, const BignumPtr& right) const {
    BignumPtr out(BN_new());
    BN_mod_sub(out.get(), left.get(), right.get(), prime_, context_.get());
    return out;
  }
  bool has_root(const BignumPtr& value) const { return BN_kronecker(value.get(), prime_, context_.get()) >= 0; }

 private:
  const BIGNUM* prime_;
  BignumContextPtr context_;
};

EdwardsPoint judge(const Curve& curve, ByteView encoded) {
  Bytes little_endian = to_bytes(encoded);
  little_endian.back() &= 0x7f;  // the sign of x
  const BignumPtr y(BN_lebin2bn(little_endian.data(), static_cast<int>(little_endian.size()), nullptr));
  if (BN_cmp(y.get(), curve.prime.get()) >= 0) return EdwardsPoint::not_canonical;
  const Field field(curve.prime.get());
  const BignumPtr one = small_number(1), square = field.times(y, y), d_square = field.times(curve.d, square);
  const BignumPtr numerator = field.minus(one, square), denominator = field.minus(curve.a, d_square);
  if (!field.has_root(field.times(numerator, denominator))) return EdwardsPoint::not_on_curve;
  const BignumPtr twice = field.times(small_number(2), square);
  const BignumPtr fourth = field.times(curve.a, field.times(d_square, square));
  const BignumPtr order_8 = field.minus(field.minus(one, twice), field.minus(small_number(0), fourth));
  const bool small = BN_is_zero(y.get()) || BN_is_zero(numerator.get()) || BN_is_zero(order_8.get());
  return small ? EdwardsPoint::small_order : EdwardsPoint::sound;
}

}  // namespace

EdwardsPoint judge_ed25519_point(ByteView encoded) { return judge(ed25519(), encoded); }
EdwardsPoint judge_ed448_point(ByteView encoded) { return judge(ed448(), encoded); }

}  // namespace tegata::webauthn::wire
