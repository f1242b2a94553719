internal import CInstructionCounter
internal import Synchronization

/// Exact counts of executed instructions, where the platform can single-step (x86-64 Linux).
///
/// Equal programs on equal input give equal counts, on a busy machine as on an idle one: a change of cost is seen without
/// statistics. Late binding is counted with the call that needs it, so code is run before it is counted.
enum InstructionCounter {
  /// The trap's handler belongs to the whole process, so one thread counts at a time.
  private static let turn = Mutex(())

  static var isAvailable: Bool { armature_can_count_instructions() == 1 }

  /// Runs `body`, in which `start` and `stop` may be called, while no other thread counts.
  static func exclusively<Result>(_ body: () -> Result) -> Result { turn.withLock { _ in body() } }

  /// Counts this thread's instructions from here on; several microseconds each.
  @inline(never)
  static func start() { _ = armature_instruction_counter_start() }

  /// The instructions since `start`, a constant few of the counter's own included.
  @inline(never)
  static func stop() -> Int { Int(armature_instruction_counter_stop()) }

  /// How often the instructions that were counted last entered the C library's allocator.
  static var allocations: Int { Int(armature_instruction_counter_allocations()) }
}
