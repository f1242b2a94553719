/* How every kernel of this target is compiled: one body, three machine codes, the same bits.
 *
 * A body is plain C on single numbers, without data-dependent branches, so that the compiler vectorises its loop. It is
 * compiled once for the processor that the package targets (the portable twin), once for AVX2 with fused multiply-add and
 * once for AVX-512. They give the same bits because every operation in a body is exactly rounded and spelled out:
 * contraction is off, `fused` is the only fused operation, no math library function is called, and nothing is reassociated.
 * Where there is no fused instruction, `fused` is the C library's fmaf, which is slow and right.
 *
 * Kernels whose sums stay in registers name their vectors (lanes.h): their bodies are headers, compiled with eight lanes for
 * the first two machine codes and, by wide.c, with sixteen for AVX-512. */
#ifndef ARMATURE_DISPATCH_H
#define ARMATURE_DISPATCH_H
#include "kernels.h"

#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#define ARMATURE_AVX2 __attribute__((target("avx2,fma")))
#define ARMATURE_AVX512 __attribute__((target("avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")))
#else
#define ARMATURE_AVX2
#define ARMATURE_AVX512
#endif

#if defined(ARMATURE_WIDE)
#define ARMATURE_BODY static inline ARMATURE_AVX512 __attribute__((always_inline))
#else
#define ARMATURE_BODY static inline __attribute__((always_inline))
#endif

/* Defines the dispatched function of `name`. */
#define ARMATURE_DISPATCH(name, parameters, arguments)                             \
  void armature_##name parameters {                                                \
    switch (armature_vectors()) {                                                  \
    case armature_vectors_avx512: armature_##name##_avx512 arguments; break;       \
    case armature_vectors_avx2: armature_##name##_avx2 arguments; break;           \
    default: armature_##name##_portable arguments;                                 \
    }                                                                              \
  }

#define ARMATURE_NARROW_CODES(name, parameters, arguments)                         \
  void armature_##name##_portable parameters { name##_body arguments; }            \
  ARMATURE_AVX2 void armature_##name##_avx2 parameters { name##_body arguments; }

#define ARMATURE_WIDE_CODE(name, parameters, arguments)                            \
  ARMATURE_AVX512 void armature_##name##_avx512 parameters { name##_body arguments; }

/* Defines all functions of `name` from `name_body`; if its body names vectors, those that this file's lanes are for. */
#if defined(ARMATURE_WIDE)
#define ARMATURE_LANED_KERNEL(name, parameters, arguments) ARMATURE_WIDE_CODE(name, parameters, arguments)
#else
#define ARMATURE_KERNEL(name, parameters, arguments)  \
  ARMATURE_NARROW_CODES(name, parameters, arguments)  \
  ARMATURE_WIDE_CODE(name, parameters, arguments)     \
  ARMATURE_DISPATCH(name, parameters, arguments)
#define ARMATURE_LANED_KERNEL(name, parameters, arguments) \
  ARMATURE_NARROW_CODES(name, parameters, arguments)       \
  ARMATURE_DISPATCH(name, parameters, arguments)
#endif

/* a * b + c, rounded once. */
ARMATURE_BODY float fused(float a, float b, float c) { return __builtin_elementwise_fma(a, b, c); }

#endif
