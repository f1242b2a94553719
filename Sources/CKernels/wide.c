/* The kernels that name their vectors, with sixteen lanes: their AVX-512 code. */
#define ARMATURE_WIDE
#include "binary_lists.h"
#include "binary_tables.h"
#include "dense.h"
