#ifndef ARMATURE_CZLIB_SHIM_H
#define ARMATURE_CZLIB_SHIM_H
#include <zlib.h>
#endif
