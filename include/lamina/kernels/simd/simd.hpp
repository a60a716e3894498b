#pragma once
#include "lamina/kernels/simd/instruction_set.hpp"
#include "lamina/kernels/simd/pack.hpp"
#include "lamina/kernels/simd/pack_functions.hpp"

// Explicit lanes. A kernel is a driver and an inner kernel. The driver splits the work over threads, walks over
// windows, rows or blocks, and is compiled once. The inner kernel is the loop over elements: it is written once, for a
// `Pack` of any width, and `with_lanes` compiles it for every instruction set and calls the version for the widest
// vectors of the machine. So a driver calls `with_lanes` around its innermost loops only, and often enough to amortize
// the call: once for a line, a row or a block.
//
// All of an inner kernel must be inlined into the function that carries the instruction set. Its functions are
// LAMINA_ALWAYS_INLINE and its lambdas LAMINA_INLINE_LAMBDA, all of them. A function
// that is not is compiled for the instruction set of the whole program, which is correct and slow.
