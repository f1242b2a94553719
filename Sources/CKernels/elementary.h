/* exp, log, log(1 + x) and what is built of them, for one number, without branches.
 *
 * The polynomials are minimax in relative error, fitted for this file coefficient by coefficient, so that each is the
 * best given the rounding of those before it. */
#ifndef ARMATURE_ELEMENTARY_H
#define ARMATURE_ELEMENTARY_H
#include "dispatch.h"
#include <string.h>

#define ARMATURE_INFINITY float_of(0x7F800000u)
#define ARMATURE_NAN float_of(0x7FC00000u)

ARMATURE_BODY uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}

ARMATURE_BODY float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

/* |x| without a call. */
ARMATURE_BODY float magnitude(float x) { return float_of(bits_of(x) & 0x7FFFFFFFu); }

/* exp(x) = 2^n exp(r) with n the integer nearest to x / log 2, so |r| <= (log 2) / 2. */
ARMATURE_BODY float exp_of(float x) {
  const float shift = 0x1.8p23f; /* adding it leaves the nearest integer in the low bits */
  float inside = x > 89.0f ? 89.0f : x;
  inside = inside < -104.0f ? -104.0f : inside;
  float shifted = fused(inside, 0x1.715476p+0f, shift);
  float n = shifted - shift;
  float r = fused(n, -0x1.62e43p-1f, inside);
  r = fused(n, 0x1.05c61p-29f, r);

  float p = 0x1.6a4d60p-10f;
  p = fused(p, r, 0x1.12398ep-7f);
  p = fused(p, r, 0x1.5558b0p-5f);
  p = fused(p, r, 0x1.555492p-3f);
  p = fused(p, r, 0x1.fffffcp-2f);
  p = fused(p, r, 1.0f);
  p = fused(p, r, 1.0f);

  /* 2^n in two factors, since n runs from -150 to 128 and a factor's exponent only from -126 to 127. */
  int32_t exponent = (int32_t)(bits_of(shifted) - bits_of(shift));
  int32_t half = exponent >> 1;
  float y = p * float_of((uint32_t)(half + 127) << 23) * float_of((uint32_t)(exponent - half + 127) << 23);
  return x == x ? y : ARMATURE_NAN;
}

/* log(1 + r) for r in [-1/3, 1/3]. */
ARMATURE_BODY float log_one_plus_small(float r) {
  float q = -0x1.07c496p-3f;
  q = fused(q, r, 0x1.1e6ccap-3f);
  q = fused(q, r, -0x1.f332b6p-4f);
  q = fused(q, r, 0x1.1ed562p-3f);
  q = fused(q, r, -0x1.559c66p-3f);
  q = fused(q, r, 0x1.99d050p-3f);
  q = fused(q, r, -0x1.fffefap-3f);
  q = fused(q, r, 0x1.555506p-2f);
  q = fused(q, r, -0.5f);
  return fused(q, r * r, r);
}

/* The integer e for which 2^-e x lies in [2/3, 4/3), for a positive normal x. */
ARMATURE_BODY int32_t exponent_around_one(float x) { return (int32_t)(bits_of(x) - 0x3F2AAAABu) >> 23; }

/* 2^-e x by arithmetic on the exponent; the result must be normal, or e be 0. */
ARMATURE_BODY float divided_by_power(float x, int32_t e) { return float_of(bits_of(x) - ((uint32_t)e << 23)); }

/* log x = e log 2 + log m with m in [2/3, 4/3). */
ARMATURE_BODY float log_of(float x) {
  int subnormal = x < 0x1p-126f;
  float normal = subnormal ? x * 0x1p23f : x;
  int32_t e = exponent_around_one(normal);
  float m = divided_by_power(normal, e);
  float y = fused((float)(e - (subnormal ? 23 : 0)), 0x1.62e43p-1f, log_one_plus_small(m - 1.0f));
  y = x == ARMATURE_INFINITY ? ARMATURE_INFINITY : y;
  y = x == 0.0f ? -ARMATURE_INFINITY : y;
  return x >= 0.0f ? y : ARMATURE_NAN;
}

/* log(1 + x) for x in [0, largest finite] or (-1, 0). 1 + x is rounded only to choose e; 2^-e (1 + x) - 1 is
 * (2^-e x) + (2^-e - 1), where both parts are exact or far below the leading term e log 2. */
ARMATURE_BODY float log_one_plus_finite(float x) {
  int32_t e = exponent_around_one(1.0f + x);
  float unit = divided_by_power(1.0f, e < 126 ? e : 126);
  return fused((float)e, 0x1.62e43p-1f, log_one_plus_small(divided_by_power(x, e) + (unit - 1.0f)));
}

ARMATURE_BODY float log1p_of(float x) {
  float y = log_one_plus_finite(x);
  y = x == ARMATURE_INFINITY ? ARMATURE_INFINITY : y;
  y = x == -1.0f ? -ARMATURE_INFINITY : y;
  y = x == 0.0f ? x : y; /* keeps the sign of zero */
  return x >= -1.0f ? y : ARMATURE_NAN;
}

/* The exponential of -|x| is at most 1: nothing overflows, and the smaller probability keeps its relative precision. */
ARMATURE_BODY float sigmoid_of(float x) {
  float tail = exp_of(-magnitude(x));
  return (x < 0.0f ? tail : 1.0f) / (1.0f + tail);
}

/* log(1 + exp(-|x|)), the part of softplus that is not max(x, 0). */
ARMATURE_BODY float softplus_tail(float x) {
  float y = log_one_plus_finite(exp_of(-magnitude(x)));
  return x == x ? y : ARMATURE_NAN;
}

ARMATURE_BODY float softplus_of(float x) { return (x > 0.0f ? x : 0.0f) + softplus_tail(x); }

ARMATURE_BODY float log_sigmoid_of(float x) { return (x < 0.0f ? x : 0.0f) - softplus_tail(x); }

/* A polynomial near zero, where 1 - 2 / (1 + exp(2|x|)) would cancel. */
ARMATURE_BODY float tanh_of(float x) {
  float a = magnitude(x), square = x * x;
  float q = -0x1.750ce4p-8f;
  q = fused(q, square, 0x1.51f8cep-6f);
  q = fused(q, square, -0x1.b835a4p-5f);
  q = fused(q, square, 0x1.1106f6p-3f);
  q = fused(q, square, -0x1.555532p-2f);
  float near = fused(q * square, a, a);
  float far = 1.0f - 2.0f / (1.0f + exp_of(a + a));
  float y = a < 0.625f ? near : far;
  return x == x ? float_of(bits_of(y) | (bits_of(x) & 0x80000000u)) : ARMATURE_NAN;
}

#endif
