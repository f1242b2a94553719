/* Products with a matrix of zeros and ones of which few are ones: sums of listed rows, without a multiplication.
 *
 * Columns are taken in blocks so narrow that a block's sums stay in registers and its part of the other factor in the
 * cache. Every column is summed in the order of its list, whatever the block. */
#ifndef ARMATURE_BINARY_LISTS_H
#define ARMATURE_BINARY_LISTS_H
#include "lanes.h"

/* The widest block, in vectors; its width is a constant after inlining. */
enum { list_block = 10 };

/* sums = the listed rows of the matrix, in the order of the list; `width` is a constant after inlining. */
ARMATURE_BODY void sum_listed(size_t width, const uint32_t *restrict list, size_t length, const float *restrict matrix,
                              size_t columns, size_t live, vector *restrict sums) {
#pragma clang loop unroll(full)
  for (size_t v = 0; v < width; v++) sums[v] = broadcast(0.0f);
  for (size_t k = 0; k < length; k++) {
    const float *row = matrix + list[k] * columns;
#pragma clang loop unroll(full)
    for (size_t v = 0; v < width; v++) sums[v] += load_lanes(row + v * lanes, live_in(v, width, live));
  }
}

struct forward_lists {
  struct armature_lists bits;
  const float *weight, *base;
  float scale, slope;
};

ARMATURE_BODY void forward_block(size_t width, const struct forward_lists *layer, size_t columns, size_t first, size_t live,
                                 float *restrict outputs) {
  vector base[list_block], sums[list_block];
#pragma clang loop unroll(full)
  for (size_t v = 0; v < width; v++) base[v] = load_lanes(layer->base + first + v * lanes, live_in(v, width, live));
  for (size_t r = 0; r < layer->bits.rows; r++) {
    const uint32_t *list = layer->bits.ones + layer->bits.starts[r];
    sum_listed(width, list, layer->bits.ends[r] - layer->bits.starts[r], layer->weight + first, columns, live, sums);
    float *row = outputs + r * columns + first;
#pragma clang loop unroll(full)
    for (size_t v = 0; v < width; v++) {
      vector output = base[v] + broadcast(layer->scale) * sums[v];
      store_lanes(row + v * lanes, live_in(v, width, live), rectified(output, layer->slope));
    }
  }
}

ARMATURE_BODY void listed_forward_body(struct armature_lists bits, const float *restrict weight,
                                       const float *restrict base, size_t columns, float scale, float slope,
                                       float *restrict outputs) {
  const struct forward_lists layer = {bits, weight, base, scale, slope};
  size_t first = 0, vectors = vectors_in_blocks(columns);
  for (size_t blocks = blocks_of(vectors, list_block); blocks > 0; blocks--) {
    size_t width = share_of_blocks(vectors, blocks);
    size_t live = live_at_end(columns, first, width);
    switch (width) { ARMATURE_CASES_10(forward_block, &layer, columns, first, live, outputs) }
    vectors -= width;
    first += width * lanes;
  }
  if (first < columns) forward_block(1, &layer, columns, first, columns - first, outputs);
}

struct gradient_lists {
  struct armature_lists bits;
  const float *output_gradient, *column_sums;
  struct armature_encoding encoding;
  int adds;
};

ARMATURE_BODY void gradient_block(size_t width, const struct gradient_lists *layer, size_t columns, size_t first,
                                  size_t live, float *restrict gradient) {
  vector sums[list_block], whole[list_block];
#pragma clang loop unroll(full)
  for (size_t v = 0; v < width; v++) whole[v] = load_lanes(layer->column_sums + first + v * lanes, live_in(v, width, live));
  vector scale = broadcast(layer->encoding.scale);
  for (size_t i = 0; i < layer->bits.rows; i++) {
    const uint32_t *list = layer->bits.ones + layer->bits.starts[i];
    sum_listed(width, list, layer->bits.ends[i] - layer->bits.starts[i], layer->output_gradient + first, columns,
               live, sums);
    vector centre = broadcast(layer->encoding.centres ? layer->encoding.centres[i] : 0.0f);
    float *row = gradient + i * columns + first;
#pragma clang loop unroll(full)
    for (size_t v = 0; v < width; v++) {
      vector sum = scale * (sums[v] - centre * whole[v]);
      store_lanes(row + v * lanes, live_in(v, width, live), layer->adds ? load_lanes(row + v * lanes, live_in(v, width, live)) + sum : sum);
    }
  }
}

ARMATURE_BODY void listed_gradient_body(struct armature_lists bits, const float *restrict output_gradient,
                                        const float *restrict column_sums, size_t columns,
                                        struct armature_encoding encoding, int adds, float *restrict gradient) {
  const struct gradient_lists layer = {bits, output_gradient, column_sums, encoding, adds};
  size_t first = 0, vectors = vectors_in_blocks(columns);
  for (size_t blocks = blocks_of(vectors, list_block); blocks > 0; blocks--) {
    size_t width = share_of_blocks(vectors, blocks);
    size_t live = live_at_end(columns, first, width);
    switch (width) { ARMATURE_CASES_10(gradient_block, &layer, columns, first, live, gradient) }
    vectors -= width;
    first += width * lanes;
  }
  if (first < columns) gradient_block(1, &layer, columns, first, columns - first, gradient);
}

ARMATURE_LANED_KERNEL(listed_forward,
                      (struct armature_lists bits, const float *restrict weight, const float *restrict base, size_t columns,
                       float scale, float slope, float *restrict outputs),
                      (bits, weight, base, columns, scale, slope, outputs))
ARMATURE_LANED_KERNEL(listed_gradient,
                (struct armature_lists bits, const float *restrict output_gradient, const float *restrict column_sums,
                 size_t columns, struct armature_encoding encoding, int adds, float *restrict gradient),
                (bits, output_gradient, column_sums, columns, encoding, adds, gradient))

#endif
