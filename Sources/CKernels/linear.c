/* Scaled sums of arrays, and sums over rows for biases. */
#include "dispatch.h"

ARMATURE_BODY void add_scaled_body(const float *restrict x, float factor, float *restrict y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] += factor * x[i];
}

ARMATURE_BODY void scale_body(float *restrict y, float factor, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] *= factor;
}

ARMATURE_BODY void add_column_sums_body(const float *restrict matrix, size_t rows, size_t stride, size_t columns,
                                        float *restrict sums) {
  for (size_t row = 0; row < rows; row++) {
    for (size_t column = 0; column < columns; column++) sums[column] += matrix[row * stride + column];
  }
}

ARMATURE_BODY void add_weighted_rows_body(const float *restrict matrix, const float *restrict weights, float factor,
                                          size_t rows, size_t columns, float *restrict sums) {
  for (size_t row = 0; row < rows; row++) {
    float weight = factor * weights[row];
    for (size_t column = 0; column < columns; column++) sums[column] += weight * matrix[row * columns + column];
  }
}

ARMATURE_BODY void add_rectified_body(const float *restrict x, float slope, size_t rows, size_t stride, size_t columns,
                                      float *restrict y) {
  for (size_t row = 0; row < rows; row++) {
    for (size_t i = row * stride; i < row * stride + columns; i++) {
      float sum = y[i] + x[i];
      y[i] = sum > 0.0f ? sum : slope * sum;
    }
  }
}

ARMATURE_KERNEL(add_scaled, (const float *restrict x, float factor, float *restrict y, size_t n),
                (x, factor, y, n))
ARMATURE_KERNEL(scale, (float *restrict y, float factor, size_t n), (y, factor, n))
ARMATURE_KERNEL(add_column_sums,
                (const float *restrict matrix, size_t rows, size_t stride, size_t columns, float *restrict sums),
                (matrix, rows, stride, columns, sums))
ARMATURE_KERNEL(add_weighted_rows,
                (const float *restrict matrix, const float *restrict weights, float factor, size_t rows, size_t columns,
                 float *restrict sums),
                (matrix, weights, factor, rows, columns, sums))
ARMATURE_KERNEL(add_rectified,
                (const float *restrict x, float slope, size_t rows, size_t stride, size_t columns, float *restrict y),
                (x, slope, rows, stride, columns, y))
