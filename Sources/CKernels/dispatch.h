/* How every kernel of this target is compiled: one body, two machine codes, the same bits.
 *
 * A body is plain C on single numbers, without data-dependent branches, so that the compiler vectorises its loop. It is
 * compiled once for the processor that the package targets (the portable twin) and once for AVX2 with fused
 * multiply-add. The two give the same bits because every operation in a body is exactly rounded and spelled out:
 * contraction is off, `fused` is the only fused operation, no math library function is called, and nothing is reassociated.
 * Where there is no fused instruction, `fused` is the C library's fmaf, which is slow and right. */
#ifndef ARMATURE_DISPATCH_H
#define ARMATURE_DISPATCH_H
#include "kernels.h"

#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#define ARMATURE_AVX2 __attribute__((target("avx2,fma")))
#else
#define ARMATURE_AVX2
#endif

#define ARMATURE_BODY static inline __attribute__((always_inline))

/* Defines the portable, the AVX2 and the dispatched function of `name` from `name_body`. */
#define ARMATURE_KERNEL(name, parameters, arguments)                         \
  void armature_##name##_portable parameters { name##_body arguments; }      \
  ARMATURE_AVX2 void armature_##name##_avx2 parameters { name##_body arguments; } \
  void armature_##name parameters {                                          \
    if (armature_has_avx2())                                                 \
      armature_##name##_avx2 arguments;                                      \
    else                                                                     \
      armature_##name##_portable arguments;                                  \
  }

/* a * b + c, rounded once. */
ARMATURE_BODY float fused(float a, float b, float c) { return __builtin_elementwise_fma(a, b, c); }

#endif
