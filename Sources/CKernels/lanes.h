/* Vectors by name, for kernels whose sums must stay in registers across a loop: sixteen numbers where ARMATURE_WIDE is set,
 * eight elsewhere. The compiler splits a vector where the processor's are narrower; each lane computes the same either way. */
#ifndef ARMATURE_LANES_H
#define ARMATURE_LANES_H
#include "dispatch.h"
#include <string.h>
#if defined(ARMATURE_WIDE) && defined(__x86_64__)
#include <immintrin.h>
#endif

/* Everything here is inlined, so how a processor without such vectors would pass them never matters. */
#pragma clang diagnostic ignored "-Wpsabi"

#if defined(ARMATURE_WIDE)
enum { lanes = 16 };
#define ARMATURE_VECTOR_BYTES 64
#else
enum { lanes = 8 };
#define ARMATURE_VECTOR_BYTES 32
#endif

typedef float vector __attribute__((vector_size(ARMATURE_VECTOR_BYTES)));
typedef int32_t mask __attribute__((vector_size(ARMATURE_VECTOR_BYTES)));
typedef float unaligned_vector __attribute__((vector_size(ARMATURE_VECTOR_BYTES), aligned(4)));

ARMATURE_BODY vector broadcast(float x) { return x - (vector){0}; }

/* The first `live` numbers, at most as many as there are lanes, and zeros. */
ARMATURE_BODY vector load_lanes(const float *p, size_t live) {
#if defined(ARMATURE_WIDE) && defined(__x86_64__)
  return (vector)_mm512_maskz_loadu_ps((__mmask16)((1u << live) - 1), p);
#else
  if (live == lanes) return *(const unaligned_vector *)p;
  vector x = broadcast(0.0f);
  memcpy(&x, p, live * sizeof(float));
  return x;
#endif
}

ARMATURE_BODY void store_lanes(float *p, size_t live, vector x) {
#if defined(ARMATURE_WIDE) && defined(__x86_64__)
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << live) - 1), (__m512)x);
#else
  if (live == lanes)
    *(unaligned_vector *)p = x;
  else
    memcpy(p, &x, live * sizeof(float));
#endif
}

/* a * b + c, rounded once. */
ARMATURE_BODY vector fused_lanes(vector a, vector b, vector c) { return __builtin_elementwise_fma(a, b, c); }

/* x where x > 0, slope x elsewhere. */
ARMATURE_BODY vector rectified(vector x, float slope) {
  mask positive = x > 0.0f;
  return (vector)((positive & (mask)x) | (~positive & (mask)(slope * x)));
}

/* The cases of a switch over a number that is to be a constant inside of what is inlined: f(n, ...), from so many down to 1. */
#define ARMATURE_CASE(n, f, ...) \
  case n: f(n, __VA_ARGS__); break;
#define ARMATURE_CASES_4(f, ...)                                                                            \
  ARMATURE_CASE(4, f, __VA_ARGS__) ARMATURE_CASE(3, f, __VA_ARGS__) ARMATURE_CASE(2, f, __VA_ARGS__) default: \
    f(1, __VA_ARGS__);
#define ARMATURE_CASES_6(f, ...) \
  ARMATURE_CASE(6, f, __VA_ARGS__) ARMATURE_CASE(5, f, __VA_ARGS__) ARMATURE_CASES_4(f, __VA_ARGS__)
#define ARMATURE_CASES_8(f, ...) \
  ARMATURE_CASE(8, f, __VA_ARGS__) ARMATURE_CASE(7, f, __VA_ARGS__) ARMATURE_CASES_6(f, __VA_ARGS__)
#define ARMATURE_CASES_10(f, ...) \
  ARMATURE_CASE(10, f, __VA_ARGS__) ARMATURE_CASE(9, f, __VA_ARGS__) ARMATURE_CASES_8(f, __VA_ARGS__)
#define ARMATURE_CASES_13(f, ...)                                                                       \
  ARMATURE_CASE(13, f, __VA_ARGS__) ARMATURE_CASE(12, f, __VA_ARGS__) ARMATURE_CASE(11, f, __VA_ARGS__) \
  ARMATURE_CASES_10(f, __VA_ARGS__)

/* How many of a row's vectors make up its blocks. AVX-512 reads and writes a part of a vector as fast as a whole one, so
 * there the part at the end of a row belongs to its last block; elsewhere it is a block of its own. */
ARMATURE_BODY size_t vectors_in_blocks(size_t columns) {
#if defined(ARMATURE_WIDE)
  return (columns + lanes - 1) / lanes;
#else
  return columns / lanes;
#endif
}

/* Numbers in the last vector of a block of `width` from column `first` on. */
ARMATURE_BODY size_t live_at_end(size_t columns, size_t first, size_t width) {
#if defined(ARMATURE_WIDE)
  size_t left = columns - first - (width - 1) * lanes;
  return left < lanes ? left : lanes;
#else
  (void)columns, (void)first, (void)width;
  return lanes;
#endif
}

/* Numbers in vector v of a block of `width` whose last has `live`. */
ARMATURE_BODY size_t live_in(size_t v, size_t width, size_t live) { return v + 1 == width ? live : lanes; }

/* Into how many blocks of at most `widest` parts. */
ARMATURE_BODY size_t blocks_of(size_t parts, size_t widest) { return (parts + widest - 1) / widest; }

/* Parts in the first of so many blocks, as equal as they can be. */
ARMATURE_BODY size_t share_of_blocks(size_t parts, size_t blocks) { return (parts + blocks - 1) / blocks; }

#endif
