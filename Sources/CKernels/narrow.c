/* The kernels that name their vectors, with eight lanes. */
#include "binary_lists.h"
#include "binary_tables.h"
#include "dense.h"
