/* The counter-based generator Philox 4x32 with ten rounds, many blocks at a time.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3. */
#include "dispatch.h"
#include <string.h>

enum { blocks_at_a_time = 64, words_at_a_time = 4 * blocks_at_a_time };

/* A place in the grid of blocks, [rows x blocks in a row]. */
struct place {
  uint32_t block;
  uint32_t row;
};

ARMATURE_BODY struct place next_place(struct place at, uint32_t blocks_in_row) {
  uint32_t next = at.block + 1;
  int carry = next == blocks_in_row;
  return (struct place){carry ? 0 : next, at.row + (uint32_t)carry};
}

/* Words are kept in 64 bits, of which the low half counts: a product then needs no repacking between rounds, since its
 * low half is the word it becomes. */
ARMATURE_BODY void philox_blocks(struct armature_philox_origin origin, const uint32_t *restrict block,
                                 const uint32_t *restrict row, uint32_t *restrict words) {
  for (size_t i = 0; i < blocks_at_a_time; i++) {
    uint64_t c0 = origin.counter[0] + block[i], c1 = origin.counter[1] + row[i];
    uint64_t c2 = origin.counter[2], c3 = origin.counter[3];
    uint32_t k0 = origin.key[0], k1 = origin.key[1];
#pragma clang loop unroll(full)
    for (int round = 0; round < 10; round++) {
      uint64_t first = (uint64_t)(uint32_t)c0 * 0xD2511F53u, second = (uint64_t)(uint32_t)c2 * 0xCD9E8D57u;
      c0 = (second >> 32) ^ c1 ^ k0;
      c1 = second;
      c2 = (first >> 32) ^ c3 ^ k1;
      c3 = first;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    words[4 * i] = (uint32_t)c0;
    words[4 * i + 1] = (uint32_t)c1;
    words[4 * i + 2] = (uint32_t)c2;
    words[4 * i + 3] = (uint32_t)c3;
  }
}

/* Stores the words of `count` blocks without those beyond the end of a row; returns how many bytes. */
ARMATURE_BODY size_t stored_bytes(const uint32_t *restrict words, size_t count, const uint32_t *restrict block,
                                  size_t per_row, char *restrict end) {
  if (per_row % 4 == 0) {
    memcpy(end, words, 16 * count);
    return 16 * count;
  }
  size_t stored = 0;
  for (size_t i = 0; i < count; i++) {
    size_t left = per_row - 4 * (size_t)block[i];
    for (size_t word = 0; word < 4 && word < left; word++, stored += 4)
      memcpy(end + stored, words + 4 * i + word, 4);
  }
  return stored;
}

/* The grid in chunks of blocks: `finish` turns a chunk's words into the bits that are stored. The last chunk is computed
 * whole and stored in part. */
ARMATURE_BODY void philox_grid(struct armature_philox_origin origin, size_t rows, size_t per_row,
                               void (*finish)(uint32_t *words), void *restrict results) {
  size_t blocks_in_row = (per_row + 3) / 4, remaining = rows * blocks_in_row;
  uint32_t block[blocks_at_a_time], row[blocks_at_a_time], words[words_at_a_time];
  char *end = results;
  struct place at = {0, 0};
  while (remaining > 0) {
    size_t count = remaining < blocks_at_a_time ? remaining : blocks_at_a_time;
    for (size_t i = 0; i < blocks_at_a_time; i++) {
      block[i] = at.block;
      row[i] = at.row;
      at = next_place(at, (uint32_t)blocks_in_row);
    }
    philox_blocks(origin, block, row, words);
    finish(words);
    end += stored_bytes(words, count, block, per_row, end);
    remaining -= count;
  }
}

ARMATURE_BODY void keep(uint32_t *words) { (void)words; }

ARMATURE_BODY void to_open_uniforms(uint32_t *words) {
  for (size_t i = 0; i < words_at_a_time; i++) {
    float uniform = ((float)(int32_t)(words[i] >> 9) + 0.5f) * 0x1p-23f;
    memcpy(words + i, &uniform, 4);
  }
}

ARMATURE_BODY void philox_words_body(struct armature_philox_origin origin, size_t rows, size_t per_row,
                                     uint32_t *restrict words) {
  philox_grid(origin, rows, per_row, keep, words);
}

ARMATURE_BODY void philox_uniforms_body(struct armature_philox_origin origin, size_t rows, size_t per_row,
                                        float *restrict uniforms) {
  philox_grid(origin, rows, per_row, to_open_uniforms, uniforms);
}

ARMATURE_KERNEL(philox_words,
                (struct armature_philox_origin origin, size_t rows, size_t per_row, uint32_t *restrict words),
                (origin, rows, per_row, words))
ARMATURE_KERNEL(philox_uniforms,
                (struct armature_philox_origin origin, size_t rows, size_t per_row, float *restrict uniforms),
                (origin, rows, per_row, uniforms))
