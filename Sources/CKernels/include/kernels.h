/* Elementwise kernels in single precision: run-time AVX2 dispatch, a portable twin with the same bits for each.
 *
 * Each kernel exists three times: `armature_NAME_portable`, `armature_NAME_avx2` (to be called only where
 * `armature_has_avx2`; the portable code on other processors) and `armature_NAME`, which picks one. "The same bits" holds
 * for every input, infinities and subnormal numbers included; where a result is not a number, it is so in all three.
 * Outputs never overlap inputs. */
#ifndef ARMATURE_KERNELS_H
#define ARMATURE_KERNELS_H
#include <stddef.h>
#include <stdint.h>

#define ARMATURE_DECLARE(name, parameters)   \
  void armature_##name##_portable parameters; \
  void armature_##name##_avx2 parameters;     \
  void armature_##name parameters;

/* 1 if this processor runs the AVX2 kernels, 0 if the portable twins are used. */
int armature_has_avx2(void);

/* y = exp(x), log(x), log(1 + x), 1 / (1 + exp(-x)), log(1 + exp(x)), -log(1 + exp(-x)), tanh(x). */
ARMATURE_DECLARE(exp, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(log, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(log1p, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(sigmoid, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(softplus, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(log_sigmoid, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(tanh, (const float *restrict x, float *restrict y, size_t n))

/* y = x where x > 0, slope x elsewhere; and dx = dy or slope dy by the same rule. */
ARMATURE_DECLARE(leaky_relu, (const float *restrict x, float slope, float *restrict y, size_t n))
ARMATURE_DECLARE(leaky_relu_gradient, (const float *restrict x, float slope, const float *restrict dy,
                                       float *restrict dx, size_t n))

/* sample = 1 where uniform < sigmoid(logit), 0 elsewhere. */
ARMATURE_DECLARE(bernoulli_sample, (const float *restrict logits, const float *restrict uniforms,
                                    float *restrict samples, size_t n))

/* For each of `rows` rows of n: the sum of target logit - softplus(logit). */
ARMATURE_DECLARE(bernoulli_log_likelihood, (const float *restrict logits, const float *restrict targets,
                                            size_t rows, size_t n, float *restrict results))
ARMATURE_DECLARE(bernoulli_log_likelihood_bytes, (const float *restrict logits, const uint8_t *restrict targets,
                                                  size_t rows, size_t n, float *restrict results))

/* row_scales[row] (target - sigmoid(logit)), [rows x n]. */
ARMATURE_DECLARE(bernoulli_gradient, (const float *restrict logits, const float *restrict targets,
                                      const float *restrict row_scales, size_t rows, size_t n,
                                      float *restrict gradient))
ARMATURE_DECLARE(bernoulli_gradient_bytes, (const float *restrict logits, const uint8_t *restrict targets,
                                            const float *restrict row_scales, size_t rows, size_t n,
                                            float *restrict gradient))

/* y += factor x; y *= factor. */
ARMATURE_DECLARE(add_scaled, (const float *restrict x, float factor, float *restrict y, size_t n))
ARMATURE_DECLARE(scale, (float *restrict y, float factor, size_t n))

/* sums += the rows of the matrix [rows x columns], in their order; each row of the matrix += row. */
ARMATURE_DECLARE(add_column_sums, (const float *restrict matrix, size_t rows, size_t columns,
                                   float *restrict sums))
ARMATURE_DECLARE(add_row, (const float *restrict row, size_t rows, size_t columns, float *restrict matrix))

/* The constants of one step of Adam; step_size includes the bias corrections. */
struct armature_adam {
  float step_size, beta1, beta2, epsilon;
};

/* first = beta1 first + (1 - beta1) g, second = beta2 second + (1 - beta2) g^2,
 * parameters -= step_size first / (sqrt(second) + epsilon). */
ARMATURE_DECLARE(adam, (float *restrict parameters, float *restrict first, float *restrict second,
                        const float *restrict gradient, struct armature_adam step, size_t n))

/* The key of Philox 4x32-10 and the counter of block 0 of row 0. */
struct armature_philox_origin {
  uint32_t key[2];
  uint32_t counter[4];
};

/* Philox words, [rows x per_row]: block b of row r has the counter origin + (b, r, 0, 0), each word modulo 2^32; four
 * words a block, each row starts a new block. */
ARMATURE_DECLARE(philox_words, (struct armature_philox_origin origin, size_t rows, size_t per_row,
                                uint32_t *restrict words))

/* The same words w as uniform numbers in the open interval (0, 1): (floor(w / 2^9) + 1/2) 2^-23. */
ARMATURE_DECLARE(philox_uniforms, (struct armature_philox_origin origin, size_t rows, size_t per_row,
                                   float *restrict uniforms))

#endif
