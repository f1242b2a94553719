/* Elementwise kernels in single precision: run-time AVX2 dispatch, a portable twin with the same bits for each.
 *
 * Each kernel exists three times: `armature_NAME_portable`, `armature_NAME_avx2` (to be called only where
 * `armature_has_avx2`; the portable code on other processors) and `armature_NAME`, which picks one. "The same bits" holds
 * for every input, infinities and subnormal numbers included; where a result is not a number, it is so in all three.
 * Outputs never overlap inputs. */
#ifndef ARMATURE_KERNELS_H
#define ARMATURE_KERNELS_H
#include <stddef.h>
#include <stdint.h>

#define ARMATURE_DECLARE(name, parameters)   \
  void armature_##name##_portable parameters; \
  void armature_##name##_avx2 parameters;     \
  void armature_##name parameters;

/* 1 if this processor runs the AVX2 kernels, 0 if the portable twins are used. */
int armature_has_avx2(void);

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
