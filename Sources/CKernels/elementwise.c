/* Elementary functions and the leaky rectifier over arrays. */
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

ARMATURE_BODY void leaky_relu_body(const float *restrict x, float slope, float *restrict y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = x[i] > 0.0f ? x[i] : slope * x[i];
}

ARMATURE_BODY void leaky_relu_gradient_body(const float *restrict x, float slope, const float *restrict dy,
                                            float *restrict dx, size_t n) {
  for (size_t i = 0; i < n; i++) dx[i] = x[i] > 0.0f ? dy[i] : slope * dy[i];
}

ARMATURE_KERNEL(leaky_relu, (const float *restrict x, float slope, float *restrict y, size_t n),
                (x, slope, y, n))
ARMATURE_KERNEL(leaky_relu_gradient,
                (const float *restrict x, float slope, const float *restrict dy, float *restrict dx, size_t n),
                (x, slope, dy, dx, n))
