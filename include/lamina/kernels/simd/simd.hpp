#pragma once
#include "lamina/kernels/simd/instruction_set.hpp"
#include "lamina/kernels/simd/pack.hpp"
#include "lamina/kernels/simd/pack_functions.hpp"

// Explicit SIMD. A kernel consists of a driver and an inner kernel. The driver splits the work over threads, iterates
// over windows, rows or blocks, and is compiled once. The inner kernel is the loop over elements, written once for a
// `Pack` of any width. `with_lanes` compiles it for every instruction set, and calls the version for the widest vectors
// of the machine. A driver calls `with_lanes` around its innermost loops only, and rarely enough to amortize the call:
// once per line, row or block.
//
// An inner kernel must be fully inlined into the function that has the instruction set as its target: its functions
// must be LAMINA_ALWAYS_INLINE, its lambdas LAMINA_INLINE_LAMBDA. Other functions are compiled for the instruction set
// of the whole program, which is correct but slow.
