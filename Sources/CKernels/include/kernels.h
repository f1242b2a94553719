/* Elementwise kernels: run-time AVX2 dispatch, contraction off, a scalar twin with the same bits for each. */
#ifndef ARMATURE_KERNELS_H
#define ARMATURE_KERNELS_H
#include <stddef.h>
#include <stdint.h>

/* 1 if this processor runs the AVX2 kernels, 0 if the scalar twins are used. */
int armature_has_avx2(void);
#endif
