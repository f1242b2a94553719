import ElementwiseKernels
import Testing

@Suite("Bernoulli kernels") struct BernoulliTests {}
