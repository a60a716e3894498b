#pragma once
#include <bit>
#include <cstring>

#include "lamina/core/random.hpp"
#include "lamina/kernels/parallel_lanes.hpp"
#include "lamina/kernels/simd/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace lamina::kernels {

namespace detail {

/// Vectors of N unsigned integers.
template <int N>
struct Words {
#if LAMINA_HAS_VECTOR_EXTENSION
  typedef std::uint64_t Long __attribute__((vector_size(N * 8)));
  typedef std::uint16_t Short __attribute__((vector_size(N * 2)));
#endif
};
template <>
struct Words<1> {
  using Long = std::uint64_t;
  using Short = std::uint16_t;
};

/// Computes the Philox blocks `first` to `first + N - 1` of a stream, as core/random.hpp defines them. out[2 i] is
/// words 0 and 1 of block i, out[2 i + 1] words 2 and 3.
template <int N>
LAMINA_ALWAYS_INLINE void philox_blocks(const Philox& philox, std::uint64_t first, std::uint64_t stream,
                                        std::uint64_t* out) {
  using V = typename Words<N>::Long;
  constexpr std::uint64_t low = 0xffffffffU;
  static constexpr std::uint64_t positions[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  V counter;
  std::memcpy(&counter, positions, sizeof counter);
  counter = counter + first;
  V c0 = counter & low, c1 = counter >> 32, c2 = V{} + (stream & low), c3 = V{} + (stream >> 32);
  std::uint32_t k0 = philox.key[0], k1 = philox.key[1];
  for (int round = 0; round < 10; ++round) {
    const V p0 = c0 * std::uint64_t{0xD2511F53U}, p1 = c2 * std::uint64_t{0xCD9E8D57U};
    c0 = (p1 >> 32) ^ c1 ^ std::uint64_t{k0};
    c2 = (p0 >> 32) ^ c3 ^ std::uint64_t{k1};
    c1 = p1 & low;
    c3 = p0 & low;
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  const V front = c0 | (c1 << 32), back = c2 | (c3 << 32);
  std::uint64_t fronts[std::size_t{N}], backs[std::size_t{N}];
  std::memcpy(fronts, &front, sizeof front);
  std::memcpy(backs, &back, sizeof back);
  for (int i = 0; i < N; ++i) {
    out[2 * i] = fronts[i];
    out[2 * i + 1] = backs[i];
  }
}

/// Returns `scale` where the 16 random bits are at least the threshold, else 0.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> kept(const std::uint16_t* bits, std::uint32_t threshold, S scale) {
  using P = Pack<S, N>;
  P numbers;
  if constexpr (N == 1) {
    numbers = P::splat(static_cast<S>(*bits));
  } else {
#if LAMINA_HAS_VECTOR_EXTENSION
    typename Words<N>::Short lanes;
    std::memcpy(&lanes, bits, sizeof lanes);
    numbers.v = __builtin_convertvector(lanes, typename P::Values);
#endif
  }
  return select(numbers < P::splat(static_cast<S>(threshold)), S(0), P::splat(scale));
}

}  // namespace detail

/// Inverted dropout: y = x / (1 - rate) with probability 1 - rate, else 0. Element i is dropped if its 16 random bits
/// (a quarter of a half of a block of the stream) are less than 2^16 rate. The rate, and the scale with it, is rounded
/// to a multiple of 2^-16.
template <class S>
void dropout(Index n, const S* x, S* y, double rate, const RandomStream& random) {
  const auto threshold = static_cast<std::uint32_t>(rate * 65536.0 + 0.5);
  const S scale = threshold >= 65536 ? S(0) : static_cast<S>(65536.0 / (65536.0 - threshold));
  parallel_lanes<double>(n, 128, 16384, [=](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    constexpr int N = decltype(width)::value;
    constexpr Index step = 8 * N;  // elements that N blocks have bits for
    constexpr int W = LAMINA_HAS_VECTOR_EXTENSION ? N * static_cast<int>(sizeof(double) / sizeof(S)) : 1;
    using P = Pack<S, W>;
    std::uint64_t words[std::size_t{2 * N}];
    std::uint16_t bits[std::size_t{step}];
    for (Index i = begin; i < end; i += step) {
      detail::philox_blocks<N>(random.philox(), static_cast<std::uint64_t>(i / 8), random.stream(), words);
      // The lowest bits of a word come first, on both little-endian and big-endian machines.
      if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(bits, words, sizeof bits);
      } else {
        for (Index j = 0; j < step; ++j) bits[j] = static_cast<std::uint16_t>(words[j / 4] >> (16 * (j % 4)));
      }
      if (end - i >= step) {
        for (Index j = 0; j < step; j += W)
          (P::load(x + i + j) * detail::kept<S, W>(bits + j, threshold, scale)).store(y + i + j);
      } else {
        for (Index j = 0; j < end - i; ++j) y[i + j] = bits[j] < threshold ? S(0) : x[i + j] * scale;
      }
    }
  });
}

LAMINA_COMPILED_FUNCTION(dropout);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
