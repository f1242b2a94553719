#include "kernels.h"
#include <stdlib.h>
#include <string.h>

/* What the processor has. */
static int supported_vectors(void) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return armature_vectors_portable;
  int is_wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  return is_wide ? armature_vectors_avx512 : armature_vectors_avx2;
#else
  return armature_vectors_portable;
#endif
}

const char *armature_vectors_name(int vectors) {
  static const char *const names[] = {"portable", "avx2", "avx512"};
  return names[vectors];
}

/* What the user allows; all if nothing, or nothing that is known, is named. */
static int allowed_vectors(void) {
  const char *most = getenv("ARMATURE_VECTORS");
  for (int vectors = armature_vectors_portable; most && vectors < armature_vectors_avx512; vectors++) {
    if (strcmp(most, armature_vectors_name(vectors)) == 0) return vectors;
  }
  return armature_vectors_avx512;
}

/* Threads that are first at the same time find the same answer. */
int armature_vectors(void) {
  static _Atomic int known = -1;
  int vectors = known;
  if (vectors >= 0) return vectors;
  int supported = supported_vectors(), allowed = allowed_vectors();
  vectors = supported < allowed ? supported : allowed;
  known = vectors;
  return vectors;
}

int armature_has_avx2(void) { return supported_vectors() >= armature_vectors_avx2; }

int armature_has_avx512(void) { return supported_vectors() >= armature_vectors_avx512; }
