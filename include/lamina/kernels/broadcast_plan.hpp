#pragma once
#include "lamina/core/shape.hpp"

namespace lamina::kernels {

/// The loop nest for two operands that broadcast to an output shape. Adjacent axes are merged if both operands have
/// regular strides.
struct BroadcastPlan {
  Index rank = 1;                       ///< Number of merged axes, at least 1.
  Index size[Shape::max_rank] = {1};    ///< Size of each axis; the last is the innermost.
  Index a_step[Shape::max_rank] = {0};  ///< Stride of each axis of a; 0 if it is broadcast.
  Index b_step[Shape::max_rank] = {0};  ///< Stride of each axis of b; 0 if it is broadcast.

  /// `out`: the shape to which `a` and `b` broadcast.
  BroadcastPlan(const Shape& a, const Shape& b, const Shape& out) {
    rank = 0;
    Index a_full[Shape::max_rank] = {}, b_full[Shape::max_rank] = {};
    steps(a, out, a_full);
    steps(b, out, b_full);
    for (Index axis = 0; axis < out.rank(); ++axis) {
      const Index n = out[axis];
      if (n == 1) continue;
      const bool merges = rank > 0 && a_step[rank - 1] == a_full[axis] * n && b_step[rank - 1] == b_full[axis] * n;
      if (merges) {
        size[rank - 1] *= n;
        a_step[rank - 1] = a_full[axis];
        b_step[rank - 1] = b_full[axis];
      } else {
        size[rank] = n;
        a_step[rank] = a_full[axis];
        b_step[rank] = b_full[axis];
        ++rank;
      }
    }
    if (rank == 0) {
      rank = 1;
      size[0] = 1;
      a_step[0] = b_step[0] = 1;
    }
  }

 private:
  static void steps(const Shape& shape, const Shape& out, Index* step) {
    Index stride = 1;
    for (Index i = shape.rank(); i-- > 0;) {
      step[i + out.rank() - shape.rank()] = shape[i] == 1 ? 0 : stride;
      stride *= shape[i];
    }
  }
};

}  // namespace lamina::kernels
