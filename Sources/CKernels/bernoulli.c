/* Bernoulli variables with given logits: samples, log-likelihoods of rows, and their gradients; and sums
 * over bits. */
#include "elementary.h"

enum { lanes = 8, chunk = 192, most_factors = 120 };

ARMATURE_BODY void bernoulli_sample_body(const float *restrict logits, const float *restrict uniforms,
                                         float *restrict samples, size_t n) {
  for (size_t i = 0; i < n; i++) samples[i] = uniforms[i] < sigmoid_of(logits[i]) ? 1.0f : 0.0f;
}

ARMATURE_BODY void bernoulli_bits_body(const float *restrict probabilities, const float *restrict uniforms,
                                       uint8_t *restrict bits, size_t n) {
  for (size_t i = 0; i < n; i++) bits[i] = uniforms[i] < probabilities[i];
}

/* A row's sum in eight lanes: term i goes to lane i mod 8. */
struct bernoulli_lanes {
  float linear[lanes];  /* sum of x l - max(l, 0) */
  float product[lanes]; /* of 1 + exp(-|l|), each in [1, 2] */
  float lost[lanes];    /* what rounding took from those factors */
};

/* x l - softplus(l) = x l - max(l, 0) - log(1 + exp(-|l|)). The logarithm is taken once for a lane, of the product, and what
 * 1 + exp(-|l|) loses to rounding is added up beside it, so that a likely pixel's small part is not lost. */
ARMATURE_BODY void add_bernoulli_terms(struct bernoulli_lanes *restrict sums, const float *restrict linear,
                                       const float *restrict tails, size_t count) {
  for (size_t lane = 0; lane < count; lane++) {
    float factor = 1.0f + tails[lane];
    sums->linear[lane] += linear[lane];
    sums->lost[lane] += tails[lane] - (factor - 1.0f);
    sums->product[lane] *= factor;
  }
}

ARMATURE_BODY void take_logarithms(struct bernoulli_lanes *sums) {
  for (size_t lane = 0; lane < lanes; lane++) {
    sums->linear[lane] -= log_of(sums->product[lane]);
    sums->product[lane] = 1.0f;
  }
}

/* The lanes are added as a balanced tree: an order that depends on n only. */
ARMATURE_BODY float bernoulli_row(const float *restrict logits, const float *restrict targets,
                                  const uint8_t *restrict bytes, size_t n) {
  struct bernoulli_lanes sums;
  float linear[chunk], tails[chunk];
  for (size_t lane = 0; lane < lanes; lane++) {
    sums.linear[lane] = sums.lost[lane] = 0.0f;
    sums.product[lane] = 1.0f;
  }
  for (size_t start = 0; start < n; start += chunk) {
    size_t count = n - start < chunk ? n - start : chunk;
    for (size_t i = 0; i < count; i++) {
      float logit = logits[start + i], target = bytes ? (float)bytes[start + i] : targets[start + i];
      linear[i] = fused(target, logit, logit > 0.0f ? -logit : 0.0f);
      tails[i] = exp_of(-magnitude(logit));
    }
    size_t i = 0;
    for (; i + lanes <= count; i += lanes) add_bernoulli_terms(&sums, linear + i, tails + i, lanes);
    add_bernoulli_terms(&sums, linear + i, tails + i, count - i);
    /* 2^120 is far from overflow. */
    if ((start + chunk) % (lanes * most_factors) == 0) take_logarithms(&sums);
  }
  take_logarithms(&sums);
  float rows[lanes];
  for (size_t lane = 0; lane < lanes; lane++) rows[lane] = sums.linear[lane] - sums.lost[lane];
  return ((rows[0] + rows[4]) + (rows[2] + rows[6])) + ((rows[1] + rows[5]) + (rows[3] + rows[7]));
}

/* Products with bits are exact, and a lane's sum has the order of its terms. */
ARMATURE_BODY float masked_sum(const uint8_t *restrict bits, const float *restrict values, size_t n) {
  float sums[lanes] = {0};
  size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (size_t lane = 0; lane < lanes; lane++) sums[lane] += (float)bits[i + lane] * values[i + lane];
  for (size_t lane = 0; i + lane < n; lane++) sums[lane] += (float)bits[i + lane] * values[i + lane];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

ARMATURE_BODY void masked_sums_body(const uint8_t *restrict bits, const float *restrict values, size_t stride,
                                    size_t rows, size_t n, float *restrict sums) {
  for (size_t row = 0; row < rows; row++) sums[row] = masked_sum(bits + row * n, values + row * stride, n);
}

ARMATURE_BODY void bernoulli_log_likelihood_body(const float *restrict logits, const float *restrict targets,
                                                 size_t rows, size_t n, float *restrict results) {
  for (size_t row = 0; row < rows; row++)
    results[row] = bernoulli_row(logits + row * n, targets + row * n, 0, n);
}

ARMATURE_BODY void bernoulli_log_likelihood_bytes_body(const float *restrict logits,
                                                       const uint8_t *restrict targets, size_t stride,
                                                       size_t rows, size_t n, float *restrict results) {
  for (size_t row = 0; row < rows; row++)
    results[row] = bernoulli_row(logits + row * n, 0, targets + row * stride, n);
}

ARMATURE_BODY void bernoulli_gradient_body(const float *restrict logits, const float *restrict targets,
                                           const float *restrict row_scales, size_t rows, size_t n,
                                           float *restrict gradient) {
  for (size_t row = 0; row < rows; row++) {
    for (size_t i = row * n; i < (row + 1) * n; i++)
      gradient[i] = row_scales[row] * (targets[i] - sigmoid_of(logits[i]));
  }
}

ARMATURE_BODY void bernoulli_gradient_bytes_body(const float *restrict logits, const uint8_t *restrict targets,
                                                 const float *restrict row_scales, size_t rows, size_t n,
                                                 float *restrict gradient) {
  for (size_t row = 0; row < rows; row++) {
    for (size_t i = row * n; i < (row + 1) * n; i++)
      gradient[i] = row_scales[row] * ((float)targets[i] - sigmoid_of(logits[i]));
  }
}

ARMATURE_KERNEL(bernoulli_sample,
                (const float *restrict logits, const float *restrict uniforms, float *restrict samples, size_t n),
                (logits, uniforms, samples, n))
ARMATURE_KERNEL(bernoulli_bits,
                (const float *restrict probabilities, const float *restrict uniforms, uint8_t *restrict bits, size_t n),
                (probabilities, uniforms, bits, n))
ARMATURE_KERNEL(masked_sums,
                (const uint8_t *restrict bits, const float *restrict values, size_t stride, size_t rows, size_t n,
                 float *restrict sums),
                (bits, values, stride, rows, n, sums))
ARMATURE_KERNEL(bernoulli_log_likelihood,
                (const float *restrict logits, const float *restrict targets, size_t rows, size_t n,
                 float *restrict results),
                (logits, targets, rows, n, results))
ARMATURE_KERNEL(bernoulli_log_likelihood_bytes,
                (const float *restrict logits, const uint8_t *restrict targets, size_t stride, size_t rows, size_t n,
                 float *restrict results),
                (logits, targets, stride, rows, n, results))
ARMATURE_KERNEL(bernoulli_gradient,
                (const float *restrict logits, const float *restrict targets, const float *restrict row_scales,
                 size_t rows, size_t n, float *restrict gradient),
                (logits, targets, row_scales, rows, n, gradient))
ARMATURE_KERNEL(bernoulli_gradient_bytes,
                (const float *restrict logits, const uint8_t *restrict targets, const float *restrict row_scales,
                 size_t rows, size_t n, float *restrict gradient),
                (logits, targets, row_scales, rows, n, gradient))
