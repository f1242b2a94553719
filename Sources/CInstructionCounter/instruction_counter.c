#define _GNU_SOURCE
#include "instruction_counter.h"

#if defined(__x86_64__) && defined(__linux__)
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <ucontext.h>

static volatile int64_t count;
static volatile int64_t allocations;
static volatile greg_t last;
static greg_t allocators[6];
static struct sigaction previous;

/* The kernel clears the trap flag for the handler and restores it on return. A repeated string instruction traps at each
 * repetition: it counts once, for how many repetitions it takes is the processor's affair. */
static void step(int signal, siginfo_t *information, void *context) {
  (void)signal;
  (void)information;
  greg_t place = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  if (place != last) {
    count += 1;
    for (size_t i = 0; i < sizeof allocators / sizeof *allocators; i += 1) allocations += place == allocators[i];
  }
  last = place;
}

int armature_can_count_instructions(void) { return 1; }

__attribute__((noinline)) int armature_instruction_counter_start(void) {
  struct sigaction action = {.sa_sigaction = step, .sa_flags = SA_SIGINFO};
  sigemptyset(&action.sa_mask);
  /* A blocked trap would end the process. */
  sigset_t trap;
  sigemptyset(&trap);
  sigaddset(&trap, SIGTRAP);
  if (pthread_sigmask(SIG_UNBLOCK, &trap, 0) != 0 || sigaction(SIGTRAP, &action, &previous) != 0) return -1;
  static const char *const names[] = {"malloc", "calloc", "realloc", "memalign", "aligned_alloc", "posix_memalign"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i += 1) allocators[i] = (greg_t)dlsym(RTLD_DEFAULT, names[i]);
  count = 0;
  allocations = 0;
  last = 0;
  /* The red zone below the stack pointer may hold the compiler's data: step over it before pushing. */
  __asm__ volatile("leaq -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tleaq 128(%%rsp), %%rsp"
                   ::: "memory", "cc");
  return 0;
}

__attribute__((noinline)) int64_t armature_instruction_counter_stop(void) {
  __asm__ volatile("leaq -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\tleaq 128(%%rsp), %%rsp"
                   ::: "memory", "cc");
  int64_t steps = count;
  sigaction(SIGTRAP, &previous, 0);
  return steps;
}

int64_t armature_instruction_counter_allocations(void) { return allocations; }
#else
int armature_can_count_instructions(void) { return 0; }
int armature_instruction_counter_start(void) { return -1; }
int64_t armature_instruction_counter_stop(void) { return -1; }
int64_t armature_instruction_counter_allocations(void) { return -1; }
#endif
