#pragma once
#include <array>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/core/names.hpp"
#include "lamina/core/tensor_function.hpp"
#include "lamina/ops/matmul.hpp"
#include "lamina/ops/reductions.hpp"
#include "lamina/ops/shaping.hpp"

namespace lamina {

/// Options of L1L2.
struct L1L2Options {
  double l1 = 0.0;  ///< Factor of the L1 penalty; >= 0. Default: 0.
  double l2 = 0.0;  ///< Factor of the L2 penalty; >= 0. Default: 0.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("l1", self.l1);
    field("l2", self.l2);
  }
};

/// The penalty l1 sum(|w|) + l2 sum(w²). Returns a tensor of rank 0 for a weight of any shape. Throws ValueError for a
/// negative factor, NaN or infinity. Keras: `keras.regularizers.L1L2`.
class L1L2 {
 public:
  using Arguments = L1L2Options;
  explicit L1L2(L1L2Options options = {}) : options_(options) {
    const auto fits = [](const double& factor) { return is_finite(factor) && detail::at_least(factor, 0); };
    if (!fits(options.l1) || !fits(options.l2))
      raise<ValueError>("regularizer: expected finite factors >= 0, got ", options.l1, " and ", options.l2);
  }
  /// `l1` and `l2`: see L1L2Options.
  L1L2(double l1, double l2) : L1L2(L1L2Options{l1, l2}) {}
  static const char* class_name() noexcept { return "L1L2"; }
  const L1L2Options& arguments() const noexcept { return options_; }  ///< The options.

  /// Returns the penalty of a weight.
  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    Tensor<S> penalty(S(0));
    if (options_.l1 != 0) penalty = penalty + static_cast<S>(options_.l1) * sum(abs(w));
    if (options_.l2 != 0) penalty = penalty + static_cast<S>(options_.l2) * sum(square(w));
    return penalty;
  }

 private:
  L1L2Options options_;
};

/// Options of L1.
struct L1Options {
  double l1 = 0.01;  ///< Factor of the penalty; >= 0. Default: 0.01.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("l1", self.l1);
  }
};

/// The penalty l1 sum(|w|). Throws ValueError for an invalid factor. Keras: `keras.regularizers.L1`.
class L1 : public L1L2 {
 public:
  using Arguments = L1Options;
  explicit L1(L1Options options = {}) : L1L2(options.l1, 0.0) {}
  /// `l1`: see L1Options.
  explicit L1(double l1) : L1L2(l1, 0.0) {}
  static const char* class_name() noexcept { return "L1"; }
  L1Options arguments() const noexcept { return {L1L2::arguments().l1}; }  ///< The options.
};

/// Options of L2.
struct L2Options {
  double l2 = 0.01;  ///< Factor of the penalty; >= 0. Default: 0.01.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("l2", self.l2);
  }
};

/// The penalty l2 sum(w²). Throws ValueError for an invalid factor. Keras: `keras.regularizers.L2`.
class L2 : public L1L2 {
 public:
  using Arguments = L2Options;
  explicit L2(L2Options options = {}) : L1L2(0.0, options.l2) {}
  /// `l2`: see L2Options.
  explicit L2(double l2) : L1L2(0.0, l2) {}
  static const char* class_name() noexcept { return "L2"; }
  L2Options arguments() const noexcept { return {L1L2::arguments().l2}; }  ///< The options.
};

/// Whether OrthogonalRegularizer encourages orthogonal rows or orthogonal columns.
enum class OrthogonalMode { rows, columns };
/// The names of OrthogonalMode in Keras.
constexpr auto enumeration_names(OrthogonalMode) { return std::array<std::string_view, 2>{"rows", "columns"}; }

/// Options of OrthogonalRegularizer.
struct OrthogonalRegularizerOptions {
  double factor = 0.01;                        ///< Factor of the penalty; finite. Default: 0.01.
  OrthogonalMode mode = OrthogonalMode::rows;  ///< The vectors to make orthogonal: rows or columns. Default: rows.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("factor", self.factor);
    field("mode", self.mode);
  }
};

/// A penalty on the products of different rows (or columns) of a weight of shape (rows, columns). With u the n rows,
/// each scaled to norm 1: factor · ½ Σ_{i≠j} |uᵢ · uⱼ| / (n (n - 1) / 2). Returns a tensor of rank 0. Throws ShapeError
/// if the rank is not 2, ValueError for an invalid factor. Keras: `keras.regularizers.OrthogonalRegularizer`.
class OrthogonalRegularizer {
 public:
  using Arguments = OrthogonalRegularizerOptions;
  explicit OrthogonalRegularizer(OrthogonalRegularizerOptions options = {}) : options_(options) {
    detail::check_finite(options.factor, "factor", "OrthogonalRegularizer");
  }
  static const char* class_name() noexcept { return "OrthogonalRegularizer"; }
  const OrthogonalRegularizerOptions& arguments() const noexcept { return options_; }  ///< The options.

  /// Returns the penalty of a weight.
  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    if (w.rank() != 2) raise<ShapeError>("OrthogonalRegularizer: expected a weight of rank 2, got shape ", w.shape());
    const bool by_rows = options_.mode == OrthogonalMode::rows;
    const Tensor<S> u = l2_normalize(w, by_rows ? 1 : 0);
    const Tensor<S> products = matmul(u, u, {.transpose_a = !by_rows, .transpose_b = by_rows});
    const Index n = products.shape()[0];
    Tensor<S> others = Tensor<S>::ones(products.shape());
    for (Index i = 0; i < n; ++i) others.mutable_data()[i * n + i] = S(0);
    const double pairs = static_cast<double>(n) * static_cast<double>(n - 1) / 2;
    return static_cast<S>(options_.factor * 0.5 / pairs) * sum(abs(products * others));
  }

 private:
  OrthogonalRegularizerOptions options_;
};

/// The Keras names of regularizers.
struct RegularizerFamily : detail::AdaptsTensorFunctions {
  static constexpr const char* kind = "regularizer";  ///< The word for errors.
  /// A regularizer as a TensorFunction.
  template <class R>
  using Of = detail::TensorFunctionOf<R>;
  /// The regularizers by name.
  using Table = StrategyTable<const TensorFunction, Named<"l1", Of<L1>>, Named<"l2", Of<L2>>, Named<"l1_l2", Of<L1L2>>,
                              Named<"l1l2", Of<L1L2>>, Named<"orthogonal_regularizer", Of<OrthogonalRegularizer>>>;
};

/// A regularizer option: a penalty on a weight, added to the loss. A Keras name, one of the classes above, or any
/// callable from a tensor to a tensor of rank 0. Keras: `keras.regularizers.Regularizer`.
using Regularizer = StrategyArgument<const TensorFunction, RegularizerFamily>;

}  // namespace lamina
