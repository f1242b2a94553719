/* Matrices of bytes 0 and 1 as lists of their ones, and as codes of four bits. */
#include "kernels.h"
#include <string.h>

/* Bytes are looked at eight at a time: where images are empty, they are so in long stretches. */
void armature_list_ones(const uint8_t *restrict bits, size_t rows, size_t columns, uint32_t *restrict starts,
                        uint32_t *restrict ones) {
  uint32_t count = 0;
  for (size_t row = 0; row < rows; row++, bits += columns) {
    starts[row] = count;
    size_t column = 0;
    for (; column + 8 <= columns; column += 8) {
      uint64_t word;
      memcpy(&word, bits + column, 8);
      if (word == 0) continue;
      for (size_t i = column; i < column + 8; i++) {
        ones[count] = (uint32_t)i;
        count += bits[i];
      }
    }
    for (; column < columns; column++) {
      if (bits[column]) ones[count++] = (uint32_t)column;
    }
  }
  starts[rows] = count;
}

void armature_cut_lists(struct armature_lists lists, uint32_t cut, uint32_t *restrict cuts) {
  for (size_t row = 0; row < lists.rows; row++) {
    uint32_t k = lists.starts[row];
    while (k < lists.ends[row] && lists.ones[k] < cut) k++;
    cuts[row] = k;
  }
}

void armature_transpose_lists(struct armature_lists lists, uint32_t *restrict starts, uint32_t *restrict ones) {
  memset(starts, 0, (lists.columns + 1) * sizeof *starts);
  uint32_t count = lists.ends[lists.rows - 1];
  for (uint32_t k = 0; k < count; k++) starts[lists.ones[k] + 1]++;
  for (size_t column = 0; column < lists.columns; column++) starts[column + 1] += starts[column];
  /* starts[c] runs to the end of column c while it is filled, which is the start of the next. */
  for (size_t row = 0; row < lists.rows; row++) {
    for (uint32_t k = lists.starts[row]; k < lists.ends[row]; k++) ones[starts[lists.ones[k]]++] = (uint32_t)row;
  }
  memmove(starts + 1, starts, lists.columns * sizeof *starts);
  starts[0] = 0;
}

void armature_code_rows(const uint8_t *restrict bits, size_t rows, size_t columns, uint8_t *restrict codes) {
  for (size_t start = 0; start < columns; start += 4, codes += rows) {
    size_t count = columns - start < 4 ? columns - start : 4;
    for (size_t row = 0; row < rows; row++) {
      const uint8_t *first = bits + row * columns + start;
      unsigned code = 0;
      for (size_t i = 0; i < count; i++) code |= (unsigned)first[i] << i;
      codes[row] = (uint8_t)code;
    }
  }
}

void armature_code_columns(const uint8_t *restrict bits, size_t rows, size_t columns, uint8_t *restrict codes) {
  for (size_t start = 0; start < rows; start += 4, codes += columns) {
    size_t count = rows - start < 4 ? rows - start : 4;
    memcpy(codes, bits + start * columns, columns);
    for (size_t i = 1; i < count; i++) {
      const uint8_t *row = bits + (start + i) * columns;
      for (size_t column = 0; column < columns; column++) codes[column] |= (uint8_t)(row[column] << i);
    }
  }
}
