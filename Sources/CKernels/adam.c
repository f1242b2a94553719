/* One step of Adam in a single pass over parameters, moments and gradient.
 *
 * Source: Kingma, Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, section 2, last paragraph. */
#include "dispatch.h"

ARMATURE_BODY void adam_body(float *restrict parameters, float *restrict first, float *restrict second,
                             const float *restrict gradient, struct armature_adam step, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float g = gradient[i];
    float m = step.beta1 * first[i] + (1.0f - step.beta1) * g;
    float v = step.beta2 * second[i] + (1.0f - step.beta2) * (g * g);
    first[i] = m;
    second[i] = v;
    parameters[i] -= step.step_size * m / (__builtin_elementwise_sqrt(v) + step.epsilon);
  }
}

ARMATURE_KERNEL(adam,
                (float *restrict parameters, float *restrict first, float *restrict second,
                 const float *restrict gradient, struct armature_adam step, size_t n),
                (parameters, first, second, gradient, step, n))
