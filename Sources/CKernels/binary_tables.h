/* Products with a matrix of zeros and ones of which about half are ones: four of its columns at a time have 16 possible
 * sums, which are tabulated once and then looked up for each row.
 *
 * Source: Arlazarov, Dinic, Kronrod, Faradzev, "On economical construction of the transitive closure of a directed graph",
 * 1970 (the "method of four Russians"). */
#ifndef ARMATURE_BINARY_TABLES_H
#define ARMATURE_BINARY_TABLES_H
#include "lanes.h"

/* A chunk of groups is what of the table stays in the first-level cache; an entry has 16 columns. Rows are taken several at a
 * time, for eight independent sums. */
enum { group = 4, entries = 16, chunk_groups = 25, entry_vectors = 16 / lanes, most_table_rows = 8 };
enum { table_rows = most_table_rows / entry_vectors };

typedef vector table_entry[entry_vectors];

/* What is multiplied by the bits, where the sums go, and what they start from: for a layer's outputs the base, for the
 * gradient of its weights what is there or nothing, without the centres' part. */
struct tabled_product {
  struct armature_codes bits;
  const float *matrix, *row;
  size_t columns;
  struct armature_encoding encoding;
  float slope;
  int is_gradient, adds;
  float *results;
};

/* The sums of all subsets of up to four consecutive rows of the matrix; rows that are not there count as zeros. */
ARMATURE_BODY void tabulate(size_t width, const float *restrict matrix, size_t columns, size_t present, size_t live,
                            table_entry *restrict table) {
#pragma clang loop unroll(full)
  for (size_t v = 0; v < width; v++) {
    table[0][v] = broadcast(0.0f);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < group; i++) {
      vector row = i < present ? load_lanes(matrix + i * columns + v * lanes, live) : broadcast(0.0f);
#pragma clang loop unroll(full)
      for (size_t subset = 0; subset < (size_t)1 << i; subset++) table[(1 << i) + subset][v] = table[subset][v] + row;
    }
  }
}

/* What the result of one row starts from. */
ARMATURE_BODY vector start_of(const struct tabled_product *product, int is_first, size_t r, vector row, vector old) {
  if (!is_first) return old;
  if (!product->is_gradient) return row;
  float centre = product->encoding.centres ? product->encoding.centres[r] : 0.0f;
  vector part = broadcast(product->encoding.scale * centre) * row;
  return product->adds ? old - part : -part;
}

/* Adds the sums over a chunk of groups to the results of `rows` rows; both widths are constants after inlining. */
ARMATURE_BODY void add_chunk(size_t rows, size_t width, const struct tabled_product *product, size_t r, size_t start,
                             size_t groups, int is_last, size_t first, size_t live, const table_entry *restrict table,
                             const vector *restrict row) {
  vector sums[most_table_rows][entry_vectors];
#pragma clang loop unroll(full)
  for (size_t k = 0; k < rows * width; k++) sums[k / width][k % width] = broadcast(0.0f);
  const uint8_t *codes = product->bits.codes + start * product->bits.stride + r;
  for (size_t g = 0; g < groups; g++) {
#pragma clang loop unroll(full)
    for (size_t k = 0; k < rows; k++) {
      const vector *entry = table[g * entries + codes[g * product->bits.stride + k]];
#pragma clang loop unroll(full)
      for (size_t v = 0; v < width; v++) sums[k][v] += entry[v];
    }
  }
#pragma clang loop unroll(full)
  for (size_t k = 0; k < rows * width; k++) {
    size_t v = k % width;
    float *place = product->results + (r + k / width) * product->columns + first + v * lanes;
    vector from = start_of(product, start == 0, r + k / width, row[v], load_lanes(place, live));
    vector result = from + broadcast(product->encoding.scale) * sums[k / width][v];
    store_lanes(place, live, is_last ? rectified(result, product->slope) : result);
  }
}

ARMATURE_BODY void tabled_block(size_t width, const struct tabled_product *product, size_t first, size_t live) {
  table_entry table[chunk_groups * entries];
  vector row[entry_vectors];
#pragma clang loop unroll(full)
  for (size_t v = 0; v < width; v++) row[v] = load_lanes(product->row + first + v * lanes, live);
  size_t inputs = product->bits.columns, groups = (inputs + group - 1) / group;
  /* Once at least: without bits, results are what they start from. */
  for (size_t start = 0; start == 0 || start < groups; start += chunk_groups) {
    size_t count = groups - start < chunk_groups ? groups - start : chunk_groups;
    int is_last = start + count == groups;
    for (size_t g = 0; g < count; g++) {
      size_t input = (start + g) * group;
      tabulate(width, product->matrix + input * product->columns + first, product->columns,
               inputs - input < group ? inputs - input : group, live, table + g * entries);
    }
    size_t r = 0;
    for (size_t blocks = blocks_of(product->bits.rows, table_rows); blocks > 0; blocks--) {
      size_t height = share_of_blocks(product->bits.rows - r, blocks);
      switch (height) { ARMATURE_CASES_8(add_chunk, width, product, r, start, count, is_last, first, live, table, row) }
      r += height;
    }
  }
}

ARMATURE_BODY void tabled_product(const struct tabled_product *product) {
  size_t first = 0;
  for (; first + entry_vectors * lanes <= product->columns; first += entry_vectors * lanes)
    tabled_block(entry_vectors, product, first, lanes);
  for (; first < product->columns; first += lanes)
    tabled_block(1, product, first, product->columns - first < lanes ? product->columns - first : lanes);
}

ARMATURE_BODY void tabled_forward_body(struct armature_codes bits, const float *restrict weight,
                                       const float *restrict base, size_t columns, float scale, float slope,
                                       float *restrict outputs) {
  const struct armature_encoding encoding = {scale, 0};
  const struct tabled_product product = {bits, weight, base, columns, encoding, slope, 0, 0, outputs};
  tabled_product(&product);
}

ARMATURE_BODY void tabled_gradient_body(struct armature_codes bits, const float *restrict output_gradient,
                                        const float *restrict column_sums, size_t columns,
                                        struct armature_encoding encoding, int adds, float *restrict gradient) {
  const struct tabled_product product = {bits, output_gradient, column_sums, columns, encoding, 1.0f, 1, adds, gradient};
  tabled_product(&product);
}

ARMATURE_LANED_KERNEL(tabled_forward,
                      (struct armature_codes bits, const float *restrict weight, const float *restrict base, size_t columns,
                       float scale, float slope, float *restrict outputs),
                      (bits, weight, base, columns, scale, slope, outputs))
ARMATURE_LANED_KERNEL(tabled_gradient,
                (struct armature_codes bits, const float *restrict output_gradient, const float *restrict column_sums,
                 size_t columns, struct armature_encoding encoding, int adds, float *restrict gradient),
                (bits, output_gradient, column_sums, columns, encoding, adds, gradient))

#endif
