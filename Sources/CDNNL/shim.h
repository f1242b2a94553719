#ifndef ARMATURE_CDNNL_SHIM_H
#define ARMATURE_CDNNL_SHIM_H
#include <oneapi/dnnl/dnnl.h>
#endif
