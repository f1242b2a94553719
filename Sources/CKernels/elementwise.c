/* Elementary functions over arrays. */
#include "elementary.h"

#define ARMATURE_ELEMENTWISE(name)                                                    \
  ARMATURE_BODY void name##_body(const float *restrict x, float *restrict y, size_t n) { \
    for (size_t i = 0; i < n; i++) y[i] = name##_of(x[i]);                            \
  }                                                                                   \
  ARMATURE_KERNEL(name, (const float *restrict x, float *restrict y, size_t n), (x, y, n))

ARMATURE_ELEMENTWISE(exp)
ARMATURE_ELEMENTWISE(log)
ARMATURE_ELEMENTWISE(log1p)
ARMATURE_ELEMENTWISE(sigmoid)
ARMATURE_ELEMENTWISE(softplus)
ARMATURE_ELEMENTWISE(log_sigmoid)
ARMATURE_ELEMENTWISE(tanh)
