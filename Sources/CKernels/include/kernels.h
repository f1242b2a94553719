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

/* bit = 1 where uniform < probability, 0 elsewhere. */
ARMATURE_DECLARE(bernoulli_bits, (const float *restrict probabilities, const float *restrict uniforms,
                                  uint8_t *restrict bits, size_t n))

/* For each of `rows` rows of n bits: the sum of the values where the bit is 1. Row r's values start at r x stride. */
ARMATURE_DECLARE(masked_sums, (const uint8_t *restrict bits, const float *restrict values, size_t stride,
                               size_t rows, size_t n, float *restrict sums))

/* For each of `rows` rows of n: the sum of target logit - softplus(logit). Row r's bytes start at r x stride. */
ARMATURE_DECLARE(bernoulli_log_likelihood, (const float *restrict logits, const float *restrict targets,
                                            size_t rows, size_t n, float *restrict results))
ARMATURE_DECLARE(bernoulli_log_likelihood_bytes, (const float *restrict logits, const uint8_t *restrict targets,
                                                  size_t stride, size_t rows, size_t n, float *restrict results))

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

/* Each row of the matrix += row, then x where x > 0 and slope x elsewhere. */
ARMATURE_DECLARE(add_row_rectified, (const float *restrict row, float slope, size_t rows, size_t columns,
                                     float *restrict matrix))

/* A matrix of bits [rows x columns] as lists: row r has its ones in the columns ones[starts[r]] ... ones[starts[r + 1] - 1],
 * ascending. */
struct armature_lists {
  const uint32_t *starts, *ones;
  size_t rows, columns;
};

/* The same as codes of four columns each: codes[g x stride + r] has bit k set where row r has a one in column 4 g + k. */
struct armature_codes {
  const uint8_t *codes;
  size_t rows, columns, stride;
};

/* The lists of a matrix of bytes 0 and 1: `starts` has room for rows + 1 numbers, `ones` for as many as there are bytes. */
void armature_list_ones(const uint8_t *restrict bits, size_t rows, size_t columns, uint32_t *restrict starts,
                        uint32_t *restrict ones);

/* The lists of the transposed matrix; `starts` has room for lists.columns + 1 numbers. */
void armature_transpose_lists(struct armature_lists lists, uint32_t *restrict starts, uint32_t *restrict ones);

/* The codes of a matrix of bytes 0 and 1 by rows, [columns / 4 rounded up x rows], and those of the transposed matrix,
 * [rows / 4 rounded up x columns]. */
void armature_code_rows(const uint8_t *restrict bits, size_t rows, size_t columns, uint8_t *restrict codes);
void armature_code_columns(const uint8_t *restrict bits, size_t rows, size_t columns, uint8_t *restrict codes);

/* How a layer sees bits: as scale (bit - centre), a centre for each column; a null pointer stands for zeros. */
struct armature_encoding {
  float scale;
  const float *centres;
};

/* outputs [rows x columns] = rectified(encoded bits . weight + bias), weight [bits.columns x columns]. */
ARMATURE_DECLARE(listed_forward, (struct armature_lists bits, const float *restrict weight, const float *restrict bias,
                                  size_t columns, struct armature_encoding encoding, float slope,
                                  float *restrict outputs))

/* gradient [bits.rows x columns] = or += scale (bits . output_gradient - centre column_sums), where row i of the bits are
 * the examples in which input i is one, output_gradient is [bits.columns x columns] and column_sums its sums. */
ARMATURE_DECLARE(listed_gradient, (struct armature_lists bits, const float *restrict output_gradient,
                                   const float *restrict column_sums, size_t columns,
                                   struct armature_encoding encoding, int adds, float *restrict gradient))

/* The same two for bits as codes. */
ARMATURE_DECLARE(tabled_forward, (struct armature_codes bits, const float *restrict weight, const float *restrict bias,
                                  size_t columns, struct armature_encoding encoding, float slope,
                                  float *restrict outputs))
ARMATURE_DECLARE(tabled_gradient, (struct armature_codes bits, const float *restrict output_gradient,
                                   const float *restrict column_sums, size_t columns,
                                   struct armature_encoding encoding, int adds, float *restrict gradient))

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
