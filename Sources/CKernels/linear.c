/* Scaled sums of arrays, and sums over rows for biases. */
#include "dispatch.h"

ARMATURE_BODY void add_scaled_body(const float *restrict x, float factor, float *restrict y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] += factor * x[i];
}

ARMATURE_BODY void scale_body(float *restrict y, float factor, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] *= factor;
}

ARMATURE_BODY void add_column_sums_body(const float *restrict matrix, size_t rows, size_t columns,
                                        float *restrict sums) {
  for (size_t row = 0; row < rows; row++) {
    for (size_t column = 0; column < columns; column++) sums[column] += matrix[row * columns + column];
  }
}

ARMATURE_BODY void add_row_body(const float *restrict row, size_t rows, size_t columns, float *restrict matrix) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t column = 0; column < columns; column++) matrix[r * columns + column] += row[column];
  }
}

ARMATURE_BODY void add_row_rectified_body(const float *restrict row, float slope, size_t rows, size_t columns,
                                          float *restrict matrix) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t column = 0; column < columns; column++) {
      float x = matrix[r * columns + column] + row[column];
      matrix[r * columns + column] = x > 0.0f ? x : slope * x;
    }
  }
}

ARMATURE_KERNEL(add_scaled, (const float *restrict x, float factor, float *restrict y, size_t n),
                (x, factor, y, n))
ARMATURE_KERNEL(scale, (float *restrict y, float factor, size_t n), (y, factor, n))
ARMATURE_KERNEL(add_column_sums,
                (const float *restrict matrix, size_t rows, size_t columns, float *restrict sums),
                (matrix, rows, columns, sums))
ARMATURE_KERNEL(add_row, (const float *restrict row, size_t rows, size_t columns, float *restrict matrix),
                (row, rows, columns, matrix))
ARMATURE_KERNEL(add_row_rectified,
                (const float *restrict row, float slope, size_t rows, size_t columns, float *restrict matrix),
                (row, slope, rows, columns, matrix))
