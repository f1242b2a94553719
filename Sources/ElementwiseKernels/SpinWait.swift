internal import CKernels

/// One turn of a loop that waits for another thread to write to memory: the processor is told, and goes easy.
public func relaxProcessor() { armature_relax() }
