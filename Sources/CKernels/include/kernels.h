/* Kernels in single precision: run-time dispatch to AVX2 or AVX-512, a portable twin with the same bits for each.
 *
 * Each kernel exists four times: `armature_NAME_portable`, `armature_NAME_avx2` (to be called only where
 * `armature_has_avx2`), `armature_NAME_avx512` (only where `armature_has_avx512`), both portable code on other processors,
 * and `armature_NAME`, which picks one. "The same bits" holds for every input, infinities and subnormal numbers included;
 * where a result is not a number, it is so in all of them. Outputs never overlap inputs. */
#ifndef ARMATURE_KERNELS_H
#define ARMATURE_KERNELS_H
#include <stddef.h>
#include <stdint.h>

#define ARMATURE_DECLARE(name, parameters)   \
  void armature_##name##_portable parameters; \
  void armature_##name##_avx2 parameters;     \
  void armature_##name##_avx512 parameters;   \
  void armature_##name parameters;

/* 1 if this processor can run those kernels. */
int armature_has_avx2(void);
int armature_has_avx512(void);

/* The kernels that are picked: the widest that the processor has and that the environment variable ARMATURE_VECTORS
 * (portable, avx2 or avx512) allows. */
enum { armature_vectors_portable, armature_vectors_avx2, armature_vectors_avx512 };
int armature_vectors(void);
const char *armature_vectors_name(int vectors);

/* Tells the processor that this thread looks for a change of memory in a loop. */
static inline void armature_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* y = exp(x), log(x), log(1 + x), 1 / (1 + exp(-x)), log(1 + exp(x)), -log(1 + exp(-x)), tanh(x). */
ARMATURE_DECLARE(exp, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(log, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(log1p, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(sigmoid, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(softplus, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(log_sigmoid, (const float *restrict x, float *restrict y, size_t n))
ARMATURE_DECLARE(tanh, (const float *restrict x, float *restrict y, size_t n))

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

/* sums += the rows of the matrix [rows x columns], in their order; its rows start `stride` numbers apart. */
ARMATURE_DECLARE(add_column_sums, (const float *restrict matrix, size_t rows, size_t stride, size_t columns,
                                   float *restrict sums))

/* sums += factor weights[r] row r of the matrix [rows x columns], in the order of the rows. */
ARMATURE_DECLARE(add_weighted_rows, (const float *restrict matrix, const float *restrict weights, float factor,
                                     size_t rows, size_t columns, float *restrict sums))

/* y += x in matrices [rows x columns] whose rows start `stride` numbers apart, then times the slope where not positive. */
ARMATURE_DECLARE(add_rectified, (const float *restrict x, float slope, size_t rows, size_t stride, size_t columns,
                                 float *restrict y))

/* A matrix of bits [rows x columns] as lists: row r has its ones in the columns ones[starts[r]] ... ones[ends[r] - 1],
 * ascending. */
struct armature_lists {
  const uint32_t *starts, *ends, *ones;
  size_t rows, columns;
};

/* The same as codes of four columns each: codes[g x stride + r] has bit k set where row r has a one in column 4 g + k. */
struct armature_codes {
  const uint8_t *codes;
  size_t rows, columns, stride;
};

/* cuts[r] = where row r's first one in column `cut` or after it stands, or its end. */
void armature_cut_lists(struct armature_lists lists, uint32_t cut, uint32_t *restrict cuts);

/* The lists of a matrix of bytes 0 and 1, row r's end being the start of row r + 1: `starts` has room for rows + 1 numbers, `ones` for as many as there are bytes. */
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

/* outputs [rows x columns] = rectified(base + scale bits . weight), weight [bits.columns x columns], base [columns]. */
ARMATURE_DECLARE(listed_forward, (struct armature_lists bits, const float *restrict weight, const float *restrict base,
                                  size_t columns, float scale, float slope, float *restrict outputs))

/* gradient [bits.rows x columns] = or += scale (bits . output_gradient - centre column_sums), where row i of the bits are
 * the examples in which input i is one, output_gradient is [bits.columns x columns] and column_sums its sums. */
ARMATURE_DECLARE(listed_gradient, (struct armature_lists bits, const float *restrict output_gradient,
                                   const float *restrict column_sums, size_t columns,
                                   struct armature_encoding encoding, int adds, float *restrict gradient))

/* The same two for bits as codes. */
ARMATURE_DECLARE(tabled_forward, (struct armature_codes bits, const float *restrict weight, const float *restrict base,
                                  size_t columns, float scale, float slope, float *restrict outputs))
ARMATURE_DECLARE(tabled_gradient, (struct armature_codes bits, const float *restrict output_gradient,
                                   const float *restrict column_sums, size_t columns,
                                   struct armature_encoding encoding, int adds, float *restrict gradient))

/* outputs [rows x columns] = rectified(inputs [rows x inner] . weight [inner x columns] + bias): bias, or 0 for a null
 * pointer, plus the products in the order of the inner index, each added with one rounding. Rows of the inputs start `stride`
 * numbers apart. */
ARMATURE_DECLARE(dense_forward, (const float *restrict inputs, size_t stride, const float *restrict weight,
                                 const float *restrict bias, size_t rows, size_t inner, size_t columns, float slope,
                                 float *restrict outputs))

/* Some rows of a layer's inputs [rows x part] and of the gradient with respect to its outputs [rows x columns]. */
struct armature_gradient_rows {
  const float *inputs, *output_gradient;
  size_t rows;
};

/* gradient [part x columns] = the transpose of the inputs . the output gradient, of the first rows and of further ones, of
 * which there may be none; rows of the inputs start `stride` numbers apart. The products are added to 0 in the order of the
 * rows, each with one rounding. */
ARMATURE_DECLARE(dense_weight_gradient, (struct armature_gradient_rows first, struct armature_gradient_rows further,
                                         size_t stride, size_t part, size_t columns, float *restrict gradient))

/* gradient [rows x columns] = output_gradient [rows x inner] . the transpose of weight [columns x inner], times the slope
 * where the activation is not positive; a null pointer stands for positive ones. Rows of gradient and activations start
 * `stride` numbers apart. Product k is added, with one rounding, to sum k mod 16 of its element; then each sum is added to
 * that eight places on, of these to that four on, two and one. */
ARMATURE_DECLARE(dense_input_gradient, (const float *restrict output_gradient, const float *restrict weight,
                                        const float *restrict activations, size_t rows, size_t inner, size_t columns,
                                        size_t stride, float slope, float *restrict gradient))

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
