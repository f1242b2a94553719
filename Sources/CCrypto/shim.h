#ifndef ARMATURE_CCRYPTO_SHIM_H
#define ARMATURE_CCRYPTO_SHIM_H
#include <openssl/evp.h>
#endif
