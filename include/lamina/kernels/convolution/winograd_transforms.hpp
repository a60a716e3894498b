#pragma once
#include "lamina/kernels/convolution/channel_tiles.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// The transforms of Winograd's minimal filtering F(2 x 2, 3 x 3). A tile of 2 x 2 outputs of a 3 x 3 convolution is y =
// Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A, with the kernel g and the 4 x 4 inputs d: 16 multiplications instead of 36. Gradients use
// the transposed matrices. (S. Winograd: Arithmetic Complexity of Computations; 1980. A. Lavin and S. Gray: Fast
// Algorithms for Convolutional Neural Networks; 2016.)
//
//          1  0 -1  0          1    0    0
//     Bᵀ = 0  1  1  0     G = 1/2  1/2  1/2     Aᵀ = 1  1  1  0
//          0 -1  1  0         1/2 -1/2  1/2          0  1 -1 -1
//          0  1  0 -1          0    0    1

namespace lamina::kernels::detail::winograd {

// Each of these multiplies one of the matrices by a vector of packs.

struct InputTransform {  // Bᵀ
  static constexpr int from = 4, to = 4;
  template <class S, int N>
  static LAMINA_ALWAYS_INLINE void multiply(const Pack<S, N>* d, Pack<S, N>* v) {
    v[0] = d[0] - d[2];
    v[1] = d[1] + d[2];
    v[2] = d[2] - d[1];
    v[3] = d[1] - d[3];
  }
};

struct InputTransformTransposed {  // B
  static constexpr int from = 4, to = 4;
  template <class S, int N>
  static LAMINA_ALWAYS_INLINE void multiply(const Pack<S, N>* v, Pack<S, N>* d) {
    d[0] = v[0];
    d[1] = v[1] - v[2] + v[3];
    d[2] = v[1] + v[2] - v[0];
    d[3] = -v[3];
  }
};

struct FilterTransform {  // G
  static constexpr int from = 3, to = 4;
  template <class S, int N>
  static LAMINA_ALWAYS_INLINE void multiply(const Pack<S, N>* g, Pack<S, N>* u) {
    const Pack<S, N> ends = (g[0] + g[2]) * S(0.5), middle = g[1] * S(0.5);
    u[0] = g[0];
    u[1] = ends + middle;
    u[2] = ends - middle;
    u[3] = g[2];
  }
};

struct FilterTransformTransposed {  // Gᵀ
  static constexpr int from = 4, to = 3;
  template <class S, int N>
  static LAMINA_ALWAYS_INLINE void multiply(const Pack<S, N>* u, Pack<S, N>* g) {
    const Pack<S, N> ends = (u[1] + u[2]) * S(0.5);
    g[0] = u[0] + ends;
    g[1] = (u[1] - u[2]) * S(0.5);
    g[2] = ends + u[3];
  }
};

struct OutputTransform {  // Aᵀ
  static constexpr int from = 4, to = 2;
  template <class S, int N>
  static LAMINA_ALWAYS_INLINE void multiply(const Pack<S, N>* m, Pack<S, N>* y) {
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] - m[3];
  }
};

struct OutputTransformTransposed {  // A
  static constexpr int from = 2, to = 4;
  template <class S, int N>
  static LAMINA_ALWAYS_INLINE void multiply(const Pack<S, N>* y, Pack<S, N>* m) {
    m[0] = y[0];
    m[1] = y[0] + y[1];
    m[2] = y[0] - y[1];
    m[3] = -y[1];
  }
};

/// Computes M square Mᵀ.
template <class M, class V>
LAMINA_ALWAYS_INLINE void transform(const V* square, V* transformed) {
  V half[M::to * M::from];
  LAMINA_UNROLL for (int j = 0; j < M::from; ++j) {
    V column[M::from], multiplied[M::to];
    LAMINA_UNROLL for (int i = 0; i < M::from; ++i) column[i] = square[i * M::from + j];
    M::multiply(column, multiplied);
    LAMINA_UNROLL for (int i = 0; i < M::to; ++i) half[i * M::from + j] = multiplied[i];
  }
  LAMINA_UNROLL for (int i = 0; i < M::to; ++i) M::multiply(half + i * M::from, transformed + i * M::to);
}

/// Pointers to the pixels of a square of an image. Pixels beyond the border point to `outside`.
template <int Side, class S>
struct Pixels {
  static constexpr int count = Side * Side;
  S* at[std::size_t{count}];

  Pixels(S* image, Index height, Index width, Index channels, Index row, Index column, S* outside) {
    LAMINA_UNROLL for (int i = 0; i < Side; ++i) {
      const bool row_inside = row + i >= 0 && row + i < height;
      S* line = image + ((row + i) * width + column) * channels;
      LAMINA_UNROLL for (int j = 0; j < Side; ++j, line += channels) at[i * Side + j] =
          row_inside && column + j >= 0 && column + j < width ? line : outside;
    }
  }
};

}  // namespace lamina::kernels::detail::winograd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
