/* Bernoulli variables with given logits: samples, log-likelihoods of rows, and their gradients. */
#include "elementary.h"

enum { lanes = 8, chunk = 64 };

ARMATURE_BODY void bernoulli_sample_body(const float *restrict logits, const float *restrict uniforms,
                                         float *restrict samples, size_t n) {
  for (size_t i = 0; i < n; i++) samples[i] = uniforms[i] < sigmoid_of(logits[i]) ? 1.0f : 0.0f;
}

/* x l - softplus(l), with max(l, 0) taken off first: what remains for x = 1 and large l is not lost. */
ARMATURE_BODY float bernoulli_term(float logit, float target) {
  return fused(target, logit, logit > 0.0f ? -logit : 0.0f) - softplus_tail(logit);
}

/* Term i goes to lane i mod 8, and the lanes are added as a balanced tree: an order that depends on n only. */
ARMATURE_BODY float bernoulli_row(const float *restrict logits, const float *restrict targets,
                                  const uint8_t *restrict bytes, size_t n) {
  float sums[lanes] = {0};
  float terms[chunk];
  for (size_t start = 0; start < n; start += chunk) {
    size_t count = n - start < chunk ? n - start : chunk;
    for (size_t i = 0; i < count; i++)
      terms[i] = bernoulli_term(logits[start + i], bytes ? (float)bytes[start + i] : targets[start + i]);
    size_t i = 0;
    for (; i + lanes <= count; i += lanes)
      for (size_t lane = 0; lane < lanes; lane++) sums[lane] += terms[i + lane];
    for (size_t lane = 0; i + lane < count; lane++) sums[lane] += terms[i + lane];
  }
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

ARMATURE_BODY void bernoulli_log_likelihood_body(const float *restrict logits, const float *restrict targets,
                                                 size_t rows, size_t n, float *restrict results) {
  for (size_t row = 0; row < rows; row++)
    results[row] = bernoulli_row(logits + row * n, targets + row * n, 0, n);
}

ARMATURE_BODY void bernoulli_log_likelihood_bytes_body(const float *restrict logits,
                                                       const uint8_t *restrict targets, size_t rows, size_t n,
                                                       float *restrict results) {
  for (size_t row = 0; row < rows; row++)
    results[row] = bernoulli_row(logits + row * n, 0, targets + row * n, n);
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
ARMATURE_KERNEL(bernoulli_log_likelihood,
                (const float *restrict logits, const float *restrict targets, size_t rows, size_t n,
                 float *restrict results),
                (logits, targets, rows, n, results))
ARMATURE_KERNEL(bernoulli_log_likelihood_bytes,
                (const float *restrict logits, const uint8_t *restrict targets, size_t rows, size_t n,
                 float *restrict results),
                (logits, targets, rows, n, results))
ARMATURE_KERNEL(bernoulli_gradient,
                (const float *restrict logits, const float *restrict targets, const float *restrict row_scales,
                 size_t rows, size_t n, float *restrict gradient),
                (logits, targets, row_scales, rows, n, gradient))
ARMATURE_KERNEL(bernoulli_gradient_bytes,
                (const float *restrict logits, const uint8_t *restrict targets, const float *restrict row_scales,
                 size_t rows, size_t n, float *restrict gradient),
                (logits, targets, row_scales, rows, n, gradient))
