/* Products of dense layers, each element of a result in an order of its own that depends on the inner length alone:
 * outputs and weight gradients are chains of fused multiply-adds from the first term to the last; input gradients, whose terms
 * stand side by side in both factors, are sums of sixteen such chains. So bits depend neither on how a product is cut up nor on
 * the width of vectors.
 *
 * Results are made in tiles whose sums stay in registers. */
#ifndef ARMATURE_DENSE_H
#define ARMATURE_DENSE_H
#include "lanes.h"

/* The largest tile of a product whose columns are adjacent, in rows and vectors: AVX2 has 16 vectors, AVX-512 has 32. It is high
 * rather than wide, so that the right factor's part is small and read seldom. */
#if defined(ARMATURE_WIDE)
enum { tile_rows = 13, tile_width = 2 };
#define ARMATURE_TILE_CASES ARMATURE_CASES_13
#else
enum { tile_rows = 6, tile_width = 2 };
#define ARMATURE_TILE_CASES ARMATURE_CASES_6
#endif

/* results [rows x columns] = start + left [rows x inner] . right [inner x columns]. Element (i, k) of the left factor stands at
 * i row_stride + k inner_stride. The inner index runs through the terms' two parts. */
struct dense_terms {
  const float *left, *right;
  size_t count;
};

struct dense_product {
  struct dense_terms terms[2];
  size_t row_stride, inner_stride, rows, columns;
  /* What the sums of each row start from; zeros if a null pointer. */
  const float *start;
  float slope;
  float *results;
};

ARMATURE_BODY void dense_tile(size_t rows, size_t width, const struct dense_product *product, size_t row, size_t first,
                              size_t live) {
  vector sums[tile_rows][tile_width];
  size_t columns = product->columns;
#pragma clang loop unroll(full)
  for (size_t k = 0; k < rows * width; k++) {
    size_t r = k / width, v = k % width, column = first + v * lanes;
    sums[r][v] = product->start ? load_lanes(product->start + column, live_in(v, width, live)) : broadcast(0.0f);
  }
  for (size_t part = 0; part < 2; part++) {
    const struct dense_terms *terms = &product->terms[part];
    const float *left = terms->left + row * product->row_stride, *right = terms->right + first;
    for (size_t k = 0; k < terms->count; k++, left += product->inner_stride, right += columns) {
      vector factors[tile_width];
#pragma clang loop unroll(full)
      for (size_t v = 0; v < width; v++) factors[v] = load_lanes(right + v * lanes, live_in(v, width, live));
#pragma clang loop unroll(full)
      for (size_t r = 0; r < rows; r++) {
        vector factor = broadcast(left[r * product->row_stride]);
#pragma clang loop unroll(full)
        for (size_t v = 0; v < width; v++) sums[r][v] = fused_lanes(factor, factors[v], sums[r][v]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t k = 0; k < rows * width; k++) {
    size_t r = k / width, v = k % width;
    store_lanes(product->results + (row + r) * columns + first + v * lanes, live_in(v, width, live),
                product->slope == 1.0f ? sums[r][v] : rectified(sums[r][v], product->slope));
  }
}

ARMATURE_BODY void dense_columns(size_t width, const struct dense_product *product, size_t first, size_t live) {
  size_t row = 0;
  for (size_t blocks = blocks_of(product->rows, tile_rows); blocks > 0; blocks--) {
    size_t rows = share_of_blocks(product->rows - row, blocks);
    switch (rows) { ARMATURE_TILE_CASES(dense_tile, width, product, row, first, live) }
    row += rows;
  }
}

ARMATURE_BODY void dense_product(const struct dense_product *product) {
  size_t first = 0, vectors = vectors_in_blocks(product->columns);
  for (size_t blocks = blocks_of(vectors, tile_width); blocks > 0; blocks--) {
    size_t width = share_of_blocks(vectors, blocks);
    size_t live = live_at_end(product->columns, first, width);
    if (width == 2)
      dense_columns(2, product, first, live);
    else
      dense_columns(1, product, first, live);
    vectors -= width;
    first += width * lanes;
  }
  if (first < product->columns) dense_columns(1, product, first, product->columns - first);
}

ARMATURE_BODY void dense_forward_body(const float *restrict inputs, size_t stride, const float *restrict weight,
                                      const float *restrict bias, size_t rows, size_t inner, size_t columns, float slope,
                                      float *restrict outputs) {
  const struct dense_product product = {{{inputs, weight, inner}}, stride, 1, rows, columns, bias, slope, outputs};
  dense_product(&product);
}

ARMATURE_BODY void dense_weight_gradient_body(struct armature_gradient_rows first, struct armature_gradient_rows further,
                                              size_t stride, size_t part, size_t columns, float *restrict gradient) {
  const struct dense_product product = {{{first.inputs, first.output_gradient, first.rows},
                                         {further.inputs, further.output_gradient, further.rows}},
                                        1, stride, part, columns, 0, 1.0f, gradient};
  dense_product(&product);
}

/* The terms of a dot product go to sixteen sums in turn, those beyond its end being zeros. Where a vector holds eight sums, the
 * terms are gone through twice, so that a tile is as large as the registers allow. */
#if defined(ARMATURE_WIDE)
enum { passes = 1, dot_rows = 5, dot_width = 4 };
#define ARMATURE_DOT_CASES(f, ...) ARMATURE_CASE(5, f, __VA_ARGS__) ARMATURE_CASES_4(f, __VA_ARGS__)
#else
enum { passes = 2, dot_rows = 4, dot_width = 3 };
#define ARMATURE_DOT_CASES ARMATURE_CASES_4
#endif
/* Totals are taken of four sums at once. */
enum { dot_columns = 4 };

typedef float eight __attribute__((vector_size(32)));
typedef float four __attribute__((vector_size(16)));
typedef int32_t four_mask __attribute__((vector_size(16)));

/* results [rows x columns] = left [rows x inner] . right^T, right [columns x inner], then multiplied by the slope where the
 * activation is not positive; rows of the left factor start `left_stride` numbers apart, those of results and activations
 * `stride`. */
struct dot_product {
  const float *left, *right;
  size_t left_stride, inner, stride;
  const float *activations;
  float slope;
  float *results;
};

ARMATURE_BODY void add_terms(size_t rows, size_t width, const struct dot_product *product, const float *left,
                             const float *right, size_t live, vector sums[dot_rows][dot_columns]) {
  vector factors[dot_columns];
#pragma clang loop unroll(full)
  for (size_t c = 0; c < width; c++) factors[c] = load_lanes(right + c * product->inner, live);
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
    vector factor = load_lanes(left + r * product->left_stride, live);
#pragma clang loop unroll(full)
    for (size_t c = 0; c < width; c++) sums[r][c] = fused_lanes(factor, factors[c], sums[r][c]);
  }
}

/* The sums of a tile whose place is `pass` vectors into each sixteen. */
ARMATURE_BODY void sum_terms(size_t rows, size_t width, const struct dot_product *product, const float *left,
                             const float *right, size_t pass, vector sums[dot_rows][dot_columns]) {
  size_t inner = product->inner;
#pragma clang loop unroll(full)
  for (size_t k = 0; k < rows * dot_columns; k++) sums[k / dot_columns][k % dot_columns] = broadcast(0.0f);
  size_t k = pass * lanes;
  for (; k + lanes <= inner; k += passes * lanes) add_terms(rows, width, product, left + k, right + k, lanes, sums);
#if !defined(ARMATURE_WIDE)
  /* The sums go to memory here: with few registers, the compiler must plan the loop without what follows. */
  __asm__("" : "+m"(*(vector(*)[dot_rows][dot_columns])sums));
#endif
  if (k < inner) add_terms(rows, width, product, left + k, right + k, inner - k, sums);
}

/* The totals of four times eight sums: each is added to that four places on, then two, then one. */
ARMATURE_BODY four totals(eight a, eight b, eight c, eight d) {
  eight ab = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
             __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  eight cd = __builtin_shufflevector(c, d, 0, 1, 2, 3, 8, 9, 10, 11) +
             __builtin_shufflevector(c, d, 4, 5, 6, 7, 12, 13, 14, 15);
  eight pairs = __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) +
                __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
  return __builtin_shufflevector(pairs, pairs, 0, 4, 2, 6) + __builtin_shufflevector(pairs, pairs, 1, 5, 3, 7);
}

/* `width` is a constant after inlining, and so is the number of bytes that are copied. */
ARMATURE_BODY void store_totals(size_t width, const struct dot_product *product, size_t place, four sums) {
  if (product->activations) {
    four activations = {0};
    memcpy(&activations, product->activations + place, width * sizeof(float));
    four_mask is_open = activations > 0.0f;
    sums = (four)((is_open & (four_mask)sums) | (~is_open & (four_mask)(product->slope * sums)));
  }
  memcpy(product->results + place, &sums, width * sizeof(float));
}

#if defined(ARMATURE_WIDE)
/* Sixteen sums as eight: each with the one eight places on. */
ARMATURE_BODY eight folded(vector sums) {
  return __builtin_shufflevector(sums, sums, 0, 1, 2, 3, 4, 5, 6, 7) +
         __builtin_shufflevector(sums, sums, 8, 9, 10, 11, 12, 13, 14, 15);
}

/* Four times sixteen sums as four each, side by side: each with the one eight places on, then four. */
ARMATURE_BODY vector quartered(vector a, vector b, vector c, vector d) {
  vector ab = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
              __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  vector cd = __builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
              __builtin_shufflevector(c, d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  return __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
         __builtin_shufflevector(ab, cd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}

/* In each four places, two of a and two of b: each is added to that two places on. */
ARMATURE_BODY vector paired(vector a, vector b) {
  return __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
         __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
}

/* The totals of four rows and four columns at once, by the same additions as those of one row. */
ARMATURE_BODY void store_square(const struct dot_product *product, size_t place, vector sums[dot_rows][dot_columns]) {
  vector quarters[dot_columns];
#pragma clang loop unroll(full)
  for (size_t c = 0; c < dot_columns; c++) quarters[c] = quartered(sums[0][c], sums[1][c], sums[2][c], sums[3][c]);
  vector a = paired(quarters[0], quarters[1]), b = paired(quarters[2], quarters[3]);
  vector sum = __builtin_shufflevector(a, b, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30) +
               __builtin_shufflevector(a, b, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31);
  size_t stride = product->stride;
  store_totals(4, product, place, __builtin_shufflevector(sum, sum, 0, 1, 2, 3));
  store_totals(4, product, place + stride, __builtin_shufflevector(sum, sum, 4, 5, 6, 7));
  store_totals(4, product, place + 2 * stride, __builtin_shufflevector(sum, sum, 8, 9, 10, 11));
  store_totals(4, product, place + 3 * stride, __builtin_shufflevector(sum, sum, 12, 13, 14, 15));
}

ARMATURE_BODY void dot_tile(size_t rows, size_t width, const struct dot_product *product, size_t row, size_t column) {
  vector sums[dot_rows][dot_columns];
  sum_terms(rows, width, product, product->left + row * product->left_stride, product->right + column * product->inner, 0,
            sums);
  size_t first = rows >= 4 && width == 4 ? 4 : 0;
  if (first > 0) store_square(product, row * product->stride + column, sums);
#pragma clang loop unroll(full)
  for (size_t r = first; r < rows; r++)
    store_totals(width, product, (row + r) * product->stride + column,
                 totals(folded(sums[r][0]), folded(sums[r][1]), folded(sums[r][2]), folded(sums[r][3])));
}
#else
ARMATURE_BODY void dot_tile(size_t rows, size_t width, const struct dot_product *product, size_t row, size_t column) {
  const float *left = product->left + row * product->left_stride, *right = product->right + column * product->inner;
  eight sums[2][dot_rows][dot_columns];
  sum_terms(rows, width, product, left, right, 0, sums[0]);
  sum_terms(rows, width, product, left, right, 1, sums[1]);
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++)
    store_totals(width, product, (row + r) * product->stride + column,
                 totals(sums[0][r][0] + sums[1][r][0], sums[0][r][1] + sums[1][r][1], sums[0][r][2] + sums[1][r][2],
                        sums[0][r][3] + sums[1][r][3]));
}
#endif

/* Some columns of all rows, cut into `tiles`. */
ARMATURE_BODY void dot_column_block(size_t width, const struct dot_product *product, size_t rows, size_t tiles,
                                    size_t column) {
  for (size_t row = 0; tiles > 0; tiles--) {
    size_t height = share_of_blocks(rows - row, tiles);
    switch (height) { ARMATURE_DOT_CASES(dot_tile, width, product, row, column) }
    row += height;
  }
}

/* Numbers of the left factor that stay in the first-level cache while all columns pass by. */
enum { most_packed = 4096 };

/* Rows of the left factor where no vector lies across two lines of the cache. */
ARMATURE_BODY size_t pack_rows(const float *restrict left, size_t rows, size_t inner, float *restrict packed) {
  size_t stride = (inner + 15) / 16 * 16;
  for (size_t row = 0; row < rows; row++) memcpy(packed + row * stride, left + row * inner, inner * sizeof(float));
  return stride;
}

ARMATURE_BODY void dense_input_gradient_body(const float *restrict output_gradient, const float *restrict weight,
                                             const float *restrict activations, size_t rows, size_t inner, size_t columns,
                                             size_t stride, float slope, float *restrict gradient) {
  _Alignas(64) float packed[most_packed];
  int fits = dot_rows * (inner + 15) <= most_packed;
  size_t row = 0;
  for (size_t tiles = blocks_of(rows, dot_rows); tiles > 0;) {
    /* As many tiles as can be packed. */
    size_t count = 0, height = 0;
    do {
      height += share_of_blocks(rows - row - height, tiles - count);
      count++;
    } while (count < tiles && (height + dot_rows) * (inner + 15) <= most_packed);
    const float *left = output_gradient + row * inner;
    size_t left_stride = fits ? pack_rows(left, height, inner, packed) : inner;
    const struct dot_product product = {fits ? packed : left, weight, left_stride,
                                        inner, stride, activations ? activations + row * stride : 0,
                                        slope, gradient + row * stride};
    size_t column = 0;
    for (; column + dot_width <= columns; column += dot_width) dot_column_block(dot_width, &product, height, count, column);
    for (; column < columns; column++) dot_column_block(1, &product, height, count, column);
    row += height;
    tiles -= count;
  }
}

ARMATURE_LANED_KERNEL(dense_forward,
                      (const float *restrict inputs, size_t stride, const float *restrict weight,
                       const float *restrict bias, size_t rows, size_t inner, size_t columns, float slope,
                       float *restrict outputs),
                      (inputs, stride, weight, bias, rows, inner, columns, slope, outputs))
ARMATURE_LANED_KERNEL(dense_weight_gradient,
                      (struct armature_gradient_rows first, struct armature_gradient_rows further, size_t stride, size_t part,
                       size_t columns, float *restrict gradient),
                      (first, further, stride, part, columns, gradient))
ARMATURE_LANED_KERNEL(dense_input_gradient,
                      (const float *restrict output_gradient, const float *restrict weight,
                       const float *restrict activations, size_t rows, size_t inner, size_t columns, size_t stride,
                       float slope, float *restrict gradient),
                      (output_gradient, weight, activations, rows, inner, columns, stride, slope, gradient))

#endif
