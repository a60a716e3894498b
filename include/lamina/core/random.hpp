#pragma once
#include <atomic>
#include <cmath>
#include <cstdint>

#include "lamina/core/bit_cast.hpp"
#include "lamina/core/fma.hpp"
#include "lamina/core/shape.hpp"

// Counter-based random numbers: every number is a function of a key and a position, so that any section of a sequence
// can be computed in any order and on any number of threads. The numbers are the same on every platform and compiler.

namespace lamina {

/// The counter-based random number generator Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As
/// Easy as 1, 2, 3; 2011).
struct Philox {
  std::uint32_t key[2];  ///< The key.

  /// Four random words.
  struct Block {
    std::uint32_t word[4];  ///< The words, of 32 bits each.
  };
  /// Returns the block of the counter (low, high).
  constexpr Block operator()(std::uint64_t low, std::uint64_t high) const noexcept {
    std::uint32_t c0 = static_cast<std::uint32_t>(low), c1 = static_cast<std::uint32_t>(low >> 32);
    std::uint32_t c2 = static_cast<std::uint32_t>(high), c3 = static_cast<std::uint32_t>(high >> 32);
    std::uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * c0, p1 = std::uint64_t{0xCD9E8D57U} * c2;
      const std::uint32_t n0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
      const std::uint32_t n2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
      c1 = static_cast<std::uint32_t>(p1);
      c3 = static_cast<std::uint32_t>(p0);
      c0 = n0;
      c2 = n2;
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    return {{c0, c1, c2, c3}};
  }
};

/// A sequence of random numbers, identified by a seed and the number of a stream. Element i is a function of i.
class RandomStream {
 public:
  /// `seed`: the key. `stream`: the number of the sequence for this seed.
  constexpr RandomStream(std::uint64_t seed, std::uint64_t stream) noexcept
      : philox_{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}}, stream_(stream) {}

  /// The stream of the same number for another seed.
  constexpr RandomStream with_seed(std::uint64_t seed) const noexcept { return {seed, stream_}; }
  constexpr const Philox& philox() const noexcept { return philox_; }  ///< The generator.
  constexpr std::uint64_t stream() const noexcept { return stream_; }  ///< The number of the stream.

  /// 32 random bits: element i.
  constexpr std::uint32_t bits(std::uint64_t i) const noexcept { return philox_(i / 4, stream_).word[i % 4]; }
  /// 128 random bits: the 32-bit elements 4 i to 4 i + 3.
  constexpr Philox::Block block(std::uint64_t i) const noexcept { return philox_(i, stream_); }
  /// 64 random bits: element i.
  constexpr std::uint64_t long_bits(std::uint64_t i) const noexcept {
    const Philox::Block b = philox_(i / 2, stream_);
    return i % 2 == 0 ? b.word[0] | (std::uint64_t{b.word[1]} << 32) : b.word[2] | (std::uint64_t{b.word[3]} << 32);
  }
  /// Uniformly distributed in the open interval (0, 1).
  constexpr double uniform(std::uint64_t i) const noexcept {
    return (static_cast<double>(long_bits(i) >> 12) + 0.5) * 0x1p-52;
  }
  /// Normally distributed, mean 0, standard deviation 1.
  double normal(std::uint64_t i) const noexcept { return normal_quantile(uniform(i)); }
  /// An integer in [0, n), uniformly distributed to within n / 2^64. Requires n < 2^32.
  std::uint64_t below(std::uint64_t i, std::uint64_t n) const noexcept {
    const std::uint64_t bits = long_bits(i);
    const std::uint64_t high = (bits >> 32) * n, low = (bits & 0xffffffffU) * n;
    return (high + (low >> 32)) >> 32;
  }

  /// The quantile function of the standard normal distribution (Wichura: Algorithm AS 241, PPND16; 1988), for p in (0,
  /// 1). Written with explicit fused multiply-adds, so that it returns the same bits on every platform.
  static double normal_quantile(double p) noexcept {
    const double q = p - 0.5;
    if (std::fabs(q) <= 0.425) {
      const double r = detail::fused_multiply_add(-q, q, 0.180625);
      return q *
             polynomial(r, {2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
                            4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3,
                            1.3314166789178437745e+2, 3.3871328727963666080e0}) /
             polynomial(r, {5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4,
                            2.1213794301586595867e+4, 5.3941960214247511077e+3, 6.8718700749205790830e+2,
                            4.2313330701600911252e+1, 1.0});
    }
    double r = std::sqrt(-logarithm(q < 0 ? p : 1 - p)), value = 0;
    if (r <= 5) {
      r -= 1.6;
      value = polynomial(r, {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
                             1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
                             4.63033784615654529590e0, 1.42343711074968357734e0}) /
              polynomial(r, {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
                             1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
                             2.05319162663775882187e0, 1.0});
    } else {
      r -= 5;
      value = polynomial(r, {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
                             2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
                             5.46378491116411436990e0, 6.65790464350110377720e0}) /
              polynomial(r, {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
                             7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
                             5.99832206555887937690e-1, 1.0});
    }
    return q < 0 ? -value : value;
  }

 private:
  static double polynomial(double x, const double (&c)[8]) noexcept {
    double value = c[0];
    for (int i = 1; i < 8; ++i) value = detail::fused_multiply_add(value, x, c[i]);
    return value;
  }
  // The natural logarithm of a normal number x = m 2^e with m in [sqrt(1/2), sqrt(2)): e log 2 + 2 atanh((m-1)/(m+1)),
  // the latter as a series.
  static double logarithm(double x) noexcept {
    constexpr std::uint64_t sqrt_half = detail::bit_cast<std::uint64_t>(0.70710678118654752440);
    const auto bits = static_cast<std::int64_t>(detail::bit_cast<std::uint64_t>(x) - sqrt_half);
    const double e = static_cast<double>(bits >> 52);
    const double m = detail::bit_cast<double>((static_cast<std::uint64_t>(bits) & 0xfffffffffffffULL) + sqrt_half);
    const double s = (m - 1) / (m + 1), z = s * s;
    double series = 2.0 / 23;
    for (int k = 21; k >= 3; k -= 2) series = detail::fused_multiply_add(series, z, 2.0 / k);
    const double tail = detail::fused_multiply_add(e, 1.90821492927058770002e-10, (series * z) * s);
    return detail::fused_multiply_add(e, 0.693147180369123816490, detail::fused_multiply_add(2.0, s, tail));
  }

  Philox philox_;
  std::uint64_t stream_;
};

namespace detail {
struct GlobalSeed {
  std::atomic<std::uint64_t> seed{0};
  std::atomic<std::uint64_t> uses{0};
  static GlobalSeed& instance() {
    static GlobalSeed global;
    return global;
  }
};
}  // namespace detail

/// Sets the global seed, for all random numbers of the program (initial weights, dropout, shuffling), and restarts
/// their sequence. Default: 0. For different numbers in every run: `set_random_seed(std::random_device{}())`. Keras:
/// `keras.utils.set_random_seed`.
inline void set_random_seed(std::uint64_t seed) {
  detail::GlobalSeed::instance().seed.store(seed, std::memory_order_relaxed);
  detail::GlobalSeed::instance().uses.store(0, std::memory_order_relaxed);
}
/// Returns the global seed.
inline std::uint64_t random_seed() { return detail::GlobalSeed::instance().seed.load(std::memory_order_relaxed); }

/// Returns the next stream of the global seed. Every call returns another stream, in the same order in every run.
inline RandomStream next_random_stream() {
  detail::GlobalSeed& global = detail::GlobalSeed::instance();
  return {global.seed.load(std::memory_order_relaxed), global.uses.fetch_add(1, std::memory_order_relaxed)};
}

/// Fills `positions` with a random permutation of 0 ... n-1, and reuses its memory. Fisher-Yates.
template <class Positions>
void shuffle_positions(Positions& positions, Index n, const RandomStream& random) {
  positions.resize(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) positions[static_cast<std::size_t>(i)] = i;
  for (Index i = n - 1; i > 0; --i) {
    const auto j = random.below(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(i) + 1);
    std::swap(positions[static_cast<std::size_t>(i)], positions[static_cast<std::size_t>(j)]);
  }
}

}  // namespace lamina
