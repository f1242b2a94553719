/* Eight numbers at a time, for kernels whose sums must stay in registers across a loop. The compiler splits a vector where
 * the processor's are narrower; each lane computes the same either way. */
#ifndef ARMATURE_LANES_H
#define ARMATURE_LANES_H
#include "dispatch.h"
#include <string.h>

/* Everything here is inlined, so how a processor without such vectors would pass them never matters. */
#pragma clang diagnostic ignored "-Wpsabi"

enum { lanes = 8 };

typedef float vector __attribute__((vector_size(32)));
typedef int32_t mask __attribute__((vector_size(32)));
typedef float unaligned_vector __attribute__((vector_size(32), aligned(4)));

ARMATURE_BODY vector broadcast(float x) { return (vector){x, x, x, x, x, x, x, x}; }

/* The first `live` numbers, at most eight, and zeros. */
ARMATURE_BODY vector load_lanes(const float *p, size_t live) {
  if (live == lanes) return *(const unaligned_vector *)p;
  vector x = broadcast(0.0f);
  memcpy(&x, p, live * sizeof(float));
  return x;
}

ARMATURE_BODY void store_lanes(float *p, size_t live, vector x) {
  if (live == lanes)
    *(unaligned_vector *)p = x;
  else
    memcpy(p, &x, live * sizeof(float));
}

/* x where x > 0, slope x elsewhere. */
ARMATURE_BODY vector rectified(vector x, float slope) {
  mask positive = x > 0.0f;
  return (vector)((positive & (mask)x) | (~positive & (mask)(slope * x)));
}

/* Into how many blocks of at most `widest` vectors the whole vectors of a row are cut. */
ARMATURE_BODY size_t blocks_of(size_t columns, size_t widest) { return (columns / lanes + widest - 1) / widest; }

/* Vectors in the first of so many blocks, as equal as they can be. */
ARMATURE_BODY size_t share_of_blocks(size_t vectors, size_t blocks) { return (vectors + blocks - 1) / blocks; }

#endif
