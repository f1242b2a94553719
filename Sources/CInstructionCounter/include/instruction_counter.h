/* Exact counts of the instructions that a thread executes in user space, by single-stepping it.
 *
 * The processor's trap flag makes it stop after every instruction; a signal handler counts. No hardware counter and no
 * permission is needed, and the same program on the same input gives the same count, however busy the machine is. A step
 * takes microseconds: count thousands of instructions, not millions. */
#ifndef ARMATURE_INSTRUCTION_COUNTER_H
#define ARMATURE_INSTRUCTION_COUNTER_H
#include <stdint.h>

/* 1 if this platform can count (x86-64 Linux), 0 if not. */
int armature_can_count_instructions(void);

/* Starts counting in the calling thread; one thread of the process may count at a time.
 * Returns 0, or -1 where the handler cannot be installed. */
int armature_instruction_counter_start(void);

/* Ends counting in the thread that started it and returns the instructions since, a few of its own included. */
int64_t armature_instruction_counter_stop(void);

/* How often the instructions that were counted last entered the C library's allocator. */
int64_t armature_instruction_counter_allocations(void);

#endif
